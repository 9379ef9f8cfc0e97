/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done with the rows of a frame's components, sample by sample, before the network sees
 * them and after. The arithmetic is the same in every instruction set, to the bit.
 *
 * These kernels read and write the samples that they are given and none beside them. */
#ifndef ZSD_ROWS_H
#define ZSD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The variance of noise at a brightness b: base + slope b, but nowhere less than `least`, which
 * is not negative. */
typedef struct {
  float base, slope, least;
} ZsdNoiseVariance;

static inline float zsd_noise_variance_at(const ZsdNoiseVariance *v, float brightness) {
  const float line = v->base + v->slope * brightness;
  return line > v->least ? line : v->least;
}

/* Whole samples of luma. */
typedef struct {
  int16_t x, y;
} ZsdMotionVector;

/* What the past predicts of a row of a component. */
typedef struct {
  const uint16_t *z; /* width x height; 65535 is 1 */
  const uint8_t *k;  /* 255 sqrt(k) */
  int width, height; /* 1 or more */
  bool half_width, half_height;
  const ZsdMotionVector *vectors; /* of the blocks that the row crosses, to where they were */
  int n_vectors;             /* past the last block its vector holds */
  int block_width;               /* samples of the component that a block is wide */
  float gain, offset;      /* of the light since then */
} ZsdPrediction;

enum { ZSD_KALMAN_RADIUS = 3 }; /* of the 7x7 window in which squared misses are averaged */

/* One row of the Kalman step. */
typedef struct {
  /* Rows of normalised misses, the middle one that of the row itself; ZSD_KALMAN_RADIUS more of
   * them than samples on either side. */
  const float *innovation[2 * ZSD_KALMAN_RADIUS + 1];
  const float *y, *p, *k;     /* the frame, what is predicted of it, and k of that */
  float *z, *gain; /* fused; its k */
  float *residual; /* y - p, as large as if the past had no noise; or NULL */
  float *outliers;              /* 1 is added for each sample that is missed, or NULL */
  ZsdNoiseVariance noise;          /* that the misses were normalised with */
  float max_mean_square, max_squared_mean; /* the windows' means that noise alone can have */
  float process_noise;        /* what the past's variance grows by in each frame */
  float outlier_excess;            /* of a sample that is not missed */
} ZsdKalmanRow;

/* What the network sees of a component's row in one of its channels. */
typedef struct {
  const float *y, *z, *k; /* the channel's first sample; k: NULL stands for ones */
  int step;               /* from one of the channel's samples to the next: 1 or 2 */
  ptrdiff_t prefetch;         /* to the samples of the next call, which are fetched; or 0 */
  float scale;            /* 1 over the unit of the network's numbers */
  float weight;           /* of a sample's deviation */
  ZsdNoiseVariance noise;
  float *picture, *difference, *deviation;
} ZsdInputFeatures;

#endif
