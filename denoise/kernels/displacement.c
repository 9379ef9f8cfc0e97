/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over a block from which its displacement by a fraction of a sample is estimated. */
#include "isa.h"

enum { SIDE = 16 };

/* Sums of the columns, so that the compiler vectorises the loop. A sum of 16 products of
 * differences of bytes, and of all 256, is below 2^24 in size. */
static void displacement16(ZsdDisplacementSums *sums, const uint8_t *now, ptrdiff_t now_row,
                           const uint8_t *before, ptrdiff_t before_row) {
  int32_t xx[SIDE] = {0}, xy[SIDE] = {0}, yy[SIDE] = {0}, xd[SIDE] = {0}, yd[SIDE] = {0};
  for (int j = 0; j < SIDE; j++) {
    const uint8_t *a = now + j * now_row, *b = before + j * before_row;
    for (int i = 0; i < SIDE; i++) {
      const int32_t gx = b[i + 1] - b[i - 1], gy = b[i + before_row] - b[i - before_row];
      const int32_t d = a[i] - b[i];
      xx[i] += gx * gx;
      xy[i] += gx * gy;
      yy[i] += gy * gy;
      xd[i] += gx * d;
      yd[i] += gy * d;
    }
  }
  *sums = (ZsdDisplacementSums){0};
  for (int i = 0; i < SIDE; i++) {
    sums->xx += xx[i];
    sums->xy += xy[i];
    sums->yy += yy[i];
    sums->xd += xd[i];
    sums->yd += yd[i];
  }
}

void ZSD_ISA_NAME(zsd_displacement_init)(ZsdKernels *k) {
  k->displacement16 = displacement16;
}
