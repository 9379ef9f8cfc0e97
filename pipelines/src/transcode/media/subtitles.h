/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subtitles in text, as demuxers give it and muxers take it. */
#ifndef TRANSCODE_MEDIA_SUBTITLES_H
#define TRANSCODE_MEDIA_SUBTITLES_H

#include <gst/gst.h>

/* Whether they are in Pango's markup. */
gboolean subtitles_have_markup (const GstCaps * caps);

/* Makes plain text of the markup that goes through the pad; `styled`: bold, italic and underlined
 * text stay so, in the way of SubRip files. */
void subtitles_strip_markup (GstPad * pad, gboolean styled);

#endif
