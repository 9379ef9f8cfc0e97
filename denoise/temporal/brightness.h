/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the light of a whole picture changes from one frame to the next: fades, flashes, a
 * camera's exposure. */
#ifndef ZSD_LIGHT_H
#define ZSD_LIGHT_H

#include "noise/noise_estimate.h"
#include "temporal/reference.h"

/* Memory for estimates on frames of this shape. NULL: none. */
typedef struct ZsdLightMeter ZsdLightMeter;
ZsdLightMeter *zsd_light_meter_new(const ZsdFrame *shape);
void zsd_light_meter_free(ZsdLightMeter *meter);

/* The change between what the past predicts of each component and what the frame shows, by
 * least squares over the samples whose difference the noise explains. What is not significant
 * is no change. */
void zsd_light_estimate(ZsdLightMeter *meter, ZsdBrightnessChange *lights, const ZsdPast *pasts,
                        const ZsdField *field, const ZsdFrame *frame,
                        const ZsdNoiseModel *noise, const ZsdKernels *kernels,
                        int threads);

/* Before motion is known: where the light of the whole picture has changed much, makes
 * `before` as bright as `now`. */
void zsd_light_adapt(ZsdPyramid *before, const ZsdPyramid *now);

#endif
