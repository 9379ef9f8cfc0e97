/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user asks the program for clusters for. */
#ifndef CLUSTER_OPTIONS_H
#define CLUSTER_OPTIONS_H

#include "cluster/slurm.h"

typedef struct
{
  gchar *command;               /* submit, status, cancel or resume */
  GStrv in;                     /* of submit */
  gchar *folder;                /* of the results, absolute */
  GStrv transcode;              /* options that are passed on */
  SlurmResources resources;
  gint throttle, films, tasks;  /* 0: no throttle; a part of what the cluster takes */
  gboolean json, checksums;
} ClusterOptions;

/* FALSE and an error of one sentence if something is wrong. --help ends the program. */
gboolean cluster_options_parse (ClusterOptions * options, int argc,
    char **argv, GError ** error);

void cluster_options_clear (ClusterOptions * options);

#endif
