/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network f of Zero-Shot Noise2Noise (Mansour and Heckel, CVPR 2023, section 4): 3x3
 * convolution from the input's channels to H, LeakyReLU 0.2, 3x3 convolution from H to H,
 * LeakyReLU 0.2, 1x1 convolution from H to the output's channels; zero padding, so that its
 * output has the size of its input. It predicts the noise. As published, its input is a picture
 * with as many channels as its output; input_features.h describes the other inputs. */
#ifndef ZSD_NETWORK_H
#define ZSD_NETWORK_H

#include "kernels/kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZSD_LAYERS = 3 };

typedef struct {
  int n_in, n_out, taps; /* taps: 9 (3x3) or 1 (1x1) */
  size_t weights, bias;  /* offsets of the first one in the parameters */
} ZsdLayer;

typedef struct {
  ZsdShape shape;
  ZsdLayer layers[ZSD_LAYERS];
  size_t n; /* parameters */
  float
      *params; /* of each layer: weights n_out x n_in x taps (PyTorch's order), n_out biases */
} ZsdNetwork;

/* Allocates a network of this shape (each number 1 or more). All parameters are 0, so that it
 * predicts no noise. Returns 0, or -1 without memory. Initialise with {0}. */
int zsd_network_resize(ZsdNetwork *net, ZsdShape shape);
void zsd_network_clear(ZsdNetwork *net);

/* Random weights and biases as in PyTorch's Conv2d: uniform in +-1/sqrt(n_in x taps). */
void zsd_network_init(ZsdNetwork *net, uint64_t seed);

/* A network's weights packed for training: for the forward pass and, after the first layer, for
 * the backward pass. */
typedef struct {
  const ZsdKernels *kernels;
  const ZsdNetwork *net; /* the biases are read from it */
  float *forward[ZSD_LAYERS], *backward[ZSD_LAYERS];
} ZsdPacked;

/* Allocates the packed weights. Returns 0, or -1 without memory. Initialise with {0}. */
int zsd_packed_resize(ZsdPacked *packed, const ZsdKernels *kernels, const ZsdNetwork *net);
void zsd_packed_clear(ZsdPacked *packed);

/* Packs the network's present weights. */
void zsd_packed_update(ZsdPacked *packed);

#endif
