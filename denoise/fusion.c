/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fusion.h"

#include "bounds.h"
#include "past.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  BAND = 32,    /* rows that one thread fuses at a time */
  REACH = 3,    /* of the 7x7 window in which squared misses are averaged */
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

/* The share of a new estimate in the noise model. */
static const double NEW_SHARE = 0.3;

/* A frame of which the past misses more than this part has next to nothing to do with it; what
 * looks like noise there, and is more correlated than this, is the difference of two pictures.
 */
static const double NEW = 0.9, MISTAKEN = 0.45;

/* Noise of less than this deviation is none, or that of rounding. */
static const double NOTHING = 0.5 / 255;

/* A frame that differs from the last one by less than this part of what noise would make of it
 * is that frame once more. */
static const double REPEATED = 0.1;

struct ZsdFusion {
  bool has_past, has_noise;
  bool has_temporal; /* the noise is known from more than one frame */
  unsigned frames;   /* since the past began, not counting those repeated */
  bool repeated;     /* the last one */
  ZsdPast past[ZSD_MAX_COMPONENTS];
  float *residual[ZSD_MAX_COMPONENTS]; /* what the prediction missed */
  uint8_t *last;                       /* the last frame's brightness as it came, 255 is 1 */
  float *row;                          /* scratch: three rows */
  ZsdPyramid now, before;
  ZsdMotion *motion;
  const ZsdField *field;
  ZsdLight light[ZSD_MAX_COMPONENTS];
  uint8_t *missed; /* of each block of the field */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
};

/* --- memory --- */

ZsdFusion *zsd_fusion_new(const ZsdFrame *shape) {
  const ZsdFrameComponent *luma = &shape->component[shape->brightness];
  const size_t blocks = (size_t)(luma->width / ZSD_BLOCK + 1) * (luma->height / ZSD_BLOCK + 1);
  ZsdFusion *f = calloc(1, sizeof *f);
  int failed = !f || !(f->missed = calloc(blocks, 1)) ||
               !(f->last = malloc((size_t)luma->width * luma->height + 1)) ||
               !(f->row = malloc(3 * luma->width * sizeof(float)));
  for (int i = 0; i < shape->components && !failed; i++) {
    const size_t n = (size_t)shape->component[i].width * shape->component[i].height + 1;
    failed = zsd_past_new(&f->past[i], &shape->component[i]) ||
             !(f->residual[i] = malloc(n * sizeof(float)));
  }
  if (failed || zsd_pyramid_resize(&f->now, luma->width, luma->height) ||
      zsd_pyramid_resize(&f->before, luma->width, luma->height) ||
      !(f->motion = zsd_motion_new(luma->width, luma->height))) {
    zsd_fusion_free(f);
    return NULL;
  }
  return f;
}

void zsd_fusion_free(ZsdFusion *f) {
  if (!f)
    return;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++) {
    zsd_past_clear(&f->past[i]);
    free(f->residual[i]);
  }
  free(f->missed);
  free(f->last);
  free(f->row);
  zsd_pyramid_clear(&f->now);
  zsd_pyramid_clear(&f->before);
  zsd_motion_free(f->motion);
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

bool zsd_fusion_noise_known(const ZsdFusion *f) {
  return f->has_noise;
}

bool zsd_fusion_tracking(const ZsdFusion *f, ZsdTracking *tracking) {
  *tracking = (ZsdTracking){f->field, f->missed, f->light};
  return f->frames > 0 && !f->repeated;
}

/* --- the Kalman step --- */

typedef struct {
  const ZsdFrameComponent *frame;
  const ZsdPast *past;
  const ZsdField *field;
  ZsdLight light;
  const ZsdNoiseModel *noise;
  float *residual;
  uint8_t *missed;            /* or NULL */
  float expected2, expected1; /* the windows' means that noise alone can have */
} Fuse;

/* What the windows' means of normalised misses may be. A mean over n x n samples of correlated
 * noise varies as one over fewer independent ones. */
static void set_gate(Fuse *fuse) {
  const double a = fuse->noise->lag1, b = fuse->noise->lag2;
  const int n2 = 2 * REACH + 1, n1 = 2 * REACH1 + 1;
  const double along2 = 1 + 2 * (a * a * (n2 - 1) / n2 + b * b * (n2 - 2) / n2);
  const double along1 = 1 + 2 * (a * (n1 - 1) / n1 + b * (n1 - 2) / n1);
  fuse->expected2 = (float)(1 + MARGIN2 * sqrt(2.0 / (n2 * n2)) * along2);
  fuse->expected1 = (float)(MARGIN1 * along1 * along1 / (n1 * n1));
}

static void predict_row(const Fuse *fuse, int y, float *p, float *k) {
  zsd_past_predict_row(fuse->past, fuse->field, y, p, k);
  for (int x = 0; x < fuse->frame->width; x++)
    p[x] = fuse->light.gain * p[x] + fuse->light.offset;
}

/* What noise can be estimated from: misses as large as they were if the past had no noise. */
static void residual_row(const Fuse *fuse, int y, const float *p, const float *k) {
  const ptrdiff_t at = (ptrdiff_t)y * fuse->frame->width;
  const float *in = fuse->frame->y + at;
  for (int x = 0; x < fuse->frame->width; x++)
    fuse->residual[at + x] = (in[x] - p[x]) / sqrtf(1 + k[x]);
}

/* Counts the samples of a row whose prediction misses. */
static void count_missed(const Fuse *fuse, int y, const float *miss) {
  if (!fuse->missed)
    return;
  uint8_t *missed = fuse->missed + y / ZSD_BLOCK * fuse->field->across;
  for (int x = 0; x < fuse->frame->width; x++)
    missed[x / ZSD_BLOCK] += miss[x] > MISSED;
}

/* A row of misses, normalised by the deviation that noise gives them, its ends repeated. */
static void miss_row(const Fuse *fuse, int y, const float *p, const float *k, float *d) {
  const int w = fuse->frame->width;
  const float *in = fuse->frame->y + (ptrdiff_t)y * w;
  for (int x = 0; x < w; x++)
    d[x] = (in[x] - p[x]) / sqrtf((1 + k[x]) * (zsd_noise_variance(fuse->noise, p[x]) + 1e-7f));
  for (int x = 1; x <= REACH; x++) {
    d[-x] = d[0];
    d[w - 1 + x] = d[w - 1];
  }
}

/* The rows of one band and of REACH around it; memory of one call. */
typedef struct {
  float *p[BAND + 2 * REACH], *k[BAND + 2 * REACH], *d[BAND + 2 * REACH];
  float *sum2, *sum1; /* over the windows' rows */
  float *miss;
  float *memory;
} Rows;

static int rows_new(Rows *r, int width) {
  const size_t w = width + 2 * REACH, n = BAND + 2 * REACH;
  if (!(r->memory = malloc((3 * n + 3) * w * sizeof(float))))
    return -1;
  float *next = r->memory + REACH;
  for (size_t i = 0; i < n; i++) {
    r->p[i] = next;
    r->k[i] = next + n * w;
    r->d[i] = next + 2 * n * w;
    next += w;
  }
  r->sum2 = r->memory + 3 * n * w + REACH;
  r->sum1 = r->sum2 + w;
  r->miss = r->sum1 + w;
  return 0;
}

/* Row y, which is row i of those prepared. */
static void fuse_row(const Fuse *fuse, const Rows *r, int y, int i) {
  const ZsdFrameComponent *c = fuse->frame;
  const int w = c->width;
  const float *in = c->y + (ptrdiff_t)y * w, *p = r->p[i], *k = r->k[i];
  float *z = c->z + (ptrdiff_t)y * w, *gain = c->k + (ptrdiff_t)y * w;
  float *const *d = r->d + i;

  for (int x = -REACH; x < w + REACH; x++) {
    const float squares = d[-2][x] * d[-2][x] + d[-1][x] * d[-1][x] + d[0][x] * d[0][x] +
                          d[1][x] * d[1][x] + d[2][x] * d[2][x];
    r->sum2[x] = squares + d[-3][x] * d[-3][x] + d[3][x] * d[3][x];
    r->sum1[x] = d[-2][x] + d[-1][x] + d[0][x] + d[1][x] + d[2][x];
  }
  for (int x = 0; x < w; x++) {
    const float *s2 = r->sum2 + x, *s1 = r->sum1 + x;
    const float mean2 = (s2[-3] + s2[-2] + s2[-1] + s2[0] + s2[1] + s2[2] + s2[3]) / 49;
    const float mean1 = (s1[-2] + s1[-1] + s1[0] + s1[1] + s1[2]) / 25;
    const float miss2 = mean2 - fuse->expected2;
    const float miss1 = 4 * (mean1 * mean1 - fuse->expected1);
    const float miss = fmaxf(0, fmaxf(miss2, miss1));
    const float predicted = k[x] + miss * (1 + k[x]) + PROCESS_NOISE;
    gain[x] = predicted / (predicted + 1);
    z[x] = p[x] + gain[x] * (in[x] - p[x]);
    r->miss[x] = miss;
  }
  residual_row(fuse, y, p, k);
  count_missed(fuse, y, r->miss);
}

/* Row y without memory for its windows: taken as it came, as if the past missed all of it. */
static void take_row(const Fuse *fuse, int y) {
  const ZsdFrameComponent *c = fuse->frame;
  const ptrdiff_t at = (ptrdiff_t)y * c->width;
  predict_row(fuse, y, c->z + at, c->k + at);
  residual_row(fuse, y, c->z + at, c->k + at);
  for (int x = 0; x < c->width; x++)
    c->k[at + x] = 1;
  count_missed(fuse, y, c->k + at);
  memcpy(c->z + at, c->y + at, c->width * sizeof(float));
}

/* The bands begin with a row of blocks, so that no two of them count in the same one. */
_Static_assert(BAND % ZSD_BLOCK == 0, "bands share blocks");

static void fuse_band(void *context, int worker, int band) {
  (void)worker;
  const Fuse *fuse = context;
  const int h = fuse->frame->height, top = band * BAND;
  const int bottom = top + BAND < h ? top + BAND : h;
  Rows rows;
  if (rows_new(&rows, fuse->frame->width)) {
    for (int y = top; y < bottom; y++)
      take_row(fuse, y);
    return;
  }
  for (int y = top - REACH; y < bottom + REACH; y++) {
    const int i = y - top + REACH, source = zsd_clamp(y, 0, h - 1);
    predict_row(fuse, source, rows.p[i], rows.k[i]);
    miss_row(fuse, source, rows.p[i], rows.k[i], rows.d[i]);
  }
  for (int y = top; y < bottom; y++)
    fuse_row(fuse, &rows, y, y - top + REACH);
  free(rows.memory);
}

/* --- frames --- */

static void take_as_is(const ZsdFrame *frame) {
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    const size_t n = (size_t)c->width * c->height;
    memcpy(c->z, c->y, n * sizeof(float));
    for (size_t x = 0; x < n; x++)
      c->k[x] = 1;
  }
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

/* From what the prediction missed where there is one, or else from the picture, which tells
 * less: once the noise is known from more than one frame it is not asked again. A picture that
 * had no noise says nothing of those after it. */
static void estimate_noise(ZsdFusion *f, const ZsdFrame *frame, bool temporal,
                           ZsdThreads *threads) {
  const bool better = temporal && !f->has_temporal;
  const bool none = !f->has_noise || f->noise[frame->brightness].sigma < NOTHING;
  bool known = f->has_noise;
  if (f->has_temporal && !none && !temporal)
    return;
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    const ZsdNoiseSource source = {temporal ? f->residual[i] : c->y, temporal ? c->z : c->y,
                                   c->width, c->height, !temporal};
    ZsdNoiseModel found = {0};
    if (zsd_noise_estimate(&found, &source, threads) ||
        (temporal && found.lag2 > MISTAKEN && is_new(f, &frame->component[frame->brightness])))
      continue;
    if (!temporal)
      doubt(&found);
    if (i == frame->brightness) {
      known = true;
      f->has_temporal |= temporal;
    }
    mix(&f->noise[i], &found, better || none ? 1 : NEW_SHARE);
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

static uint8_t level_of(float y) {
  return (uint8_t)(255 * fmaxf(0, fminf(1, y)) + 0.5f);
}

static void remember_frame(const ZsdFusion *f, const ZsdFrameComponent *c) {
  for (ptrdiff_t i = 0; i < (ptrdiff_t)c->width * c->height; i++)
    f->last[i] = level_of(c->y[i]);
}

/* Whether a part of a row is what it was in the last frame. */
static bool is_same(const ZsdFusion *f, const ZsdFrameComponent *c, ptrdiff_t at, int n,
                    double most) {
  int sum = 0;
  for (int i = 0; i < n; i++) {
    const int d = level_of(c->y[at + i]) - f->last[at + i];
    sum += d * d;
  }
  return sum <= most * n;
}

/* Whether a frame is the last one once more, as film on video and cameras in the dark have
 * them: its noise tells nothing new. All of it has to be, down to a pointer or a time code. */
static bool is_repeated(const ZsdFusion *f, const ZsdFrameComponent *c, double sigma) {
  const double most = REPEATED * 2 * 255 * 255 * sigma * sigma;
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x += SEGMENT)
      if (!is_same(f, c, (ptrdiff_t)y * c->width + x, zsd_smaller(SEGMENT, c->width - x), most))
        return false;
  return true;
}

/* --- frames --- */

/* Fuses the frame with what was found where the past shows it. */
static void fuse_frame(ZsdFusion *f, const ZsdFrame *frame, ZsdThreads *threads) {
  memset(f->missed, 0, (size_t)f->field->across * f->field->down);
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    f->light[i] = zsd_light_estimate(&f->past[i], f->field, c, f->noise[i].sigma, f->row);
    Fuse fuse = {.frame = c,
                 .past = &f->past[i],
                 .field = f->field,
                 .light = f->light[i],
                 .noise = &f->noise[i],
                 .residual = f->residual[i],
                 .missed = i == frame->brightness ? f->missed : NULL};
    set_gate(&fuse);
    zsd_threads_run(threads, fuse_band, &fuse, (c->height + BAND - 1) / BAND);
  }
}

static void find_and_fuse(ZsdFusion *f, const ZsdFrame *frame, const ZsdKernels *kernels,
                          ZsdThreads *threads) {
  const ZsdSearch search = {kernels, threads, smoothed_sigma(&f->noise[frame->brightness])};
  f->field = zsd_motion_search(f->motion, &f->now, &f->before, &search, f->frames > 1);
  fuse_frame(f, frame, threads);
}

void zsd_fusion_add(ZsdFusion *f, const ZsdFrame *frame, const ZsdKernels *kernels,
                    ZsdThreads *threads) {
  const ZsdFrameComponent *luma = &frame->component[frame->brightness];
  const ZsdNoiseModel *noise = &f->noise[frame->brightness];
  f->repeated = f->has_past && is_repeated(f, luma, noise->sigma);
  if (f->repeated)
    return;
  remember_frame(f, luma);
  if (!f->has_past) {
    f->frames = 0;
    take_as_is(frame);
    estimate_noise(f, frame, false, threads);
    return;
  }
  f->frames++;
  zsd_pyramid_fill(&f->now, luma->y, threads);
  zsd_light_adapt(&f->before, &f->now);
  const bool known = f->has_temporal;
  find_and_fuse(f, frame, kernels, threads);
  estimate_noise(f, frame, true, threads);
  if (!known) { /* how far vectors and the past are to be trusted is known only now */
    find_and_fuse(f, frame, kernels, threads);
    f->has_temporal = false;
    estimate_noise(f, frame, true, threads);
  }
}

typedef struct {
  const ZsdFusion *fusion;
  const ZsdFrame *frame;
} Keep;

static void keep_row(void *context, int worker, int y) {
  (void)worker;
  const Keep *k = context;
  for (int i = 0; i < k->frame->components; i++)
    if (y < k->frame->component[i].height)
      zsd_past_keep_row(&k->fusion->past[i], &k->frame->component[i], y);
}

void zsd_fusion_keep(ZsdFusion *f, const ZsdFrame *frame, ZsdThreads *threads) {
  const ZsdFrameComponent *luma = &frame->component[frame->brightness];
  Keep keep = {f, frame};
  if (f->repeated)
    return;
  zsd_threads_run(threads, keep_row, &keep, luma->height);
  zsd_pyramid_fill(&f->before, luma->z, threads);
  f->has_past = true;
}
