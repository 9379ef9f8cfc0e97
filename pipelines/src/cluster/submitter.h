/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Submission in waves. A short Slurm job, the submitter, submits further tasks whenever a film ends
 * a step, within the limit of the queue. */
#ifndef CLUSTER_SUBMITTER_H
#define CLUSTER_SUBMITTER_H

#include "cluster/campaign.h"

/* Submits the first submitter job. */
gboolean submitter_start (const Campaign * campaign, GError ** error);

/* Body of the submitter job. */
gboolean submitter_run (Campaign * campaign, GError ** error);

/* Whether the task is the submitter; otherwise sets `film` to the number of its film. */
gboolean submitter_owns (const SlurmTask * task, guint * film);

#endif
