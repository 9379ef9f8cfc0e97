/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network's parameters packed for a pass kernel (kernels/pass.h), for inference only. */
#ifndef ZSD_WEIGHTS_H
#define ZSD_WEIGHTS_H

#include "network/network.h"

typedef struct {
  const ZsdPassKernel *kernel;
  ZsdShape shape;
  void *data; /* in the kernel's layout */
} ZsdWeights;

/* Allocates weights of this shape. Returns 0, or -1 without memory. Initialise with {0}. */
int zsd_weights_resize(ZsdWeights *weights, const ZsdPassKernel *kernel, ZsdShape shape);
void zsd_weights_clear(ZsdWeights *weights);

/* Packs the network's present parameters. */
void zsd_weights_update(ZsdWeights *weights, const ZsdNetwork *net);

#endif
