/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to an observer, and several pieces of work that an observer sees as one. */
#ifndef ZSD_OBSERVER_H
#define ZSD_OBSERVER_H

#include "zsdenoise.h"

/* `observer` may be NULL in both. */
static inline bool zsd_is_cancelled(const ZsdObserver *observer) {
  return observer && observer->cancelled && observer->cancelled(observer->user);
}

static inline void zsd_report(const ZsdObserver *observer, const ZsdTraining *training) {
  if (observer && observer->progress)
    observer->progress(observer->user, training);
}

/* Progress over several pieces of work. */
typedef struct {
  const ZsdObserver *observer;
  unsigned steps;      /* of all pieces */
  unsigned steps_done; /* of the pieces before the current one */
  double start; /* zsd_seconds() at the start of the work, time between pieces left out */
  ZsdTraining reported; /* the last report */
} ZsdProgress;

/* An observer for the current piece: forwards its steps to `progress->observer`, counted over
 * all pieces, and that observer's cancellation. Valid as long as `progress`. */
ZsdObserver zsd_progress_observer(ZsdProgress *progress);

#endif
