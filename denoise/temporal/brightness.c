/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/brightness.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>

enum {
  SAMPLES = 1 << 16, /* at most about so many are used: fewer rows of a larger picture */
  LEVELS = 511,      /* bins of the histogram of differences, -255 .. 255 */
  SUBSAMPLING = 4,   /* of a row, for the histogram */
  NEARBY = 4,        /* distance, in samples, at which noise is independent */
  ITERATIONS = 3,    /* of the fit, with outliers excluded */
};

/* Differences above this many standard deviations are outliers. */
static const double OUTLIER = 2.5;

/* Standard errors from which a change is significant, and the largest gain (or its reciprocal)
 * and offset of a change of brightness: anything larger is another picture. */
static const double SIGNIFICANT = 4, MAX_GAIN = 1.6, MAX_OFFSET = 0.2;

/* Sums over samples, see ZsdBrightnessSums. The slope of the difference d over the prediction p
 * is estimated with an instrumental variable q, a prediction nearby: noise in p itself would
 * bias it towards -1 (errors in variables). */
typedef struct {
  double n, p, d, q, qp, qq, qd, dd;
} Sums;

/* Median of the differences: the initial offset, 0..1 scale. */
static double median_of(const unsigned histogram[LEVELS]) {
  unsigned all = 0, sum = 0;
  int i = 0;
  for (int k = 0; k < LEVELS; k++)
    all += histogram[k];
  while (i < LEVELS - 1 && (sum += histogram[i]) * 2 < all)
    i++;
  return (i - LEVELS / 2) / 255.0;
}

/* --- samples --- */

/* Every n-th row of a component, and its prediction. */
typedef struct {
  const ZsdFrameComponent *frame;
  int step, count; /* rows from one to the next; rows used */
  float *p, *k;    /* count x width: prediction, and its relative variance */
} Rows;

struct ZsdBrightnessEstimator {
  Rows rows[ZSD_MAX_COMPONENTS];
};

ZsdBrightnessEstimator *zsd_brightness_estimator_new(const ZsdFrame *shape) {
  ZsdBrightnessEstimator *m = calloc(1, sizeof *m);
  for (int i = 0; m && i < shape->components; i++) {
    const size_t n = SAMPLES + shape->component[i].width;
    m->rows[i].p = malloc(n * sizeof(float));
    m->rows[i].k = malloc(n * sizeof(float));
    if (!m->rows[i].p || !m->rows[i].k) {
      zsd_brightness_estimator_free(m);
      return NULL;
    }
  }
  return m;
}

void zsd_brightness_estimator_free(ZsdBrightnessEstimator *m) {
  for (int i = 0; m && i < ZSD_MAX_COMPONENTS; i++) {
    free(m->rows[i].p);
    free(m->rows[i].k);
  }
  free(m);
}

static void select_rows(Rows *r, const ZsdFrameComponent *frame) {
  r->frame = frame;
  r->step = (int)((ptrdiff_t)frame->width * frame->height / SAMPLES) + 1;
  r->count = frame->width ? (frame->height + r->step - 1) / r->step : 0;
}

static const float *row_of(const Rows *r, int row) {
  return r->frame->y + (ptrdiff_t)row * r->step * r->frame->width;
}

static const float *prediction_of(const Rows *r, int row) {
  return r->p + (ptrdiff_t)row * r->frame->width;
}

/* Initial offset: robust, since most of the picture is predicted. */
static double initial_offset(const Rows *r) {
  unsigned histogram[LEVELS] = {0};
  for (int y = 0; y < r->count; y++) {
    const float *now = row_of(r, y), *p = prediction_of(r, y);
    for (int x = y % SUBSAMPLING; x < r->frame->width; x += SUBSAMPLING) {
      const int level = (int)(255 * (now[x] - p[x]) + LEVELS / 2 + 0.5f);
      histogram[zsd_clamp(level, 0, LEVELS - 1)]++;
    }
  }
  return median_of(histogram);
}

/* Sums over the samples within `reach` of the current fit. */
static Sums sum_inliers(const Rows *r, const ZsdKernels *kernels, ZsdBrightnessChange change,
                        double reach) {
  const int n = r->frame->width - NEARBY;
  Sums s = {0};
  for (int y = 0; y < r->count && n > 0; y++) {
    const float *p = prediction_of(r, y);
    ZsdBrightnessSums row;
    kernels->brightness_sums(&row, row_of(r, y) + NEARBY, p + NEARBY, p, n, &change,
                             (float)reach);
    s.n += row.n;
    s.p += row.p;
    s.d += row.d;
    s.q += row.q;
    s.qp += row.qp;
    s.qq += row.qq;
    s.qd += row.qd;
    s.dd += row.dd;
  }
  return s;
}

/* --- the change --- */

/* Standard deviation of the mean of n samples of correlated noise, relative to that of n
 * independent ones, with `step` rows from one to the next. */
static double mean_spread(const ZsdNoiseModel *noise, int step) {
  const double along = 1 + 2 * (noise->lag1 + noise->lag2);
  return step > 2 ? sqrt(along) : along;
}

/* Fits d = offset + slope (p - mean p); what is not significant is 0. */
static ZsdBrightnessChange fit(const Sums *s, double spread_of_mean) {
  const double mean = s->p / s->n, offset = s->d / s->n;
  const double spread = s->qp / s->n - s->q / s->n * mean;
  const double error = spread_of_mean * sqrt(fmax(1e-8, s->dd / s->n - offset * offset) / s->n);
  double slope = spread > 1e-6 ? (s->qd / s->n - s->q / s->n * offset) / spread : 0;
  const double spread_of_q = fmax(0, s->qq / s->n - s->q / s->n * (s->q / s->n));
  if (fabs(slope) * spread < SIGNIFICANT * error * sqrt(spread_of_q))
    slope = 0;
  const double shift = fabs(offset) < SIGNIFICANT * error ? 0 : offset;
  if (fabs(shift) > MAX_OFFSET || 1 + slope > MAX_GAIN || 1 + slope < 1 / MAX_GAIN)
    return (ZsdBrightnessChange){1, 0};
  return (ZsdBrightnessChange){(float)(1 + slope), (float)(shift - slope * mean)};
}

static ZsdBrightnessChange change_of(const Rows *r, const ZsdKernels *kernels,
                                     const ZsdNoiseModel *noise) {
  const double n = (double)r->frame->width * r->frame->height;
  const double reach = OUTLIER * fmax(1.0 / 255, 1.5 * noise->sigma);
  ZsdBrightnessChange change = {1, 0};
  if (n < 1)
    return change;
  change.offset = (float)initial_offset(r);
  for (int i = 0; i < ITERATIONS; i++) {
    const Sums s = sum_inliers(r, kernels, change, reach);
    if (s.n < 0.25 * n / r->step || s.n < 64)
      return (ZsdBrightnessChange){1, 0};
    change = fit(&s, mean_spread(noise, r->step));
  }
  return change;
}

/* --- frames --- */

/* Predicts one of the rows used of all components. */
static void predict_row(const ZsdBrightnessEstimator *e, const ZsdReference *references,
                        const ZsdMotionField *field, int row) {
  int i = 0;
  while (row >= e->rows[i].count)
    row -= e->rows[i++].count;
  const Rows *r = &e->rows[i];
  const ptrdiff_t at = (ptrdiff_t)row * r->frame->width;
  zsd_reference_predict_row(&references[i], field, row * r->step, r->p + at, r->k + at);
}

void zsd_brightness_estimate(ZsdBrightnessEstimator *e, ZsdBrightnessChange *changes,
                             const ZsdReference *references, const ZsdMotionField *field,
                             const ZsdFrame *frame, const ZsdNoiseModel *noise,
                             const ZsdKernels *kernels, int threads) {
  const int components = frame->components;
  int rows = 0;
  for (int i = 0; i < components; i++) {
    select_rows(&e->rows[i], &frame->component[i]);
    rows += e->rows[i].count;
  }
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic)
    for (int row = 0; row < rows; row++)
      predict_row(e, references, field, row);
#pragma omp for schedule(dynamic)
    for (int i = 0; i < components; i++)
      changes[i] = change_of(&e->rows[i], kernels, &noise[i]);
  }
}

/* --- before motion is known --- */

/* Brightness changes below this, in levels of 255, do not disturb motion search. */
static const double DISTURBING = 3;

/* Difference left by a match, relative to that without it, below which it is an improvement. */
static const double IMPROVED = 0.7;

static void statistics(const ZsdGrayPlane *g, double *mean, double *deviation) {
  const double n = (double)g->width * g->height;
  double sum = 0, squares = 0;
  for (int y = 0; y < g->height; y++)
    for (int x = 0; x < g->width; x++) {
      const double v = g->data[y * g->row + x];
      sum += v;
      squares += v * v;
    }
  *mean = sum / n;
  *deviation = sqrt(fmax(0, squares / n - *mean * *mean));
}

/* Sum of absolute differences, b being mapped by a table. */
static double difference(const ZsdGrayPlane *a, const ZsdGrayPlane *b, const uint8_t *table) {
  double sum = 0;
  for (int y = 0; y < a->height; y++)
    for (int x = 0; x < a->width; x++)
      sum += abs(a->data[y * a->row + x] - table[b->data[y * b->row + x]]);
  return sum;
}

void zsd_brightness_match(ZsdPyramid *before, const ZsdPyramid *now) {
  const ZsdGrayPlane *a = &now->level[now->levels - 1], *b = &before->level[before->levels - 1];
  double mean_now, mean_before, deviation_now, deviation_before;
  uint8_t identity[256], table[256];

  statistics(a, &mean_now, &deviation_now);
  statistics(b, &mean_before, &deviation_before);
  const double gain = deviation_now / fmax(1, deviation_before);
  const double change = fabs(mean_now - mean_before);
  if (change < DISTURBING || change > 255 * MAX_OFFSET || gain > MAX_GAIN ||
      gain < 1 / MAX_GAIN)
    return;
  for (int i = 0; i < 256; i++) {
    identity[i] = (uint8_t)i;
    table[i] = (uint8_t)fmax(0, fmin(255, mean_now + gain * (i - mean_before) + 0.5));
  }
  if (difference(a, b, table) > IMPROVED * difference(a, b, identity))
    return;
  for (int l = 0; l < before->levels; l++)
    zsd_gray_plane_map(&before->level[l], table);
}
