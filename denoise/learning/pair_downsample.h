/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pair downsampler of Zero-Shot Noise2Noise (Mansour and Heckel, CVPR 2023, section 3): D1 and
 * D2 are the means of the two diagonals of each 2x2 block of a picture x.
 *
 *   a b    D1 = (b + c) / 2
 *   c d    D2 = (a + d) / 2
 *
 * Both have floor(height / 2) x floor(width / 2) samples; an odd last row or column is left
 * out, as by a convolution with stride 2. */
#ifndef ZSD_PAIR_DOWNSAMPLE_H
#define ZSD_PAIR_DOWNSAMPLE_H

#include "base/tensor.h"

/* One channel in memory, `row` floats from one row to the next. */
typedef struct {
  float *data;
  ptrdiff_t row;
} ZsdPlane;

/* d1 = D1 x, d2 = D2 x; width x height samples each. */
void zsd_pair_downsample(ZsdPlane d1, ZsdPlane d2, ZsdPlane x, int width, int height);

/* The adjoint, x = D1' d1 + D2' d2: writes the first 2 height x 2 width samples of x. */
void zsd_pair_downsample_adjoint(ZsdPlane x, ZsdPlane d1, ZsdPlane d2, int width, int height);

/* Allocates and computes D1 and D2 of all channels of a picture. Returns 0, or -1 without
 * memory. */
int zsd_pair_downsample_picture(ZsdTensor *d1, ZsdTensor *d2, const ZsdTensor *picture);

#endif
