/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Submission in waves: a short job of its own gives Slurm the next tasks whenever a film has got
 * further, and never more of them than the queue may hold. What runs when and where is Slurm's. */
#ifndef CLUSTER_SUBMITTER_H
#define CLUSTER_SUBMITTER_H

#include "cluster/campaign.h"

/* Submits that job for the first time. */
gboolean submitter_start (const Campaign * campaign, GError ** error);

/* Is that job. */
gboolean submitter_run (Campaign * campaign, GError ** error);

/* Whether a task is that job; otherwise `film` becomes the film's number. */
gboolean submitter_owns (const SlurmTask * task, guint * film);

#endif
