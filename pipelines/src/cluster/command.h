/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs Slurm's commands. */
#ifndef CLUSTER_COMMAND_H
#define CLUSTER_COMMAND_H

#include <glib.h>

/* Makes command_run() wait up to half an hour for an unreachable controller. For programs that run
 * inside of Slurm. */
void command_wait_for_controller (void);

/* Output of the command; NULL and an error if it fails: G_FILE_ERROR_NOENT if it is not installed,
 * G_FILE_ERROR_AGAIN if the controller does not answer, else Slurm's message. */
gchar *command_run (GStrv command, GError ** error);

#endif
