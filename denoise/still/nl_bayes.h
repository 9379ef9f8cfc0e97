/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture denoised with what it repeats (Lebrun, Buades and Morel, "A Nonlocal Bayesian Image
 * Denoising Algorithm", SIAM Journal on Imaging Sciences 6(3), 2013): patches that look
 * group_size in a first estimate are taken for samples of one normal distribution, whose mean m
 * and covariance C they tell. Of a patch_size y, with noise of covariance N, the likeliest
 * picture is
 *
 *   m + C (C + N)^-1 (y - m)
 *
 * and of a sample what all patches say in which it lies, on average. A patch_size takes all
 * components together; N knows their deviations, how these depend on brightness, and how far
 * neighbours share their noise. */
#ifndef ZSD_NL_BAYES_H
#define ZSD_NL_BAYES_H

#include "frame/frame.h"
#include "noise/noise_estimate.h"
#include "zsdenoise.h"

enum { ZSD_NL_BAYES_MAX_PATCH = 8 };

typedef struct {
  const ZsdFrame *frame; /* y; its z, a first estimate, becomes the second one */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  int patch_size; /* samples of brightness, each way: ZSD_NL_BAYES_MAX_PATCH at most; even for a
                frame with subsampled components */
  int search_radius; /* how far away, each way, similar patches are looked for; even */
  int group_size;    /* patches that are taken together, or more where more are the same */
  const ZsdObserver *observer;
  ZsdTraining *training; /* its step is counted up by each band */
} ZsdNlBayes;

/* Samples of all components in a patch_size. */
int zsd_nl_bayes_patch_samples(const ZsdFrame *frame, int patch_size);

/* Bands of a frame of this height, which are denoised one by one. */
int zsd_nl_bayes_bands(int height);

/* Returns ZSD_OK, ZSD_CANCELLED or ZSD_NO_MEMORY: then z is as it was. What is smaller than a
 * patch_size, or beside the last one, stays as it was. The result does not depend on the number
 * of threads. */
ZsdResult zsd_nl_bayes_run(const ZsdNlBayes *similar, const ZsdKernels *kernels, int threads);

#endif
