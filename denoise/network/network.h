/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network f of Zero-Shot Noise2Noise (Mansour and Heckel, CVPR 2023, section 4): 3x3
 * convolution from the input's channels to H, LeakyReLU 0.2, 3x3 convolution from H to H,
 * LeakyReLU 0.2, 1x1 convolution from H to the output's channels; zero padding, so that its
 * output is as large as its input. It predicts the noise. As published, its input is a picture
 * and has as many channels as its output; inputs.h tells what else it may see. */
#ifndef ZSD_NETWORK_H
#define ZSD_NETWORK_H

#include "kernels/kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZSD_LAYERS = 3 };

typedef struct {
  int n_in, n_out, taps; /* taps: 9 (3x3) or 1 (1x1) */
  size_t weights, bias;  /* where they begin among the parameters */
} ZsdLayer;

typedef struct {
  ZsdShape shape;
  ZsdLayer layers[ZSD_LAYERS];
  size_t n; /* parameters in all */
  /* Per layer: weights n_out x n_in x taps (PyTorch's order), then biases n_out. */
  float *params;
} ZsdNetwork;

/* Gives the network this shape (each number 1 or more) and zeros as parameters: such a network
 * predicts no noise. Returns 0, or -1 without memory. A network begins as {0}. */
int zsd_network_resize(ZsdNetwork *net, ZsdShape shape);
void zsd_network_clear(ZsdNetwork *net);

/* Draws weights and biases as PyTorch's Conv2d does: uniform in +-1/sqrt(n_in x taps). */
void zsd_network_init(ZsdNetwork *net, uint64_t seed);

/* A network's weights laid out for the kernels of learning: forwards, and for the layers after
 * the first backwards too. */
typedef struct {
  const ZsdKernels *kernels;
  const ZsdNetwork *net; /* the biases are read from it */
  float *forward[ZSD_LAYERS], *backward[ZSD_LAYERS];
} ZsdPacked;

/* Memory for the network's packed weights. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_packed_resize(ZsdPacked *packed, const ZsdKernels *kernels, const ZsdNetwork *net);
void zsd_packed_clear(ZsdPacked *packed);

/* Packs the network's weights as they now are. */
void zsd_packed_update(ZsdPacked *packed);

#endif
