/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture that is one by itself, and for which there is time: what the network makes of it is
 * a first estimate, and the others are what it repeats (similar.h). */
#ifndef ZSD_STILL_H
#define ZSD_STILL_H

#include "filter.h"
#include "zsdenoise.h"

/* After the frame was added to the fusion: has it know of the noise what only a picture's
 * colours say. Returns 0, or -1 without memory. */
int zsd_still_look(ZsdFusion *fusion, const ZsdFrame *frame, const ZsdKernels *kernels,
                   ZsdThreads *threads);

/* Filters the view's frame into the image that it was loaded from, `how`; nothing is known of
 * frames before it. Its z is changed. Returns ZSD_OK, or ZSD_CANCELLED or ZSD_NO_MEMORY: then
 * the image is as it was. The observer is told of bands as of steps of learning; their loss is
 * the mean square of what was taken off so far, the noise's deviation being 1. */
ZsdResult zsd_still_run(ZsdFilter *filter, ZsdImage *image, const ZsdView *view,
                        ZsdTrace *trace, const ZsdFiltering *how, const ZsdObserver *observer,
                        ZsdTraining *training, const ZsdKernels *kernels, ZsdThreads *threads);

#endif
