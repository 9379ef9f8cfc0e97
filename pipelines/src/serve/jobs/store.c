/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE             /* nftw() */
#include "serve/jobs/store.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTION "job.json"

struct Store
{
  gchar *jobs, *incoming;
  int lock;
};

static gboolean
set_error (GError ** error, const gchar * what, const gchar * path)
{
  g_set_error (error, G_FILE_ERROR, (gint) g_file_error_from_errno (errno),
      "%s cannot be %s: %s", path, what, g_strerror (errno));
  return FALSE;
}

/* --- folders --- */

static gint
remove_entry (const gchar * path, const struct stat *info G_GNUC_UNUSED,
    gint type G_GNUC_UNUSED, struct FTW *place G_GNUC_UNUSED)
{
  remove (path);
  return 0;
}

/* The description goes first: a folder without one is no job any more.  The
 * worker's libraries may have made folders of their own, such as caches. */
static void
remove_folder (const gchar * folder)
{
  gchar *path = g_build_filename (folder, DESCRIPTION, NULL);

  g_unlink (path);
  g_free (path);
  nftw (folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The ids of the jobs that have a folder in `parent`. Other files are ignored. */
static GStrv
list_ids (const gchar * parent)
{
  GDir *dir = g_dir_open (parent, 0, NULL);
  GStrvBuilder *ids = g_strv_builder_new ();
  const gchar *name;
  GStrv list;

  while (dir && (name = g_dir_read_name (dir)))
    if (job_is_id (name))
      g_strv_builder_add (ids, name);
  if (dir)
    g_dir_close (dir);
  list = g_strv_builder_end (ids);
  g_strv_builder_unref (ids);
  return list;
}

static void
remove_job (const gchar * parent, const gchar * id)
{
  gchar *folder = g_build_filename (parent, id, NULL);

  remove_folder (folder);
  g_free (folder);
}

static void
remove_jobs (const gchar * parent)
{
  GStrv ids = list_ids (parent);
  gchar **id;

  for (id = ids; *id; id++)
    remove_job (parent, *id);
  g_strfreev (ids);
}

/* --- open and close --- */

static gboolean
make_folder (const gchar * folder, GError ** error)
{
  return g_mkdir_with_parents (folder, 0700) == 0
      || set_error (error, "created", folder);
}

static gboolean
take_lock (Store * store, const gchar * folder, GError ** error)
{
  gchar *path = g_build_filename (folder, "lock", NULL);
  gboolean taken;

  store->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  taken = store->lock >= 0 && flock (store->lock, LOCK_EX | LOCK_NB) == 0;
  if (!taken && errno == EWOULDBLOCK)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s is in use by "
        "another server; stop it, or give another folder with --state", folder);
  else if (!taken)
    set_error (error, "locked", path);
  g_free (path);
  return taken;
}

Store *
store_open (const gchar * folder, GError ** error)
{
  Store *store = g_new0 (Store, 1);

  store->lock = -1;
  store->jobs = g_build_filename (folder, "jobs", NULL);
  store->incoming = g_build_filename (folder, "incoming", NULL);
  if (make_folder (store->jobs, error) && make_folder (store->incoming, error)
      && take_lock (store, folder, error)) {
    remove_jobs (store->incoming);
    return store;
  }
  store_close (store);
  return NULL;
}

void
store_close (Store * store)
{
  if (store->lock >= 0)
    close (store->lock);
  g_free (store->jobs);
  g_free (store->incoming);
  g_free (store);
}

/* --- one job --- */

gchar *
store_path (Store * store, const Job * job, const gchar * name)
{
  return g_build_filename (store->jobs, job->id, name, NULL);
}

int
store_create_upload (Store * store, const Job * job, GError ** error)
{
  gchar *folder = g_build_filename (store->incoming, job->id, NULL);
  gchar *path = g_build_filename (folder, STORE_UPLOAD, NULL);
  int file = -1;

  if (g_mkdir (folder, 0700) == 0)
    file = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    set_error (error, "created", path);
  g_free (path);
  g_free (folder);
  return file;
}

void
store_discard_upload (Store * store, const Job * job)
{
  remove_job (store->incoming, job->id);
}

struct StoreCommit
{
  gchar *from, *to;             /* folders */
  gchar *text;                  /* of the description */
};

StoreCommit *
store_commit_new (Store * store, const Job * job)
{
  StoreCommit *commit = g_new (StoreCommit, 1);

  commit->from = g_build_filename (store->incoming, job->id, NULL);
  commit->to = g_build_filename (store->jobs, job->id, NULL);
  commit->text = job_to_json (job);
  return commit;
}

void
store_commit_free (StoreCommit * commit)
{
  g_free (commit->from);
  g_free (commit->to);
  g_free (commit->text);
  g_free (commit);
}

/* The folder gets its place when all in it is on the disk. */
gboolean
store_commit_run (StoreCommit * commit, GError ** error)
{
  gchar *description = g_build_filename (commit->from, DESCRIPTION, NULL);
  gchar *upload = g_build_filename (commit->from, STORE_UPLOAD, NULL);
  const gboolean kept = file_sync (upload, error)
      && file_write (description, commit->text, strlen (commit->text), error)
      && file_publish_folder (commit->from, commit->to, error);

  g_free (upload);
  g_free (description);
  return kept;
}

gboolean
store_save (Store * store, const Job * job, GError ** error)
{
  gchar *path = store_path (store, job, DESCRIPTION);
  gchar *text = job_to_json (job);
  const gboolean saved = file_write (path, text, strlen (text), error);

  g_free (text);
  g_free (path);
  return saved;
}

void
store_remove (Store * store, const Job * job)
{
  remove_job (store->jobs, job->id);
}

/* Whether the folder is that of a job, even if its description cannot be read. */
static gboolean
is_described (Store * store, const gchar * id)
{
  gchar *path = g_build_filename (store->jobs, id, DESCRIPTION, NULL);
  struct stat info;
  const gboolean found = lstat (path, &info) == 0 || errno != ENOENT;

  g_free (path);
  return found;
}

void
store_sweep (Store * store, GHashTable * jobs)
{
  GStrv ids = list_ids (store->jobs);
  gchar **id;

  for (id = ids; *id; id++)
    if (!g_hash_table_contains (jobs, *id) && !is_described (store, *id))
      remove_job (store->jobs, *id);
  g_strfreev (ids);
}

/* --- stored jobs --- */

goffset
store_file_size (Store * store, const Job * job, const gchar * name)
{
  gchar *path = store_path (store, job, name);
  struct stat info;
  const gboolean found = stat (path, &info) == 0;

  g_free (path);
  return found ? info.st_size : 0;
}

goffset
store_job_size (Store * store, const Job * job)
{
  gchar *folder = g_build_filename (store->jobs, job->id, NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  goffset total = 0;

  while (dir && (name = g_dir_read_name (dir)))
    total += store_file_size (store, job, name);
  if (dir)
    g_dir_close (dir);
  g_free (folder);
  return total;
}

static Job *
load (Store * store, const gchar * id)
{
  gchar *path = g_build_filename (store->jobs, id, DESCRIPTION, NULL);
  gchar *text = NULL;
  gsize length = 0;
  Job *job = NULL;

  if (g_file_get_contents (path, &text, &length, NULL))
    job = job_from_json (id, text, length);
  g_free (text);
  g_free (path);
  return job;
}

static gint
compare_ages (gconstpointer a, gconstpointer b)
{
  const Job *const *first = a, *const *second = b;

  return ((*first)->created > (*second)->created)
      - ((*first)->created < (*second)->created);
}

GPtrArray *
store_load (Store * store)
{
  GPtrArray *found = g_ptr_array_new ();
  GStrv ids = list_ids (store->jobs);
  gchar **id;
  Job *job;

  for (id = ids; *id; id++) {
    job = load (store, *id);
    if (job)
      g_ptr_array_add (found, job);
    else if (is_described (store, *id))
      g_printerr ("serve: %s/%s: its " DESCRIPTION " is damaged or of another "
          "version; the job is set aside\n", store->jobs, *id);
  }
  g_strfreev (ids);
  g_ptr_array_sort (found, compare_ages);
  return found;
}
