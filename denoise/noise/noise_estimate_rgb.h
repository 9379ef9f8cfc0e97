/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The noise of a single picture in colour. Noise that neighbours share and fine texture look
 * alike in one component, but texture is much the same in red, green and blue, and most noise
 * is not: in their differences there is hardly anything but noise. */
#ifndef ZSD_COLOURS_H
#define ZSD_COLOURS_H

#include "noise/noise_estimate.h"

/* Fills in the models of a frame's components. Returns 1; 0 where its components are not red,
 * green and blue, or their differences say no more about the noise than one of them by itself;
 * -1 without memory. The models are as they were then. */
int zsd_colours_estimate(ZsdNoiseModel models[ZSD_MAX_COMPONENTS], const ZsdFrame *frame,
                         const ZsdKernels *kernels, int threads);

#endif
