/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two streams that are read by threads of their own and muxed together: neither of them gets far
 * ahead. The film is what has been made, the source what goes into it beside that. */
#ifndef TRANSCODE_PACE_H
#define TRANSCODE_PACE_H

#include <gst/gst.h>

typedef struct
{
  GMutex lock;
  GCond changed;
  GstClockTime source, film;    /* how far each of them is */
  gboolean ended;               /* the source */
} Pace;

void pace_init (Pace * pace);
void pace_clear (Pace * pace);

/* The source is so far; waits for the film where that is too far, but not for ever.
 * GST_CLOCK_TIME_NONE is no time. */
void pace_source (Pace * pace, GstClockTime time);
void pace_end_source (Pace * pace);

/* The film is so far; waits until the source has begun. FALSE: it takes too long, as it has failed
 * or ended. */
gboolean pace_film (Pace * pace, GstClockTime time);

#endif
