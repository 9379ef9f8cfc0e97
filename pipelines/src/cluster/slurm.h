/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slurm, through its own commands. All functions fail with one sentence, as those do. */
#ifndef CLUSTER_SLURM_H
#define CLUSTER_SLURM_H

#include <glib.h>

/* What each job asks for; NULL: Slurm's own choice. */
typedef struct
{
  gchar *partition, *account, *qos;
  gint cpus;
  gint memory;                  /* MiB */
  gint minutes;
} SlurmResources;

typedef struct
{
  const gchar *name;            /* shared by all jobs that are asked for or cancelled together */
  const gchar *comment;         /* tells them apart */
  const gchar *log;             /* a file, x.log; of an array, each place has its own, x-3.log */
  const gchar *array;           /* NULL: it is none */
  const gchar *dependency;      /* NULL: on nothing */
  const gchar *folder;          /* to run in */
  gint nice;
  GStrv command;
} SlurmJob;

/* A job, or one place of an array, that waits or runs. */
typedef struct
{
  guint64 job;
  gboolean running;
  gchar *reason;                /* why it waits, in Slurm's words */
  gchar *comment;
} SlurmTask;

typedef struct
{
  guint array;                  /* places of an array are smaller than that */
  guint jobs;                   /* all that the controller keeps */
} SlurmLimits;

gboolean slurm_limits (SlurmLimits * limits, GError ** error);

/* Whether the cluster has a place for such jobs at all. */
gboolean slurm_fits (const SlurmResources * resources, GError ** error);

/* Returns the number of the job, 0 if it failed. */
guint64 slurm_submit (const SlurmJob * job, const SlurmResources * resources,
    GError ** error);

/* Of SlurmTask, the jobs of that name. */
GPtrArray *slurm_queue (const gchar * name, GError ** error);

gboolean slurm_cancel_all (const gchar * name, GError ** error);
gboolean slurm_cancel (guint64 job, GError ** error);
gboolean slurm_requeue (guint64 job, GError ** error);
gboolean slurm_depend (guint64 job, const gchar * dependency, GError ** error);

#endif
