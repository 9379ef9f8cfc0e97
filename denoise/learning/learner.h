/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training of a stream's network: in place, while the frame waits, or in a background thread on
 * copies of the data, while frames are filtered with the weights trained so far. */
#ifndef ZSD_LEARNER_H
#define ZSD_LEARNER_H

#include "network/input_features.h"
#include "learning/trainer.h"

typedef struct ZsdLearner ZsdLearner;

/* A learner for networks of this shape. `max_threads`: the most that the settings will have for
 * training in place; 0: trains in the background. Returns NULL without memory. */
ZsdLearner *zsd_learner_new(ZsdShape shape, const ZsdKernels *kernels, int max_threads,
                            const ZsdObserver *observer);
void zsd_learner_free(ZsdLearner *learner);

/* Starts again with a keyframe: drops stored frames and cancels the training in progress. */
void zsd_learner_restart(ZsdLearner *learner, uint64_t seed);

/* Called before and after the stream's work on a frame, during which background training
 * pauses. `learner` may be NULL. */
void zsd_learner_set_stream_busy(ZsdLearner *learner, bool busy);

/* Outcome of a call, and of the trainings in the background since the last call. */
typedef struct {
  ZsdOutcome outcome;               /* ZSD_TRAINED: the weights have changed */
  bool pending;                     /* the first result of background training is to come */
  unsigned trainings, finetunings;  /* completed; trainings include the fine-tunings */
  ZsdTraining ended[ZSD_MAX_ENDED]; /* the last steps of these trainings */
  ZsdTraining training;             /* last step reported to the observer; steps 0: none */
} ZsdLearningResult;

/* Trains the network on this frame alone, with `steps` steps from its present weights. In the
 * background the outcome is ZSD_NO_GAIN, pending. */
ZsdLearningResult zsd_learner_train_single_frame(ZsdLearner *learner, ZsdNetwork *net,
                                                 const ZsdView *view,
                                                 const ZsdSettings *settings, unsigned steps);

/* Called once for each frame after a keyframe: trains the network on pairs of the stored frame
 * and this one, with `finetune_steps` steps; 0: as the curriculum has it. Fine-tuning without
 * such pairs uses this frame alone. In the background, starts that if the thread is free, and
 * updates the network with the latest result; over several frames if it is `in_use`. */
ZsdLearningResult zsd_learner_next_frame(ZsdLearner *learner, ZsdNetwork *net,
                                         const ZsdView *view, const ZsdSettings *settings,
                                         unsigned finetune_steps, bool in_use);

/* Drops the stored frame: the next one does not follow it. */
void zsd_learner_drop_frame(ZsdLearner *learner);

/* Called after training on a frame: stores parts of it to be paired with the next frame.
 * Returns 0, or -1 without memory. */
int zsd_learner_store_frame(ZsdLearner *learner, const ZsdView *view,
                            const ZsdSettings *settings);

#endif
