/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of squared differences, the distance measure of block matching. */
#include "vector.h"

/* Vectors of positions that are compared at a time: 25 to 32 positions. */
enum { TOGETHER = WIDTH == 16 ? 2 : 4 };

/* Floats of a row of samples that is filled up to a vector of positions. */
enum { FILLED = WIDTH + ZSD_TEMPLATE_LARGEST };

/* Adds the distances at the positions from samples + start[k] on. */
INLINE void add_distances(Vector sum[TOGETHER], const int start[TOGETHER], const float *samples,
                          ptrdiff_t row, const ZsdTemplate *t) {
  const float *template = t->samples;
  for (int y = 0; y < t->height; y++, samples += row)
    for (int x = 0; x < t->width; x++, template ++) {
      const Vector wanted = splat(*template);
      UNROLL
      for (int k = 0; k < TOGETHER; k++) {
        const Vector difference = load(samples + start[k] + x) - wanted;
        sum[k] += difference * difference;
      }
    }
}

static void patch_ssd(float *to, const float *samples, ptrdiff_t row, const ZsdTemplate *t,
                      int n) {
  float filled[ZSD_TEMPLATE_LARGEST * FILLED] = {0};
  for (int y = 0; y < t->height && n < WIDTH; y++)
    memcpy(filled + y * FILLED, samples + y * row, (n + t->width - 1) * sizeof(float));
  const float *from = n < WIDTH ? filled : samples;
  const ptrdiff_t from_row = n < WIDTH ? FILLED : row;
  for (int first = 0; first < n; first += TOGETHER * WIDTH) {
    Vector sum[TOGETHER] = {{0}};
    int start[TOGETHER]; /* the last vector overlaps the one before */
    for (int k = 0; k < TOGETHER; k++) {
      start[k] = first + k * WIDTH < n - WIDTH ? first + k * WIDTH : n - WIDTH;
      start[k] = start[k] < 0 ? 0 : start[k];
    }
    add_distances(sum, start, from, from_row, t);
    for (int k = 0; k < TOGETHER; k++) {
      float sums[WIDTH];
      store(sums, t->weight * sum[k]);
      for (int i = first + k * WIDTH; i < start[k] + WIDTH && i < n; i++)
        to[i] += sums[i - start[k]];
    }
  }
}

void ZSD_ISA_NAME(zsd_patch_ssd_init)(ZsdKernels *k) {
  k->patch_ssd = patch_ssd;
}
