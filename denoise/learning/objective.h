/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface between the trainer and a loss function: the loss and its gradient, patch by patch.
 * The loss of a set of patches is the sum of the patches' losses. */
#ifndef ZSD_OBJECTIVE_H
#define ZSD_OBJECTIVE_H

#include "network/network.h"

typedef struct {
  double residual, consistency; /* the loss is their sum; consistency 0 if not used */
  double
      identity; /* residual of a network that predicts 0, which leaves the picture unchanged */
} ZsdLoss;

/* A rectangle of a training pair, in samples of the target. */
typedef struct {
  int pair; /* 0..pairs - 1 */
  int x, y, width, height;
} ZsdPatch;

typedef struct {
  int pairs;         /* training pairs, all of one size; 0: nothing to train on */
  int width, height; /* size of each, in samples of the target */
  int patch_size;    /* largest width and height of a patch, samples */
  int channels;      /* of the target */
  void *self;        /* first argument of the functions */
  /* Adds a patch's terms, divided by `elements`, to `loss`, and their gradient with respect to
   * the network's parameters to `grads`; NULL: no gradient. `thread`: number of the calling
   * thread, which selects scratch memory. Called by several threads at once. */
  void (*add_patch)(void *self, int thread, ZsdLoss *loss, float *grads,
                    const ZsdPacked *packed, const ZsdPatch *patch, double elements);
  /* Clears scratch memory, which may hold numbers that are not finite. */
  void (*reset)(void *self);
} ZsdObjective;

#endif
