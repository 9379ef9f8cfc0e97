/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of the kernels that process rows of a frame's components, before and after the
 * network. Their results are identical to the bit in all instruction sets.
 *
 * Samples are floats on the scale of 0..1. These kernels access no sample outside the given
 * range. Names are those of a Kalman filter for each sample:
 *
 *   y  the frame (measurement)
 *   p  its prediction from the previous frame (z', motion-compensated)
 *   z  the fused estimate
 *   k  variance of a prediction's or an estimate's noise, relative to that of a frame; 0..1 */
#ifndef ZSD_ROWS_H
#define ZSD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Variance of the noise at brightness b: max(base + slope * b, least). The least variance is
 * not negative. */
typedef struct {
  float base, slope, least;
} ZsdNoiseVariance;

static inline float zsd_noise_variance_at(const ZsdNoiseVariance *v, float brightness) {
  const float line = v->base + v->slope * brightness;
  return line > v->least ? line : v->least;
}

/* Samples of a stored Kalman state. */
typedef struct {
  const uint16_t *z; /* 65535 is 1 */
  const uint8_t *k;  /* 255 sqrt(k) */
} ZsdStoredState;

/* Motion vector, in samples of luma: x + eighths_x / 8, y + eighths_y / 8. */
typedef struct {
  int16_t x, y;
  int8_t eighths_x, eighths_y; /* -4..3 */
} ZsdMotionVector;

/* Prediction of one row of a component from the previous frame. Positions outside the frame
 * take the nearest sample inside. Where a vector points between samples, z is interpolated (8
 * taps each way, Lanczos) and k is that of the nearest one times the sum of the squared
 * weights. */
typedef struct {
  const uint16_t *z;              /* height x width; 65535 is 1 */
  const uint8_t *k;               /* height x width; 255 sqrt(k) */
  int width, height;              /* 1 or more */
  bool half_width, half_height;   /* the component is subsampled across, down */
  const ZsdMotionVector *vectors; /* of the row's blocks, to their position in the previous
                                     frame */
  int n_vectors;                  /* blocks past the last one use its vector */
  int block_width;                /* samples of the component */
  float gain, offset;             /* change of brightness since the previous frame */
} ZsdPrediction;

enum { ZSD_KALMAN_RADIUS = 3 }; /* of the largest window of the update (7x7), samples */

/* Kalman update of one row. */
typedef struct {
  /* Rows of normalised innovations d, from ZSD_KALMAN_RADIUS above the row to as many below it;
   * each has ZSD_KALMAN_RADIUS more samples on either side. */
  const float *innovation[2 * ZSD_KALMAN_RADIUS + 1];
  const float *y, *p, *k; /* the frame, its prediction, relative variance of the latter */
  float *z;               /* output: the estimate */
  float *gain;            /* output: Kalman gain 0..1, which is also the estimate's k */
  float *residual;        /* output: (y - p) / sqrt(1 + k), as if the prediction had no noise;
                             NULL: not wanted */
  float *outliers;        /* 1 is added where the excess variance is above outlier_excess;
                             NULL: not wanted */
  ZsdNoiseVariance noise; /* that the innovations were normalised with */
  /* For each sample: */
  const float *max_mean_square;  /* of d in 7x7, that noise alone explains */
  const float *max_squared_mean; /* of d in 5x5, that noise alone explains */
  const float *max_squared_line; /* of d in 5x1 and in 1x5, that noise alone explains */
  const float *process_noise;    /* growth of k from one frame to the next */
  float outlier_excess;          /* relative variance */
} ZsdKalmanRow;

/* Sums of products of the gradient x, y (differences of the samples on both sides, twice the
 * derivative) and of the difference d = now - before. */
typedef struct {
  int32_t xx, xy, yy, xd, yd;
} ZsdDisplacementSums;

/* Input features of the network, for a row of one of its channels. */
typedef struct {
  const float *y, *z, *k; /* the channel's first sample; k NULL: 1 everywhere */
  int step;               /* floats from one sample of the channel to the next: 1 or 2 */
  ptrdiff_t prefetch;     /* floats from these samples to those of the next call, which are
                             prefetched; 0: none */
  float scale;            /* 1 / unit of the network's values */
  float weight;           /* of a sample's deviation in the sum over channels */
  ZsdNoiseVariance noise;
  float *picture, *difference, *deviation; /* output, see ZsdKernels; the last is added to */
} ZsdInputFeatures;

/* Limits of the noise that is removed from a sample, in units of the network's values; and of
 * that which is removed from the fused sample, for a noise left in it of deviation near 0, in
 * units of that deviation. */
typedef struct {
  float most, most_fused;
} ZsdNoiseLimits;

#endif
