/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NL-Bayes (Lebrun, Buades and Morel, "A Nonlocal Bayesian Image Denoising Algorithm", SIAM
 * Journal on Imaging Sciences 6(3), 2013): similar patches, found in a first estimate of the
 * picture, are taken for samples of one normal distribution, with mean m and covariance C. The
 * estimate of a patch y with noise covariance N is
 *
 *   m + C (C + N)^-1 (y - m)
 *
 * and that of a sample is the mean of the estimates of all patches that contain it. A patch has
 * the samples of all components. N follows the noise model: standard deviation of each
 * component, its dependence on brightness, correlation between neighbours and components. */
#ifndef ZSD_NL_BAYES_H
#define ZSD_NL_BAYES_H

#include "frame/frame.h"
#include "noise/noise_estimate.h"
#include "zsdenoise.h"

enum { ZSD_NL_BAYES_MAX_PATCH = 8 };

typedef struct {
  const ZsdFrame
      *frame; /* y: the noisy picture; z: the first estimate, replaced by the result */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  int patch_size; /* width and height in samples of component 0, 4..ZSD_NL_BAYES_MAX_PATCH: less
                     than 4 would leave gaps between the patches; even if a component is
                     subsampled */
  int search_radius; /* of the window for similar patches, in samples each way; even */
  int group_size;    /* patches that are denoised together; up to four times as many where they
                        are nearly equal */
  const ZsdObserver *observer; /* not NULL */
  ZsdTraining *training;       /* reported with `step` increased by one for each band */
} ZsdNlBayes;

/* Number of samples of a patch, all components together. */
int zsd_nl_bayes_patch_samples(const ZsdFrame *frame, int patch_size);

/* Number of bands, the steps of progress, of a frame of this height. */
int zsd_nl_bayes_bands(int height);

/* Returns ZSD_OK, ZSD_CANCELLED or ZSD_NO_MEMORY; in the last two cases z is unchanged. z also
 * stays as it is in frames smaller than a patch, and beyond the last patch of a row or column.
 * The result does not depend on the number of threads. */
ZsdResult zsd_nl_bayes_run(const ZsdNlBayes *params, const ZsdKernels *kernels, int threads);

#endif
