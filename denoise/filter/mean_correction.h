/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mean correction: noise has zero mean, but the noise that a network predicts may not, which
 * would tint the picture. The mean is measured over each frame, for each component, and
 * subtracted from the prediction in the next. In the first frames, while the fused past and the
 * network still change, a frame is filtered twice: to measure, and to correct. */
#ifndef ZSD_MEAN_CORRECTION_H
#define ZSD_MEAN_CORRECTION_H

#include "frame/frame.h"
#include "network/tile.h"

typedef struct {
  unsigned frames;                /* measured */
  float mean[ZSD_MAX_COMPONENTS]; /* subtracted in this frame; samples are 0..1 */
  float next[ZSD_MAX_COMPONENTS]; /* to be subtracted from the next frame on */
  double *sums;                   /* tiles x ZSD_MAX_CHANNELS: the predicted noise's sums */
  int tiles;
} ZsdMeanCorrection;

/* Allocates for this many tiles. Returns 0, or -1 without memory. Initialized with {0}. */
int zsd_mean_correction_resize(ZsdMeanCorrection *correction, int tiles);
void zsd_mean_correction_clear(ZsdMeanCorrection *correction);

/* Adds up the noise predicted in each channel of a tile, and subtracts the current mean. */
void zsd_mean_correction_apply(ZsdMeanCorrection *correction, int number, const ZsdTile *tile,
                               const ZsdLayout *layout, const ZsdKernels *kernels);

/* Whether too few frames were measured for their mean to hold for the next one. */
bool zsd_mean_correction_unsettled(const ZsdMeanCorrection *correction);

/* Updates the mean for the next frame, from the sums of all tiles of this one. */
void zsd_mean_correction_measure(ZsdMeanCorrection *correction, const ZsdFrame *frame,
                                 const ZsdLayout *layout);

/* Begins the next frame, with the mean measured last. */
void zsd_mean_correction_next_frame(ZsdMeanCorrection *correction);

#endif
