/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between pictures in the caller's memory and the planes of floats that the network works on.
 */
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
  float *y;                     /* the frame as it came, 0..1 */
  float *z;                     /* what it and those before it show together (fusion.h) */
  float *k; /* the variance of the noise left in z, as a part of that of the frame's: 0..1 */
} ZsdFrameComponent;

/* Samples of a component. */
static inline size_t zsd_component_size(const ZsdFrameComponent *c) {
  return (size_t)c->width * c->height;
}

typedef struct {
  int components;
  int brightness; /* the component that shows the picture's brightness */
  ZsdFrameComponent component[ZSD_MAX_COMPONENTS];
} ZsdFrame;

/* Memory for frames of the image's shape. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_frame_resize(ZsdFrame *frame, const ZsdImage *image);
void zsd_frame_clear(ZsdFrame *frame);

/* Whether frames of the image's shape fit. */
bool zsd_frame_has_shape(const ZsdFrame *frame, const ZsdImage *image);

/* Fills y with the image's samples. */
void zsd_frame_load(const ZsdFrame *frame, const ZsdImage *image, const ZsdKernels *kernels,
                    int threads);

enum { ZSD_MAX_CHANNELS = 4 * ZSD_MAX_COMPONENTS };

/* How a picture becomes channels. Packed, each 2x2 block of luma and the chroma that belongs to
 * it is one sample of each channel, so that all have the same size and no component is
 * resampled: 6 channels for 4:2:0, 8 for 4:2:2, 12 for 4:4:4 and RGB, 4 for gray. Planar, each
 * component is a channel; this is for pictures whose components have the same size. It takes
 * three times as many multiplications, but the same network makes more of 3 channels than
 * of 12.
 *
 * The odd last column or row of a packed picture lacks part of its blocks: the sample beside
 * what is missing stands there once more. When the picture is written back these copies are
 * left out. */
typedef struct {
  int channels, width, height; /* of the network's picture */
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
