/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command line of cluster. */
#ifndef CLUSTER_OPTIONS_H
#define CLUSTER_OPTIONS_H

#include "cluster/slurm.h"

typedef struct
{
  gchar *command;               /* submit, status, cancel or resume */
  GStrv in;                     /* of submit */
  gchar *folder;                /* output folder, absolute */
  GStrv transcode;              /* options passed to transcode */
  SlurmResources resources;
  gint throttle, films, tasks;  /* throttle 0: none; tasks 0: a share of the queue */
  gboolean json, checksums;
} ClusterOptions;

/* FALSE and an error of one sentence if the command line is invalid. --help ends the program. */
gboolean cluster_options_parse (ClusterOptions * options, int argc,
    char **argv, GError ** error);

void cluster_options_clear (ClusterOptions * options);

#endif
