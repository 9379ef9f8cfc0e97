/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a film, as jobs whose order is Slurm's care. */
#ifndef CLUSTER_FILM_JOBS_H
#define CLUSTER_FILM_JOBS_H

#include "cluster/campaign.h"
#include "cluster/film-state.h"

/* In the queue, for a film, at least: to learn, a segment, to join. */
#define FILM_JOBS_MIN_ROOM 3

typedef struct
{
  const Campaign *campaign;
  SlurmLimits limits;
  guint64 *last;                /* for each film, the job that ends last; 0: none is in the queue */
  guint tasks;                  /* in the queue */
  gchar *program, *transcode;
} FilmJobs;

/* Submits the cut. Only that says how many segments there are: no array of the right size can be
 * submitted before. */
gboolean film_jobs_submit_cut (FilmJobs * jobs, guint film, GError ** error);

/* Submits what is missing of a film that is cut, as far as there is room: a task that learns, after
 * it the segments if it has learned, after them, whatever has become of them, the join, so that the
 * film's last job ends when all have ended. */
gboolean film_jobs_submit_rest (FilmJobs * jobs, guint film, const FilmState * state,
    GError ** error);

#endif
