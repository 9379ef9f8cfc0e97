/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All jobs, waiting, running and finished, and their workers. */
#ifndef SERVE_JOBS_QUEUE_H
#define SERVE_JOBS_QUEUE_H

#include "serve/options.h"
#include "serve/jobs/store.h"

typedef struct Queue Queue;

/* The job has changed; `gone`: it is removed after the call. */
typedef void (*QueueChanged) (Job * job, gboolean gone, gpointer user);

typedef struct
{
  guint states[JOB_N_STATES];   /* number of jobs by state */
  guint64 accepted, done, failed;       /* since the start of the server */
  gdouble seconds;              /* processing time of finished jobs, seconds */
} QueueCounts;

/* Opens the store and loads its jobs; unfinished ones are queued again. */
Queue *queue_open (const ServeOptions * options, QueueChanged changed,
    gpointer user, GError ** error);

/* Starts running jobs. */
void queue_start (Queue * queue);

/* Kills running jobs. They are kept in the store and run again after the next start. */
void queue_close (Queue * queue);

Store *queue_store (Queue * queue);

/* Whether there is a place for another job; if not, a client may retry after `retry_after`
 * seconds. */
gboolean queue_has_place (Queue * queue, guint * retry_after);

/* Reserves a place for a complete upload while it is stored, until queue_release() or
 * queue_add(). */
void queue_reserve (Queue * queue);
void queue_release (Queue * queue);

/* Adds a stored job. */
void queue_add (Queue * queue, Job * job);

/* NULL: no such job. */
Job *queue_find (Queue * queue, const gchar * id);

void queue_remove (Queue * queue, Job * job);

/* Removes jobs after their time and beyond the limit of disk space. Call periodically. */
void queue_expire (Queue * queue);

/* Starts no more jobs. */
void queue_stop (Queue * queue);

void queue_count (Queue * queue, QueueCounts * counts);

#endif
