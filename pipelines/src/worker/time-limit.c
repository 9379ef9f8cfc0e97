/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/time-limit.h"

#include "common/clock.h"

#include <gio/gio.h>

/* Seconds after which the remaining time is trusted, and the factor by which it has to exceed the
 * limit. */
#define MEASURED_SECONDS 5
#define CERTAINLY 1.5

gboolean
time_limit_exceeded (const WorkerSettings * settings, gint64 started,
    gdouble eta, GError ** error)
{
  const gdouble limit = settings->seconds;
  const gdouble seconds = clock_seconds_since (started);

  if (seconds < MIN (MEASURED_SECONDS, limit / 2)
      || seconds + eta < CERTAINLY * limit)
    return FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it would take %.0f s, "
      "longer than the limit of %.0f s", seconds + eta, limit);
  return TRUE;
}
