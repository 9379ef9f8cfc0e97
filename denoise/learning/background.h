/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that teaches a network beside the stream, at a low priority. Neither waits for the
 * other (mailbox.h), and of tasks and of news there is only the latest. A keyframe ends what is
 * under way for the one before. */
#ifndef ZSD_BACKGROUND_H
#define ZSD_BACKGROUND_H

#include "learning/curriculum.h"

typedef struct ZsdBackground ZsdBackground;

/* For networks of this shape. NULL: no memory, or no thread. */
ZsdBackground *zsd_background_new(ZsdShape shape, const ZsdKernels *kernels,
                                  const ZsdObserver *observer);

/* Ends what is under way within milliseconds. */
void zsd_background_free(ZsdBackground *background);

/* A keyframe: ends what is under way, and there is no news of it. The next task has to bring
 * the network to begin with. */
void zsd_background_restart(ZsdBackground *background);

/* The stream begins to work on a frame, and ends it: meanwhile no step of learning begins,
 * unless one has waited for long. */
void zsd_background_set_stream_busy(ZsdBackground *background, bool stream_busy);

/* Something to teach. */
typedef struct {
  const ZsdNetwork *net; /* to begin with; NULL: what was learned since the keyframe */
  ZsdSingleFrame *alone; /* a picture by itself; NULL: looks. */
  ZsdPair *looks;
  int count;
  const ZsdSettings *settings;
  unsigned steps; /* of a picture by itself, or wanted ones; 0: the profile's round */
  bool wanted;
} ZsdBackgroundTask;

/* Whether there is no task that waits. */
bool zsd_background_is_free(ZsdBackground *background);

/* Gives it a task, in place of one that waits. Picture and looks are taken, and others given
 * for them. Returns 0, or -1 without memory. */
int zsd_background_post(ZsdBackground *background, const ZsdBackgroundTask *task);

/* All that has come of the tasks since the keyframe. */
typedef struct {
  unsigned keyframe;                       /* its number */
  const float *params;                     /* of the network */
  unsigned changes;                        /* of the parameters */
  bool no_gain;                            /* the picture by itself taught nothing */
  unsigned failures;                       /* tasks that had no memory */
  unsigned rounds, trainings, finetunings; /* that came to their end; the last two were told */
  ZsdTraining ended[ZSD_MAX_ENDED];        /* the last trainings: number n (from 0) at n modulo
                                              ZSD_MAX_ENDED */
  ZsdTraining training;                    /* the last that was told */
} ZsdBackgroundUpdate;

/* The latest news, or NULL if there is none since the last time. Valid until the next call. */
const ZsdBackgroundUpdate *zsd_background_take_update(ZsdBackground *background);

#endif
