/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapters in a text track that another track references as chap (QuickTime File Format). */
#ifndef TRANSCODE_CHAPTERS_TEXT_TRACK_H
#define TRANSCODE_CHAPTERS_TEXT_TRACK_H

#include "common/isobmff/box.h"

/* Limits beyond which a file counts as damaged. */
#define MAX_CHAPTERS 10000
#define MAX_START ((GstClockTime) G_MAXINT32 * GST_SECOND)

typedef struct
{
  GstClockTime start;
  gchar *title;
} Chapter;

/* Appends the chapters of the track, if there is one. FALSE if they cannot be read. */
gboolean text_track_read (FILE * file, const Box * moov, GArray * chapters);

#endif
