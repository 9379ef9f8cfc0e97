/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Kalman step of a row. */
#include "isa.h"

#include <math.h>

enum { STRIP = 256, REACH = ZSD_FUSE_REACH };

static void miss(float *restrict d, const float *restrict y, const float *restrict p,
                 const float *restrict k, int n, const ZsdVariance *noise) {
  const ZsdVariance v = *noise;
  for (int x = 0; x < n; x++)
    d[x] = (y[x] - p[x]) / sqrtf((1 + k[x]) * zsd_variance_at(&v, p[x]));
}

/* Sums over the windows' rows, from REACH samples before the strip's to as many after. */
static void sum_down(const ZsdFuse *f, ptrdiff_t at, int n, float *restrict sum2,
                     float *restrict sum1) {
  const float *a = f->d[0] + at, *b = f->d[1] + at, *c = f->d[2] + at, *d = f->d[3] + at;
  const float *e = f->d[4] + at, *g = f->d[5] + at, *h = f->d[6] + at;
  for (int x = 0; x < n; x++) {
    const float inner = b[x] * b[x] + c[x] * c[x] + d[x] * d[x] + e[x] * e[x] + g[x] * g[x];
    sum2[x] = inner + a[x] * a[x] + h[x] * h[x];
    sum1[x] = b[x] + c[x] + d[x] + e[x] + g[x];
  }
}

/* By how much, in units of the variance, the windows' means miss beyond what noise explains. */
static void find_misses(const ZsdFuse *f, int n, const float *restrict sum2,
                        const float *restrict sum1, float *restrict misses) {
  const float expected2 = f->expected2, expected1 = f->expected1;
  for (int x = 0; x < n; x++) {
    const float *s2 = sum2 + x, *s1 = sum1 + x;
    const float mean2 = (s2[0] + s2[1] + s2[2] + s2[3] + s2[4] + s2[5] + s2[6]) * (1 / 49.0f);
    const float mean1 = (s1[1] + s1[2] + s1[3] + s1[4] + s1[5]) * (1 / 25.0f);
    const float miss2 = mean2 - expected2;
    const float miss1 = 4 * (mean1 * mean1 - expected1);
    const float larger = miss2 > miss1 ? miss2 : miss1;
    misses[x] = larger > 0 ? larger : 0;
  }
}

static void join(const ZsdFuse *f, ptrdiff_t at, int n, const float *restrict misses) {
  const float *restrict y = f->y + at, *restrict p = f->p + at, *restrict k = f->k + at;
  float *restrict z = f->z + at, *restrict gain = f->gain + at;
  const float process_noise = f->process_noise;
  for (int x = 0; x < n; x++) {
    const float predicted = k[x] + misses[x] * (1 + k[x]) + process_noise;
    gain[x] = predicted / (predicted + 1);
    z[x] = p[x] + gain[x] * (y[x] - p[x]);
  }
}

/* A miss that is not normalised by the noise's deviation, but by what k adds to it. */
static void tell_residual(const ZsdFuse *f, ptrdiff_t at, int n) {
  const float *restrict d = f->d[REACH] + at, *restrict p = f->p + at;
  float *restrict residual = f->residual + at;
  const ZsdVariance noise = f->noise;
  for (int x = 0; x < n; x++)
    residual[x] = d[x] * sqrtf(zsd_variance_at(&noise, p[x]));
}

static void count(float *restrict missed, const float *restrict misses, int n, float most) {
  for (int x = 0; x < n; x++)
    missed[x] += misses[x] > most ? 1.0f : 0.0f;
}

static void fuse(const ZsdFuse *f, int n) {
  for (int at = 0; at < n; at += STRIP) {
    const int left = n - at < STRIP ? n - at : STRIP;
    float sum2[STRIP + 2 * REACH], sum1[STRIP + 2 * REACH], misses[STRIP];
    sum_down(f, at - REACH, left + 2 * REACH, sum2, sum1);
    find_misses(f, left, sum2, sum1, misses);
    join(f, at, left, misses);
    if (f->residual)
      tell_residual(f, at, left);
    if (f->missed)
      count(f->missed + at, misses, left, f->most_miss);
  }
}

void ZSD_ISA_NAME(zsd_fuse_init)(ZsdKernels *k) {
  k->miss = miss;
  k->fuse = fuse;
}
