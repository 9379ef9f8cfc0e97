/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the noise that a network finds off a frame, tile by tile. */
#ifndef ZSD_FILTER_H
#define ZSD_FILTER_H

#include "network/input_features.h"
#include "filter/tile_cache.h"
#include "filter/mean_correction.h"

/* What is remembered of a stream's last frames. Begins as {0}. */
typedef struct {
  ZsdTint tint;
  ZsdKept kept;
} ZsdTrace;

void zsd_trace_forget(ZsdTrace *trace);
void zsd_trace_clear(ZsdTrace *trace);

typedef struct ZsdFilter ZsdFilter;

/* For networks of one number of inputs and outputs. NULL: no memory. */
ZsdFilter *zsd_filter_new(const ZsdKernels *kernels);
void zsd_filter_free(ZsdFilter *filter);

typedef struct {
  const ZsdWeights *weights;
  bool fused;       /* no network is asked: what is fused comes out */
  float strength;   /* 0..1 */
  int first_column; /* even: those before it stay as they are */
  unsigned refresh; /* tiles that are calm are computed every so many frames; 1: all are */
  bool twice;       /* the frames at the start of a past may be looked at twice (tint.h) */
  int threads;      /* that share the tiles */
  bool repeated;    /* the frame is the last one once more, and comes out as that did */
} ZsdFiltering;

/* Filters the view's frame into the image that it was loaded from. Returns 0, or -1 without
 * memory: the image is as it was. */
int zsd_filter_run(ZsdFilter *filter, ZsdImage *image, const ZsdView *view, ZsdTrace *trace,
                   const ZsdFiltering *how);

/* Filters the view's frame, with full strength, into planes of the shape of its components, which
 * are none of its own. Values are 0..1, in steps of 1/65535. Returns 0, or -1 without memory. */
int zsd_filter_planes(ZsdFilter *filter, float *const planes[], const ZsdView *view,
                      ZsdTrace *trace, const ZsdFiltering *how);

#endif
