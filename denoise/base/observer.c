/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/observer.h"

#include "base/clock.h"

static void on_progress(void *user, const ZsdTraining *training) {
  ZsdProgress *p = user;
  ZsdTraining *t = &p->reported;
  t->step = p->steps_done + training->step;
  t->steps = p->steps;
  t->loss = training->loss;
  t->seconds = zsd_seconds() - p->start;
  t->eta = t->seconds / t->step * (t->steps - t->step);
  zsd_report(p->observer, t);
}

static bool on_cancelled(void *user) {
  const ZsdProgress *p = user;
  return zsd_is_cancelled(p->observer);
}

ZsdObserver zsd_progress_observer(ZsdProgress *progress) {
  return (ZsdObserver){progress, on_progress, on_cancelled};
}
