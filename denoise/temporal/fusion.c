/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/fusion.h"

#include "base/clamp.h"
#include "temporal/static_blocks.h"
#include "temporal/reference.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  LEAST_BAND =
      8, /* rows that one thread fuses at a time: few, so that there are bands for all; */
  MOST_BAND = 64, /* many, for those around a band are predicted for it, too */
  SHARE = 4,      /* bands for each worker, as far as that goes */
  STRIP = 1280, /* samples of a row at most: what is needed of them stays in the second cache */
  RING = 8,     /* rows of a strip whose misses are kept */
  SHORT_RING = 4, /* and those that wait for the misses below them */
  REACH = ZSD_KALMAN_RADIUS,
  REACH1 = 2,   /* of the 5x5 window in which misses are averaged */
  SEGMENT = 16, /* samples of a row, each of which is the same in a frame that is repeated */
};

/* Variance that the past gains in each frame, as a part of the noise's: so that it never counts
 * for certain. */
static const float PROCESS_NOISE = 0.002f;

/* How far above their expected value, in deviations of it, the windows' means have to be before
 * they count as a miss. */
static const double MARGIN2 = 1.5, MARGIN1 = 8;

/* A picture's correlation between neighbours from which on its noise may be texture, and at
 * which all but a tenth of the variance is taken for it. */
static const double TEXTURE_FROM = 0.2, TEXTURE_TO = 0.55, MOST_DOUBT = 0.9;

/* A sample whose prediction misses by more than this part of the noise's variance is missed. */
static const float MISSED = 0.05f;

/* What misses are normalised with where there is no noise. */
static const float LEAST_VARIANCE = 1e-7f;

/* The share of a new estimate in the noise model. */
static const double NEW_SHARE = 0.3;

/* Frames after which the noise is well known, and every how many it is estimated from then on.
 */
enum { SETTLED = 16, SELDOM = 4 };

/* A frame of which the past misses more than this part has next to nothing to do with it; what
 * looks like noise there, and is more correlated than this, is the difference of two pictures.
 */
static const double NEW = 0.9, MISTAKEN = 0.45;

/* Noise of less than this deviation is none, or that of rounding. */
static const double NOTHING = 0.5 / 255;

/* A frame that differs from the last one by less than this part of what noise would make of it
 * is that frame once more. */
static const double REPEATED = 0.1;

typedef struct Strip Strip;

struct ZsdFusion {
  const ZsdKernels *kernels;
  Strip *strips; /* scratch memory of each thread */
  int n_strips;
  bool has_past, has_noise;
  bool has_temporal; /* the noise is known from more than one frame */
  unsigned frames;   /* since the past began, not counting those repeated */
  bool repeated;     /* the last one */
  ZsdPast past[ZSD_MAX_COMPONENTS];
  float *residual[ZSD_MAX_COMPONENTS]; /* what the prediction missed */
  uint8_t *last;                       /* the last frame's brightness as it came, 255 is 1 */
  ZsdPyramid now, before;
  ZsdMotion *motion;
  const ZsdField *field;
  ZsdBrightnessChange light[ZSD_MAX_COMPONENTS];
  uint8_t *missed; /* of each block of the field */
  ZsdCalm calm;
  int brightness; /* the component that shows it */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  ZsdNoiseEstimator *estimator;
  ZsdLightMeter *meter;
};

/* --- memory --- */

ZsdFusion *zsd_fusion_new(const ZsdFrame *shape, const ZsdKernels *kernels) {
  const ZsdFrameComponent *luma = &shape->component[shape->brightness];
  const size_t blocks = (size_t)(luma->width / ZSD_BLOCK + 1) * (luma->height / ZSD_BLOCK + 1);
  ZsdFusion *f = calloc(1, sizeof *f);
  int failed = !f || !(f->missed = calloc(blocks, 1)) ||
               !(f->last = malloc((size_t)luma->width * luma->height + 1)) ||
               !(f->estimator = zsd_noise_estimator_new()) ||
               !(f->meter = zsd_light_meter_new(shape));
  for (int i = 0; i < shape->components && !failed; i++) {
    const size_t n = (size_t)shape->component[i].width * shape->component[i].height + 1;
    failed = zsd_past_new(&f->past[i], &shape->component[i], kernels) ||
             !(f->residual[i] = malloc(n * sizeof(float)));
  }
  if (failed || zsd_calm_resize(&f->calm, (int)blocks) ||
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

void zsd_fusion_free(ZsdFusion *f) {
  if (!f)
    return;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    zsd_past_clear(&f->past[i]);
    free(f->residual[i]);
  }
  free(f->strips);
  free(f->missed);
  zsd_calm_clear(&f->calm);
  free(f->last);
  zsd_pyramid_clear(&f->now);
  zsd_pyramid_clear(&f->before);
  zsd_motion_free(f->motion);
  zsd_noise_estimator_free(f->estimator);
  zsd_light_meter_free(f->meter);
  free(f);
}

void zsd_fusion_forget(ZsdFusion *f) {
  f->has_past = f->repeated = false;
}

void zsd_fusion_go_alone(ZsdFusion *f) {
  zsd_fusion_forget(f);
  f->has_temporal = false;
}

void zsd_fusion_restart(ZsdFusion *f) {
  zsd_fusion_forget(f);
  f->has_noise = f->has_temporal = false;
  memset(f->noise, 0, sizeof f->noise); /* of a clipped frame there is no new estimate */
}

bool zsd_fusion_repeated(const ZsdFusion *f) {
  return f->repeated;
}

const ZsdNoiseModel *zsd_fusion_noise(const ZsdFusion *f, int component) {
  return &f->noise[component];
}

void zsd_fusion_tell_noise(ZsdFusion *f, const ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]) {
  memcpy(f->noise, noise, sizeof f->noise);
  f->has_noise = true;
}

ZsdNoiseVariance zsd_fusion_variance(const ZsdFusion *f, int component) {
  const ZsdNoiseModel *noise = &f->noise[component];
  return (ZsdNoiseVariance){.base = (float)noise->base,
                       .slope = (float)noise->slope,
                       .least = fmaxf(0, zsd_noise_least(noise))};
}

const ZsdKernels *zsd_fusion_kernels(const ZsdFusion *f) {
  return f->kernels;
}

bool zsd_fusion_noise_known(const ZsdFusion *f) {
  return f->has_noise;
}

bool zsd_fusion_tracking(const ZsdFusion *f, ZsdTracking *tracking) {
  *tracking = (ZsdTracking){f->field, f->missed, f->light};
  return f->frames > 0 && !f->repeated;
}

bool zsd_fusion_calm(const ZsdFusion *f, int x, int y, int width, int height) {
  const ZsdNoiseModel *noise = &f->noise[f->brightness];
  const ZsdScenery scenery = {f->field, f->light[f->brightness], noise->lag1, noise->lag2};
  return f->frames > 0 && zsd_calm_holds(&f->calm, &scenery, x, y, width, height);
}

/* --- the Kalman step --- */

/* What is done with a component. */
typedef struct {
  const ZsdFrameComponent *frame;
  const ZsdPast *past;
  const ZsdField *field; /* NULL: no past is asked */
  ZsdBrightnessChange light;
  ZsdNoiseVariance noise;
  float *residual;            /* NULL: nobody asks for it */
  uint8_t *missed;            /* of each block, or NULL */
  float *squares;             /* of each block, the sum of its squared misses */
  uint8_t *last;              /* NULL: what is not remembered */
  float expected2, expected1; /* the windows' means that noise alone can have */
  int bands;
} Fuse;

/* What the windows' means of normalised misses may be. A mean over n x n samples of correlated
 * noise varies as one over fewer independent ones. */
static void set_gate(Fuse *fuse, const ZsdNoiseModel *noise) {
  const double a = noise->lag1, b = noise->lag2;
  const int n2 = 2 * REACH + 1, n1 = 2 * REACH1 + 1;
  const double along2 = 1 + 2 * (a * a * (n2 - 1) / n2 + b * b * (n2 - 2) / n2);
  const double along1 = 1 + 2 * (a * (n1 - 1) / n1 + b * (n1 - 2) / n1);
  fuse->expected2 = (float)(1 + MARGIN2 * sqrt(2.0 / (n2 * n2)) * along2);
  fuse->expected1 = (float)(MARGIN1 * along1 * along1 / (n1 * n1));
}

/* A strip of a band: its columns [left, right), and those around it that its windows reach. The
 * rows begin with sample `left` - MARGIN. */
enum { MARGIN = 8, ROOM = STRIP + 2 * MARGIN };
_Static_assert((int)MARGIN >= (int)REACH && RING > 2 * REACH && SHORT_RING > REACH,
               "windows reach further");

struct Strip {
  int left, right;
  float p[SHORT_RING][ROOM], k[SHORT_RING][ROOM]; /* row y: number y % SHORT_RING */
  float d[RING][ROOM];
  float missed[STRIP], squares[STRIP]; /* of the rows of one row of blocks */
};

/* Scratch memory for this many threads. */
static int make_strips(ZsdFusion *f, int threads) {
  if (f->n_strips >= threads)
    return 0;
  free(f->strips);
  f->strips = malloc((size_t)threads * sizeof *f->strips);
  f->n_strips = f->strips ? threads : 0;
  return f->strips ? 0 : -1;
}

/* Predicts row y and tells what it misses; the picture's ends are repeated. */
static void prepare_row(const Fuse *fuse, Strip *s, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const int row = zsd_clamp(y, 0, c->height - 1), i = y + RING;
  const int begin = s->left > 0 ? -MARGIN : 0;
  const int end = (s->right + MARGIN < c->width ? s->right + MARGIN : c->width) - s->left;
  float *p = s->p[i % SHORT_RING] + MARGIN, *k = s->k[i % SHORT_RING] + MARGIN;
  float *d = s->d[i % RING] + MARGIN;
  ZsdPrediction prediction = zsd_past_prediction(fuse->past, fuse->field, row);
  prediction.gain = fuse->light.gain;
  prediction.offset = fuse->light.offset;
  fuse->past->kernels->predict(&prediction, row, s->left + begin, s->left + end, p + begin,
                               k + begin);
  fuse->past->kernels->innovation(d + begin, c->y + (ptrdiff_t)row * c->width + s->left + begin,
                            p + begin, k + begin, end - begin, &fuse->noise);
  for (int x = 1; x <= REACH && begin == 0; x++)
    d[-x] = d[0];
  for (int x = 0; x < REACH && s->left + end == c->width; x++)
    d[end + x] = d[end - 1];
}

/* Counts what was missed in a row of blocks. */
static void count_missed(const Fuse *fuse, const Strip *s, int y) {
  uint8_t *missed = fuse->missed + y / ZSD_BLOCK * fuse->field->across + s->left / ZSD_BLOCK;
  for (int x = 0; x < s->right - s->left; x++)
    missed[x / ZSD_BLOCK] += (uint8_t)s->missed[x];
}

/* Adds up the squared misses of a row of blocks; a strip begins with a block. */
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
                 .outliers = fuse->missed ? s->missed : NULL,
                 .noise = fuse->noise,
                 .max_mean_square = fuse->expected2,
                 .max_squared_mean = fuse->expected1,
                 .process_noise = PROCESS_NOISE,
                 .outlier_excess = MISSED};
  for (int i = -REACH; i <= REACH; i++)
    row.innovation[i + REACH] = s->d[(y + i + RING) % RING] + MARGIN;
  fuse->past->kernels->kalman_update(&row, s->right - s->left);
  const float *d = row.innovation[REACH];
  for (int x = 0; x < s->right - s->left; x++)
    s->squares[x] += d[x] * d[x];
}

/* Takes a part of a row as it is. */
static void take_row(const Fuse *fuse, int left, int right, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const ptrdiff_t at = (ptrdiff_t)y * c->width + left;
  memcpy(c->z + at, c->y + at, (right - left) * sizeof(float));
  for (int x = 0; x < right - left; x++)
    c->k[at + x] = 1;
}

/* The frame's brightness as it came, 255 is 1. */
static void levels_of(const ZsdKernels *kernels, const float *y, uint8_t *levels, int n) {
  kernels->store8(levels, 1, y, y, n, 0);
}

static void fuse_strip(const Fuse *fuse, Strip *s, int left, int right, int top, int bottom) {
  const ZsdFrameComponent *c = fuse->frame;
  s->left = left;
  s->right = right;
  memset(s->missed, 0, sizeof s->missed);
  memset(s->squares, 0, sizeof s->squares);
  for (int y = top - REACH; y < top + REACH && fuse->field; y++)
    prepare_row(fuse, s, y);
  for (int y = top; y < bottom; y++) {
    const ptrdiff_t at = (ptrdiff_t)y * c->width + left;
    if (fuse->field) {
      prepare_row(fuse, s, y + REACH);
      fuse_row(fuse, s, y);
    } else {
      take_row(fuse, left, right, y);
    }
    zsd_past_keep(fuse->past, c, y, left, right);
    if (fuse->last)
      levels_of(fuse->past->kernels, c->y + at, fuse->last + at, right - left);
    if (fuse->missed && ((y + 1) % ZSD_BLOCK == 0 || y + 1 == bottom)) {
      count_missed(fuse, s, y);
      memset(s->missed, 0, sizeof s->missed);
    }
    if (fuse->field && ((y + 1) % (ZSD_BLOCK >> c->half_height) == 0 || y + 1 == bottom))
      add_squares(fuse, s, y);
  }
}

typedef struct {
  Fuse fuse[ZSD_MAX_COMPONENTS];
  int components, rows; /* of a band */
} Job;

/* The bands begin with a row of blocks, so that no two of them count in the same one. */
_Static_assert(LEAST_BAND % ZSD_BLOCK == 0 && STRIP % ZSD_BLOCK == 0, "bands share blocks");

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

/* All bands of all components. The result does not depend on how many there are. */
static void run(Job *job, Strip *strips, int threads) {
  int rows = 0, bands = 0;
  for (int i = 0; i < job->components; i++)
    rows += job->fuse[i].frame->height;
  rows = rows / (SHARE * threads) / LEAST_BAND * LEAST_BAND;
  job->rows = zsd_clamp(rows, LEAST_BAND, MOST_BAND);
  for (int i = 0; i < job->components; i++) {
    job->fuse[i].bands = (job->fuse[i].frame->height + job->rows - 1) / job->rows;
    bands += job->fuse[i].bands;
  }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int band = 0; band < bands; band++)
    fuse_band(job, &strips[omp_get_thread_num()], band);
}

/* The frame with nothing before it. */
static Job job_of(const ZsdFusion *f, const ZsdFrame *frame) {
  Job job = {.components = frame->components};
  for (int i = 0; i < frame->components; i++)
    job.fuse[i] = (Fuse){.frame = &frame->component[i],
                         .past = &f->past[i],
                         .residual = f->residual[i],
                         .last = i == frame->brightness ? f->last : NULL};
  return job;
}

/* --- frames --- */

static void take_as_is(const ZsdFusion *f, const ZsdFrame *frame, int threads) {
  Job job = job_of(f, frame);
  run(&job, f->strips, threads);
}

static void mix(ZsdNoiseModel *model, const ZsdNoiseModel *found, double share) {
  const double keep = 1 - share;
  model->sigma = sqrt(keep * model->sigma * model->sigma + share * found->sigma * found->sigma);
  model->base = keep * model->base + share * found->base;
  model->slope = keep * model->slope + share * found->slope;
  model->lag1 = keep * model->lag1 + share * found->lag1;
  model->lag2 = keep * model->lag2 + share * found->lag2;
}

/* One picture cannot tell correlated noise from fine texture, which must not suffer: the more
 * correlated it looks, the less of it is taken for noise. A weak correlation is taken for that
 * of texture that lies under white noise. */
static void doubt(ZsdNoiseModel *model) {
  const double correlated =
      fmax(0, fmin(1, (model->lag1 - TEXTURE_FROM) / (TEXTURE_TO - TEXTURE_FROM)));
  const double keep = 1 - MOST_DOUBT * correlated;
  model->sigma *= sqrt(keep);
  model->base *= keep;
  model->slope *= keep;
  model->lag1 *= correlated;
  model->lag2 *= correlated;
}

/* Whether there is next to nothing in the frame that the past predicted. */
static bool is_new(const ZsdFusion *f, const ZsdFrameComponent *c) {
  double missed = 0;
  for (int i = 0; i < f->field->across * f->field->down; i++)
    missed += f->missed[i];
  return missed > NEW * c->width * c->height;
}

/* Whether there was no noise so far. */
static bool has_none(const ZsdFusion *f, const ZsdFrame *frame) {
  return !f->has_noise || f->noise[frame->brightness].sigma < NOTHING;
}

/* Whether the noise is known so well that this frame is not asked. */
static bool knows_noise(const ZsdFusion *f, const ZsdFrame *frame) {
  return f->has_temporal && !has_none(f, frame) && f->frames > SETTLED && f->frames % SELDOM;
}

/* From what the prediction missed where there is one, or else from the picture, which tells
 * less: once the noise is known from more than one frame it is not asked again. A picture that
 * had no noise says nothing of those after it. */
static void estimate_noise(ZsdFusion *f, const ZsdFrame *frame, bool temporal,
                           int threads) {
  const bool better = temporal && !f->has_temporal;
  const bool none = has_none(f, frame);
  bool known = f->has_noise;
  if (f->has_temporal && !none && (!temporal || knows_noise(f, frame)))
    return;
  ZsdNoiseSource sources[ZSD_MAX_COMPONENTS];
  ZsdNoiseModel models[ZSD_MAX_COMPONENTS] = {0};
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    sources[i] = (ZsdNoiseSource){temporal ? f->residual[i] : c->y, c->y, c->width, c->height,
                                  !temporal};
  }
  const unsigned told =
      zsd_noise_estimate(f->estimator, models, sources, frame->components, f->kernels, threads);
  for (int i = 0; i < frame->components; i++) {
    ZsdNoiseModel *found = &models[i];
    if (!(told >> i & 1) ||
        (temporal && found->lag2 > MISTAKEN && is_new(f, &frame->component[frame->brightness])))
      continue;
    if (!temporal)
      doubt(found);
    if (i == frame->brightness) {
      known = true;
      f->has_temporal |= temporal;
    }
    mix(&f->noise[i], found, better || none ? 1 : NEW_SHARE);
  }
  f->has_noise = known;
}

/* Correlated noise survives the pyramid's smoothing better than white noise does: the deviation
 * of white noise that would leave as much. The binomial filter's autocorrelation is 70, 56, 28
 * of 256. */
static double smoothed_sigma(const ZsdNoiseModel *noise) {
  return noise->sigma * (70 + 2 * (56 * noise->lag1 + 28 * noise->lag2)) / 70;
}

/* --- repeated frames --- */

/* Whether a part of a row is what it was in the last frame. */
static bool is_same(const ZsdFusion *f, const float *y, const uint8_t *last, int n,
                    double most) {
  uint8_t levels[SEGMENT];
  int sum = 0;
  levels_of(f->kernels, y, levels, n);
  for (int i = 0; i < n; i++)
    sum += (levels[i] - last[i]) * (levels[i] - last[i]);
  return sum <= most * n;
}

/* Whether a frame is the last one once more, as film on video and cameras in the dark have
 * them: its noise tells nothing new. All of it has to be, down to a pointer or a time code. */
static bool is_repeated(const ZsdFusion *f, const ZsdFrameComponent *c, double sigma) {
  const double most = REPEATED * 2 * 255 * 255 * sigma * sigma;
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x += SEGMENT) {
      const ptrdiff_t at = (ptrdiff_t)y * c->width + x;
      if (!is_same(f, c->y + at, f->last + at, zsd_smaller(SEGMENT, c->width - x), most))
        return false;
    }
  return true;
}

/* --- frames --- */

/* Fuses the frame with what was found where the past shows it. */
static void fuse_frame(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  Job job = job_of(f, frame);
  memset(f->missed, 0, (size_t)f->field->across * f->field->down);
  zsd_light_estimate(f->meter, f->light, f->past, f->field, frame, f->noise, f->kernels,
                     threads);
  for (int i = 0; i < frame->components; i++) {
    Fuse *fuse = &job.fuse[i];
    fuse->field = f->field;
    if (knows_noise(f, frame))
      fuse->residual = NULL;
    fuse->light = f->light[i];
    fuse->noise = zsd_fusion_variance(f, i);
    fuse->noise.base += LEAST_VARIANCE;
    fuse->noise.least += LEAST_VARIANCE;
    fuse->missed = i == frame->brightness ? f->missed : NULL;
    fuse->squares = f->calm.missed[i];
    set_gate(fuse, &f->noise[i]);
  }
  run(&job, f->strips, threads);
}

static void find_and_fuse(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  const ZsdSearch search = {f->kernels, threads, smoothed_sigma(&f->noise[frame->brightness])};
  f->field = zsd_motion_search(f->motion, &f->now, &f->before, &search, f->frames > 1);
  fuse_frame(f, frame, threads);
}

int zsd_fusion_add(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  const ZsdFrameComponent *luma = &frame->component[frame->brightness];
  const ZsdNoiseModel *noise = &f->noise[frame->brightness];
  if (make_strips(f, threads))
    return -1;
  f->repeated = f->has_past && is_repeated(f, luma, noise->sigma);
  if (f->repeated)
    return 0;
  if (!f->has_past) {
    f->frames = 0;
    take_as_is(f, frame, threads);
    estimate_noise(f, frame, false, threads);
    return 0;
  }
  f->frames++;
  zsd_pyramid_fill(&f->now, luma->y, f->kernels, threads);
  zsd_light_adapt(&f->before, &f->now);
  const bool known = f->has_temporal;
  find_and_fuse(f, frame, threads);
  estimate_noise(f, frame, true, threads);
  if (!known) { /* how far vectors and the past are to be trusted is known only now */
    find_and_fuse(f, frame, threads);
    f->has_temporal = false;
    estimate_noise(f, frame, true, threads);
  }
  zsd_calm_learn(&f->calm, frame, f->field, f->frames == 1);
  return 0;
}

void zsd_fusion_keep(ZsdFusion *f, const ZsdFrame *frame, int threads) {
  if (f->repeated)
    return;
  for (int i = 0; i < frame->components; i++)
    zsd_past_turn(&f->past[i]);
  zsd_pyramid_fill(&f->before, frame->component[frame->brightness].z, f->kernels, threads);
  f->has_past = true;
}
