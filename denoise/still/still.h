/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture that is one by itself, and for which there is time: what the network makes of it is
 * a first estimate, and the others are what it repeats (similar.h). `best` then has a network
 * of its own learn from it (synthetic.h). */
#ifndef ZSD_STILL_H
#define ZSD_STILL_H

#include "filter/filter.h"
#include "zsdenoise.h"

/* After the frame was added to the fusion: has it know of the noise what only a picture's
 * colours say. Returns 0, or -1 without memory. */
int zsd_still_estimate_noise(ZsdFusion *fusion, const ZsdFrame *frame,
                             const ZsdKernels *kernels, int threads);

typedef struct {
  ZsdProfile profile; /* balanced, or best */
  bool frozen;        /* without a synthetic */
  const ZsdView *view;
  ZsdFilterState *trace;      /* forgets what is in it */
  const ZsdFilterParams *how; /* what it says of frames before does not count */
  const ZsdNetwork *net;      /* whose weights it has */
  uint64_t seed;
  const ZsdObserver *observer;
} ZsdStill;

/* Filters the view's frame, whose z is changed, into the image that it was loaded from. Returns
 * ZSD_OK, or ZSD_CANCELLED or ZSD_NO_MEMORY: then the image is as it was. The observer is told
 * of bands of the picture as of steps of learning; their loss is the mean square of what was
 * taken off so far, the noise's deviation being 1. `training` holds the last step when it
 * returns. */
ZsdResult zsd_still_run(const ZsdStill *still, ZsdFilter *filter, ZsdImage *image,
                        const ZsdKernels *kernels, int threads, ZsdTraining *training);

#endif
