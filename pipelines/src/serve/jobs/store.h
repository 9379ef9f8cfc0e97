/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Folder of the jobs: a subfolder for each, with the same file names in all. No name comes from
 * a client. */
#ifndef SERVE_JOBS_STORE_H
#define SERVE_JOBS_STORE_H

#include "serve/jobs/job.h"

#include <gio/gio.h>

#define STORE_UPLOAD "upload"
#define STORE_RESULT "result"
#define STORE_VIEW_BEFORE "view-before" /* the upload in a format that browsers show */
#define STORE_VIEW_AFTER "view-after"   /* the result in a format that browsers show */

typedef struct Store Store;

/* Creates the folder if necessary and removes incomplete uploads. Returns NULL and an error on
 * failure, for instance if another server uses the folder. */
Store *store_open (const gchar * folder, GError ** error);
void store_close (Store * store);

/* Path of a file of the job. Free with g_free(). */
gchar *store_path (Store * store, const Job * job, const gchar * name);

/* Creates folder and empty upload of a job that does not count as stored before it is committed.
 * Returns the file descriptor, or -1 and an error. */
int store_create_upload (Store * store, const Job * job, GError ** error);
void store_discard_upload (Store * store, const Job * job);

/* Makes a job with complete upload a stored one, which is on the disk then. store_commit_run()
 * takes as long as the disk does, may be called in another thread, and needs no store. */
typedef struct StoreCommit StoreCommit;
StoreCommit *store_commit_new (Store * store, const Job * job);
gboolean store_commit_run (StoreCommit * commit, GError ** error);
void store_commit_free (StoreCommit * commit);

/* Stores the state of the job, on the disk. */
gboolean store_save (Store * store, const Job * job, GError ** error);

/* All stored jobs in order of creation. Those whose description cannot be read stay where they
 * are. */
GPtrArray *store_load (Store * store);

void store_remove (Store * store, const Job * job);

/* Removes what is left in folders of jobs that were removed: they are not in the table and have no
 * description. */
void store_sweep (Store * store, GHashTable * jobs);

/* Size of a file, or of all files of the job, in bytes; 0 if there is none. */
goffset store_file_size (Store * store, const Job * job, const gchar * name);
goffset store_job_size (Store * store, const Job * job);

#endif
