/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Titles and languages in Matroska files. */
#ifndef TRANSCODE_MEDIA_MKV_TAGS_H
#define TRANSCODE_MEDIA_MKV_TAGS_H

#include <gst/gst.h>

/* Gives a Matroska file and its tracks, in their order, the tags as they are: GStreamer's muxer
 * writes them with quotes and escapes, makes up names for tracks, and calls each language English
 * that is not known. Where there is no mkvpropedit, nothing is done. */
gboolean mkv_tags_write (const gchar * file, const GstTagList * film,
    GPtrArray * tracks, GError ** error);

#endif
