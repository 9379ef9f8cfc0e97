/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Submission in waves: a short job of its own gives Slurm the next tasks whenever a film has got
 * further, and never more of them than the queue may hold. What runs when and where is Slurm's. */
#ifndef CLUSTER_SUBMITTER_H
#define CLUSTER_SUBMITTER_H

#include "cluster/campaign.h"

/* Submits that job for the first time. */
gboolean feed_begin (const Campaign * campaign, GError ** error);

/* Is that job. */
gboolean feed (Campaign * campaign, GError ** error);

/* Whether a task is that job; otherwise `film` becomes the film's number. */
gboolean feed_is (const SlurmTask * task, guint * film);

#endif
