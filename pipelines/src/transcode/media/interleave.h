/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps two streams that are muxed together, and come from threads of their own, close in time: the
 * denoised video, and the source, from which the other tracks come. */
#ifndef TRANSCODE_MEDIA_INTERLEAVE_H
#define TRANSCODE_MEDIA_INTERLEAVE_H

#include <gst/gst.h>

typedef struct
{
  GMutex lock;
  GCond changed;
  GstClockTime source, film;    /* running time that each has reached; NONE: not begun */
  gboolean source_ended, film_ended;
} Interleave;

void interleave_init (Interleave * interleave);
void interleave_clear (Interleave * interleave);

/* Called by the source's thread for each picture. Blocks while the source is more than 10 s ahead
 * of the film, for at most 10 s. GST_CLOCK_TIME_NONE is ignored. */
void interleave_source (Interleave * interleave, GstClockTime time);
void interleave_end_source (Interleave * interleave);

/* Called by the film's thread for each picture. Blocks until the source has begun or ended, for at
 * most 10 s. GST_CLOCK_TIME_NONE is a picture without a time: the film stays where it is. */
void interleave_film (Interleave * interleave, GstClockTime time);
void interleave_end_film (Interleave * interleave);

#endif
