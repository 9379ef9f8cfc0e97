/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training pairs and number of steps of each frame. A keyframe is trained on alone, with the
 * pairs of Zero-Shot Noise2Noise; each frame after it in a round of pairs with the frame before
 * it. The first rounds after a keyframe are long, later ones short or empty (settings.h). */
#ifndef ZSD_CURRICULUM_H
#define ZSD_CURRICULUM_H

#include "learning/n2n_loss.h"
#include "base/tensor.h"
#include "learning/trainer.h"

typedef struct ZsdCurriculum ZsdCurriculum;

/* A curriculum for networks of this shape and settings with at most `max_threads` threads.
 * Returns NULL without memory. */
ZsdCurriculum *zsd_curriculum_new(ZsdShape shape, const ZsdKernels *kernels, int max_threads);
void zsd_curriculum_free(ZsdCurriculum *curriculum);

/* Starts again with a keyframe: drops the training pairs and the optimiser's state. */
void zsd_curriculum_restart(ZsdCurriculum *curriculum);

/* A frame to train on without other frames. */
typedef struct {
  ZsdTensor input; /* the network's input features for the whole frame */
  bool strided;    /* for noise that neighbours share: pairs of samples two apart */
} ZsdSingleFrame;

/* Trains the network on a single frame, with `steps` steps from its present parameters.
 * Overwrites `frame->input`. `training` receives the last step. */
ZsdOutcome zsd_curriculum_train_single_frame(ZsdCurriculum *curriculum, ZsdNetwork *net,
                                             ZsdSingleFrame *frame, const ZsdSettings *settings,
                                             unsigned steps, const ZsdObserver *observer,
                                             ZsdTraining *training);

/* Runs a round: adds `n_pairs` training pairs to the most recent ones, in exchange for others
 * whose memory can be reused, and trains the network on all of them with `finetune_steps`
 * steps; 0: as many as the settings have for the round. The observer sees fine-tuning and the
 * first rounds together each as one training, and later rounds only for cancellation;
 * `training` receives the last step that it sees. Returns ZSD_NO_GAIN also if there are no
 * pairs or no steps. */
ZsdOutcome zsd_curriculum_train_frame_pairs(ZsdCurriculum *curriculum, ZsdNetwork *net,
                                            ZsdPair *pairs, int n_pairs,
                                            const ZsdSettings *settings,
                                            unsigned finetune_steps,
                                            const ZsdObserver *observer, ZsdTraining *training);

/* Whether the last round was the final one of the first rounds. */
bool zsd_curriculum_completed(const ZsdCurriculum *curriculum);

/* Number of training pairs for the next round, after `rounds` rounds since the keyframe. */
int zsd_curriculum_round_pairs(unsigned rounds, const ZsdSettings *settings);

#endif
