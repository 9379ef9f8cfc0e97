/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/brightness.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>

enum {
  SAMPLES = 1 << 16, /* of a larger picture every other row or fewer are looked at */
  LEVELS = 511,      /* of differences, on the scale of 0..255 */
  SOME = 4,          /* every so many samples of a row are enough to begin with */
  NEARBY = 4,        /* samples: further than noise is correlated */
  ROUNDS = 3,
};

/* Differences of more deviations than this are something else than noise. */
static const double OUTLIER = 2.5;

/* A change is one from so many standard errors on; and one that is larger than this is no
 * change of light but another picture. */
static const double SIGNIFICANT = 4, MOST_GAIN = 1.6, MOST_SHIFT = 0.2;

/* Sums over samples. Like the prediction p the one nearby, q, tells how bright the place is,
 * but its noise is not that of p, which would pull the slope of d over p towards -1 (errors in
 * variables; q is an instrument). */
typedef struct {
  double n, p, d, q, qp, qd, dd;
} Sums;

/* The median of the differences: where to begin. */
static double median_of(const unsigned histogram[LEVELS]) {
  unsigned all = 0, sum = 0;
  int i = 0;
  for (int k = 0; k < LEVELS; k++)
    all += histogram[k];
  while (i < LEVELS - 1 && (sum += histogram[i]) * 2 < all)
    i++;
  return (i - LEVELS / 2) / 255.0;
}

/* --- looking --- */

/* The rows of a component that are looked at, and what is predicted of them. */
typedef struct {
  const ZsdFrameComponent *frame;
  int every, rows;
  float *p, *k;
} Look;

struct ZsdLightMeter {
  Look look[ZSD_MAX_COMPONENTS];
};

ZsdLightMeter *zsd_light_meter_new(const ZsdFrame *shape) {
  ZsdLightMeter *m = calloc(1, sizeof *m);
  for (int i = 0; m && i < shape->components; i++) {
    const size_t n = SAMPLES + shape->component[i].width;
    m->look[i].p = malloc(n * sizeof(float));
    m->look[i].k = malloc(n * sizeof(float));
    if (!m->look[i].p || !m->look[i].k) {
      zsd_light_meter_free(m);
      return NULL;
    }
  }
  return m;
}

void zsd_light_meter_free(ZsdLightMeter *m) {
  for (int i = 0; m && i < ZSD_MAX_COMPONENTS; i++) {
    free(m->look[i].p);
    free(m->look[i].k);
  }
  free(m);
}

static void look_at(Look *l, const ZsdFrameComponent *frame) {
  l->frame = frame;
  l->every = (int)((ptrdiff_t)frame->width * frame->height / SAMPLES) + 1;
  l->rows = frame->width ? (frame->height + l->every - 1) / l->every : 0;
}

static const float *row_of(const Look *l, int row) {
  return l->frame->y + (ptrdiff_t)row * l->every * l->frame->width;
}

static const float *prediction_of(const Look *l, int row) {
  return l->p + (ptrdiff_t)row * l->frame->width;
}

static double begin(const Look *l) {
  unsigned histogram[LEVELS] = {0};
  for (int y = 0; y < l->rows; y++) {
    const float *now = row_of(l, y), *p = prediction_of(l, y);
    for (int x = y % SOME; x < l->frame->width; x += SOME) {
      const int level = (int)(255 * (now[x] - p[x]) + LEVELS / 2 + 0.5f);
      histogram[zsd_clamp(level, 0, LEVELS - 1)]++;
    }
  }
  return median_of(histogram);
}

/* Sums over the samples that lie within `reach` of the change found so far. */
static Sums sum_up(const Look *l, const ZsdKernels *kernels, ZsdBrightnessChange light, double reach) {
  const int n = l->frame->width - NEARBY;
  Sums s = {0};
  for (int y = 0; y < l->rows && n > 0; y++) {
    const float *p = prediction_of(l, y);
    ZsdBrightnessSums row;
    kernels->brightness_sums(&row, row_of(l, y) + NEARBY, p + NEARBY, p, n, &light, (float)reach);
    s.n += row.n;
    s.p += row.p;
    s.d += row.d;
    s.q += row.q;
    s.qp += row.qp;
    s.qd += row.qd;
    s.dd += row.dd;
  }
  return s;
}

/* --- the change --- */

/* By how much the mean of n samples of correlated noise, or of each `every`-th row of it,
 * varies more than that of n independent ones. */
static double mean_spread(const ZsdNoiseModel *noise, int every) {
  const double along = 1 + 2 * (noise->lag1 + noise->lag2);
  return every > 2 ? sqrt(along) : along;
}

/* d = offset + slope (p - mean p), as far as either is significant. */
static ZsdBrightnessChange fit(const Sums *s, double spread_of_mean) {
  const double mean = s->p / s->n, offset = s->d / s->n;
  const double spread = s->qp / s->n - s->q / s->n * mean;
  const double error = spread_of_mean * sqrt(fmax(1e-8, s->dd / s->n - offset * offset) / s->n);
  double slope = spread > 1e-6 ? (s->qd / s->n - s->q / s->n * offset) / spread : 0;
  if (fabs(slope) * sqrt(fmax(spread, 0)) < SIGNIFICANT * error)
    slope = 0;
  const double shift = fabs(offset) < SIGNIFICANT * error ? 0 : offset;
  if (fabs(shift) > MOST_SHIFT || 1 + slope > MOST_GAIN || 1 + slope < 1 / MOST_GAIN)
    return (ZsdBrightnessChange){1, 0};
  return (ZsdBrightnessChange){(float)(1 + slope), (float)(shift - slope * mean)};
}

static ZsdBrightnessChange change_of(const Look *l, const ZsdKernels *kernels,
                          const ZsdNoiseModel *noise) {
  const double n = (double)l->frame->width * l->frame->height;
  const double reach = OUTLIER * fmax(1.0 / 255, 1.5 * noise->sigma);
  ZsdBrightnessChange light = {1, 0};
  if (n < 1)
    return light;
  light.offset = (float)begin(l);
  for (int round = 0; round < ROUNDS; round++) {
    const Sums s = sum_up(l, kernels, light, reach);
    if (s.n < 0.25 * n / l->every || s.n < 64)
      return (ZsdBrightnessChange){1, 0};
    light = fit(&s, mean_spread(noise, l->every));
  }
  return light;
}

/* --- frames --- */

/* Predicts a row of those of all components that are looked at. */
static void predict_row(const ZsdLightMeter *meter, const ZsdPast *pasts, const ZsdField *field,
                        int row) {
  int i = 0;
  while (row >= meter->look[i].rows)
    row -= meter->look[i++].rows;
  const Look *l = &meter->look[i];
  const ptrdiff_t at = (ptrdiff_t)row * l->frame->width;
  zsd_past_predict_row(&pasts[i], field, row * l->every, l->p + at, l->k + at);
}

void zsd_light_estimate(ZsdLightMeter *meter, ZsdBrightnessChange *lights, const ZsdPast *pasts,
                        const ZsdField *field, const ZsdFrame *frame,
                        const ZsdNoiseModel *noise, const ZsdKernels *kernels,
                        int threads) {
  const int components = frame->components;
  int rows = 0;
  for (int i = 0; i < components; i++) {
    look_at(&meter->look[i], &frame->component[i]);
    rows += meter->look[i].rows;
  }
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic)
    for (int row = 0; row < rows; row++)
      predict_row(meter, pasts, field, row);
#pragma omp for schedule(dynamic)
    for (int i = 0; i < components; i++)
      lights[i] = change_of(&meter->look[i], kernels, &noise[i]);
  }
}

/* --- before motion is known --- */

/* What is less than this, in levels of 255, motion can be found in spite of. */
static const double MUCH = 3;

static void statistics(const ZsdGray *g, double *mean, double *deviation) {
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

static double difference(const ZsdGray *a, const ZsdGray *b, const uint8_t *table) {
  double sum = 0;
  for (int y = 0; y < a->height; y++)
    for (int x = 0; x < a->width; x++)
      sum += abs(a->data[y * a->row + x] - table[b->data[y * b->row + x]]);
  return sum;
}

void zsd_light_adapt(ZsdPyramid *before, const ZsdPyramid *now) {
  const ZsdGray *a = &now->level[now->levels - 1], *b = &before->level[before->levels - 1];
  double mean_now, mean_before, deviation_now, deviation_before;
  uint8_t same[256], table[256];

  statistics(a, &mean_now, &deviation_now);
  statistics(b, &mean_before, &deviation_before);
  const double gain = deviation_now / fmax(1, deviation_before);
  if (fabs(mean_now - mean_before) < MUCH || fabs(mean_now - mean_before) > 255 * MOST_SHIFT ||
      gain > MOST_GAIN || gain < 1 / MOST_GAIN)
    return;
  for (int i = 0; i < 256; i++) {
    same[i] = (uint8_t)i;
    table[i] = (uint8_t)fmax(0, fmin(255, mean_now + gain * (i - mean_before) + 0.5));
  }
  if (difference(a, b, table) > 0.7 * difference(a, b, same))
    return;
  for (int l = 0; l < before->levels; l++)
    zsd_gray_map(&before->level[l], table);
}
