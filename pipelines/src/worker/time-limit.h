/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs that would certainly be ended at their time limit. */
#ifndef WORKER_TIME_LIMIT_H
#define WORKER_TIME_LIMIT_H

#include "worker/settings.h"

/* Whether the training that began at the monotonic time `started` will exceed the time limit of the
 * job; FALSE in its first seconds, when `eta`, its remaining seconds, is not yet to be trusted. Sets an
 * error then. */
gboolean time_limit_exceeded (const WorkerSettings * settings, gint64 started,
    gdouble eta, GError ** error);

#endif
