/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of a frame for the estimates of noise and of brightness changes. */
#ifndef ZSD_STATISTICS_H
#define ZSD_STATISTICS_H

enum { ZSD_NOISE_BLOCK = 16 }; /* side of a block, samples */

/* Statistics of one block. The unit of variances and covariances is a sample's, squared. */
typedef struct {
  float variance;           /* mean of squares */
  float lag1, lag2;         /* autocovariance at a distance of one and two samples, the mean of
                               across and down */
  float anisotropy;         /* lag-1 autocovariance across less that down */
  float fourth;             /* mean of fourth powers */
  float laplacian_variance; /* variance of the white noise that has the same mean square after
                               the Laplacian mask of Immerkaer, "Fast Noise Variance
                               Estimation", 1996, which suppresses smooth texture */
  float brightness;         /* mean, 0..1 */
  float clipped;            /* share of the samples with a brightness of 0 or below, or of 1 or
                               above */
} ZsdNoiseStats;

/* Change of brightness (0..1) between two frames: now = gain * before + offset. */
typedef struct {
  float gain, offset;
} ZsdBrightnessChange;

/* Sums over samples y for the regression of d = y - p on the prediction p. The regressor is q,
 * the prediction of a sample nearby, whose noise is independent of that of p (an instrumental
 * variable): noise in p itself would bias the slope. */
typedef struct {
  float n;              /* samples */
  float p, d, q;        /* sums */
  float qp, qq, qd, dd; /* sums of products */
} ZsdBrightnessSums;

#endif
