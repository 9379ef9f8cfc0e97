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

#endif
