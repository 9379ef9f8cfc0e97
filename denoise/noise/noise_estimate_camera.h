/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise estimate of a single picture as cameras save it. Demosaicing, noise reduction and JPEG
 * have spread the noise over several samples, so that neither its correlation nor differences
 * between the colours tell it from fine texture. But it is weak, and so is what the flattest
 * parts of a picture show. */
#ifndef ZSD_NOISE_ESTIMATE_CAMERA_H
#define ZSD_NOISE_ESTIMATE_CAMERA_H

#include "noise/noise_estimate.h"

/* Estimates the models of a frame's components, those that the frame tells anything about.
 * `regions`: without noise, of each component. Returns 0, or -1 without memory. */
int zsd_noise_estimate_camera(ZsdNoiseModel models[ZSD_MAX_COMPONENTS], const ZsdFrame *frame,
                              const ZsdRegions *regions, const ZsdKernels *kernels,
                              int threads);

#endif
