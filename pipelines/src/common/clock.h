/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <glib.h>

/* Seconds since a time of g_get_monotonic_time(). */
static inline gdouble
clock_seconds_since (gint64 started)
{
  return (gdouble) (g_get_monotonic_time () - started) / G_USEC_PER_SEC;
}

#endif
