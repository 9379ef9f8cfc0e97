/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segments on their way through a decoder and zsdenoise. */
#ifndef TRANSCODE_MEDIA_DECODE_H
#define TRANSCODE_MEDIA_DECODE_H

#include "film/manifest.h"

/* Frames that the temporal state of zsdenoise takes to be what it would be without a cut. */
#define DECODER_WARM_UP 32

typedef struct _Decoder Decoder;

/* A pipeline of a decoder, an element "filter" (zsdenoise) with the settings of the film, and
 * `sink`, the rest of the line; it is not started. `number`: the segment whose frames alone leave
 * the filter, after a run-in of the segment before. NULL: an error. */
Decoder *decoder_new (const Manifest * manifest, const gchar * workdir, guint number,
    const gchar * sink, GError ** error);
void decoder_free (Decoder * decoder);

GstElement *decoder_element (Decoder * decoder, const gchar * name);

/* Runs it. FALSE: an error. */
gboolean decoder_run (Decoder * decoder, GError ** error);

/* Runs it with only so many pictures, from the last keyframe before a place in the segment on (a
 * number of pictures) into those that follow, without a run-in. FALSE: an error. */
gboolean decoder_run_range (Decoder * decoder, guint place, guint most, GError ** error);

/* How many frames of the segment have been decoded. By any thread. */
guint decoder_frames (Decoder * decoder);

#endif
