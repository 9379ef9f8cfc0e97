/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One task, within Slurm. */
#ifndef CLUSTER_TASK_H
#define CLUSTER_TASK_H

#include <glib.h>

/* Runs the command, for a place of an array with the number of the segment added: that of the place
 * and `base` ("-": it is no array). A segment's command that was killed, or says that another try
 * may mend it, is given back to Slurm, to run again; what is no array is submitted again by the job
 * that submits. Returns the exit status. */
gint task_run (const gchar * base, GStrv command);

#endif
