/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Titles, languages and tags of Matroska files. */
#ifndef TRANSCODE_MKV_TAGS_H
#define TRANSCODE_MKV_TAGS_H

#include <gst/gst.h>

/* Writes tags of the film and of its tracks, in their order, with mkvpropedit; does nothing without
 * it. GStreamer's muxer quotes and escapes texts, invents track names, and marks unknown languages
 * as English. */
gboolean mkv_tags_write (const gchar * file, const GstTagList * film,
    GPtrArray * tracks, GError ** error);

#endif
