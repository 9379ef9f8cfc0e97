/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise estimate of a single RGB picture from the differences between its components. Within
 * one component, spatially correlated noise cannot be told from fine texture. But texture is
 * correlated between red, green and blue and most noise is not, so that the differences consist
 * mostly of noise. */
#ifndef ZSD_NOISE_ESTIMATE_RGB_H
#define ZSD_NOISE_ESTIMATE_RGB_H

#include "noise/noise_estimate.h"

/* Estimates the models of a frame's components. `regions`: parts of the component that stands
 * for brightness without noise of their own. Returns 1 on success. Returns 0 if the
 * components are not red, green and blue, or the differences tell no more than a single
 * component, and -1 without memory; both leave the models unchanged. */
int zsd_noise_estimate_rgb(ZsdNoiseModel models[ZSD_MAX_COMPONENTS], const ZsdFrame *frame,
                           const ZsdRegionMap *regions, const ZsdKernels *kernels, int threads);

#endif
