/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning from second looks (Lehtinen et al., "Noise2Noise: Learning Image Restoration without
 * Clean Data", ICML 2018): the network sees inputs that hold one noisy look at a picture, and
 * is taught the difference between that look and another one, whose noise is independent:
 *
 *   residual = sum of w (f(x) - t)^2
 *
 * A network that sees ten samples each way, and is not sure about the mean of so few, predicts
 * too little of it: colours fade. `level` weighs against that:
 *
 *   residual += level (sum of w (f(x) - t))^2 / sum of w
 *
 * patch by patch and channel by channel. */
#ifndef ZSD_N2N_LOSS_H
#define ZSD_N2N_LOSS_H

#include "learning/objective.h"
#include "base/tensor.h"

typedef struct {
  ZsdTensor input;  /* the network's inputs */
  ZsdTensor target; /* its outputs: the look less the second look */
  ZsdTensor weight; /* one channel, 0..1: how far the two looks show the same */
} ZsdPair;

/* Memory for a look of this size by networks of this shape. Returns 0, or -1 without memory.
 * Begins as {0}. */
int zsd_pair_resize(ZsdPair *look, ZsdShape shape, int height, int width);
void zsd_pair_clear(ZsdPair *look);

typedef struct ZsdN2nLoss ZsdN2nLoss;

/* A objective of up to `pairs` looks, for `workers` threads. NULL: no memory. */
ZsdN2nLoss *zsd_n2n_loss_new(ZsdShape shape, int pairs, int workers);
void zsd_n2n_loss_free(ZsdN2nLoss *looks);

/* The pair to be written next: the oldest, once all are. It must be filled before the next
 * objective; NULL: no memory, and no pair is left. */
ZsdPair *zsd_n2n_loss_next_pair(ZsdN2nLoss *looks, int height, int width);

/* Takes a look as the pair to be written next, and gives what that pair was for it. All pairs
 * of a objective have the same size. */
void zsd_n2n_loss_swap_pair(ZsdN2nLoss *looks, ZsdPair *look);

/* Sets the width of the pairs' rims, 0 to begin with, which surround what there is to learn:
 * no patch of a objective lies on them. A pair's edge is its picture's where it has none. */
void zsd_n2n_loss_set_margin(ZsdN2nLoss *looks, int rim);

/* Sets `level`, which is 0 to begin with. */
void zsd_n2n_loss_set_mean_weight(ZsdN2nLoss *looks, float weight);

void zsd_n2n_loss_clear(ZsdN2nLoss *looks);

/* The objective, of the pairs written. */
ZsdObjective zsd_n2n_loss_objective(ZsdN2nLoss *looks);

#endif
