/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films that were submitted together, as a file in a hidden folder of the folder that they go to:
 * what is wanted, and what was tried. What is done is said by the films' own files. */
#ifndef CLUSTER_CAMPAIGN_H
#define CLUSTER_CAMPAIGN_H

#include "cluster/slurm.h"

typedef struct
{
  gchar *in, *out;
  guint pieces;                 /* that were done when it was submitted last */
  gint tries;                   /* submissions since there was something more done */
  gboolean done, given_up;
} CampaignFilm;

typedef struct
{
  gchar *folder;                /* of the results */
  gchar *name;                  /* of all its jobs */
  gchar *cwd;                   /* where it was submitted */
  GStrv options;                /* for transcode */
  SlurmResources resources;           /* of a task that learns or denoises */
  gint throttle;                /* tasks of a film that run at once; 0: all */
  gint films_at_once;           /* that are cut and not joined */
  gint tasks;                   /* that are in the queue at most */
  gint crashes;                 /* times that submission has not come to its end */
  gboolean stopped;             /* by the user */
  GPtrArray *films;             /* of CampaignFilm */
} Campaign;

Campaign *campaign_new (const gchar * folder);
void campaign_free (Campaign * campaign);
void campaign_add (Campaign * campaign, const gchar * in, const gchar * out);

gboolean campaign_exists (const gchar * folder);
Campaign *campaign_load (const gchar * folder, GError ** error);
gboolean campaign_save (const Campaign * campaign, GError ** error);

/* The log of a kind of task of a film, or of all (film -1); its %a is for Slurm. */
gchar *campaign_log (const Campaign * campaign, gint film, const gchar * kind);

/* The last line of what a film's tasks have said when they failed, or NULL. */
gchar *campaign_last_error (const Campaign * campaign, guint film);

#endif
