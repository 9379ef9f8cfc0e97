/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of squared differences, the distance measure of block matching. */
#include "vector.h"

#include "base/clamp.h"

/* Vectors of positions that are compared at a time: 25 to 32 positions. */
enum { TOGETHER = WIDTH == 16 ? 2 : 4 };

/* Adds the distances at the positions from samples + start[k] on. */
INLINE void add_distances(Vector sum[TOGETHER], const int start[TOGETHER], const float *samples,
                          ptrdiff_t row, const ZsdTemplate *t) {
  const float *sample = t->samples;
  for (int y = 0; y < t->height; y++, samples += row)
    for (int x = 0; x < t->width; x++) {
      const Vector wanted = splat(*sample++);
      UNROLL
      for (int k = 0; k < TOGETHER; k++) {
        const Vector difference = load(samples + start[k] + x) - wanted;
        sum[k] += difference * difference;
      }
    }
}

/* At least a vector of positions. The last vector overlaps the one before. */
static void compare(float *to, const float *samples, ptrdiff_t row, const ZsdTemplate *t,
                    int n) {
  for (int first = 0; first < n; first += TOGETHER * WIDTH) {
    Vector sum[TOGETHER] = {{0}};
    int start[TOGETHER];
    for (int k = 0; k < TOGETHER; k++)
      start[k] = zsd_smaller(first + k * WIDTH, n - WIDTH);
    add_distances(sum, start, samples, row, t);
    for (int k = 0; k < TOGETHER; k++) {
      float sums[WIDTH];
      store(sums, t->weight * sum[k]);
      for (int i = first + k * WIDTH; i < start[k] + WIDTH; i++)
        to[i] += sums[i - start[k]];
    }
  }
}

static void patch_ssd(float *to, const float *samples, ptrdiff_t row, const ZsdTemplate *t,
                      int n) {
  enum { ROW = WIDTH + ZSD_TEMPLATE_LARGEST };
  if (n >= WIDTH) {
    compare(to, samples, row, t, n);
    return;
  }
  float filled[ZSD_TEMPLATE_LARGEST * ROW] = {0}, sums[WIDTH] = {0};
  for (int y = 0; y < t->height; y++)
    memcpy(filled + y * ROW, samples + y * row, (n + t->width - 1) * sizeof(float));
  compare(sums, filled, ROW, t, WIDTH);
  for (int i = 0; i < n; i++)
    to[i] += sums[i];
}

void ZSD_ISA_NAME(zsd_patch_ssd_init)(ZsdKernels *k) {
  k->patch_ssd = patch_ssd;
}
