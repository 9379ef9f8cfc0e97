/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loss of Zero-Shot Noise2Noise on spatial pairs (Mansour and Heckel, CVPR 2023, equations
 * 5 to 7), with f the network, y the picture, and | |^2 the mean over all elements:
 *
 *   residual    1/2 (|D1 y - f(D1 y) - D2 y|^2 + |D2 y - f(D2 y) - D1 y|^2)
 *   consistency 1/2 (|D1 y - f(D1 y) - D1(y - f(y))|^2 + |D2 y - f(D2 y) - D2(y - f(y))|^2)
 *
 * Both are sums over the samples of the pair, so a picture's loss is put together from tiles.
 */
#ifndef ZSD_ZSN2N_LOSS_H
#define ZSD_ZSN2N_LOSS_H

#include "learning/objective.h"
#include "learning/pair_downsample.h"
#include "network/tile.h"

/* What the loss needs of a picture. */
typedef struct {
  const ZsdTensor *picture;
  ZsdTensor d1, d2; /* its pair */
} ZsdDownsampledPair;

/* One thread's scratch memory: the tiles of D1 y, D2 y and y. */
typedef struct {
  ZsdTile d1, d2, y;
  float *scratch; /* D1(y - f(y)) and D2(y - f(y)) of one channel */
} ZsdZsn2nTiles;

/* Memory for tiles of up to size x size samples of the pair. Returns 0, or -1 without memory.
 * Begins as {0}. */
int zsd_zsn2n_tiles_resize(ZsdZsn2nTiles *tiles, ZsdShape shape, int size);
void zsd_zsn2n_tiles_clear(ZsdZsn2nTiles *tiles);

/* Adds to `loss` the terms of the width x height samples of the pair from (x, y) on, divided by
 * `elements`, and to `grads` (NULL: not wanted) their derivatives with respect to the network's
 * parameters. */
void zsd_zsn2n_add(ZsdLoss *loss, float *grads, ZsdZsn2nTiles *tiles,
                   const ZsdDownsampledPair *pair, const ZsdPacked *packed, int x, int y,
                   int width, int height, double elements);

/* The objective that a picture is by itself. */
typedef struct ZsdZsn2nLoss ZsdZsn2nLoss;

/* For `workers` threads. The picture is not copied. NULL: no memory. */
ZsdZsn2nLoss *zsd_zsn2n_loss_new(const ZsdTensor *picture, ZsdShape shape, int workers);
void zsd_zsn2n_loss_free(ZsdZsn2nLoss *zsn2n);
ZsdObjective zsd_zsn2n_loss_objective(ZsdZsn2nLoss *zsn2n);

#endif
