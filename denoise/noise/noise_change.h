/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the noise is no longer what was learned from: a camera has another gain, or the light
 * has changed. */
#ifndef ZSD_LEVEL_H
#define ZSD_LEVEL_H

#include <stdbool.h>

/* Begins as {0} with each keyframe. */
typedef struct {
  double usual;    /* deviation of the noise, 0..255 scale */
  unsigned frames; /* seen */
  unsigned others; /* the last ones, one after the other, whose noise is another */
} ZsdLevel;

/* Looks at a frame's noise, on the same scale. Returns whether it has moved from the usual,
 * that of frames 9 to 16, by more than a quarter, and stayed there. */
bool zsd_level_moved(ZsdLevel *level, double sigma);

#endif
