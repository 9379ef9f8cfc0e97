/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filter: removes the noise that a network predicts from a frame, tile by tile, and refines the
 * result by a Wiener filter of blocks (block_wiener.h). */
#ifndef ZSD_FILTER_H
#define ZSD_FILTER_H

#include "filter/mean_correction.h"
#include "filter/tile_cache.h"
#include "network/input_features.h"

/* State carried from one frame of a stream to the next. Initialized with {0}. */
typedef struct {
  ZsdMeanCorrection mean_correction;
  ZsdTileCache tile_cache;
  uint16_t *pilot[ZSD_MAX_COMPONENTS]; /* the network's result, NULL until used */
  size_t pilot_size[ZSD_MAX_COMPONENTS];
  bool has_pilot; /* of the last frame */
} ZsdFilterState;

/* For a new past: keeps the memory. */
void zsd_filter_state_reset(ZsdFilterState *state);
void zsd_filter_state_clear(ZsdFilterState *state);

typedef struct ZsdFilter ZsdFilter;

/* For networks with the same number of inputs and outputs. NULL without memory. */
ZsdFilter *zsd_filter_new(const ZsdKernels *kernels);
void zsd_filter_free(ZsdFilter *filter);

typedef struct {
  const ZsdWeights *weights;
  bool fused;       /* output of the temporal fusion, without a network */
  bool refined;     /* with the Wiener filter */
  float strength;   /* part of the predicted noise that is removed, 0..1 */
  int first_column; /* even; columns before it keep their samples */
  unsigned refresh; /* frames from one computation of a static tile to the next; 1: no cache */
  bool twice;       /* allows the second pass of mean_correction.h */
  int threads;
  bool repeated;               /* the frame is the last one again: no state changes */
  const ZsdObserver *observer; /* may cancel; or NULL */
} ZsdFilterParams;

/* Filters the view's frame into the image that it was loaded from. Returns ZSD_OK,
 * ZSD_CANCELLED: the image may be filtered in part, and the state is to be reset; or
 * ZSD_NO_MEMORY: the image is unchanged. */
ZsdResult zsd_filter_run(ZsdFilter *filter, ZsdImage *image, const ZsdView *view,
                         ZsdFilterState *state, const ZsdFilterParams *params);

/* Filters the view's frame, with full strength and all columns, into planes of the shape of its
 * components; 65535 is 1. Returns ZSD_OK, ZSD_CANCELLED: the planes may be written in part, and
 * the state is to be reset; or ZSD_NO_MEMORY. */
ZsdResult zsd_filter_planes(ZsdFilter *filter, uint16_t *const planes[], const ZsdView *view,
                            ZsdFilterState *state, const ZsdFilterParams *params);

#endif
