/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pipeline/stall.h"

#define INTERVAL G_TIME_SPAN_SECOND

/* Processor time in an interval that still counts as none: timers and polling. */
#define NONE (CLOCKS_PER_SEC / 50)

gboolean
stall_lasts (Stall * stall, guint seconds)
{
  const gint64 now = g_get_monotonic_time ();
  clock_t used;

  if (stall->looked && now - stall->looked < INTERVAL)
    return FALSE;
  used = clock ();
  stall->idle = stall->looked && used - stall->used < NONE ?
      stall->idle + 1 : 0;
  stall->used = used;
  stall->looked = now;
  return stall->idle >= seconds;
}
