/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What networks begin with: weights learned beforehand, on moving pictures with all sorts of
 * noise (start/train), which already denoise and are quickly taught the rest. */
#ifndef ZSD_START_H
#define ZSD_START_H

#include "network/network.h"

/* Fills in the built-in weights for the network's shape (inputs.h), from the widest network
 * there is that is not wider. A narrower one is widened without a change of what it computes
 * (Chen et al., "Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016): the
 * additional hidden channels keep the parameters that `net` has, which are random ones, but
 * nothing depends on them yet. Returns 0, or -1 where there are no weights for this shape: the
 * network is as it was. */
int zsd_start_load(ZsdNetwork *net);

/* The hidden channels of that network, or 0. */
int zsd_start_hidden(ZsdShape shape);

/* Fills in weights from other bytes than those built in. These are networks one after the
 * other, each
 *
 *   1 byte   channels of picture
 *   1 byte   hidden channels
 *
 * and then for each layer, for each of its output channels,
 *
 *   float    scale (floats are little-endian)
 *   float    bias
 *   bytes    signed, its weights (input channels x taps) divided by the scale
 *
 * What is cut off at the end is no network. */
int zsd_start_read(ZsdNetwork *net, const uint8_t *bytes, size_t size);

#endif
