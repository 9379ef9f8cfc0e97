/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal fusion: what earlier frames showed of a place is carried along its motion and joined
 * with what this frame shows, sample by sample, with a Kalman filter's weights. Where the past
 * predicts the frame to within the noise, the noise falls with the number of frames; where it
 * does not, the frame is taken as it is. */
#ifndef ZSD_FUSION_H
#define ZSD_FUSION_H

#include "frame/frame.h"
#include "temporal/brightness.h"
#include "temporal/motion.h"
#include "noise/noise_estimate.h"

typedef struct ZsdFusion ZsdFusion;

/* A fusion that knows no past. NULL: no memory. */
ZsdFusion *zsd_fusion_new(const ZsdFrame *shape, const ZsdKernels *kernels);
void zsd_fusion_free(ZsdFusion *fusion);

/* Forgets the past, but not how much noise there was. */
void zsd_fusion_forget(ZsdFusion *fusion);

/* Forgets the past, and goes on estimating the noise from single frames. */
void zsd_fusion_go_alone(ZsdFusion *fusion);

/* Forgets everything. */
void zsd_fusion_restart(ZsdFusion *fusion);

/* Fuses a frame (its y is given) with the past that the fusion keeps: fills z and k. Where
 * there is no past, z is y and k is 1. The noise of each component is estimated on the way.
 * A frame that is the last one once more tells nothing new: its z and k stay as that one had
 * them, so that it has to be the same ZsdFrame. Returns 0, or -1 without memory: the fusion is
 * as it was. */
int zsd_fusion_add(ZsdFusion *fusion, const ZsdFrame *frame, int threads);

/* Makes the frame added last, as it came out of that, the past of the next one. */
void zsd_fusion_keep(ZsdFusion *fusion, const ZsdFrame *frame, int threads);

/* Whether the last frame was the one before once more. */
bool zsd_fusion_repeated(const ZsdFusion *fusion);

const ZsdNoiseModel *zsd_fusion_noise(const ZsdFusion *fusion, int component);

/* Replaces what was estimated of the noise, of all components, where more is known of it. */
void zsd_fusion_tell_noise(ZsdFusion *fusion, const ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]);

/* Its variance. */
ZsdNoiseVariance zsd_fusion_variance(const ZsdFusion *fusion, int component);

/* Those that the fusion was made with. */
const ZsdKernels *zsd_fusion_kernels(const ZsdFusion *fusion);

/* Whether any frame has told how much noise there is. */
bool zsd_fusion_noise_known(const ZsdFusion *fusion);

/* Where the content of the last frame was in the one before. */
typedef struct {
  const ZsdField *field;
  const uint8_t *missed; /* for each block the samples of it that the past did not predict */
  const ZsdBrightnessChange *light; /* of each component: how it has changed since */
} ZsdTracking;

/* Whether all that the last frame shows from luma sample (x, y) on, of width x height, stands
 * where it stood before, and in the same light. */
bool zsd_fusion_calm(const ZsdFusion *fusion, int x, int y, int width, int height);

/* Returns whether there was a frame before the last one. */
bool zsd_fusion_tracking(const ZsdFusion *fusion, ZsdTracking *tracking);

#endif
