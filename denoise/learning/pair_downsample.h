/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pair downsampler of Zero-Shot Noise2Noise (Mansour and Heckel, CVPR 2023, section 3):
 * each 2x2 block of a picture becomes one sample of either half-size picture, the mean of one
 * of the block's diagonals:
 *
 *   a b    D1 = (b + c) / 2
 *   c d    D2 = (a + d) / 2
 *
 * An odd last column or row has no block and is left out, as in a convolution of stride 2: the
 * pair is floor(height / 2) x floor(width / 2). */
#ifndef ZSD_PAIR_DOWNSAMPLE_H
#define ZSD_PAIR_DOWNSAMPLE_H

#include "base/tensor.h"

/* A plane's width x height samples, `row` floats from one row to the next. */
typedef struct {
  float *data;
  ptrdiff_t row;
} ZsdPlane;

/* d1 = D1 x, d2 = D2 x. `width` and `height` are those of the pair. */
void zsd_pair_downsample(ZsdPlane d1, ZsdPlane d2, ZsdPlane x, int width, int height);

/* The adjoint: x = D1' d1 + D2' d2, on the 2 width x 2 height samples that the pair sees. */
void zsd_pair_downsample_adjoint(ZsdPlane x, ZsdPlane d1, ZsdPlane d2, int width, int height);

/* The pair of a whole picture. Returns 0, or -1 without memory. */
int zsd_pair_downsample_picture(ZsdTensor *d1, ZsdTensor *d2, const ZsdTensor *picture);

#endif
