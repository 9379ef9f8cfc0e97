/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a network is taught: on a keyframe the frame by itself, by spatial pairs (or strided
 * ones where neighbours' noise is correlated); on the frames after it what they show of each
 * other, in doses that become small or end. */
#ifndef ZSD_TEACHER_H
#define ZSD_TEACHER_H

#include "learning/n2n_loss.h"
#include "base/tensor.h"
#include "learning/trainer.h"

typedef struct ZsdTeacher ZsdTeacher;

/* For networks of this shape, and settings with up to `workers` threads. NULL: no memory. */
ZsdTeacher *zsd_teacher_new(ZsdShape shape, const ZsdKernels *kernels, int workers);
void zsd_teacher_free(ZsdTeacher *teacher);

/* A keyframe: what was taught before is no part of the lessons to come. */
void zsd_teacher_restart(ZsdTeacher *teacher);

/* A picture by itself. */
typedef struct {
  ZsdTensor picture; /* the network's inputs */
  bool strided;      /* its pairs are of samples that are no neighbours */
} ZsdAlone;

/* Teaches the network a picture by itself, from the parameters that it has. The picture is
 * changed. `training` holds the last step when it returns. */
ZsdOutcome zsd_teacher_show(ZsdTeacher *teacher, ZsdNetwork *net, ZsdAlone *alone,
                            const ZsdSettings *settings, unsigned steps,
                            const ZsdObserver *observer, ZsdTraining *training);

/* Takes `count` looks, giving others for them, and teaches the network what they and those
 * taken before show, with `wanted` steps or, where that is 0, a dose of the profile's size.
 * Observers hear of what is wanted, and of the first frames' doses, as one training; the doses
 * after them are too small to be told. Nothing to learn: ZSD_NO_GAIN. */
ZsdOutcome zsd_teacher_dose(ZsdTeacher *teacher, ZsdNetwork *net, ZsdPair *looks, int count,
                            const ZsdSettings *settings, unsigned wanted,
                            const ZsdObserver *observer, ZsdTraining *training);

/* Whether the dose last given was the last one of the first frames'. */
bool zsd_teacher_completed(const ZsdTeacher *teacher);

/* How many parts of a frame the next dose wants, after this many. */
int zsd_teacher_wants(unsigned doses, const ZsdSettings *settings);

#endif
