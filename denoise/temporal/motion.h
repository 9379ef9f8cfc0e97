/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Motion search: for each block of luma the vector to the position of its content in the
 * earlier frame, in whole samples (subpixel.h refines it). */
#ifndef ZSD_MOTION_H
#define ZSD_MOTION_H

#include "kernels/kernels.h"

#include <stddef.h>
#include <stdint.h>

enum {
  ZSD_BLOCK = 8,        /* luma samples, each way */
  ZSD_MAX_LEVELS = 5,   /* of the pyramid, each half the size of the one before */
  ZSD_MOTION_REACH = 8, /* of the exhaustive search at the coarsest level, samples each way */
  ZSD_MOTION_WINDOW =
      16, /* side of the window that is compared, with the block in its middle */
  ZSD_PYRAMID_MARGIN = 48, /* samples around each level; a window lies inside of them */
};

/* A picture of bytes with a margin, so that vectors may point outside. */
typedef struct {
  int width, height;
  ptrdiff_t row;
  uint8_t *memory, *data; /* data: sample (0, 0) */
} ZsdGrayPlane;

/* A frame's luma after a binomial filter (5x5, which leaves 0.27 of white noise's deviation),
 * at full size and successive halves of it. */
typedef struct {
  int levels;
  ZsdGrayPlane level[ZSD_MAX_LEVELS];
} ZsdPyramid;

/* Allocates for a frame of this size. Returns 0, or -1 without memory. Initialized with {0}. */
int zsd_pyramid_resize(ZsdPyramid *pyramid, int width, int height);
void zsd_pyramid_clear(ZsdPyramid *pyramid);

/* Fills all levels from luma: width x height floats, 0..1; values outside are clipped. */
void zsd_pyramid_fill(ZsdPyramid *pyramid, const float *luma, const ZsdKernels *kernels,
                      int threads);

/* Maps all samples, the margin too. */
void zsd_gray_plane_map(const ZsdGrayPlane *gray, const uint8_t table[256]);

/* A vector for each block, in raster order. Blocks at the right and lower edge may be partial.
 */
typedef struct {
  int across, down;
  ZsdMotionVector *vector;
  uint8_t *moves; /* of each block: ZsdMoves */
} ZsdMotionField;

/* Whether a block moves: its vector is no better than zero, but for noise; it is; or it is, but
 * by a fraction of a sample from zero, and only the blocks around can confirm it. */
enum ZsdMoves { ZSD_RESTS, ZSD_MOVES, ZSD_MAY_MOVE };

/* Parameters of a search. */
typedef struct {
  const ZsdKernels *kernels;
  int threads;
  double sigma; /* standard deviation of the luma noise, 0..1, to which the cost of vectors that
                   differ from their neighbours is proportional */
} ZsdMotionParams;

typedef struct ZsdMotion ZsdMotion;

/* For frames of this size. NULL without memory. */
ZsdMotion *zsd_motion_new(int width, int height);
void zsd_motion_free(ZsdMotion *motion);

/* Finds the position of each block of `now` in `before`; both have the size that `motion` was
 * made for. `go_on`: the vectors of the last search are candidates, too. The field belongs to
 * `motion` and is valid until the next search. */
ZsdMotionField *zsd_motion_search(ZsdMotion *motion, const ZsdPyramid *now,
                                  const ZsdPyramid *before, const ZsdMotionParams *search,
                                  int go_on);

#endif
