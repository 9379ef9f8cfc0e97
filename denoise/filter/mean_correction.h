/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise has no mean, but what a network finds may have one, which would tint the picture. It is
 * measured over each frame, component by component, and given back to the next one. The first
 * frames, in which the past begins and learning changes the network, are looked at twice. */
#ifndef ZSD_TINT_H
#define ZSD_TINT_H

#include "frame/frame.h"
#include "network/tile.h"

typedef struct {
  unsigned frames;                /* that were measured */
  float mean[ZSD_MAX_COMPONENTS]; /* of what is found, 0..1 */
  float next[ZSD_MAX_COMPONENTS]; /* what it will be taken for from the next frame on */
  double *sums; /* of each tile, what was found in each channel the last time */
  int tiles;    /* that there is room for */
} ZsdTint;

/* Room for this many tiles. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_tint_resize(ZsdTint *tint, int tiles);
void zsd_tint_clear(ZsdTint *tint);

/* Adds up what a tile found in each channel, and takes the mean that holds off it. */
void zsd_tint_take(ZsdTint *tint, int number, const ZsdTile *tile, const ZsdLayout *layout,
                   const ZsdKernels *kernels);

/* Whether the mean of the frames before says little about the next one. */
bool zsd_tint_unknown(const ZsdTint *tint);

/* Measures the mean over all tiles of a frame, for the next one. */
void zsd_tint_measure(ZsdTint *tint, const ZsdFrame *frame, const ZsdLayout *layout);

/* Begins the next frame: what was measured holds. */
void zsd_tint_next(ZsdTint *tint);

#endif
