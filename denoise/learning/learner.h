/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a stream has its network taught: at once, while the frame waits, or in the background,
 * by a thread of its own from copies, while frames pass with what is known so far. */
#ifndef ZSD_LEARNER_H
#define ZSD_LEARNER_H

#include "network/input_features.h"
#include "learning/trainer.h"

typedef struct ZsdLearner ZsdLearner;

/* For networks of this shape. Learns with up to `workers` threads while the frame waits, as
 * many as the settings say then, or in the background (0). NULL: no memory. */
ZsdLearner *zsd_learner_new(ZsdShape shape, const ZsdKernels *kernels, int workers,
                            const ZsdObserver *observer);
void zsd_learner_free(ZsdLearner *learner);

/* A keyframe: what was remembered is forgotten, and what is under way ends. */
void zsd_learner_restart(ZsdLearner *learner, uint64_t seed);

/* Before and after the stream's work on a frame, which comes before learning in the background.
 */
void zsd_learner_set_stream_busy(ZsdLearner *learner, bool at_work);

/* What has come of it. */
typedef struct {
  ZsdOutcome outcome;               /* ZSD_TRAINED: the network is another one than before */
  bool pending;                     /* in the background: more is to come */
  unsigned trainings, finetunings;  /* that came to their end, and that were told of */
  ZsdTraining ended[ZSD_MAX_ENDED]; /* these trainings */
  ZsdTraining training;             /* the last one that observers heard of; steps 0: none */
} ZsdLearningResult;

/* Teaches the network this frame by itself, from the parameters that it has. */
ZsdLearningResult zsd_learner_train_single_frame(ZsdLearner *learner, ZsdNetwork *net,
                                                 const ZsdView *view,
                                                 const ZsdSettings *settings, unsigned steps);

/* The next frame, once for each: teaches the network what it shows of those before it, with
 * `wanted` steps or, where that is 0, a round of the profile's size. In the background, gives
 * the network what has been learned meanwhile: gradually where it is `in_use`. */
ZsdLearningResult zsd_learner_next_frame(ZsdLearner *learner, ZsdNetwork *net,
                                         const ZsdView *view, const ZsdSettings *settings,
                                         unsigned wanted, bool in_use);

/* After the frame has taught what it can: remembers parts of it for the next one. Returns 0, or
 * -1 without memory. */
int zsd_learner_store_frame(ZsdLearner *learner, const ZsdView *view,
                            const ZsdSettings *settings);

#endif
