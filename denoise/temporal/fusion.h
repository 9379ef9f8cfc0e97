/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal fusion: a Kalman filter for each sample. The estimate of the earlier frames is
 * motion-compensated and averaged with the frame, weighted by their variances. Where the
 * prediction is right to within the noise, the noise falls with the number of frames; elsewhere
 * the estimate is the frame itself. */
#ifndef ZSD_FUSION_H
#define ZSD_FUSION_H

#include "frame/frame.h"
#include "temporal/brightness.h"
#include "temporal/motion.h"
#include "temporal/reference.h"
#include "noise/noise_estimate.h"

typedef struct ZsdFusion ZsdFusion;

/* A fusion without a past, for frames of this shape. NULL without memory. */
ZsdFusion *zsd_fusion_new(const ZsdFrame *shape, const ZsdKernels *kernels);
void zsd_fusion_free(ZsdFusion *fusion);

/* Drops the past, but keeps the noise models. */
void zsd_fusion_drop_past(ZsdFusion *fusion);

/* Adds to the age of the past, in frame intervals, before the next frame: an older prediction
 * is trusted less. */
void zsd_fusion_age(ZsdFusion *fusion, double intervals);

/* Drops the past, and goes back to noise estimates from single frames. */
void zsd_fusion_drop_temporal(ZsdFusion *fusion);

/* Drops the past and the noise models. */
void zsd_fusion_reset(ZsdFusion *fusion);

/* Fuses a frame's y with the past: fills z and k, and estimates the noise of each component.
 * Without a past z is y and k is 1. For a repeated frame nothing changes: z and k have to be
 * those of the frame before (the same ZsdFrame). Returns 0, or -1 without memory: the fusion is
 * unchanged. `observer`: may cancel; or NULL. The past is to be dropped then. */
int zsd_fusion_add(ZsdFusion *fusion, const ZsdFrame *frame, const ZsdObserver *observer,
                   int threads);

/* Makes the frame that was added last, with its z and k, the past of the next one. */
void zsd_fusion_commit(ZsdFusion *fusion, const ZsdFrame *frame, int threads);

/* Whether the last frame repeated the one before. */
bool zsd_fusion_repeated(const ZsdFusion *fusion);

/* Sets the standard deviation of brightness's noise, 0..1; 0: as estimated. The other
 * components' noise changes with it, within the bounds of this deviation and their own. */
void zsd_fusion_set_sigma(ZsdFusion *fusion, double sigma);

/* The noise model in use, and the estimated one. */
const ZsdNoiseModel *zsd_fusion_noise(const ZsdFusion *fusion, int component);
const ZsdNoiseModel *zsd_fusion_found_noise(const ZsdFusion *fusion, int component);

/* Replaces the estimated noise models of all components. */
void zsd_fusion_set_noise(ZsdFusion *fusion, const ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]);

/* Replaces the noise models of all components for good: frames change them no more, until
 * zsd_fusion_reset(). */
void zsd_fusion_fix_noise(ZsdFusion *fusion, const ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]);

/* Noise variance of a component, by brightness. */
ZsdNoiseVariance zsd_fusion_variance(const ZsdFusion *fusion, int component);

/* Regions of the last frame without noise of their own. */
const ZsdRegions *zsd_fusion_regions(const ZsdFusion *fusion);

const ZsdKernels *zsd_fusion_kernels(const ZsdFusion *fusion);

/* Whether there is a noise estimate from any frame. */
bool zsd_fusion_noise_known(const ZsdFusion *fusion);

/* Whether that estimate is from the difference between frames. */
bool zsd_fusion_noise_is_temporal(const ZsdFusion *fusion);

/* The estimate of a component of the last frame, which predicts the next one. */
const ZsdReference *zsd_fusion_past(const ZsdFusion *fusion, int component);

/* Correspondence of the last frame to the one before. */
typedef struct {
  const ZsdMotionField *field;
  const uint8_t *outliers; /* of each block: samples that were not predicted, all of a block
                              without noise of its own */
  const ZsdBrightnessChange *brightness_change; /* of each component */
} ZsdTracking;

/* Whether the rectangle of width x height luma samples at (x, y) of the last frame stands
 * still, with unchanged brightness. */
bool zsd_fusion_is_static(const ZsdFusion *fusion, int x, int y, int width, int height);

/* Returns false where the last frame had none before it, or repeated it. */
bool zsd_fusion_tracking(const ZsdFusion *fusion, ZsdTracking *tracking);

#endif
