/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters in a track of text that another track names as its chapters (QuickTime File Format). */
#ifndef TRANSCODE_CHAPTERS_TEXT_TRACK_H
#define TRANSCODE_CHAPTERS_TEXT_TRACK_H

#include "transcode/chapters/isobmff.h"

/* What is more, or later, is taken for damage. */
#define MAX_CHAPTERS 10000
#define MAX_START ((GstClockTime) G_MAXINT32 * GST_SECOND)

typedef struct
{
  GstClockTime start;
  gchar *title;
} Chapter;

/* Appends them, if there is such a track; `moov` is the file's box of that name. FALSE: they cannot
 * be read. */
gboolean text_track_read (FILE * file, const Box * moov, GArray * chapters);

#endif
