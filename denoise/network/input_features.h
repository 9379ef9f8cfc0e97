/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the network sees of a frame. For C channels of picture (frame.h) either the picture
 * itself, as published, or what fusion made of it, in units of the noise's deviation, so that
 * the same network serves weak noise and strong:
 *
 *   C  the fused picture, less mid-gray
 *   C  the frame as it came, less the fused picture
 *   1  deviation of the noise left in the fused picture's brightness
 *   1  the same of the other components
 *   1  the noise's correlation between neighbours
 *
 * Its output is the noise in the picture, or in the fused picture, C channels. */
#ifndef ZSD_INPUTS_H
#define ZSD_INPUTS_H

#include "frame/frame.h"
#include "temporal/fusion.h"
#include "base/tensor.h"
#include "network/tile.h"

/* A frame to be looked at. */
typedef struct {
  const ZsdFrame *frame;
  const ZsdLayout *layout;
  const ZsdFusion *fusion; /* whose noise models hold; NULL: the picture itself is seen */
  bool alone;              /* the frame is seen as if there were nothing before it */
} ZsdView;

/* Inputs of a network for `channels` channels of picture. */
static inline int zsd_inputs_count(int channels, bool fused) {
  return fused ? 2 * channels + 3 : channels;
}

/* What one unit of the network's numbers is, on the scale of 0..1. */
float zsd_view_unit(const ZsdView *view);

/* Fills the inputs for `width` samples of a row of the network's picture, from (x, y) on: input
 * i begins at inputs + i * plane. */
void zsd_inputs_row(const ZsdView *view, int x, int y, int width, float *inputs,
                    ptrdiff_t plane);

/* Takes a tile of the frame, and its surroundings, as zsd_tile_load() does of a picture. */
void zsd_inputs_load(ZsdTile *tile, const ZsdView *view, int x, int y, int width, int height);

/* The inputs of a whole frame. Returns 0, or -1 without memory. */
int zsd_inputs_all(ZsdTensor *inputs, const ZsdView *view);

/* After a forward pass: makes `in` the frame as it came and `out` the noise that the network
 * found in it, 0..1, both C channels. */
void zsd_inputs_finish(ZsdTile *tile, const ZsdView *view);

#endif
