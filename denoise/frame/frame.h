/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion from pictures in the caller's memory to planes of floats, and the layout of these
 * planes as channels of the network. */
#ifndef ZSD_FRAME_H
#define ZSD_FRAME_H

#include "kernels/kernels.h"
#include "zsdenoise.h"

/* Value of a sample of full brightness, before it is shifted. */
static inline float zsd_image_full_scale(const ZsdImage *image) {
  return (float)((1 << image->depth) - 1);
}

/* One component of a frame. The planes are width x height floats without gaps. */
typedef struct {
  int width, height;
  bool half_width, half_height; /* subsampled */
  float *y;                     /* the input frame, 0..1 */
  float *z;                     /* the frame after temporal fusion (temporal/fusion.h), 0..1 */
  float *k; /* variance of the noise left in z, relative to that in y: 0..1 */
} ZsdFrameComponent;

/* Samples of a component. */
static inline size_t zsd_component_size(const ZsdFrameComponent *c) {
  return (size_t)c->width * c->height;
}

typedef struct {
  int components;
  int brightness; /* index of the component that represents brightness: luma, or green */
  ZsdFrameComponent component[ZSD_MAX_COMPONENTS];
  float black, range; /* the part of full scale, 0..1, that the samples 0..1 are: all of it, but
                         for gray pictures of 16 bits that use a small part */
} ZsdFrame;

/* Allocates a frame of this shape. Returns 0, or -1 without memory. Initialise with {0}. */
int zsd_frame_resize(ZsdFrame *frame, const ZsdImage *image);
void zsd_frame_clear(ZsdFrame *frame);

/* Whether the frame has the image's shape. */
bool zsd_frame_has_shape(const ZsdFrame *frame, const ZsdImage *image);

/* Chooses the range of a gray picture of 16 bits, as of a thermal camera, by the samples that
 * it has, with room around them. A few samples, such as hot pixels, may lie outside. Unless
 * `anew`, the range of the frame before is kept as long as it serves. Returns whether it has
 * changed. */
bool zsd_frame_choose_range(ZsdFrame *frame, const ZsdImage *image, bool anew);

/* Converts the image's samples to y. */
void zsd_frame_load(const ZsdFrame *frame, const ZsdImage *image, const ZsdKernels *kernels,
                    int threads);

enum { ZSD_MAX_CHANNELS = 4 * ZSD_MAX_COMPONENTS };

/* Channels of a picture. Packed: each 2x2 block of luma and its chroma are one sample of every
 * channel (space to depth), so that all channels have the same size without resampling: 6 for
 * 4:2:0, 8 for 4:2:2, 12 for 4:4:4 and RGB, 4 for gray. Planar: each component is a channel,
 * for pictures whose components have the same size. Planar takes three times as many
 * multiplications, and gives a better result than 12 channels with the same network.
 *
 * Where width or height is odd, the missing samples of the last blocks are copies of their
 * neighbours, which are not written back. */
typedef struct {
  int channels, width, height; /* of the network's input picture */
  struct {
    int component;
    int x, y;           /* the channel's first sample in the component */
    int x_step, y_step; /* from one sample to the next: 1 or 2 */
  } channel[ZSD_MAX_CHANNELS];
} ZsdLayout;

/* Whether a planar layout fits: the image has several components, of one size. */
bool zsd_layout_planar_fits(const ZsdImage *image);

void zsd_layout_make(ZsdLayout *layout, const ZsdImage *image, bool packed);

#endif
