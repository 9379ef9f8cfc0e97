/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The jobs: those that wait, run and are over, and the workers that do them. */
#ifndef SERVE_QUEUE_H
#define SERVE_QUEUE_H

#include "serve/options.h"
#include "serve/jobs/store.h"

typedef struct Queue Queue;

/* Something about the job has changed; `gone`: it is removed after this. */
typedef void (*QueueChanged) (Job * job, gboolean gone, gpointer user);

typedef struct
{
  guint states[JOB_N_STATES];   /* jobs there are */
  guint uploads;                /* uploads under way */
  guint64 accepted, done, failed;       /* since the start */
  gdouble seconds;              /* of work, of the done and the failed */
} QueueCounts;

/* Takes up what the folder holds from before; what was not finished waits again. */
Queue *queue_open (const ServeOptions * options, QueueChanged changed,
    gpointer user, GError ** error);

/* From now on jobs are done. */
void queue_start (Queue * queue);

/* Kills what still runs; it is kept and runs again after the next queue_open(). */
void queue_close (Queue * queue);

Store *queue_store (Queue * queue);

/* A place for an upload. FALSE: all are taken, and who comes may try again after that many
 * seconds. It is given back by queue_release(), or taken by queue_add(). */
gboolean queue_reserve (Queue * queue, guint * retry_after);
void queue_release (Queue * queue);

/* Has a job that was begun in the store done. FALSE: an error, and the job is gone. */
gboolean queue_add (Queue * queue, Job * job, GError ** error);

/* NULL: there is none. */
Job *queue_find (Queue * queue, const gchar * id);

void queue_remove (Queue * queue, Job * job);

/* Removes what has been there for its time. To be called every now and then. */
void queue_expire (Queue * queue);

/* From now on nothing is begun. */
void queue_stop (Queue * queue);

void queue_count (Queue * queue, QueueCounts * counts);

#endif
