/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much noise a picture has, how it depends on brightness, and how far it is correlated
 * between neighbours, estimated from the picture itself. */
#ifndef ZSD_NOISE_H
#define ZSD_NOISE_H

#include "frame/frame.h"
#include "kernels/kernels.h"

/* Samples are 0..1. */
typedef struct {
  double sigma;       /* deviation, the root of the mean variance over the picture; 0: none */
  double base, slope; /* variance at brightness b: base + slope b; shot noise has a slope */
  double lag1, lag2;  /* correlation with the next sample and the one after it, the mean of
                         across and down; white noise: 0, 0 */
} ZsdNoiseModel;

/* What the model is estimated from: a plane that is nothing but noise where its blocks are
 * flattest. */
typedef struct {
  const float *residual; /* width x height: a picture's samples, or what a prediction misses */
  const float *brightness; /* the same size, 0..1, as it came: what is clipped says nothing */
  int width, height;
  int detrend; /* 1, for a picture, or 0: whether each block's plane of best fit is taken off */
} ZsdNoiseSource;

/* Memory for estimates, which is kept from one to the next. NULL: none. */
typedef struct ZsdNoiseEstimator ZsdNoiseEstimator;
ZsdNoiseEstimator *zsd_noise_estimator_new(void);
void zsd_noise_estimator_free(ZsdNoiseEstimator *estimator);

/* Estimates the noise of `n` sources (ZSD_MAX_COMPONENTS at most). Returns a bit for each that
 * has a model, the first source's being 1; a model stays as it is where the source is too small
 * (less than 3x3 samples) or clipped nearly everywhere, or nothing in a residual is noise. Of
 * less than 32 samples across or down the estimate is a rough one, of white noise. */
unsigned zsd_noise_estimate(ZsdNoiseEstimator *estimator, ZsdNoiseModel *models,
                            const ZsdNoiseSource *sources, int n, const ZsdKernels *kernels,
                            int threads);

/* A hundredth of the sum of the variances at the ends. */
static inline float zsd_noise_least(const ZsdNoiseModel *model) {
  return (float)(0.01 * (2 * model->base + model->slope));
}

/* The variance at a brightness (0..1): the line, but nowhere less than that. */
static inline float zsd_noise_variance(const ZsdNoiseModel *model, float brightness) {
  const float line = (float)(model->base + model->slope * brightness);
  const float least = zsd_noise_least(model);
  return line > least ? line : least;
}

#endif
