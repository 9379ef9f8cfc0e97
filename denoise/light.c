/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "light.h"

#include <math.h>
#include <stdlib.h>

enum {
  SAMPLES = 1 << 17, /* of a larger picture every other row or fewer are looked at */
  LEVELS = 511,      /* of differences, on the scale of 0..255 */
  NEARBY = 4,        /* samples: further than noise is correlated */
  ROUNDS = 3,
};

/* Differences of more deviations than this are something else than noise. */
static const double OUTLIER = 2.5;

/* A change is one from so many standard errors on; and one that is larger than this is no
 * change of light but another picture. */
static const double SIGNIFICANT = 4, MOST_GAIN = 1.6, MOST_SHIFT = 0.2;

/* Sums over samples: prediction p, difference d, and a prediction q nearby. Like p it tells how
 * bright the place is, but its noise is not that of p, which would pull the slope of d over p
 * towards -1 (errors in variables; q is an instrument). */
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

typedef struct {
  const ZsdPast *past;
  const ZsdField *field;
  const ZsdFrameComponent *frame;
  int every; /* rows */
  float *p, *k;
} Look;

static double begin(const Look *l) {
  unsigned histogram[LEVELS] = {0};
  for (int y = 0; y < l->frame->height; y += l->every) {
    const float *now = l->frame->y + (ptrdiff_t)y * l->frame->width;
    zsd_past_predict_row(l->past, l->field, y, l->p, l->k);
    for (int x = 0; x < l->frame->width; x++)
      histogram[(int)fmaxf(0,
                           fminf(LEVELS - 1, 255 * (now[x] - l->p[x]) + LEVELS / 2 + 0.5f))]++;
  }
  return median_of(histogram);
}

/* Sums over the samples that lie within `reach` of the change found so far. */
static Sums sum_up(const Look *l, ZsdLight light, double reach) {
  Sums s = {0};
  for (int y = 0; y < l->frame->height; y += l->every) {
    const float *now = l->frame->y + (ptrdiff_t)y * l->frame->width;
    zsd_past_predict_row(l->past, l->field, y, l->p, l->k);
    for (int x = NEARBY; x < l->frame->width; x++) {
      const float p = l->p[x], d = now[x] - p, q = l->p[x - NEARBY];
      const float miss = now[x] - light.gain * p - light.offset;
      if (fabsf(miss) > reach)
        continue;
      s.n++;
      s.p += p;
      s.d += d;
      s.q += q;
      s.qp += q * p;
      s.qd += q * d;
      s.dd += d * d;
    }
  }
  return s;
}

/* d = offset + slope (p - mean p), as far as either is significant. */
static ZsdLight fit(const Sums *s) {
  const double mean = s->p / s->n, offset = s->d / s->n;
  const double spread = s->qp / s->n - s->q / s->n * mean;
  const double error = sqrt(fmax(1e-8, s->dd / s->n - offset * offset) / s->n);
  double slope = spread > 1e-6 ? (s->qd / s->n - s->q / s->n * offset) / spread : 0;
  if (fabs(slope) * sqrt(fmax(spread, 0)) < SIGNIFICANT * error)
    slope = 0;
  const double shift = fabs(offset) < SIGNIFICANT * error ? 0 : offset;
  if (fabs(shift) > MOST_SHIFT || 1 + slope > MOST_GAIN || 1 + slope < 1 / MOST_GAIN)
    return (ZsdLight){1, 0};
  return (ZsdLight){(float)(1 + slope), (float)(shift - slope * mean)};
}

ZsdLight zsd_light_estimate(const ZsdPast *past, const ZsdField *field,
                            const ZsdFrameComponent *frame, double sigma, float *scratch) {
  const double n = (double)frame->width * frame->height;
  const Look look = {
      past, field, frame, (int)(n / SAMPLES) + 1, scratch, scratch + frame->width};
  const double reach = OUTLIER * fmax(1.0 / 255, 1.5 * sigma);
  ZsdLight light = {1, 0};
  if (n < 1)
    return light;
  light.offset = (float)begin(&look);
  for (int round = 0; round < ROUNDS; round++) {
    const Sums s = sum_up(&look, light, reach);
    if (s.n < 0.25 * n / look.every || s.n < 64)
      return (ZsdLight){1, 0};
    light = fit(&s);
  }
  return light;
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
