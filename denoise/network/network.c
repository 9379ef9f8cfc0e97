/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network/network.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>

int zsd_network_resize(ZsdNetwork *net, ZsdShape shape) {
  zsd_network_clear(net);
  net->shape = shape;
  const int widths[ZSD_LAYERS + 1] = {shape.inputs, shape.hidden, shape.hidden, shape.outputs};
  for (int l = 0; l < ZSD_LAYERS; l++) {
    ZsdLayer *layer = &net->layers[l];
    *layer = (ZsdLayer){widths[l], widths[l + 1], l < ZSD_LAYERS - 1 ? 9 : 1, net->n, 0};
    layer->bias = layer->weights + (size_t)layer->n_out * layer->n_in * layer->taps;
    net->n = layer->bias + layer->n_out;
  }
  net->params = calloc(net->n, sizeof(float));
  return net->params ? 0 : -1;
}

void zsd_network_clear(ZsdNetwork *net) {
  free(net->params);
  *net = (ZsdNetwork){0};
}

void zsd_network_init(ZsdNetwork *net, uint64_t seed) {
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &net->layers[l];
    const double bound = 1 / sqrt((double)layer->n_in * layer->taps);
    for (size_t i = layer->weights; i < layer->bias + layer->n_out; i++)
      net->params[i] = (float)(bound * (2 * zsd_random_uniform(&random) - 1));
  }
}

int zsd_packed_resize(ZsdPacked *packed, const ZsdKernels *kernels, const ZsdNetwork *net) {
  zsd_packed_clear(packed);
  packed->kernels = kernels;
  packed->net = net;
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &net->layers[l];
    packed->forward[l] = malloc(
        zsd_packed_size(kernels, layer->n_in, layer->n_out, layer->taps) * sizeof(float));
    if (!packed->forward[l])
      return -1;
    if (l == 0)
      continue; /* derivatives with respect to the input are not needed */
    packed->backward[l] = malloc(
        zsd_packed_size(kernels, layer->n_out, layer->n_in, layer->taps) * sizeof(float));
    if (!packed->backward[l])
      return -1;
  }
  return 0;
}

void zsd_packed_clear(ZsdPacked *packed) {
  for (int l = 0; l < ZSD_LAYERS; l++) {
    free(packed->forward[l]);
    free(packed->backward[l]);
  }
  *packed = (ZsdPacked){0};
}

void zsd_packed_update(ZsdPacked *packed) {
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &packed->net->layers[l];
    const float *weights = packed->net->params + layer->weights;
    zsd_pack_weights(packed->kernels, packed->forward[l], weights, layer->n_in, layer->n_out,
                     layer->taps);
    if (l > 0)
      zsd_pack_transposed(packed->kernels, packed->backward[l], weights, layer->n_in,
                          layer->n_out, layer->taps);
  }
}
