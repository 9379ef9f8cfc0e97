/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder that holds the jobs: one folder for each, with files whose names are the same in all.
 * No name in it comes from a client. */
#ifndef SERVE_STORE_H
#define SERVE_STORE_H

#include "serve/jobs/job.h"

#include <gio/gio.h>

#define STORE_UPLOAD "upload"
#define STORE_RESULT "result"
#define STORE_VIEW_BEFORE "view-before" /* what browsers show instead of the upload */
#define STORE_VIEW_AFTER "view-after"   /* and of the result */

typedef struct Store Store;

/* Makes the folder if need be. NULL: an error that says why, as that another server has it. What
 * came in by half before is removed. */
Store *store_open (const gchar * folder, GError ** error);
void store_close (Store * store);

/* A file in the job's folder. To be freed. */
gchar *store_path (Store * store, const Job * job, const gchar * name);

/* A job's folder and an empty upload, which are not among the jobs before store_commit_upload(). Returns
 * the upload's descriptor, -1: an error. */
int store_create_upload (Store * store, const Job * job, GError ** error);
void store_discard_upload (Store * store, const Job * job);
gboolean store_commit_upload (Store * store, const Job * job, GError ** error);

/* Writes down how the job is. */
gboolean store_save (Store * store, const Job * job, GError ** error);

/* All jobs that are there, in the order in which they came. */
GPtrArray *store_load (Store * store);

void store_remove (Store * store, const Job * job);

/* Removes what is there of jobs that the table does not have by their ids. */
void store_sweep (Store * store, GHashTable * jobs);

/* How many bytes the file has, or all of the job's; 0: there is none. */
goffset store_file_size (Store * store, const Job * job, const gchar * name);
goffset store_job_size (Store * store, const Job * job);

#endif
