/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline that reads a clip, denoises it, and writes what each browser plays: the result and,
 * if wanted, the clip as it came. */
#ifndef CLIP_PIPELINE_H
#define CLIP_PIPELINE_H

#include <gst/gst.h>

typedef struct
{
  gint width, height;           /* of a frame */
  gint threads;                 /* of an encoder */
  gboolean before;              /* the clip as it came is written, too */
} ClipFormat;

/* Reads the file with an element "decoder", whose pads the streams below are to be linked to, and
 * writes the others; `before`: NULL, or the name of the clip as it came. The names are of files in the
 * current folder. NULL: an error. */
GstElement *clip_pipeline_new (const gchar * file, const gchar * after,
    const gchar * before, GError ** error);

/* What a stream of the decoder's goes into: frames, which an element "filter" denoises, and sound.
 * NULL: an error. */
GstElement *clip_pipeline_add_video (GstElement * pipeline,
    const ClipFormat * format, GError ** error);
GstElement *clip_pipeline_add_audio (GstElement * pipeline, GError ** error);

/* Lets the decoder's pad into it. */
void clip_pipeline_link (GstPad * pad, GstElement * bin);

/* Whether all elements are there that this takes. */
gboolean clip_pipeline_check (GError ** error);

#endif
