/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films that were submitted together: settings and attempts, as a file in a hidden folder of the
 * output folder. Progress is read from the working directories of the films. */
#ifndef CLUSTER_CAMPAIGN_H
#define CLUSTER_CAMPAIGN_H

#include "cluster/slurm.h"

typedef struct
{
  gchar *in, *out;
  guint pieces;                 /* progress at the last submission */
  gint tries;                   /* submissions without progress */
  gboolean done, given_up;
} CampaignFilm;

typedef struct
{
  gchar *folder;                /* output folder */
  gchar *name;                  /* Slurm job name, shared by all jobs */
  gchar *cwd;                   /* where it was submitted */
  GStrv options;                /* of transcode */
  SlurmResources resources;     /* of a learning or denoising task */
  gint throttle;                /* running tasks per film; 0: no limit */
  gint films_at_once;           /* limit of films between cut and join */
  gint tasks;                   /* limit of tasks in the queue */
  gint crashes;                 /* submitter jobs in a row that did not finish */
  gboolean stopped;             /* cancelled by the user */
  GPtrArray *films;             /* CampaignFilm */
} Campaign;

Campaign *campaign_new (const gchar * folder);
void campaign_free (Campaign * campaign);
void campaign_add (Campaign * campaign, const gchar * in, const gchar * out);

gboolean campaign_exists (const gchar * folder);
Campaign *campaign_load (const gchar * folder, GError ** error);
gboolean campaign_save (const Campaign * campaign, GError ** error);

/* Log file for a kind of task of a film, or of all films (-1). May contain Slurm's %a. */
gchar *campaign_log (const Campaign * campaign, gint film, const gchar * kind);

/* Last line in the logs of failed tasks of a film; NULL if there is none. */
gchar *campaign_last_error (const Campaign * campaign, guint film);

#endif
