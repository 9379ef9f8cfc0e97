/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLUSTER_STATUS_H
#define CLUSTER_STATUS_H

#include "cluster/campaign.h"

/* Prints the progress of the films, by their files and Slurm's queue, as a table or as JSON.
 * `checksums`: verifies finished segments. FALSE and an error if Slurm does not answer; the state
 * of the files is printed anyway. */
gboolean status_print (const Campaign * campaign, gboolean json,
    gboolean checksums, GError ** error);

#endif
