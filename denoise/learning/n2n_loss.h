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
#ifndef ZSD_LOOKS_H
#define ZSD_LOOKS_H

#include "learning/objective.h"
#include "base/tensor.h"

typedef struct {
  ZsdTensor input;  /* the network's inputs */
  ZsdTensor target; /* its outputs: the look less the second look */
  ZsdTensor weight; /* one channel, 0..1: how far the two looks show the same */
} ZsdLook;

/* Memory for a look of this size by networks of this shape. Returns 0, or -1 without memory.
 * Begins as {0}. */
int zsd_look_resize(ZsdLook *look, ZsdShape shape, int height, int width);
void zsd_look_clear(ZsdLook *look);

typedef struct ZsdLooks ZsdLooks;

/* A objective of up to `pairs` looks, for `workers` threads. NULL: no memory. */
ZsdLooks *zsd_looks_new(ZsdShape shape, int pairs, int workers);
void zsd_looks_free(ZsdLooks *looks);

/* The pair to be written next: the oldest, once all are. It must be filled before the next
 * objective; NULL: no memory, and no pair is left. */
ZsdLook *zsd_looks_turn(ZsdLooks *looks, int height, int width);

/* Takes a look as the pair to be written next, and gives what that pair was for it. All pairs
 * of a objective have the same size. */
void zsd_looks_take(ZsdLooks *looks, ZsdLook *look);

/* Sets the width of the pairs' rims, 0 to begin with, which surround what there is to learn:
 * no patch of a objective lies on them. A pair's edge is its picture's where it has none. */
void zsd_looks_leave_rim(ZsdLooks *looks, int rim);

/* Sets `level`, which is 0 to begin with. */
void zsd_looks_weigh_level(ZsdLooks *looks, float weight);

void zsd_looks_clear(ZsdLooks *looks);

/* The objective, of the pairs written. */
ZsdObjective zsd_looks_objective(ZsdLooks *looks);

#endif
