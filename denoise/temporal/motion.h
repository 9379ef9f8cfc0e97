/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Motion between two frames: for each block of luma the whole-pixel vector to where its content
 * was in the earlier frame. */
#ifndef ZSD_MOTION_H
#define ZSD_MOTION_H

#include "kernels/kernels.h"

#include <stddef.h>
#include <stdint.h>

enum {
  ZSD_BLOCK = 8,        /* luma samples, each way */
  ZSD_MAX_LEVELS = 5,   /* each half as large as the one before */
  ZSD_MOTION_REACH = 8, /* samples, searched exhaustively at the coarsest level */
};

/* A picture of bytes with a margin, so that a vector may lead out of it. */
typedef struct {
  int width, height;
  ptrdiff_t row;
  uint8_t *memory, *data; /* data: the sample at (0, 0) */
} ZsdGray;

/* A frame's luma, smoothed (binomial filter of five taps, which leaves 0.27 of white noise's
 * deviation), at full size and at successive halves of it. */
typedef struct {
  int levels;
  ZsdGray level[ZSD_MAX_LEVELS];
} ZsdPyramid;

/* Memory for a frame of this size. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_pyramid_resize(ZsdPyramid *pyramid, int width, int height);
void zsd_pyramid_clear(ZsdPyramid *pyramid);

/* Fills it from luma (width x height floats without gaps, 0..1; what lies outside is clipped).
 */
void zsd_pyramid_fill(ZsdPyramid *pyramid, const float *luma, const ZsdKernels *kernels,
                      int threads);

/* Maps all samples and the margin. */
void zsd_gray_map(const ZsdGray *gray, const uint8_t table[256]);

/* A vector for each block; those at the right and lower edge may stand for less than a block.
 */
typedef struct {
  int across, down;
  ZsdMotionVector *vector;
  uint8_t *moves; /* 0: noise may have made the vector, the block might as well stand still */
} ZsdField;

/* How a search may be helped. */
typedef struct {
  const ZsdKernels *kernels;
  int threads;
  double sigma; /* deviation of the luma noise, 0..1: the price of vectors that differ from
                   those around them grows with it */
} ZsdSearch;

typedef struct ZsdMotion ZsdMotion;

/* Memory for searches. NULL: none. */
ZsdMotion *zsd_motion_new(int width, int height);
void zsd_motion_free(ZsdMotion *motion);

/* Finds for each block of `now` where it was in `before`. The vectors found last, if `go_on`,
 * are tried too. Both pyramids have the size that `motion` was made for. The field belongs to
 * `motion` and holds until the next search. */
const ZsdField *zsd_motion_search(ZsdMotion *motion, const ZsdPyramid *now,
                                  const ZsdPyramid *before, const ZsdSearch *search, int go_on);

#endif
