/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ahead: estimates of a frame from the frames after it. They come from a second Kalman
 * filter, which runs backwards over a window of frames, and are joined with the estimate from
 * the frames before, weighted by their variances (fixed-interval smoothing by two filters).
 *
 * A window is filtered once: its frames' backward states are stored until it is their turn. */
#ifndef ZSD_LOOKAHEAD_H
#define ZSD_LOOKAHEAD_H

#include "temporal/fusion.h"

typedef struct ZsdLookahead ZsdLookahead;

/* For frames of this shape. NULL without memory. */
ZsdLookahead *zsd_lookahead_new(const ZsdFrame *shape, const ZsdKernels *kernels);
void zsd_lookahead_free(ZsdLookahead *lookahead);

/* Drops the stored states: the next frame begins a window. */
void zsd_lookahead_drop(ZsdLookahead *lookahead);

/* A picture and those after it. */
typedef struct {
  const ZsdImage *image, *later; /* later: nearest first */
  int n_later;
  double scene_threshold; /* change of picture that counts as a cut (frame/scene_change.h); 0:
                             there are no cuts */
  const ZsdObserver
      *observer; /* may cancel; or NULL. Estimates and results are undefined then */
} ZsdWindow;

/* Estimates the noise of the image from its difference to the next picture of its scene:
 * `noise`, of each component. `frame`: scratch memory, with the image's y on return. Returns
 * whether there is an estimate, or -1 without memory. */
int zsd_lookahead_estimate_noise(ZsdLookahead *lookahead, ZsdNoiseModel *noise,
                                 const ZsdFrame *frame, const ZsdWindow *window, int threads);

/* Joins the forward estimate of the image, which `past` has committed, with the backward one:
 * fills the frame's z and k. Frames of a stream come one after another. Returns 0, or -1
 * without memory: z and k are undefined then. */
int zsd_lookahead_join(ZsdLookahead *lookahead, const ZsdFusion *past, const ZsdFrame *frame,
                       const ZsdWindow *window, int threads);

#endif
