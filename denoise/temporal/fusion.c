/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/fusion.h"

#include "base/clamp.h"
#include "base/observer.h"
#include "noise/texture.h"
#include "temporal/gate.h"
#include "temporal/hypotheses.h"
#include "temporal/reference.h"
#include "temporal/static_blocks.h"
#include "temporal/subpixel.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  MIN_BAND = 8,  /* rows of a band, the unit of work of a thread: few, to balance the load, */
  MAX_BAND = 64, /* or many, since the rows around a band are predicted twice */
  BANDS_PER_THREAD = 4,
  STRIP = 1280,   /* width of a strip at most, samples: its rows fit the second-level cache */
  RING = 8,       /* rows of innovations in a strip's ring buffer */
  SHORT_RING = 4, /* rows of predictions, which are used RADIUS rows later */
  RADIUS = ZSD_KALMAN_RADIUS,
};

/* Excess variance, relative to the noise's, above which a sample counts as not predicted. */
static const float OUTLIER_EXCESS = 0.05f;

/* Lower bound of the variance that innovations are normalized with. */
static const float MIN_VARIANCE = 1e-7f;

/* Weight of a new estimate in the running noise model. */
static const double NEW_WEIGHT = 0.3;

/* Frames after which the noise model has settled, and the interval of estimates from then on.
 */
enum { SETTLED = 16, INTERVAL = 4 };

/* A frame of which more than this part is not predicted shows another scene; a residual with a
 * lag-2 correlation above the second constant is then the difference of two pictures. */
static const double NEW_SCENE = 0.9, NEW_SCENE_LAG2 = 0.45;

/* Frames in a row that the past does not predict, after which frames are taken as they are, and
 * the interval at which the past is tried again. */
enum { UNPREDICTED = 4, RETRY = 8 };

/* Standard deviation, 0..1, below which there is no noise but rounding. */
static const double NO_NOISE = 0.5 / 255;

/* Part of the blocks whose innovations have less energy than FALLEN where the noise has
 * suddenly fallen; 1 is what the noise model expects. The least share of the variance that is
 * left. */
static const double MOST_BLOCKS = 0.5, FALLEN = 0.4, LEAST_LEFT = 0.01;

typedef struct Strip Strip;

struct ZsdFusion {
  const ZsdKernels *kernels;
  const ZsdObserver *observer; /* of the frame in work */
  Strip *strips;               /* scratch memory, one for each thread */
  int n_strips;
  bool has_past, has_noise;
  bool has_temporal;    /* the noise was estimated from a residual between frames */
  unsigned frames;      /* since the past began, without repeated ones */
  unsigned unpredicted; /* frames in a row, up to the last one */
  bool tracked;         /* the last frame was compared with the past */
  bool repeated;        /* the last frame was */
  bool fixed_noise;     /* the noise models are given, not estimated */
  double missing;       /* frame intervals without a frame, since the past */
  bool fallen;          /* the noise has fallen in this frame */
  ZsdReference past[ZSD_MAX_COMPONENTS];
  float *residual[ZSD_MAX_COMPONENTS]; /* of the prediction, normalized; NULL where noise is
                                          fixed */
  ZsdRegions *regions;                 /* without noise of their own */
  ZsdPyramid now, before;
  ZsdMotion *motion;
  const ZsdMotionField *field;
  ZsdHypotheses hypotheses;
  ZsdBrightnessChange brightness_change[ZSD_MAX_COMPONENTS];
  uint8_t *kinds;    /* of each block of the motion field: ZsdMotionKind */
  uint8_t *outliers; /* and the samples that were not predicted */
  ZsdStaticBlocks static_blocks;
  int brightness; /* number of the component that is or stands for luma */
  double sigma;   /* set deviation of brightness's noise, 0..1; 0: none */
  ZsdNoiseModel found[ZSD_MAX_COMPONENTS]; /* estimated */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]; /* in use */
  ZsdNoiseEstimator *estimator;
  ZsdBrightnessEstimator *brightness_estimator;
};

/* --- memory --- */

ZsdFusion *zsd_fusion_new(const ZsdFrame *shape, const ZsdKernels *kernels) {
  const ZsdFrameComponent *luma = &shape->component[shape->brightness];
  const size_t blocks = (size_t)(luma->width / ZSD_BLOCK + 1) * (luma->height / ZSD_BLOCK + 1);
  ZsdFusion *f = calloc(1, sizeof *f);
  int failed = !f || !(f->kinds = calloc(blocks, 1)) || !(f->outliers = calloc(blocks, 1)) ||
               !(f->regions = zsd_regions_new(shape)) ||
               !(f->estimator = zsd_noise_estimator_new()) ||
               !(f->brightness_estimator = zsd_brightness_estimator_new(shape));
  for (int i = 0; i < shape->components && !failed; i++)
    failed = zsd_reference_new(&f->past[i], &shape->component[i], kernels);
  if (failed || zsd_static_blocks_resize(&f->static_blocks, (int)blocks) ||
      zsd_hypotheses_resize(&f->hypotheses, (int)blocks) ||
      zsd_pyramid_resize(&f->now, luma->width, luma->height) ||
      zsd_pyramid_resize(&f->before, luma->width, luma->height) ||
      !(f->motion = zsd_motion_new(luma->width, luma->height))) {
    zsd_fusion_free(f);
    return NULL;
  }
  f->kernels = kernels;
  f->brightness = shape->brightness;
  return f;
}

/* Allocates the residuals that noise is estimated from. */
static int make_residuals(ZsdFusion *f, const ZsdFrame *frame) {
  for (int i = 0; i < frame->components && !f->fixed_noise; i++) {
    const size_t n = zsd_component_size(&frame->component[i]) + 1;
    if (!f->residual[i] && !(f->residual[i] = malloc(n * sizeof(float))))
      return -1;
  }
  return 0;
}

static void free_residuals(ZsdFusion *f) {
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    free(f->residual[i]);
    f->residual[i] = NULL;
  }
}

void zsd_fusion_free(ZsdFusion *f) {
  if (!f)
    return;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++)
    zsd_reference_clear(&f->past[i]);
  free_residuals(f);
  free(f->strips);
  free(f->kinds);
  free(f->outliers);
  zsd_static_blocks_clear(&f->static_blocks);
  zsd_hypotheses_clear(&f->hypotheses);
  zsd_regions_free(f->regions);
  zsd_pyramid_clear(&f->now);
  zsd_pyramid_clear(&f->before);
  zsd_motion_free(f->motion);
  zsd_noise_estimator_free(f->estimator);
  zsd_brightness_estimator_free(f->brightness_estimator);
  free(f);
}

void zsd_fusion_drop_past(ZsdFusion *f) {
  f->has_past = f->repeated = f->tracked = false;
  f->unpredicted = 0;
  f->missing = 0;
}

void zsd_fusion_age(ZsdFusion *f, double intervals) {
  f->missing += intervals;
}

void zsd_fusion_drop_temporal(ZsdFusion *f) {
  zsd_fusion_drop_past(f);
  f->has_temporal = false;
}

/* A component's noise where that of brightness is set: scaled with it, but between what was
 * found and what was set. Where nothing was found it is white. */
static ZsdNoiseModel set_model(const ZsdFusion *f, int component) {
  const double brightness = f->found[f->brightness].sigma;
  ZsdNoiseModel model = f->found[component];
  if (brightness < NO_NOISE || model.sigma < NO_NOISE)
    return (ZsdNoiseModel){.sigma = f->sigma, .base = f->sigma * f->sigma, .kurtosis = 3};
  const double low = fmin(f->sigma, model.sigma), high = fmax(f->sigma, model.sigma);
  const double wanted = model.sigma * f->sigma / brightness;
  const double sigma = component == f->brightness ? f->sigma : fmax(low, fmin(high, wanted));
  zsd_noise_scale(&model, sigma / model.sigma);
  return model;
}

/* Puts the estimated noise, or the set one, to use. */
static void use_found(ZsdFusion *f) {
  memcpy(f->noise, f->found, sizeof f->noise);
  for (int i = 0; i < ZSD_MAX_COMPONENTS && f->sigma > 0; i++)
    f->noise[i] = set_model(f, i);
}

void zsd_fusion_set_sigma(ZsdFusion *f, double sigma) {
  f->sigma = sigma;
  use_found(f);
}

void zsd_fusion_reset(ZsdFusion *f) {
  zsd_fusion_drop_past(f);
  f->has_noise = f->has_temporal = f->fixed_noise = false;
  memset(f->found, 0, sizeof f->found); /* of a clipped frame there is no new estimate */
  use_found(f);
}

bool zsd_fusion_repeated(const ZsdFusion *f) {
  return f->repeated;
}

const ZsdNoiseModel *zsd_fusion_noise(const ZsdFusion *f, int component) {
  return &f->noise[component];
}

const ZsdNoiseModel *zsd_fusion_found_noise(const ZsdFusion *f, int component) {
  return &f->found[component];
}

void zsd_fusion_set_noise(ZsdFusion *f, const ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]) {
  memcpy(f->found, noise, sizeof f->found);
  use_found(f);
  f->has_noise = true;
}

void zsd_fusion_fix_noise(ZsdFusion *f, const ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]) {
  zsd_fusion_set_noise(f, noise);
  f->has_temporal = f->fixed_noise = true;
  free_residuals(f);
}

ZsdNoiseVariance zsd_fusion_variance(const ZsdFusion *f, int component) {
  const ZsdNoiseModel *noise = &f->noise[component];
  return (ZsdNoiseVariance){.base = (float)noise->base,
                            .slope = (float)noise->slope,
                            .least = fmaxf(0, zsd_noise_least(noise))};
}

const ZsdRegions *zsd_fusion_regions(const ZsdFusion *f) {
  return f->regions;
}

const ZsdKernels *zsd_fusion_kernels(const ZsdFusion *f) {
  return f->kernels;
}

bool zsd_fusion_noise_known(const ZsdFusion *f) {
  return f->has_noise;
}

bool zsd_fusion_noise_is_temporal(const ZsdFusion *f) {
  return f->has_temporal;
}

const ZsdReference *zsd_fusion_past(const ZsdFusion *f, int component) {
  return &f->past[component];
}

bool zsd_fusion_tracking(const ZsdFusion *f, ZsdTracking *tracking) {
  *tracking = (ZsdTracking){f->field, f->outliers, f->brightness_change};
  return f->frames > 0 && f->tracked && !f->repeated;
}

bool zsd_fusion_is_static(const ZsdFusion *f, int x, int y, int width, int height) {
  const ZsdNoiseModel *noise = &f->noise[f->brightness];
  const ZsdStaticTest scenery = {f->field, f->brightness_change[f->brightness], noise->lag1,
                                 noise->lag2};
  return f->frames > 0 && f->tracked &&
         zsd_static_blocks_test(&f->static_blocks, &scenery, x, y, width, height);
}

/* --- the Kalman step --- */

/* Update of one component. */
typedef struct {
  const ZsdFrameComponent *frame;
  const ZsdReference *reference;
  const ZsdMotionField *field; /* NULL: there is no past */
  const uint8_t *kinds;        /* of its blocks */
  const ZsdHypotheses *hypotheses;
  ZsdBrightnessChange brightness_change;
  ZsdNoiseVariance noise;
  float *residual;             /* output, or NULL */
  uint8_t *outliers;           /* output: count for each block, or NULL */
  float *squares;              /* output: sum of squared innovations for each block */
  const ZsdRegionMap *regions; /* NULL: none of their samples are clean or repeated */
  ZsdGate gates[ZSD_MOTION_KINDS];
  int bands;
} Fuse;

/* Scratch memory of a strip: columns [left, right) of a band, and the columns around them that
 * the windows cover. Rows begin with column left - MARGIN. */
enum { MARGIN = 8, ROOM = STRIP + 2 * MARGIN };
_Static_assert((int)MARGIN >= (int)RADIUS && RING > 2 * RADIUS && SHORT_RING > RADIUS,
               "windows are larger than the margins");

struct Strip {
  int left, right;
  float p[SHORT_RING][ROOM], k[SHORT_RING][ROOM]; /* row y is at y % SHORT_RING */
  float d[RING][ROOM];
  float outliers[STRIP], squares[STRIP]; /* sums over the rows of a row of blocks */
  /* Gate of each sample of a row of blocks, see ZsdKalmanRow. */
  float max_mean_square[STRIP], max_squared_mean[STRIP], max_squared_line[STRIP];
  float process_noise[STRIP];
};

/* Allocates the scratch memory of this many threads. */
static int make_strips(ZsdFusion *f, int threads) {
  if (f->n_strips >= threads)
    return 0;
  free(f->strips);
  f->strips = malloc((size_t)threads * sizeof *f->strips);
  f->n_strips = f->strips ? threads : 0;
  return f->strips ? 0 : -1;
}

/* Predicts row y and computes its innovations. Rows and columns outside the picture repeat its
 * edge. */
static void prepare_row(const Fuse *fuse, Strip *s, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const int row = zsd_clamp(y, 0, c->height - 1), i = y + RING;
  const int begin = s->left > 0 ? -MARGIN : 0;
  const int end = (s->right + MARGIN < c->width ? s->right + MARGIN : c->width) - s->left;
  float *p = s->p[i % SHORT_RING] + MARGIN, *k = s->k[i % SHORT_RING] + MARGIN;
  float *d = s->d[i % RING] + MARGIN;
  ZsdPrediction prediction = zsd_reference_prediction(fuse->reference, fuse->field, row);
  prediction.gain = fuse->brightness_change.gain;
  prediction.offset = fuse->brightness_change.offset;
  fuse->reference->kernels->predict(&prediction, row, s->left + begin, s->left + end, p + begin,
                                    k + begin);
  zsd_hypotheses_predict(fuse->hypotheses, fuse->field, prediction, fuse->reference->kernels,
                         row, s->left + begin, s->left + end, p + begin, k + begin);
  fuse->reference->kernels->innovation(d + begin,
                                       c->y + (ptrdiff_t)row * c->width + s->left + begin,
                                       p + begin, k + begin, end - begin, &fuse->noise);
  for (int x = 1; x <= RADIUS && begin == 0; x++)
    d[-x] = d[0];
  for (int x = 0; x < RADIUS && s->left + end == c->width; x++)
    d[end + x] = d[end - 1];
}

/* Sets the gate of the samples in the row of blocks of row y. */
static void set_gate(const Fuse *fuse, Strip *s, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const int size = ZSD_BLOCK >> c->half_width, width = s->right - s->left;
  for (int x = 0; x < width;) {
    const int i = (s->left + x) / size, j = (y << c->half_height) / ZSD_BLOCK;
    const ZsdGate *gate = &fuse->gates[fuse->kinds[j * fuse->field->across + i]];
    for (int end = zsd_smaller(x + size, width); x < end; x++) {
      s->max_mean_square[x] = gate->max_mean_square;
      s->max_squared_mean[x] = gate->max_squared_mean;
      s->max_squared_line[x] = gate->max_squared_line;
      s->process_noise[x] = gate->process_noise;
    }
  }
}

/* Adds a strip's outliers to the counts of its blocks. */
static void count_outliers(const Fuse *fuse, const Strip *s, int y) {
  uint8_t *outliers =
      fuse->outliers + y / ZSD_BLOCK * fuse->field->across + s->left / ZSD_BLOCK;
  for (int x = 0; x < s->right - s->left; x++)
    outliers[x / ZSD_BLOCK] += (uint8_t)s->outliers[x];
}

/* Sums the squared innovations of a row of blocks. A strip begins with a whole block. */
static void add_squares(const Fuse *fuse, Strip *s, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const int size = ZSD_BLOCK >> c->half_width, width = s->right - s->left;
  float *squares = fuse->squares +
                   (ptrdiff_t)((y << c->half_height) / ZSD_BLOCK) * fuse->field->across +
                   s->left / size;
  for (int i = 0; i * size < width; i++) {
    squares[i] = 0;
    for (int x = i * size; x < (i + 1) * size && x < width; x++)
      squares[i] += s->squares[x];
  }
  memset(s->squares, 0, sizeof s->squares);
}

static void fuse_row(const Fuse *fuse, Strip *s, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const ptrdiff_t at = (ptrdiff_t)y * c->width + s->left;
  ZsdKalmanRow row = {.y = c->y + at,
                      .p = s->p[y % SHORT_RING] + MARGIN,
                      .k = s->k[y % SHORT_RING] + MARGIN,
                      .z = c->z + at,
                      .gain = c->k + at,
                      .residual = fuse->residual ? fuse->residual + at : NULL,
                      .outliers = fuse->outliers ? s->outliers : NULL,
                      .noise = fuse->noise,
                      .max_mean_square = s->max_mean_square,
                      .max_squared_mean = s->max_squared_mean,
                      .max_squared_line = s->max_squared_line,
                      .process_noise = s->process_noise,
                      .outlier_excess = OUTLIER_EXCESS};
  for (int i = -RADIUS; i <= RADIUS; i++)
    row.innovation[i + RADIUS] = s->d[(y + i + RING) % RING] + MARGIN;
  fuse->reference->kernels->kalman_update(&row, s->right - s->left);
  const float *d = row.innovation[RADIUS];
  for (int x = 0; x < s->right - s->left; x++)
    s->squares[x] += d[x] * d[x];
}

/* Copies part of a row: without a past the estimate is the frame. */
static void copy_row(const Fuse *fuse, int left, int right, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const ptrdiff_t at = (ptrdiff_t)y * c->width + left;
  memcpy(c->z + at, c->y + at, (right - left) * sizeof(float));
  for (int x = 0; x < right - left; x++)
    c->k[at + x] = 1;
}

/* The estimate of the last frame, of samples [left, right) of a row. */
static void copy_past(const Fuse *fuse, int left, int right, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const ZsdStoredState past = zsd_reference_row(fuse->reference, y);
  const ptrdiff_t at = (ptrdiff_t)y * c->width;
  for (int x = left; x < right; x++) {
    c->z[at + x] = (float)past.z[x] / 65535;
    c->k[at + x] = (float)(past.k[x] * past.k[x]) / (255 * 255);
  }
}

/* Samples without noise of their own, in columns [left, right) of a row: where clean, the
 * estimate is the frame; where repeated, the one before. */
static void keep_regions(const Fuse *fuse, int left, int right, int y) {
  for (int x = left, end; x < right; x = end) {
    const unsigned flags = zsd_region_at(fuse->regions, x, y);
    end = zsd_smaller((x / ZSD_CELL + 1) * ZSD_CELL, right);
    if (flags & ZSD_CLEAN)
      copy_row(fuse, x, end, y);
    else if (flags & ZSD_REPEATED)
      copy_past(fuse, x, end, y);
  }
}

static void fuse_strip(const Fuse *fuse, Strip *s, int left, int right, int top, int bottom) {
  const ZsdFrameComponent *c = fuse->frame;
  s->left = left;
  s->right = right;
  memset(s->outliers, 0, sizeof s->outliers);
  memset(s->squares, 0, sizeof s->squares);
  for (int y = top - RADIUS; y < top + RADIUS && fuse->field; y++)
    prepare_row(fuse, s, y);
  for (int y = top; y < bottom; y++) {
    if (fuse->field) {
      if (y == top || (y << c->half_height) % ZSD_BLOCK == 0)
        set_gate(fuse, s, y);
      prepare_row(fuse, s, y + RADIUS);
      fuse_row(fuse, s, y);
    } else {
      copy_row(fuse, left, right, y);
    }
    if (fuse->regions)
      keep_regions(fuse, left, right, y);
    zsd_reference_store(fuse->reference, c, y, left, right);
    if (fuse->outliers && ((y + 1) % ZSD_BLOCK == 0 || y + 1 == bottom)) {
      count_outliers(fuse, s, y);
      memset(s->outliers, 0, sizeof s->outliers);
    }
    if (fuse->field && ((y + 1) % (ZSD_BLOCK >> c->half_height) == 0 || y + 1 == bottom))
      add_squares(fuse, s, y);
  }
}

typedef struct {
  Fuse fuse[ZSD_MAX_COMPONENTS];
  int components, rows; /* of a band */
  const ZsdObserver *observer;
} Job;

/* Bands and strips begin with a block: no two of them write to the same block's sums. */
_Static_assert(MIN_BAND % ZSD_BLOCK == 0 && STRIP % ZSD_BLOCK == 0,
               "bands or strips share blocks");

static void fuse_band(const Job *job, Strip *strip, int band) {
  const Fuse *fuse = job->fuse;
  for (; band >= fuse->bands; fuse++)
    band -= fuse->bands;
  const int top = band * job->rows;
  const int bottom = zsd_smaller(top + job->rows, fuse->frame->height);
  const int width = fuse->frame->width, strips = (width + STRIP - 1) / STRIP;
  for (int i = 0, left = 0; i < strips; i++) {
    const int blocks = (width * (i + 1) / strips + ZSD_BLOCK - 1) / ZSD_BLOCK;
    const int right = zsd_smaller(blocks * ZSD_BLOCK, width);
    fuse_strip(fuse, strip, left, right, top, bottom);
    left = right;
  }
}

/* Updates all components. The result does not depend on the number of bands. */
static void update(Job *job, Strip *strips, int threads) {
  int rows = 0, bands = 0;
  for (int i = 0; i < job->components; i++)
    rows += job->fuse[i].frame->height;
  rows = rows / (BANDS_PER_THREAD * threads) / MIN_BAND * MIN_BAND;
  job->rows = zsd_clamp(rows, MIN_BAND, MAX_BAND);
  for (int i = 0; i < job->components; i++) {
    job->fuse[i].bands = (job->fuse[i].frame->height + job->rows - 1) / job->rows;
    bands += job->fuse[i].bands;
  }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int band = 0; band < bands; band++)
    if (!zsd_is_cancelled(job->observer))
      fuse_band(job, &strips[omp_get_thread_num()], band);
}

/* The update of a frame without a past. */
static Job job_without_past(const ZsdFusion *f, const ZsdFrame *frame) {
  Job job = {.components = frame->components, .observer = f->observer};
  for (int i = 0; i < frame->components; i++)
    job.fuse[i] = (Fuse){
        .frame = &frame->component[i], .reference = &f->past[i], .residual = f->residual[i]};
  return job;
}

/* --- frames --- */

static void begin_past(const ZsdFusion *f, const ZsdFrame *frame, int threads) {
  Job job = job_without_past(f, frame);
  update(&job, f->strips, threads);
}

static void mix(ZsdNoiseModel *model, const ZsdNoiseModel *found, double share) {
  const double keep = 1 - share;
  model->sigma = sqrt(keep * model->sigma * model->sigma + share * found->sigma * found->sigma);
  model->base = keep * model->base + share * found->base;
  model->slope = keep * model->slope + share * found->slope;
  model->lag1 = keep * model->lag1 + share * found->lag1;
  model->lag2 = keep * model->lag2 + share * found->lag2;
}

/* Whether the past predicts next to nothing of the frame. */
static bool is_new_scene(const ZsdFusion *f, const ZsdFrameComponent *c) {
  double outliers = 0;
  for (int i = 0; i < f->field->across * f->field->down; i++)
    outliers += f->outliers[i];
  return outliers > NEW_SCENE * c->width * c->height;
}

/* Whether no noise has been found so far. */
static bool is_noiseless(const ZsdFusion *f, const ZsdFrame *frame) {
  return !f->has_noise || f->found[frame->brightness].sigma < NO_NOISE;
}

/* Whether this frame's noise estimate is skipped. */
static bool skips_estimate(const ZsdFusion *f, const ZsdFrame *frame) {
  const bool settled = f->has_temporal && !is_noiseless(f, frame) && f->frames > SETTLED;
  return f->fixed_noise || (settled && !f->fallen && f->frames % INTERVAL);
}

/* Estimates the noise from the residual of the prediction (`temporal`), or else from the
 * picture alone, which is less reliable and not used once there was a residual. The estimate
 * replaces that of a picture without noise. */
static void estimate_noise(ZsdFusion *f, const ZsdFrame *frame, bool temporal, int threads) {
  const bool better = temporal && !f->has_temporal;
  const bool noiseless = is_noiseless(f, frame);
  bool known = f->has_noise;
  if (f->fixed_noise ||
      (f->has_temporal && !noiseless && (!temporal || skips_estimate(f, frame))))
    return;
  ZsdNoiseSource sources[ZSD_MAX_COMPONENTS];
  ZsdNoiseModel models[ZSD_MAX_COMPONENTS] = {0};
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    sources[i] =
        (ZsdNoiseSource){temporal ? f->residual[i] : c->y, c->y, c->width, c->height, !temporal,
                         zsd_regions_map(f->regions, i),   false};
  }
  const unsigned estimated =
      zsd_noise_estimate(f->estimator, models, sources, frame->components, f->kernels, threads);
  for (int i = 0; i < frame->components; i++) {
    ZsdNoiseModel *found = &models[i];
    if (!(estimated >> i & 1) || (temporal && found->lag2 > NEW_SCENE_LAG2 &&
                                  is_new_scene(f, &frame->component[frame->brightness])))
      continue;
    if (!temporal)
      zsd_texture_discount(found);
    if (i == frame->brightness) {
      known = true;
      f->has_temporal |= temporal;
    }
    mix(&f->found[i], found, better || noiseless ? 1 : NEW_WEIGHT);
  }
  f->has_noise = known;
  use_found(f);
}

/* Standard deviation of the white noise that has the same deviation after the pyramid's
 * binomial filter as this noise, which is less attenuated where it is correlated. The filter's
 * autocorrelation is 70, 56, 28 of 256. */
static double smoothed_sigma(const ZsdNoiseModel *noise) {
  return noise->sigma * (70 + 2 * (56 * noise->lag1 + 28 * noise->lag2)) / 70;
}

/* --- regions without noise of their own --- */

/* Classifies the frame's regions. Returns whether it repeats the last one. */
static bool find_regions(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  double sigma[ZSD_MAX_COMPONENTS];
  for (int i = 0; i < frame->components; i++)
    sigma[i] = f->found[i].sigma;
  return zsd_regions_update(f->regions, frame, sigma, f->has_past, f->kernels, threads);
}

/* Makes the repeated blocks count as not predicted: their noise is not independent of the
 * past's. */
static void exclude_repeated(const ZsdFusion *f) {
  const ZsdRegionMap *map = zsd_regions_map(f->regions, f->brightness);
  for (int j = 0; j < f->field->down; j++)
    for (int i = 0; i < f->field->across; i++)
      if (zsd_region_at(map, i * ZSD_BLOCK, j * ZSD_BLOCK) & (ZSD_CLEAN | ZSD_REPEATED))
        f->outliers[j * f->field->across + i] = ZSD_BLOCK * ZSD_BLOCK;
}

/* --- fusion with the past --- */

/* Fuses the frame with the past along the motion field. */
static void fuse_frame(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  Job job = job_without_past(f, frame);
  memset(f->outliers, 0, (size_t)f->field->across * f->field->down);
  zsd_brightness_estimate(f->brightness_estimator, f->brightness_change, f->past, f->field,
                          frame, f->noise, f->kernels, threads);
  for (int i = 0; i < frame->components; i++) {
    Fuse *fuse = &job.fuse[i];
    fuse->field = f->field;
    fuse->kinds = f->kinds;
    fuse->hypotheses = &f->hypotheses;
    if (skips_estimate(f, frame))
      fuse->residual = NULL;
    fuse->brightness_change = f->brightness_change[i];
    fuse->noise = zsd_fusion_variance(f, i);
    fuse->noise.base += MIN_VARIANCE;
    fuse->noise.least += MIN_VARIANCE;
    fuse->outliers = i == frame->brightness ? f->outliers : NULL;
    fuse->squares = f->static_blocks.squares[i];
    if (zsd_regions_any(f->regions, ZSD_CLEAN | ZSD_REPEATED))
      fuse->regions = zsd_regions_map(f->regions, i);
    zsd_gates_set(fuse->gates, &f->noise[i], 1 + f->missing);
  }
  update(&job, f->strips, threads);
}

/* Returns false if it was cancelled. */
static bool find_and_fuse(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  const ZsdMotionParams search = {f->kernels, threads,
                                  smoothed_sigma(&f->noise[frame->brightness])};
  ZsdMotionField *field =
      zsd_motion_search(f->motion, &f->now, &f->before, &search, f->frames > 1);
  zsd_subpixel_refine(field, &f->now, &f->before, &search);
  zsd_motion_kinds(f->kinds, field, threads);
  if (f->has_temporal)
    zsd_hypotheses_choose(&f->hypotheses, field, f->kinds, &f->now, &f->before, &search);
  else /* what the better of two wrong vectors leaves would pass for noise */
    zsd_hypotheses_drop(&f->hypotheses, field);
  f->field = field;
  fuse_frame(f, frame, threads);
  return !zsd_is_cancelled(f->observer);
}

/* --- sudden falls of the noise --- */

/* Whether most blocks with noise of their own have far smaller innovations than the model
 * explains, as when the light is switched on. */
static bool noise_has_fallen(const ZsdFusion *f, const ZsdFrameComponent *luma) {
  const ZsdRegionMap *map = zsd_regions_map(f->regions, f->brightness);
  int blocks = 0, low = 0;
  for (int j = 0; j < luma->height / ZSD_BLOCK; j++)
    for (int i = 0; i < luma->width / ZSD_BLOCK; i++) {
      if (zsd_region_at(map, i * ZSD_BLOCK, j * ZSD_BLOCK))
        continue;
      const float energy = f->static_blocks.squares[f->brightness][j * f->field->across + i];
      low += energy < FALLEN * ZSD_BLOCK * ZSD_BLOCK;
      blocks++;
    }
  return !f->fixed_noise && f->sigma <= 0 && f->frames > SETTLED && low > MOST_BLOCKS * blocks;
}

/* Takes the estimate from a frame's residual for the noise, and adapts the past's variance k,
 * which is relative to that of the noise. The residual's variance is (new + k old) / (1 + k).
 */
static void lower_noise(ZsdFusion *f, const ZsdFrame *frame, const ZsdNoiseModel *old) {
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    const double before = old[i].sigma * old[i].sigma;
    const double found = f->found[i].sigma * f->found[i].sigma;
    const double k = zsd_reference_mean_k(&f->past[i]);
    const double now = fmax(found * (1 + k) - before * k, LEAST_LEFT * before);
    if (zsd_component_size(c) == 0 || found <= 0 || now >= before)
      continue;
    zsd_noise_scale(&f->found[i], sqrt(now / found));
    zsd_reference_scale_k(&f->past[i], before / now);
  }
  use_found(f);
}

/* Finds the new noise of a frame, and fuses it again, unless it is cancelled. */
static void fuse_after_fall(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  ZsdNoiseModel old[ZSD_MAX_COMPONENTS];
  memcpy(old, f->noise, sizeof old);
  f->fallen = true;
  if (find_and_fuse(f, frame, threads)) {
    f->has_temporal = false;
    estimate_noise(f, frame, true, threads);
    f->has_temporal = true;
    lower_noise(f, frame, old);
    find_and_fuse(f, frame, threads);
  }
  f->fallen = false;
}

/* --- frames --- */

/* Whether a frame is taken as it is, since the past has not predicted those before. */
static bool ignores_past(const ZsdFusion *f) {
  return f->unpredicted >= UNPREDICTED && f->unpredicted % RETRY &&
         !zsd_regions_any(f->regions, ZSD_REPEATED);
}

/* Fuses a frame with the past, and estimates the noise. */
static void compare_and_fuse(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  const ZsdFrameComponent *luma = &frame->component[frame->brightness];
  zsd_pyramid_fill(&f->now, luma->y, f->kernels, threads);
  zsd_brightness_match(&f->before, &f->now);
  const bool known = f->has_temporal;
  if (!find_and_fuse(f, frame, threads))
    return;
  estimate_noise(f, frame, true, threads);
  if (!known) { /* again, with the first noise estimate that search and gate can rely on */
    if (!find_and_fuse(f, frame, threads))
      return;
    f->has_temporal = false;
    estimate_noise(f, frame, true, threads);
  }
  if (known && noise_has_fallen(f, luma))
    fuse_after_fall(f, frame, threads);
  f->unpredicted = is_new_scene(f, luma) ? f->unpredicted + 1 : 0;
  zsd_static_blocks_update(&f->static_blocks, frame, f->field, f->frames == 1);
  exclude_repeated(f);
}

int zsd_fusion_add(ZsdFusion *f, const ZsdFrame *frame, const ZsdObserver *observer,
                   int threads) {
  if (make_strips(f, threads) || make_residuals(f, frame))
    return -1;
  f->observer = observer;
  f->repeated = find_regions(f, frame, threads);
  if (f->repeated)
    return 0;
  f->tracked = f->has_past && !ignores_past(f);
  if (f->tracked) {
    f->frames++;
    compare_and_fuse(f, frame, threads);
    return 0;
  }
  begin_past(f, frame, threads);
  if (f->has_past) {
    f->unpredicted++;
    return 0;
  }
  f->frames = 0;
  estimate_noise(f, frame, false, threads);
  return 0;
}

void zsd_fusion_commit(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  if (f->repeated)
    return;
  for (int i = 0; i < frame->components; i++)
    zsd_reference_swap(&f->past[i]);
  zsd_pyramid_fill(&f->before, frame->component[frame->brightness].z, f->kernels, threads);
  f->has_past = true;
  f->missing = 0;
}
