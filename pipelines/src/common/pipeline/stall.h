/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detection of pipelines whose threads wait for each other for ever, by the processor time that
 * this process uses. */
#ifndef COMMON_PIPELINE_STALL_H
#define COMMON_PIPELINE_STALL_H

#include <glib.h>
#include <time.h>

typedef struct
{
  clock_t used;                 /* processor time at the last look */
  gint64 looked;                /* monotonic time of it; 0: none */
  guint idle;                   /* seconds of almost no processor time since */
} Stall;

/* Whether there was almost no processor time for `seconds`. Call it again and again while waiting,
 * at least once a second, on a Stall that began as zeros. */
gboolean stall_lasts (Stall * stall, guint seconds);

#endif
