/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps two streams of different threads close in time while they are muxed: the film (denoised
 * video) and the source (all other tracks). */
#ifndef TRANSCODE_MEDIA_INTERLEAVE_H
#define TRANSCODE_MEDIA_INTERLEAVE_H

#include <gst/gst.h>

typedef struct
{
  GMutex lock;
  GCond changed;
  GstClockTime source, film;    /* running time reached; NONE: not started */
  gboolean source_ended, film_ended;
} Interleave;

void interleave_init (Interleave * interleave);
void interleave_clear (Interleave * interleave);

/* Called from the source thread per frame. Blocks while the source leads by more than 10 s, at most
 * 10 s. GST_CLOCK_TIME_NONE is ignored. */
void interleave_source (Interleave * interleave, GstClockTime time);
void interleave_end_source (Interleave * interleave);

/* Called from the film thread per frame. Blocks until the source has started or ended, at most 10
 * s. The film keeps its position at a frame without a time (GST_CLOCK_TIME_NONE). */
void interleave_film (Interleave * interleave, GstClockTime time);
void interleave_end_film (Interleave * interleave);

#endif
