/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the light of a whole picture changes from one frame to the next: fades, flashes, a
 * camera's exposure. */
#ifndef ZSD_LIGHT_H
#define ZSD_LIGHT_H

#include "past.h"

/* now = gain * before + offset */
typedef struct {
  float gain, offset;
} ZsdLight;

/* The change between what the past predicts of a component and what the frame shows, by least
 * squares over the samples whose difference noise of deviation `sigma` explains. What is not
 * significant is no change. `scratch` has room for three rows. */
ZsdLight zsd_light_estimate(const ZsdPast *past, const ZsdField *field,
                            const ZsdFrameComponent *frame, double sigma, float *scratch);

/* Before motion is known: where the light of the whole picture has changed much, makes
 * `before` as bright as `now`. */
void zsd_light_adapt(ZsdPyramid *before, const ZsdPyramid *now);

#endif
