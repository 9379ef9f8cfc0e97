/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that trains a network beside the stream, at a lower priority. Tasks go to it, and
 * updates of the weights come back, through triple buffers: neither thread waits for the other,
 * and of several tasks or updates only the latest counts. A keyframe cancels earlier tasks. */
#ifndef ZSD_BACKGROUND_H
#define ZSD_BACKGROUND_H

#include "learning/curriculum.h"

typedef struct ZsdBackground ZsdBackground;

/* Starts a thread for networks of this shape. The observer is called from it. Returns NULL if
 * there is no memory or no thread. */
ZsdBackground *zsd_background_new(ZsdShape shape, const ZsdKernels *kernels,
                                  const ZsdObserver *observer);

/* Cancels the training in progress, which takes milliseconds, and ends the thread. */
void zsd_background_free(ZsdBackground *background);

/* Starts again with a keyframe: cancels all tasks and drops their updates. The next task must
 * have a network. */
void zsd_background_restart(ZsdBackground *background);

/* Tells whether the stream is at work on a frame. While it is, no training step begins, except
 * after a wait of 20 ms. */
void zsd_background_set_stream_busy(ZsdBackground *background, bool busy);

/* A training on a single frame, or a round of training on frame pairs (curriculum.h). */
typedef struct {
  const ZsdNetwork *net; /* initial weights; NULL: those of the last task */
  ZsdSingleFrame *frame; /* NULL: frame pairs */
  ZsdPair *pairs;
  int n_pairs;
  const ZsdSettings *settings;
  unsigned steps;  /* of a single frame or of fine-tuning; not used by other rounds */
  bool finetuning; /* requested by the user's settings */
} ZsdBackgroundTask;

/* Whether no task waits to be started. */
bool zsd_background_is_free(ZsdBackground *background);

/* Hands over a task, and drops the one that waits, if any. The frame or the pairs are exchanged
 * for others whose memory can be reused. Returns 0, or -1 without memory. */
int zsd_background_post(ZsdBackground *background, const ZsdBackgroundTask *task);

/* Results of all tasks since the keyframe. */
typedef struct {
  unsigned keyframe;                       /* number of the keyframe */
  const float *params;                     /* of the network */
  unsigned changes;                        /* tasks that changed the parameters */
  bool no_gain;                            /* the single frame did not improve the network */
  unsigned failures;                       /* tasks that ran out of memory */
  unsigned rounds, trainings, finetunings; /* completed; trainings include the fine-tunings */
  ZsdTraining ended[ZSD_MAX_ENDED];        /* the last completed trainings: number n, from 0, at
                                              n modulo ZSD_MAX_ENDED */
  ZsdTraining training;                    /* last step reported to the observer */
} ZsdBackgroundUpdate;

/* The latest update, valid until the next call; NULL if there was none since the last call. */
const ZsdBackgroundUpdate *zsd_background_take_update(ZsdBackground *background);

#endif
