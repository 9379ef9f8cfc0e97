/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is measured of frames before they are fused. */
#ifndef ZSD_STATISTICS_H
#define ZSD_STATISTICS_H

enum { ZSD_NOISE_BLOCK = 16 }; /* samples, each way */

/* Of a block of samples. */
typedef struct {
  float variance;   /* mean square */
  float lag1, lag2; /* mean products of samples so far apart, the mean of across and down */
  float laplacian_variance;      /* variance of the white noise that would be as rough (Immerkaer, "Fast
                       Noise Variance Estimation", 1996), which no smooth texture is */
  float brightness; /* mean */
  float clipped;    /* part of the samples whose brightness is not between 0 and 1 */
} ZsdNoiseStats;

/* now = gain * before + offset */
typedef struct {
  float gain, offset;
} ZsdBrightnessChange;

/* Sums over samples: their number, prediction p, difference d of the sample and p, and a
 * prediction q nearby. */
typedef struct {
  float n, p, d, q, qp, qd, dd;
} ZsdBrightnessSums;

#endif
