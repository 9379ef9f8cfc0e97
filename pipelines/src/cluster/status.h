/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLUSTER_STATUS_H
#define CLUSTER_STATUS_H

#include "cluster/campaign.h"

/* Prints how far the films are, by their files and Slurm's queue: a screen for people, or JSON.
 * With `checksums`, checksums are computed. FALSE if Slurm cannot be asked: what the files say is printed
 * all the same. */
gboolean status_print (const Campaign * campaign, gboolean json, gboolean checksums,
    GError ** error);

#endif
