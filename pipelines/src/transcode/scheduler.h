/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the segments of a film, several at a time, each in its own process. */
#ifndef TRANSCODE_SCHEDULER_H
#define TRANSCODE_SCHEDULER_H

#include "film/manifest.h"

/* Number of segments at a time: `wanted` or, if that is 0, half the processors; and the most of
 * these that fit in free memory. */
guint scheduler_job_count (guint wanted);
guint scheduler_jobs_in_memory (guint count, gint width, gint height);

/* Runs all segments that are not finished. A crashed process is started once more. FALSE and an
 * error if a segment failed or the user stopped it; finished segments are kept. */
gboolean scheduler_run (const Manifest * manifest, const gchar * workdir,
    guint count, GError ** error);

#endif
