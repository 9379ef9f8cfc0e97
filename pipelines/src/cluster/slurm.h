/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slurm, through its commands. All functions fail with an error of one sentence. */
#ifndef CLUSTER_SLURM_H
#define CLUSTER_SLURM_H

#include <glib.h>

/* Resources of a job; NULL: Slurm's default. */
typedef struct
{
  gchar *partition, *account, *qos;
  gint cpus;
  gint memory;                  /* MiB */
  gint minutes;
} SlurmResources;

typedef struct
{
  const gchar *name;            /* shared by the jobs of a campaign */
  const gchar *comment;         /* identifies the job in the campaign */
  const gchar *log;             /* x.log; of an array x-INDEX.log */
  const gchar *array;           /* NULL: no array */
  const gchar *dependency;      /* NULL: none */
  const gchar *folder;          /* working directory */
  gint nice;
  GStrv command;
} SlurmJob;

/* Pending or running job, or element of an array. */
typedef struct
{
  guint64 job;
  gboolean running;
  gchar *reason;                /* why it is pending, in Slurm's words */
  gchar *comment;
} SlurmTask;

typedef struct
{
  guint array;                  /* MaxArraySize: array indices are smaller */
  guint jobs;                   /* MaxJobCount of the controller */
} SlurmLimits;

gboolean slurm_limits (SlurmLimits * limits, GError ** error);

/* Checks that the cluster can run such jobs at all. */
gboolean slurm_fits (const SlurmResources * resources, GError ** error);

/* Returns the job ID, 0 on error. */
guint64 slurm_submit (const SlurmJob * job, const SlurmResources * resources,
    GError ** error);

/* Jobs of that name: SlurmTask. */
GPtrArray *slurm_queue (const gchar * name, GError ** error);

gboolean slurm_cancel_all (const gchar * name, GError ** error);
gboolean slurm_cancel (guint64 job, GError ** error);
gboolean slurm_requeue (guint64 job, GError ** error);
gboolean slurm_depend (guint64 job, const gchar * dependency, GError ** error);

#endif
