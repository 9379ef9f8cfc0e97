/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst_parse_launch() with errors that a user can act on. */
#ifndef COMMON_PIPELINE_LAUNCH_H
#define COMMON_PIPELINE_LAUNCH_H

#include <gst/gst.h>

/* Parses a pipeline description. If an element is missing, the error names it and its Debian
 * package. What decoders and demuxers do to some files without a word is mended
 * (short-tracks.h, and frames that decoders lose). */
GstElement *launch (const gchar * line, GstParseFlags flags, GError ** error);

/* A filesink that writes each buffer by itself. If the system writes only a part of a list of them,
 * as it may do on a network's or a nearly full disk, filesink loses its place in the list, repeats
 * samples and may not end (GStreamer 1.22 to 1.28). */
#define LAUNCH_FILESINK "filesink buffer-mode=unbuffered"

/* Sets the file of the filesrc or filesink of that name. */
void launch_set_location (GstElement * pipeline, const gchar * name,
    const gchar * file);

#endif
