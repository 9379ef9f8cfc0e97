/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of squared differences, the distance measure of block matching. */
#include "isa.h"

#include <string.h>

/* Positions that are compared at a time. The compiler splits a vector into as many registers as
 * it needs. */
enum { SIDE = 16 };
typedef float Vector __attribute__((vector_size(SIDE * sizeof(float))));
typedef float Half __attribute__((vector_size(SIDE / 2 * sizeof(float))));

/* Adds the squared differences at the positions of one vector of the given type. */
#define ADD_SSD(Type, sums, position, row, t)                                                  \
  do {                                                                                         \
    const float *sample_ = (t)->samples;                                                       \
    Type sum_ = {0}, difference_;                                                              \
    for (int y_ = 0; y_ < (t)->height; y_++)                                                   \
      for (int x_ = 0; x_ < (t)->width; x_++) {                                                \
        memcpy(&difference_, (position) + y_ * (row) + x_, sizeof difference_);                \
        difference_ -= *sample_++;                                                             \
        sum_ += difference_ * difference_;                                                     \
      }                                                                                        \
    memcpy(&difference_, (sums), sizeof difference_);                                          \
    difference_ += (t)->weight * sum_;                                                         \
    memcpy((sums), &difference_, sizeof difference_);                                          \
  } while (0)

static void patch_ssd(float *to, const float *samples, ptrdiff_t row, const ZsdTemplate *t,
                      int n) {
  typedef float Single;
  int i = 0;
  for (; i + SIDE <= n; i += SIDE)
    ADD_SSD(Vector, to + i, samples + i, row, t);
  for (; i + SIDE / 2 <= n; i += SIDE / 2)
    ADD_SSD(Half, to + i, samples + i, row, t);
  for (; i < n; i++)
    ADD_SSD(Single, to + i, samples + i, row, t);
}

void ZSD_ISA_NAME(zsd_patch_ssd_init)(ZsdKernels *k) {
  k->patch_ssd = patch_ssd;
}
