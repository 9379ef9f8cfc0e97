/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static blocks: parts of the picture without motion whose predictions are as good as usual. */
#ifndef ZSD_STATIC_BLOCKS_H
#define ZSD_STATIC_BLOCKS_H

#include "frame/frame.h"
#include "temporal/brightness.h"
#include "temporal/motion.h"

/* Arrays have an element for each block of the motion field. Innovations are normalized: noise
 * alone has a mean square of 1. */
typedef struct {
  float *squares[ZSD_MAX_COMPONENTS]; /* sum of a component's squared innovations */
  float *energy;                      /* mean square over all components */
  float *usual;                       /* running mean of the energy */
  float *memory;
} ZsdStaticBlocks;

/* Allocates for this many blocks. Returns 0, or -1 without memory. Initialized with {0}. */
int zsd_static_blocks_resize(ZsdStaticBlocks *blocks, int count);
void zsd_static_blocks_clear(ZsdStaticBlocks *blocks);

/* Updates energy and running mean from the sums of a frame's squared innovations. `first`: the
 * frame is the first with a past. */
void zsd_static_blocks_update(ZsdStaticBlocks *blocks, const ZsdFrame *frame,
                              const ZsdMotionField *field, bool first);

/* Other conditions of a static block. */
typedef struct {
  const ZsdMotionField *field;
  ZsdBrightnessChange brightness_change; /* of luma */
  double lag1, lag2;                     /* correlation of the noise */
} ZsdStaticTest;

/* Whether the rectangle of width x height luma samples at (x, y) stands still, with unchanged
 * brightness. */
bool zsd_static_blocks_test(const ZsdStaticBlocks *blocks, const ZsdStaticTest *test, int x,
                            int y, int width, int height);

#endif
