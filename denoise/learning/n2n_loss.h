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

/* A lesson of up to `pages` looks, for `workers` threads. NULL: no memory. */
ZsdLooks *zsd_looks_new(ZsdShape shape, int pages, int workers);
void zsd_looks_free(ZsdLooks *looks);

/* The page to be written next: the oldest, once all are. It must be filled before the next
 * lesson; NULL: no memory, and no page is left. */
ZsdLook *zsd_looks_turn(ZsdLooks *looks, int height, int width);

/* Takes a look as the page to be written next, and gives what that page was for it. All pages
 * of a lesson have the same size. */
void zsd_looks_take(ZsdLooks *looks, ZsdLook *look);

/* Sets the width of the pages' rims, 0 to begin with, which surround what there is to learn:
 * no patch of a lesson lies on them. A page's edge is its picture's where it has none. */
void zsd_looks_leave_rim(ZsdLooks *looks, int rim);

/* Sets `level`, which is 0 to begin with. */
void zsd_looks_weigh_level(ZsdLooks *looks, float weight);

void zsd_looks_clear(ZsdLooks *looks);

/* The lesson, of the pages written. */
ZsdLesson zsd_looks_lesson(ZsdLooks *looks);

#endif
