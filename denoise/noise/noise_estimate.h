/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blind noise estimation: the level of the noise, its dependence on brightness, and its spatial
 * correlation. */
#ifndef ZSD_NOISE_H
#define ZSD_NOISE_H

#include "frame/frame.h"
#include "kernels/kernels.h"
#include "noise/regions.h"

/* Model of the noise; samples are 0..1. */
typedef struct {
  double sigma;       /* standard deviation, the root of the mean variance over the picture */
  double base, slope; /* variance at brightness b: base + slope * b; shot noise has a slope */
  double lag1, lag2;  /* correlation of samples one and two apart, the mean of across and down;
                         white noise: 0, 0 */
  double kurtosis;    /* of the samples in the blocks that the model is from; normal noise: 3 */
  double anisotropy;  /* difference of lag1 across and down in such a block, its mean size */
  double common;      /* correlation with the noise of the other components at the same place */
} ZsdNoiseModel;

/* A plane to estimate the noise from, whose flattest blocks have nothing but noise. */
typedef struct {
  const float *residual; /* height x width: a picture, or residuals of a prediction */
  const float
      *brightness; /* height x width, 0..1, of the input frame; clipped samples are ignored */
  int width, height;
  int detrend; /* 1, for a picture: subtract each block's plane of least squares; or 0 */
  const ZsdRegionMap *regions; /* parts without noise of their own; NULL: there are none */
  bool processed;              /* by a camera: the noise does not rise with brightness */
} ZsdNoiseSource;

/* Working memory, to be reused for all estimates. NULL: no memory. */
typedef struct ZsdNoiseEstimator ZsdNoiseEstimator;
ZsdNoiseEstimator *zsd_noise_estimator_new(void);
void zsd_noise_estimator_free(ZsdNoiseEstimator *estimator);

/* Estimates the noise of n sources, at most ZSD_MAX_COMPONENTS. Returns a bit mask, bit i for
 * source i, of the sources with a new model. A model is unchanged if its source has less than
 * 3x3 samples, is clipped nearly everywhere, or is a residual without noise or with hardly any
 * part that does not repeat the last frame. With less than 32
 * samples across or down the estimate is coarse and assumes white noise. */
unsigned zsd_noise_estimate(ZsdNoiseEstimator *estimator, ZsdNoiseModel *models,
                            const ZsdNoiseSource *sources, int n, const ZsdKernels *kernels,
                            int threads);

/* Lower limit of the variance: a hundredth of the sum of those at brightness 0 and 1. */
static inline float zsd_noise_least(const ZsdNoiseModel *model) {
  return (float)(0.01 * (2 * model->base + model->slope));
}

/* Multiplies the deviation by a factor. */
static inline void zsd_noise_scale(ZsdNoiseModel *model, double factor) {
  model->sigma *= factor;
  model->base *= factor * factor;
  model->slope *= factor * factor;
}

/* The variance at a brightness of 0..1, not less than the lower limit. */
static inline float zsd_noise_variance(const ZsdNoiseModel *model, float brightness) {
  const float line = (float)(model->base + model->slope * brightness);
  const float least = zsd_noise_least(model);
  return line > least ? line : least;
}

#endif
