/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is measured of a block of samples, to tell noise from what is not. */
#ifndef ZSD_BLOCK_H
#define ZSD_BLOCK_H

enum { ZSD_NOISE_BLOCK = 16 }; /* samples, each way */

typedef struct {
  float variance;   /* mean square */
  float lag1, lag2; /* mean products of samples so far apart, the mean of across and down */
  float rough;      /* variance of the white noise that would be as rough (Immerkaer, "Fast
                       Noise Variance Estimation", 1996), which no smooth texture is */
  float brightness; /* mean */
  float clipped;    /* part of the samples whose brightness is not between 0 and 1 */
} ZsdNoiseBlock;

#endif
