/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef COMMON_ISOBMFF_SHORT_TRACKS_H
#define COMMON_ISOBMFF_SHORT_TRACKS_H

#include <gst/gst.h>

/* Keeps tracks of MP4 and MOV files that are shorter than a fifth of the film. qtdemux takes them
 * for previews and skips them without a word (GStreamer 1.22 to 1.28); so while it reads the index,
 * their lengths in `mdhd` are raised to a fifth. Sample times do not depend on them.
 *
 * source: source of a pipeline that has not been started. */
void short_tracks_keep (GstElement * source);

#endif
