/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network is taught: on a keyframe the frame by itself, by spatial pairs (or strided
 * ones where neighbours' noise is correlated); on the frames after it what they show of each
 * other, in rounds that become small or end. */
#ifndef ZSD_CURRICULUM_H
#define ZSD_CURRICULUM_H

#include "learning/n2n_loss.h"
#include "base/tensor.h"
#include "learning/trainer.h"

typedef struct ZsdCurriculum ZsdCurriculum;

/* For networks of this shape, and settings with up to `workers` threads. NULL: no memory. */
ZsdCurriculum *zsd_curriculum_new(ZsdShape shape, const ZsdKernels *kernels, int workers);
void zsd_curriculum_free(ZsdCurriculum *curriculum);

/* A keyframe: what was taught before is no part of the lessons to come. */
void zsd_curriculum_restart(ZsdCurriculum *curriculum);

/* A picture by itself. */
typedef struct {
  ZsdTensor picture; /* the network's inputs */
  bool strided;      /* its pairs are of samples that are no neighbours */
} ZsdSingleFrame;

/* Teaches the network a picture by itself, from the parameters that it has. The picture is
 * changed. `training` holds the last step when it returns. */
ZsdOutcome zsd_curriculum_train_single_frame(ZsdCurriculum *curriculum, ZsdNetwork *net,
                                             ZsdSingleFrame *alone, const ZsdSettings *settings,
                                             unsigned steps, const ZsdObserver *observer,
                                             ZsdTraining *training);

/* Takes `count` looks, giving others for them, and teaches the network what they and those
 * taken before show, with `wanted` steps or, where that is 0, a round of the profile's size.
 * Observers hear of what is wanted, and of the first frames' rounds, as one training; the
 * rounds after them are too small to be told. Nothing to learn: ZSD_NO_GAIN. */
ZsdOutcome zsd_curriculum_train_frame_pairs(ZsdCurriculum *curriculum, ZsdNetwork *net,
                                            ZsdPair *looks, int count,
                                            const ZsdSettings *settings, unsigned wanted,
                                            const ZsdObserver *observer, ZsdTraining *training);

/* Whether the round last given was the last one of the first frames'. */
bool zsd_curriculum_completed(const ZsdCurriculum *curriculum);

/* How many parts of a frame the next round wants, after this many. */
int zsd_curriculum_round_pairs(unsigned rounds, const ZsdSettings *settings);

#endif
