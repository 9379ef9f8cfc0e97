/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network/packed_weights.h"

#include <stdlib.h>

int zsd_weights_resize(ZsdWeights *weights, const ZsdPassKernel *kernel, ZsdShape shape) {
  zsd_weights_clear(weights);
  weights->kernel = kernel;
  weights->shape = shape;
  weights->data = aligned_alloc(ZSD_PASS_ALIGNMENT, kernel->weights_size(shape));
  return weights->data ? 0 : -1;
}

void zsd_weights_clear(ZsdWeights *weights) {
  free(weights->data);
  *weights = (ZsdWeights){0};
}

void zsd_weights_update(ZsdWeights *weights, const ZsdNetwork *net) {
  weights->kernel->pack(weights->data, weights->shape, net->params);
}
