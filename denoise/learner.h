/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network is taught, and when: on a keyframe from the frame alone, by spatial pairs (or
 * strided ones where neighbours' noise is correlated); on the frames after it from one frame to
 * the next, in doses that become small or end. */
#ifndef ZSD_LEARNER_H
#define ZSD_LEARNER_H

#include "inputs.h"
#include "trainer.h"

typedef struct ZsdLearner ZsdLearner;

/* For networks of this shape; does its work on `threads`, which it does not own. NULL: no
 * memory. */
ZsdLearner *zsd_learner_new(ZsdShape shape, const ZsdKernels *kernels, ZsdThreads *threads);
void zsd_learner_free(ZsdLearner *learner);

/* Someone who waits. */
typedef struct {
  ZsdProgress progress;
  void *user;
  ZsdTraining *training;
} ZsdListener;

/* Teaches the network this frame by itself, from the parameters that it has. */
ZsdOutcome zsd_learner_learn(ZsdLearner *learner, ZsdNetwork *net, const ZsdView *view,
                             const ZsdSettings *settings, unsigned steps,
                             const ZsdListener *listener);

/* A keyframe: what was remembered is forgotten. */
void zsd_learner_restart(ZsdLearner *learner, uint64_t seed);

/* The next frame: teaches the network what it shows of those before it, with `wanted` steps or,
 * where that is 0, a dose of the profile's size. The listener hears of what is wanted and of
 * the first frames' doses, as one training; the doses after them are too small to be told.
 * Nothing to learn yet: ZSD_USELESS. */
ZsdOutcome zsd_learner_follow(ZsdLearner *learner, ZsdNetwork *net, const ZsdView *view,
                              const ZsdSettings *settings, unsigned wanted,
                              const ZsdListener *listener);

/* Whether the dose last given was the last one of the first frames'. */
bool zsd_learner_completed(const ZsdLearner *learner);

/* After the frame has taught what it can: remembers parts of it for the next one. Returns 0, or
 * -1 without memory. */
int zsd_learner_remember(ZsdLearner *learner, const ZsdView *view, const ZsdSettings *settings);

#endif
