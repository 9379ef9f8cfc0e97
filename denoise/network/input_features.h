/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's inputs. For C picture channels (frame.h) they are either the picture itself, as
 * published, or features of the fused frame in units of the noise's standard deviation, so that
 * one network serves weak and strong noise. The unit is that of brightness, or larger where
 * another component has much more noise:
 *
 *   C  the fused picture minus mid-gray
 *   C  the input frame minus the fused picture
 *   1  deviation of the noise left in the fused picture's brightness
 *   1  the same for the other components
 *   1  lag-1 correlation of the noise
 *
 * The output is the noise in the picture, or in the fused picture, C channels. */
#ifndef ZSD_INPUTS_H
#define ZSD_INPUTS_H

#include "frame/frame.h"
#include "temporal/fusion.h"
#include "base/tensor.h"
#include "network/tile.h"

/* The source of the features. */
typedef struct {
  const ZsdFrame *frame;
  const ZsdLayout *layout;
  const ZsdFusion *fusion; /* source of the noise models; NULL: the inputs are the picture */
  bool without_past;       /* use the frame as if it had no fused past: z = y, k = 1 */
  float noise_factor;      /* of the models' deviations: 1 or more */
} ZsdView;

/* Input channels of a network for `channels` picture channels. */
static inline int zsd_inputs_count(int channels, bool fused) {
  return fused ? 2 * channels + 3 : channels;
}

/* Noise model of a component, with the view's factor. */
ZsdNoiseModel zsd_view_noise(const ZsdView *view, int component);

/* Noise variance of a component, by brightness, with the view's factor. */
ZsdNoiseVariance zsd_view_variance(const ZsdView *view, int component);

/* The unit of the network's values, on the scale of 0..1. */
float zsd_view_unit(const ZsdView *view);

/* Whether a component has so much noise that it is removed. */
bool zsd_view_has_noise(const ZsdView *view, int component);

/* Limit of the noise that is removed from a sample, on the scale of 0..1. */
float zsd_view_most(const ZsdView *view);

/* Computes the inputs of `width` samples of a row, from (x, y) on. Input i begins at
 * inputs + i * plane. */
void zsd_inputs_row(const ZsdView *view, int x, int y, int width, float *inputs,
                    ptrdiff_t plane);

/* Loads a tile of the frame and its halo, which is mirrored at the edges of the picture: there
 * the network would take zeros for a part of the picture. Without a fusion it is zeros, as
 * published. */
void zsd_inputs_load(ZsdTile *tile, const ZsdView *view, int x, int y, int width, int height);

/* Computes the inputs of a whole frame. Returns 0, or -1 without memory. */
int zsd_inputs_all(ZsdTensor *inputs, const ZsdView *view);

/* After a forward pass: converts `in` to the input frame and `out` to the noise in it, both C
 * channels on the scale of 0..1. */
void zsd_inputs_finish(ZsdTile *tile, const ZsdView *view);

#endif
