/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Task inside of Slurm. */
#ifndef CLUSTER_TASK_H
#define CLUSTER_TASK_H

#include <glib.h>

/* Runs a step of transcode. `base`: number of the array's first segment, added to the array index
 * and passed as --number; "-" if the job is no array. An array task that was killed or ended with
 * EX_TEMPFAIL is requeued; other jobs are submitted again by the submitter. Returns the exit
 * status. */
gint task_run (const gchar * base, GStrv command);

#endif
