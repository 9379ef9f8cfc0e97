/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pipeline that decodes a clip, denoises it and encodes the result, and optionally the original,
 * as MP4 that browsers play. */
#ifndef WORKER_CLIP_PIPELINE_H
#define WORKER_CLIP_PIPELINE_H

#include <gst/gst.h>

typedef struct
{
  gint width, height;           /* pixels */
  gint threads;                 /* of each encoder */
  gboolean before;              /* encode the original as well */
} ClipFormat;

/* Decodes `file` with a decodebin named "decoder" and writes the result to `after` and the
 * original to `before` (NULL: not written). File names are relative to the current folder.
 * Streams of the decoder are linked to the bins below. Returns NULL and an error on failure. */
GstElement *clip_pipeline_new (const gchar * file, const gchar * after,
    const gchar * before, GError ** error);

/* Bins for a video stream, with a zsdenoise named "filter", and for an audio stream. Return NULL
 * and an error on failure. */
GstElement *clip_pipeline_add_video (GstElement * pipeline,
    const ClipFormat * format, GError ** error);
GstElement *clip_pipeline_add_audio (GstElement * pipeline, GError ** error);

/* Links a pad of the decoder to a bin. */
void clip_pipeline_link (GstPad * pad, GstElement * bin);

/* Whether all elements of the pipeline are installed. */
gboolean clip_pipeline_check (GError ** error);

#endif
