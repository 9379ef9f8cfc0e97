/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline that reads a clip, denoises it, and writes what each browser plays: the result and,
 * if wanted, the clip as it came. */
#ifndef FILM_H
#define FILM_H

#include <gst/gst.h>

typedef struct
{
  gint width, height;           /* of a frame */
  gint threads;                 /* of an encoder */
  gboolean before;              /* the clip as it came is written, too */
} FilmFormat;

/* Reads the file with an element "decoder", whose pads the streams below are to be linked to, and
 * writes the others; `before`: NULL, or the name of the clip as it came. The names are of files in the
 * current folder. NULL: an error. */
GstElement *film_new (const gchar * file, const gchar * after,
    const gchar * before, GError ** error);

/* What a stream of the decoder's goes into: frames, which an element "filter" denoises, and sound.
 * NULL: an error. */
GstElement *film_add_video (GstElement * pipeline, const FilmFormat * format,
    GError ** error);
GstElement *film_add_audio (GstElement * pipeline, GError ** error);

/* Lets the decoder's pad into it. */
void film_link (GstPad * pad, GstElement * bin);

/* Whether all elements are there that this takes. */
gboolean film_check (GError ** error);

#endif
