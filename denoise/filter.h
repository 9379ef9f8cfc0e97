/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the noise that a network finds off a frame, tile by tile. */
#ifndef ZSD_FILTER_H
#define ZSD_FILTER_H

#include "inputs.h"

/* Noise has no mean, but what a network finds may have one, which would tint the picture. It is
 * measured over each frame, component by component, and given back to the next one; a first
 * frame is looked at twice. */
typedef struct {
  bool known;
  float mean[ZSD_MAX_COMPONENTS]; /* of what is found, 0..1 */
  float next[ZSD_MAX_COMPONENTS]; /* what it will be taken for from the next frame on */
} ZsdTint;

typedef struct ZsdFilter ZsdFilter;

/* For networks of this shape; works on `threads`, which it does not own. NULL: no memory. */
ZsdFilter *zsd_filter_new(ZsdShape shape, const ZsdKernels *kernels, ZsdThreads *threads);
void zsd_filter_free(ZsdFilter *filter);

typedef struct {
  const ZsdWeights *weights; /* of a network of the filter's shape */
  float strength;            /* 0..1 */
  int first_column;          /* even: those before it stay as they are */
  bool repeated; /* the frame is the last one once more, and comes out as that did */
} ZsdFiltering;

/* Filters the view's frame into the image that it was loaded from. Returns 0, or -1 without
 * memory: the image is as it was. */
int zsd_filter_run(ZsdFilter *filter, ZsdImage *image, const ZsdView *view, ZsdTint *tint,
                   const ZsdFiltering *how);

#endif
