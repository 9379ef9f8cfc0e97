/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loss of Zero-Shot Noise2Noise for one picture (Mansour and Heckel, "Zero-Shot
 * Noise2Noise: Efficient Image Denoising without any Data", CVPR 2023, equations 5 to 7). With
 * y the picture, D1 and D2 the pair downsampler, f the network, and | |^2 the mean over all
 * elements:
 *
 *   residual    1/2 (|D1 y - f(D1 y) - D2 y|^2 + |D2 y - f(D2 y) - D1 y|^2)
 *   consistency 1/2 (|D1 y - f(D1 y) - D1(y - f(y))|^2 + |D2 y - f(D2 y) - D2(y - f(y))|^2)
 *
 * Both are sums over the samples of the pair, so the loss of a picture is the sum over its
 * tiles. */
#ifndef ZSD_ZSN2N_LOSS_H
#define ZSD_ZSN2N_LOSS_H

#include "learning/objective.h"
#include "learning/pair_downsample.h"
#include "network/tile.h"

/* A picture and its pair (pair_downsample.h). */
typedef struct {
  const ZsdTensor *picture;
  ZsdTensor d1, d2;
} ZsdDownsampledPair;

/* Scratch memory of one thread: tiles of D1 y, D2 y and y. */
typedef struct {
  ZsdTile d1, d2, y;
  float *scratch; /* D1(y - f(y)) and D2(y - f(y)) of one channel */
} ZsdZsn2nTiles;

/* Allocates tiles of up to size x size samples of the pair; they begin as {0}. Returns 0, or -1
 * without memory. */
int zsd_zsn2n_tiles_resize(ZsdZsn2nTiles *tiles, ZsdShape shape, int size);
void zsd_zsn2n_tiles_clear(ZsdZsn2nTiles *tiles);

/* Adds to `loss` the terms of the width x height samples of the pair from (x, y) on, divided by
 * `elements`, and to `grads` their gradient with respect to the network's parameters; NULL: no
 * gradient. */
void zsd_zsn2n_add(ZsdLoss *loss, float *grads, ZsdZsn2nTiles *tiles,
                   const ZsdDownsampledPair *pair, const ZsdPacked *packed, int x, int y,
                   int width, int height, double elements);

/* The loss of a whole picture. */
typedef struct ZsdZsn2nLoss ZsdZsn2nLoss;

/* The picture, of which no copy is made, must outlive the loss. Has scratch memory for
 * `threads` threads. Returns NULL without memory. */
ZsdZsn2nLoss *zsd_zsn2n_loss_new(const ZsdTensor *picture, ZsdShape shape, int threads);
void zsd_zsn2n_loss_free(ZsdZsn2nLoss *loss);
ZsdObjective zsd_zsn2n_loss_objective(ZsdZsn2nLoss *loss);

#endif
