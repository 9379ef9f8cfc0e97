/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brightness changes of the whole picture between two frames: fades, flashes, exposure control.
 */
#ifndef ZSD_BRIGHTNESS_H
#define ZSD_BRIGHTNESS_H

#include "noise/noise_estimate.h"
#include "temporal/reference.h"

typedef struct ZsdBrightnessEstimator ZsdBrightnessEstimator;

/* For frames of this shape. NULL without memory. */
ZsdBrightnessEstimator *zsd_brightness_estimator_new(const ZsdFrame *shape);
void zsd_brightness_estimator_free(ZsdBrightnessEstimator *estimator);

/* Estimates each component's change from the prediction to the frame, by least squares over the
 * samples whose difference noise explains. Where it is not significant, gain is 1 and offset 0.
 * All arrays have an element for each component. */
void zsd_brightness_estimate(ZsdBrightnessEstimator *estimator, ZsdBrightnessChange *changes,
                             const ZsdReference *references, const ZsdMotionField *field,
                             const ZsdFrame *frame, const ZsdNoiseModel *noise,
                             const ZsdKernels *kernels, int threads);

/* Matches the brightness of `before` to that of `now` ahead of the motion search, where that of
 * the whole picture has changed much. */
void zsd_brightness_match(ZsdPyramid *before, const ZsdPyramid *now);

#endif
