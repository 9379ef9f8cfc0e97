/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network's parameters as a pass kernel (kernels/pass.h) wants them: all that is needed to
 * run the network, and nothing of what is needed to teach it. */
#ifndef ZSD_WEIGHTS_H
#define ZSD_WEIGHTS_H

#include "network/network.h"

typedef struct {
  const ZsdPassKernel *kernel;
  ZsdShape shape;
  void *data; /* as the kernel laid them out */
} ZsdWeights;

/* Memory for networks of this shape in the kernel's layout. Returns 0, or -1 without memory.
 * Begins as {0}. */
int zsd_weights_resize(ZsdWeights *weights, const ZsdPassKernel *kernel, ZsdShape shape);
void zsd_weights_clear(ZsdWeights *weights);

/* Takes the network's parameters as they now are. */
void zsd_weights_update(ZsdWeights *weights, const ZsdNetwork *net);

#endif
