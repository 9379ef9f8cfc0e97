/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion of text subtitles between demuxers and muxers. */
#ifndef TRANSCODE_MEDIA_SUBTITLES_H
#define TRANSCODE_MEDIA_SUBTITLES_H

#include <gst/gst.h>

/* Whether the caps are Pango markup. */
gboolean subtitles_have_markup (const GstCaps * caps);

/* Converts Pango markup on the pad to plain text. `styled`: keeps bold, italic and underline as
 * SubRip tags. */
void subtitles_strip_markup (GstPad * pad, gboolean styled);

/* Begins the track at running time 0, by an empty subtitle in front of a later one: mp4mux takes
 * the time of the first subtitle off the duration of the last (GStreamer 1.22 to 1.28). */
void subtitles_begin_at_zero (GstPad * pad);

#endif
