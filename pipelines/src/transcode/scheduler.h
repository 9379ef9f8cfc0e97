/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The segments of a film, several at a time, each in a process of its own. */
#ifndef TRANSCODE_SCHEDULER_H
#define TRANSCODE_SCHEDULER_H

#include "film/manifest.h"

/* How many fit into memory and cores, where the user has not said it (0). */
guint scheduler_job_count (guint wanted);
guint scheduler_jobs_in_memory (guint count, gint width, gint height);

/* Does what is not done yet. A process that crashes is started once more. FALSE: a segment has
 * failed, or the user has stopped it; what is done stays. */
gboolean scheduler_run (const Manifest * manifest, const gchar * workdir,
    guint count, GError ** error);

#endif
