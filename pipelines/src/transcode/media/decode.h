/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decodes and denoises segments. */
#ifndef TRANSCODE_MEDIA_DECODE_H
#define TRANSCODE_MEDIA_DECODE_H

#include "film/manifest.h"

/* Frames before a segment that bring the temporal state of zsdenoise to that of an uncut film. */
#define DECODER_WARM_UP 32

typedef struct _Decoder Decoder;

/* Creates a pipeline: decoder, zsdenoise named "filter" with the settings of the film, and `sink`,
 * the rest of the description. Only frames of segment `number` leave the filter; the end of the
 * previous segment is decoded as warm-up, the start of the next one for look-ahead. NULL: an
 * error. */
Decoder *decoder_new (const Manifest * manifest, const gchar * workdir,
    guint number, const gchar * sink, GError ** error);
void decoder_free (Decoder * decoder);

/* Sets the location of the element "file" of `sink`. */
void decoder_set_location (Decoder * decoder, const gchar * file);

GstElement *decoder_element (Decoder * decoder, const gchar * name);

/* Runs the segment to its end. FALSE: an error. */
gboolean decoder_run (Decoder * decoder, GError ** error);

/* Runs `most` packets without warm-up, from the last keyframe before packet `place` of the segment
 * on, across segments. FALSE: an error. */
gboolean decoder_run_range (Decoder * decoder, guint place, guint most,
    GError ** error);

/* Decoded frames of the segment. Any thread. */
guint decoder_frames (Decoder * decoder);

#endif
