/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of a film as Slurm jobs with dependencies. */
#ifndef CLUSTER_FILM_JOBS_H
#define CLUSTER_FILM_JOBS_H

#include "cluster/campaign.h"
#include "cluster/film-state.h"

/* Minimum of queue places per film: learn, one segment, join. */
#define FILM_JOBS_MIN_ROOM 3

typedef struct
{
  const Campaign *campaign;
  SlurmLimits limits;
  guint64 *last;                /* last job of each film; 0: none in the queue */
  guint tasks;                  /* in the queue */
  gchar *program, *transcode;
} FilmJobs;

/* Submits the cut by itself: the number of segments is known only after it. */
gboolean film_jobs_submit_cut (FilmJobs * jobs, guint film, GError ** error);

/* Submits the missing steps of a film that is cut, as far as the queue has room: learning, then
 * segments if it succeeds, then in any case the join, which is the last job of the film to end. */
gboolean film_jobs_submit_rest (FilmJobs * jobs, guint film,
    const FilmState * state, GError ** error);

#endif
