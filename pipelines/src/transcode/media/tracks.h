/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tracks and metadata that are copied from the source: audio, subtitles, chapters, tags. */
#ifndef TRANSCODE_MEDIA_TRACKS_H
#define TRANSCODE_MEDIA_TRACKS_H

#include "transcode/media/demux.h"

typedef struct _Tracks Tracks;

/* Whether the muxer accepts such a track. */
gboolean tracks_supported (GstElement * mux, TrackKind kind,
    const GstCaps * caps);

/* Links all tracks of "parser" (parsebin behind "source", filesrc) to "mux", except the video,
 * whose tags go to "video" (appsrc). Chapters are handed over, too. Limited to the running times
 * `from` to `to` of the source. `keep_delays`: codec delays are left to tracks_tags(); else sound
 * comes earlier by them, and the muxer drops packets before the beginning. */
Tracks *tracks_new (GstElement * pipeline, GstClockTime from, GstClockTime to,
    gboolean keep_delays);
void tracks_free (Tracks * tracks);

/* Sets chapters that the parser does not report. Call before the pipeline starts. */
void tracks_set_chapters (Tracks * tracks, GstToc * toc);

/* Keeps the source in step with the film, whose next frame is at `time` (see interleave.h). */
void tracks_film_at (Tracks * tracks, GstClockTime time);
void tracks_end_film (Tracks * tracks);

/* Tracks and chapters that the muxer did not accept, as text to free; NULL: none. Call when the
 * pipeline has written `film`. */
gchar *tracks_unsupported (Tracks * tracks, const gchar * film);

/* Tags of the film and, in `own`, an MkvTrack for each track. Call when the pipeline has
 * stopped. */
const GstTagList *tracks_tags (Tracks * tracks, GPtrArray ** own);

#endif
