/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes from the source into the film as it is: sound, subtitles, chapters, tags. */
#ifndef TRANSCODE_MEDIA_TRACKS_H
#define TRANSCODE_MEDIA_TRACKS_H

#include "transcode/media/demux.h"

typedef struct _Tracks Tracks;

/* Whether the muxer takes such a track. */
gboolean tracks_supported (GstElement * mux, TrackKind kind, const GstCaps * caps);

/* Links the tracks of "parser" (parsebin) in the pipeline to "mux", all but the video, whose tags
 * go to "video" (appsrc) instead, and hands over chapters; only what lies between the running times
 * `from` and `to` of the source. */
Tracks *tracks_new (GstElement * pipeline, GstClockTime from, GstClockTime to);
void tracks_free (Tracks * tracks);

/* The source's chapters, where the parser does not find them; before the pipeline is started. */
void tracks_set_chapters (Tracks * tracks, GstToc * toc);

/* Keeps the source in step with the film, whose next picture is at `time` (see interleave.h). */
void tracks_film_at (Tracks * tracks, GstClockTime time);
void tracks_end_film (Tracks * tracks);

/* What the muxer did not take of them, and of chapters, to be freed; NULL: it took all. By the end
 * of the pipeline, which has written `film`. */
gchar *tracks_unsupported (Tracks * tracks, const gchar * film);

/* Tags of the film and, in `own`, of each of its tracks; when the pipeline has stopped. */
const GstTagList *tracks_tags (Tracks * tracks, GPtrArray ** own);

#endif
