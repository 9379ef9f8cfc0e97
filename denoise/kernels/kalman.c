/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Kalman update of a row. */
#include "isa.h"

#include <math.h>

enum {
  STRIP = 256, /* samples, whose sums stay in the L1 cache */
  RADIUS = ZSD_KALMAN_RADIUS,
};

static void innovation(float *restrict d, const float *restrict y, const float *restrict p,
                       const float *restrict k, int n, const ZsdNoiseVariance *noise) {
  const ZsdNoiseVariance v = *noise;
  for (int x = 0; x < n; x++)
    d[x] = (y[x] - p[x]) / sqrtf((1 + k[x]) * zsd_noise_variance_at(&v, p[x]));
}

/* Sums over the rows of the windows, for n columns from sample `at` on: of the squares of 7
 * rows, and of the values of the inner 5. */
static void sum_columns(const ZsdKalmanRow *f, ptrdiff_t at, int n, float *restrict sum2,
                        float *restrict sum1) {
  const float *a = f->innovation[0] + at, *b = f->innovation[1] + at,
              *c = f->innovation[2] + at, *d = f->innovation[3] + at;
  const float *e = f->innovation[4] + at, *g = f->innovation[5] + at,
              *h = f->innovation[6] + at;
  for (int x = 0; x < n; x++) {
    const float inner = b[x] * b[x] + c[x] * c[x] + d[x] * d[x] + e[x] * e[x] + g[x] * g[x];
    sum2[x] = inner + a[x] * a[x] + h[x] * h[x];
    sum1[x] = b[x] + c[x] + d[x] + e[x] + g[x];
  }
}

/* The variance of the innovation beyond that of the noise, relative to the noise's. `sum2` and
 * `sum1` begin RADIUS samples before the strip. */
static void excess_variance(const ZsdKalmanRow *f, ptrdiff_t at, int n,
                            const float *restrict sum2, const float *restrict sum1,
                            float *restrict excess) {
  const float *restrict max_mean_square = f->max_mean_square + at;
  const float *restrict max_squared_mean = f->max_squared_mean + at;
  const float *restrict max_squared_line = f->max_squared_line + at;
  for (int x = 0; x < n; x++) {
    const float *s2 = sum2 + x, *s1 = sum1 + x, *d = f->innovation[RADIUS] + at + x;
    const float mean2 = (s2[0] + s2[1] + s2[2] + s2[3] + s2[4] + s2[5] + s2[6]) * (1 / 49.0f);
    const float mean1 = (s1[1] + s1[2] + s1[3] + s1[4] + s1[5]) * (1 / 25.0f);
    const float excess2 = mean2 - max_mean_square[x];
    const float excess1 = 4 * (mean1 * mean1 - max_squared_mean[x]);
    const float across = (d[-2] + d[-1] + d[0] + d[1] + d[2]) * 0.2f, down = s1[RADIUS] * 0.2f;
    const float across2 = across * across, down2 = down * down;
    const float line = across2 > down2 ? across2 : down2;
    const float thin = line > max_squared_line[x] ? 4 * line : 0;
    const float wide = excess2 > excess1 ? excess2 : excess1;
    const float larger = wide > thin ? wide : thin;
    excess[x] = larger > 0 ? larger : 0;
  }
}

/* The scalar Kalman update, with the excess as process noise. */
static void update(const ZsdKalmanRow *f, ptrdiff_t at, int n, const float *restrict excess) {
  const float *restrict y = f->y + at, *restrict p = f->p + at, *restrict k = f->k + at;
  float *restrict z = f->z + at, *restrict gain = f->gain + at;
  const float *restrict process_noise = f->process_noise + at;
  for (int x = 0; x < n; x++) {
    const float predicted = k[x] + excess[x] * (1 + k[x]) + process_noise[x];
    gain[x] = predicted / (predicted + 1);
    z[x] = p[x] + gain[x] * (y[x] - p[x]);
  }
}

/* residual = (y - p) / sqrt(1 + k) */
static void residual_row(const ZsdKalmanRow *f, ptrdiff_t at, int n) {
  const float *restrict d = f->innovation[RADIUS] + at, *restrict p = f->p + at;
  float *restrict residual = f->residual + at;
  const ZsdNoiseVariance noise = f->noise;
  for (int x = 0; x < n; x++)
    residual[x] = d[x] * sqrtf(zsd_noise_variance_at(&noise, p[x]));
}

/* Counts the samples whose excess variance is above the limit. */
static void count_outliers(float *restrict outliers, const float *restrict excess, int n,
                           float limit) {
  for (int x = 0; x < n; x++)
    outliers[x] += excess[x] > limit ? 1.0f : 0.0f;
}

static void kalman_update(const ZsdKalmanRow *f, int n) {
  for (int at = 0; at < n; at += STRIP) {
    const int left = n - at < STRIP ? n - at : STRIP;
    float sum2[STRIP + 2 * RADIUS], sum1[STRIP + 2 * RADIUS], excess[STRIP];
    sum_columns(f, at - RADIUS, left + 2 * RADIUS, sum2, sum1);
    excess_variance(f, at, left, sum2, sum1, excess);
    update(f, at, left, excess);
    if (f->residual)
      residual_row(f, at, left);
    if (f->outliers)
      count_outliers(f->outliers + at, excess, left, f->outlier_excess);
  }
}

void ZSD_ISA_NAME(zsd_kalman_init)(ZsdKernels *k) {
  k->innovation = innovation;
  k->kalman_update = kalman_update;
}
