/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filters of the luma pyramid for motion search. */
#include "isa.h"

enum {
  STRIP = 512, /* samples, whose sums stay in the L1 cache */
  AROUND = 2,  /* taps on either side of the centre */
};

/* Clamps, because a change of brightness may move fused samples out of 0..1. */
INLINE uint8_t to_byte(float v) {
  const float low = v > 0 ? v : 0;
  return (uint8_t)(int)((low < 1 ? low : 1) * 255 + 0.5f);
}

/* sum = (1 4 6 4 1) down the columns, n samples from x on. */
INLINE void add_rows(float *restrict sum, const float *const rows[5], int x, int n) {
  const float *a = rows[0] + x, *b = rows[1] + x, *c = rows[2] + x, *d = rows[3] + x;
  const float *e = rows[4] + x;
  for (int i = 0; i < n; i++)
    sum[i] = a[i] + e[i] + 4 * (b[i] + d[i]) + 6 * c[i];
}

/* (1 4 6 4 1) across; `sum` begins two samples before the output. */
INLINE void add_columns(uint8_t *restrict out, const float *restrict sum, int n) {
  for (int i = 0; i < n; i++)
    out[i] =
        to_byte((sum[i] + sum[i + 4] + 4 * (sum[i + 1] + sum[i + 3]) + 6 * sum[i + 2]) / 256);
}

static void binomial5x5(uint8_t *out, const float *const rows[5], int width) {
  for (int x = 0; x < width; x += STRIP) {
    float sum[AROUND + STRIP + AROUND];
    const int n = width - x < STRIP ? width - x : STRIP;
    const int begin = x > AROUND ? x - AROUND : 0;
    const int end = x + n + AROUND < width ? x + n + AROUND : width;
    float *const first = sum + AROUND + begin - x, *const last = sum + AROUND + end - 1 - x;
    add_rows(first, rows, begin, end - begin);
    for (float *s = sum; s < first; s++)
      *s = *first;
    for (float *s = last + 1; s < sum + n + 2 * AROUND; s++)
      *s = *last;
    add_columns(out + x, sum, n);
  }
}

static void downsample2x2(uint8_t *restrict out, const uint8_t *restrict upper,
                          const uint8_t *restrict lower, int n) {
  for (int x = 0; x < n; x++)
    out[x] =
        (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) / 4);
}

void ZSD_ISA_NAME(zsd_pyramid_init)(ZsdKernels *k) {
  k->binomial5x5 = binomial5x5;
  k->downsample2x2 = downsample2x2;
}
