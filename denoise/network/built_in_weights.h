/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The built-in weights, trained beforehand on moving pictures with various kinds of noise
 * (start/train). They denoise at once, and training adapts them to the video. */
#ifndef ZSD_BUILT_IN_WEIGHTS_H
#define ZSD_BUILT_IN_WEIGHTS_H

#include "network/network.h"

/* Loads the built-in weights of the widest stored network that has the network's picture
 * channels and no more hidden channels. A narrower one is widened without changing its output
 * (after Chen et al., "Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016):
 * additional hidden channels keep the random parameters of `net`, and the weights from them are
 * 0. Returns 0, or -1 if there are no weights for this shape; the network is unchanged then. */
int zsd_built_in_weights_load(ZsdNetwork *net);

/* Hidden channels of the stored network that zsd_built_in_weights_load() takes; 0: none. */
int zsd_built_in_weights_hidden(ZsdShape shape);

/* Loads weights from other bytes than the built-in ones. Networks follow one another, each
 *
 *   1 byte   picture channels
 *   1 byte   hidden channels
 *
 * and then for each layer, for each of its output channels,
 *
 *   float    scale (floats are little-endian)
 *   float    bias
 *   bytes    signed: the weights (input channels x taps) divided by the scale
 *
 * An incomplete network at the end is ignored. */
int zsd_built_in_weights_read(ZsdNetwork *net, const uint8_t *bytes, size_t size);

#endif
