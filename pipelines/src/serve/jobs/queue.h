/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The jobs: those that wait, run and are over, and the workers that do them. */
#ifndef SERVE_JOBS_H
#define SERVE_JOBS_H

#include "serve/options.h"
#include "serve/jobs/store.h"

typedef struct Jobs Jobs;

/* Something about the job has changed; `gone`: it is removed after this. */
typedef void (*JobsChanged) (Job * job, gboolean gone, gpointer user);

typedef struct
{
  guint states[JOB_STATES];     /* jobs there are */
  guint coming;                 /* uploads under way */
  guint64 accepted, done, failed;       /* since the start */
  gdouble seconds;              /* of work, of the done and the failed */
} JobsCounts;

/* Takes up what the folder holds from before; what was not finished waits again. */
Jobs *jobs_open (const ServeOptions * options, JobsChanged changed,
    gpointer user, GError ** error);

/* From now on jobs are done. */
void jobs_start (Jobs * jobs);

/* Kills what still runs; it is kept and runs again after the next jobs_open(). */
void jobs_close (Jobs * jobs);

Store *jobs_store (Jobs * jobs);

/* A place for an upload. FALSE: all are taken, and who comes may try again after that many
 * seconds. It is given back by jobs_release(), or taken by jobs_add(). */
gboolean jobs_reserve (Jobs * jobs, guint * retry_after);
void jobs_release (Jobs * jobs);

/* Has a job that was begun in the store done. FALSE: an error, and the job is gone. */
gboolean jobs_add (Jobs * jobs, Job * job, GError ** error);

/* NULL: there is none. */
Job *jobs_find (Jobs * jobs, const gchar * id);

void jobs_remove (Jobs * jobs, Job * job);

/* Removes what has been there for its time. To be called every now and then. */
void jobs_expire (Jobs * jobs);

/* From now on nothing is begun. */
void jobs_stop (Jobs * jobs);

void jobs_count (Jobs * jobs, JobsCounts * counts);

#endif
