/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Titles, languages, tags and codec delays of Matroska files. */
#ifndef TRANSCODE_MKV_TAGS_H
#define TRANSCODE_MKV_TAGS_H

#include <gst/gst.h>

typedef struct
{
  GstTagList *tags;
  GstClockTime codec_delay;     /* the track plays earlier than its timestamps by this */
} MkvTrack;

/* Whether mkvpropedit is installed, which mkv_tags_write() runs. */
gboolean mkv_tags_available (void);

/* Writes tags of the film and of its tracks (MkvTrack), in their order, with mkvpropedit.
 * GStreamer's muxer quotes and escapes texts, invents track names, and marks unknown languages as
 * English. */
gboolean mkv_tags_write (const gchar * file, const GstTagList * film,
    GPtrArray * tracks, GError ** error);

#endif
