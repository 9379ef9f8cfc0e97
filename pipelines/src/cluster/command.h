/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the commands that Slurm is used by. */
#ifndef CLUSTER_COMMAND_H
#define CLUSTER_COMMAND_H

#include <glib.h>

/* From now on a controller that does not answer is waited for, for half an hour: for what runs
 * within Slurm. */
void command_wait_for_controller (void);

/* Returns what the command prints, or NULL and one sentence: Slurm's, or that it is not there
 * (G_FILE_ERROR_NOENT), or that its controller does not answer (G_FILE_ERROR_AGAIN). */
gchar *command_run (GStrv command, GError ** error);

#endif
