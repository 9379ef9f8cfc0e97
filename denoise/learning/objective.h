/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network can learn from: something that gives it a loss, and the loss's derivatives,
 * patch by patch. The loss of a set of patches is the sum of theirs. */
#ifndef ZSD_OBJECTIVE_H
#define ZSD_OBJECTIVE_H

#include "network/network.h"

typedef struct {
  double residual, consistency; /* the loss is their sum */
  double identity; /* what the residual would be if the network predicted nothing */
} ZsdLoss;

typedef struct {
  int pair;                /* of the objective */
  int x, y, width, height; /* on that pair */
} ZsdPatch;

typedef struct {
  int pairs;         /* pictures, or pairs of them; all of one size */
  int width, height; /* what patches can lie on */
  int patch;         /* the size of a patch, each way, where there is room */
  int channels;      /* elements of a sample */
  void *self;
  /* Adds a patch's terms, divided by `elements`, to `loss`, and their derivatives with respect
   * to the network's parameters to `grads` (NULL: not wanted). `worker` is the calling
   * thread's number. */
  void (*add)(void *self, int worker, ZsdLoss *loss, float *grads, const ZsdPacked *packed,
              const ZsdPatch *patch, double elements);
  /* Forgets intermediate results, which may not be finite any more. */
  void (*reset)(void *self);
} ZsdObjective;

#endif
