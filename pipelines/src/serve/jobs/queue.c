/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/queue.h"

#include "common/clock.h"
#include "serve/jobs/worker-command.h"

#define LONGEST_WAIT 120        /* seconds, that anybody is told to try again after */

/* A job and what only this file knows of it. */
typedef struct
{
  Job *job;
  Jobs *jobs;
  Run *run;                     /* while it runs */
} Entry;

struct Jobs
{
  const ServeOptions *options;
  Store *store;
  GHashTable *entries;          /* by id */
  GQueue waiting;               /* of Entry */
  guint running;
  gboolean stopped;
  JobsCounts counts;            /* without the states */
  JobsChanged changed;
  gpointer user;
};

static void
tell (Entry * entry, gboolean gone)
{
  entry->job->version++;
  entry->jobs->changed (entry->job, gone, entry->jobs->user);
}

static void
save (Entry * entry)
{
  GError *error = NULL;

  if (!store_save (entry->jobs->store, entry->job, &error)) {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
  }
}

/* --- the queue --- */

static void
number_waiting (Jobs * jobs)
{
  guint position = 0;
  GList *i;

  for (i = jobs->waiting.head; i; i = i->next, position++) {
    Entry *entry = i->data;

    if (entry->job->position != position) {
      entry->job->position = position;
      tell (entry, FALSE);
    }
  }
}

static void schedule (Jobs * jobs);

static void
finish (Entry * entry, const gchar * fault)
{
  Jobs *jobs = entry->jobs;
  Job *job = entry->job;

  job->finished = g_get_real_time ();
  job->seconds = clock_seconds_since (job->started);
  job->result_bytes = store_size (jobs->store, job, STORE_RESULT);
  if (fault == NULL && job->result_bytes == 0)
    fault = "Its process ended without a result.";
  job->stored = store_total (jobs->store, job);
  job->state = fault ? JOB_FAILED : JOB_DONE;
  job->fault = g_strdup (fault);
  if (fault)
    jobs->counts.failed++;
  else
    jobs->counts.done++;
  jobs->counts.seconds += job->seconds;
  save (entry);
  tell (entry, FALSE);
}

static void
on_end (const gchar * fault, gpointer user)
{
  Entry *entry = user;

  entry->run = NULL;
  entry->jobs->running--;
  finish (entry, fault);
  schedule (entry->jobs);
}

static void
on_news (JsonObject * news, gpointer user)
{
  Entry *entry = user;

  job_take_news (entry->job, news);
  tell (entry, FALSE);
}

static void
begin (Entry * entry)
{
  Jobs *jobs = entry->jobs;
  Job *job = entry->job;
  GError *error = NULL;

  job->state = JOB_RUNNING;
  job->started = g_get_monotonic_time ();
  entry->run = work_denoise (jobs->options, jobs->store, job, on_news, on_end,
      entry, &error);
  if (entry->run) {
    jobs->running++;
    tell (entry, FALSE);
  } else {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
    finish (entry, "Its process could not be started.");
  }
}

static void
schedule (Jobs * jobs)
{
  while (!jobs->stopped && jobs->running < (guint) jobs->options->workers
      && !g_queue_is_empty (&jobs->waiting))
    begin (g_queue_pop_head (&jobs->waiting));
  number_waiting (jobs);
}

/* --- coming --- */

gboolean
jobs_reserve (Jobs * jobs, guint * retry_after)
{
  const guint waiting = jobs->waiting.length + jobs->counts.coming;
  const guint workers = (guint) jobs->options->workers;
  const guint64 over = jobs->counts.done + jobs->counts.failed;
  const gdouble each = over ? jobs->counts.seconds / (gdouble) over : 1;

  if (jobs->stopped
      || jobs->running + waiting >= workers + (guint) jobs->options->queue) {
    *retry_after = (guint) CLAMP (each * (waiting + 1) / workers, 1,
        LONGEST_WAIT);
    return FALSE;
  }
  jobs->counts.coming++;
  return TRUE;
}

void
jobs_release (Jobs * jobs)
{
  jobs->counts.coming--;
}

static Entry *
enter (Jobs * jobs, Job * job)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->job = job;
  entry->jobs = jobs;
  g_hash_table_insert (jobs->entries, job->id, entry);
  return entry;
}

static void
enqueue (Jobs * jobs, Job * job)
{
  job->position = jobs->waiting.length;
  g_queue_push_tail (&jobs->waiting, enter (jobs, job));
}

gboolean
jobs_add (Jobs * jobs, Job * job, GError ** error)
{
  jobs->counts.coming--;
  if (!store_keep (jobs->store, job, error)) {
    store_drop (jobs->store, job);
    store_remove (jobs->store, job);
    job_free (job);
    return FALSE;
  }
  jobs->counts.accepted++;
  enqueue (jobs, job);
  schedule (jobs);
  return TRUE;
}

/* --- going --- */

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  job_free (entry->job);
  g_free (entry);
}

void
jobs_remove (Jobs * jobs, Job * job)
{
  Entry *entry = g_hash_table_lookup (jobs->entries, job->id);

  if (entry->run) {
    run_kill (entry->run);
    jobs->running--;
  }
  g_queue_remove (&jobs->waiting, entry);
  tell (entry, TRUE);
  store_remove (jobs->store, job);
  g_hash_table_remove (jobs->entries, job->id);
  schedule (jobs);
}

static gint
compare_ends (gconstpointer a, gconstpointer b)
{
  const Job *const *first = a, *const *second = b;

  return ((*first)->finished < (*second)->finished)
      - ((*first)->finished > (*second)->finished);
}

/* Those that are over, the last one first. */
static GPtrArray *
list_finished (Jobs * jobs)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, jobs->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;

    if (entry->job->finished)
      g_ptr_array_add (list, entry->job);
  }
  g_ptr_array_sort (list, compare_ends);
  return list;
}

void
jobs_expire (Jobs * jobs)
{
  const gint64 oldest = g_get_real_time () -
      jobs->options->keep * G_TIME_SPAN_MINUTE;
  const goffset most = (goffset) jobs->options->disk << 20;
  GPtrArray *list = list_finished (jobs);
  goffset total = 0;
  guint i;

  for (i = 0; i < list->len; i++) {
    Job *job = g_ptr_array_index (list, i);

    total += job->stored;
    if (job->finished < oldest || total > most)
      jobs_remove (jobs, job);
  }
  g_ptr_array_unref (list);
  /* (A worker that was being killed may have written a last file.) */
  store_sweep (jobs->store, jobs->entries);
}

/* --- all of them --- */

Job *
jobs_find (Jobs * jobs, const gchar * id)
{
  Entry *entry = g_hash_table_lookup (jobs->entries, id);

  return entry ? entry->job : NULL;
}

Store *
jobs_store (Jobs * jobs)
{
  return jobs->store;
}

void
jobs_stop (Jobs * jobs)
{
  jobs->stopped = TRUE;
}

void
jobs_count (Jobs * jobs, JobsCounts * counts)
{
  GHashTableIter iter;
  gpointer value;

  *counts = jobs->counts;
  g_hash_table_iter_init (&iter, jobs->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    counts->states[((Entry *) value)->job->state]++;
}

Jobs *
jobs_open (const ServeOptions * options, JobsChanged changed, gpointer user,
    GError ** error)
{
  Store *store = store_open (options->state, error);
  GPtrArray *kept;
  Jobs *jobs;
  guint i;

  if (store == NULL)
    return NULL;
  jobs = g_new0 (Jobs, 1);
  jobs->options = options;
  jobs->store = store;
  jobs->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      free_entry);
  jobs->changed = changed;
  jobs->user = user;
  kept = store_load (store);
  for (i = 0; i < kept->len; i++) {
    Job *job = g_ptr_array_index (kept, i);

    job->stored = store_total (store, job);
    if (job->state == JOB_QUEUED)
      enqueue (jobs, job);
    else
      enter (jobs, job);
  }
  g_ptr_array_unref (kept);
  return jobs;
}

void
jobs_start (Jobs * jobs)
{
  schedule (jobs);
}

void
jobs_close (Jobs * jobs)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, jobs->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Entry *) value)->run)
      run_kill (((Entry *) value)->run);
  g_hash_table_unref (jobs->entries);
  g_queue_clear (&jobs->waiting);
  store_close (jobs->store);
  g_free (jobs);
}
