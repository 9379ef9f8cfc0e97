/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/queue.h"

#include "common/clock.h"
#include "serve/jobs/worker-command.h"

#define MAX_RETRY_AFTER 120     /* seconds */

/* Time that finished jobs have at least after a start, whose clock may be wrong. */
#define LEAST_TIME (5 * G_TIME_SPAN_MINUTE)

/* A job and its worker. */
typedef struct
{
  Job *job;
  Queue *queue;
  WorkerProcess *worker;        /* NULL: not running */
} Entry;

struct Queue
{
  const ServeOptions *options;
  Store *store;
  GHashTable *entries;          /* by id */
  GQueue waiting;               /* of Entry */
  guint running;
  guint reserved;               /* complete uploads that are being stored */
  gboolean stopped;
  QueueCounts counts;           /* except `states` */
  QueueChanged changed;
  gpointer user;
};

static void
notify (Entry * entry, gboolean gone)
{
  entry->job->version++;
  entry->queue->changed (entry->job, gone, entry->queue->user);
}

static void
save (Entry * entry)
{
  GError *error = NULL;

  if (!store_save (entry->queue->store, entry->job, &error)) {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
  }
}

/* --- the queue --- */

static void
update_positions (Queue * queue)
{
  guint position = 0;
  GList *i;

  for (i = queue->waiting.head; i; i = i->next, position++) {
    Entry *entry = i->data;

    if (entry->job->position != position) {
      entry->job->position = position;
      notify (entry, FALSE);
    }
  }
}

static void schedule (Queue * queue);

static void
finish (Entry * entry, const gchar * fault, const gchar * reason)
{
  Queue *queue = entry->queue;
  Job *job = entry->job;

  job->finished = g_get_real_time ();
  job->ended = g_get_monotonic_time ();
  job->seconds = clock_seconds_since (job->started);
  job->result_bytes = store_file_size (queue->store, job, STORE_RESULT);
  if (fault == NULL && job->result_bytes == 0)
    fault = "Its process ended without a result.";
  job->stored = store_job_size (queue->store, job);
  job->state = fault ? JOB_FAILED : JOB_DONE;
  job->fault = g_strdup (fault);
  job->reason = reason;
  if (fault)
    queue->counts.failed++;
  else
    queue->counts.done++;
  queue->counts.seconds += job->seconds;
  save (entry);
  notify (entry, FALSE);
}

static void
on_worker_end (const gchar * fault, const gchar * reason, gpointer user)
{
  Entry *entry = user;

  entry->worker = NULL;
  entry->queue->running--;
  finish (entry, fault, reason);
  schedule (entry->queue);
}

static void
on_worker_progress (JsonObject * message, gpointer user)
{
  Entry *entry = user;

  job_update (entry->job, message);
  notify (entry, FALSE);
}

static void
start (Entry * entry)
{
  Queue *queue = entry->queue;
  Job *job = entry->job;
  const WorkerObserver observer = { on_worker_progress, on_worker_end, entry };
  GError *error = NULL;

  job->state = JOB_RUNNING;
  job->started = g_get_monotonic_time ();
  entry->worker =
      worker_command_denoise (queue->options, queue->store, job, &observer,
      &error);
  if (entry->worker) {
    queue->running++;
    notify (entry, FALSE);
  } else {
    g_printerr ("serve: %s\n", error->message);
    g_error_free (error);
    finish (entry, "Its process could not be started.", NULL);
  }
}

static void
schedule (Queue * queue)
{
  while (!queue->stopped && queue->running < (guint) queue->options->workers
      && !g_queue_is_empty (&queue->waiting))
    start (g_queue_pop_head (&queue->waiting));
  update_positions (queue);
}

/* --- adding --- */

gboolean
queue_has_place (Queue * queue, guint * retry_after)
{
  const guint waiting = queue->waiting.length + queue->reserved;
  const guint workers = (guint) queue->options->workers;
  const guint64 exited = queue->counts.done + queue->counts.failed;
  const gdouble each = exited ? queue->counts.seconds / (gdouble) exited : 1;

  *retry_after = (guint) CLAMP (each * (waiting + 1) / workers, 1,
      MAX_RETRY_AFTER);
  return !queue->stopped
      && queue->running + waiting < workers + (guint) queue->options->queue;
}

void
queue_reserve (Queue * queue)
{
  queue->reserved++;
}

void
queue_release (Queue * queue)
{
  queue->reserved--;
}

static Entry *
insert (Queue * queue, Job * job)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->job = job;
  entry->queue = queue;
  g_hash_table_insert (queue->entries, job->id, entry);
  return entry;
}

static void
enqueue (Queue * queue, Job * job)
{
  job->position = queue->waiting.length;
  g_queue_push_tail (&queue->waiting, insert (queue, job));
}

void
queue_add (Queue * queue, Job * job)
{
  queue->reserved--;
  queue->counts.accepted++;
  enqueue (queue, job);
  schedule (queue);
}

/* --- removing --- */

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  job_free (entry->job);
  g_free (entry);
}

void
queue_remove (Queue * queue, Job * job)
{
  Entry *entry = g_hash_table_lookup (queue->entries, job->id);

  if (entry->worker) {
    worker_process_kill (entry->worker);
    queue->running--;
  }
  g_queue_remove (&queue->waiting, entry);
  notify (entry, TRUE);
  store_remove (queue->store, job);
  g_hash_table_remove (queue->entries, job->id);
  schedule (queue);
}

static gint
compare_finish_times (gconstpointer a, gconstpointer b)
{
  const Job *const *first = a, *const *second = b;

  return ((*first)->ended < (*second)->ended)
      - ((*first)->ended > (*second)->ended);
}

/* Finished jobs, newest first. */
static GPtrArray *
list_finished (Queue * queue)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, queue->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Entry *entry = value;

    if (entry->job->finished)
      g_ptr_array_add (list, entry->job);
  }
  g_ptr_array_sort (list, compare_finish_times);
  return list;
}

void
queue_expire (Queue * queue)
{
  const gint64 oldest = g_get_monotonic_time () -
      queue->options->keep * G_TIME_SPAN_MINUTE;
  const goffset most = (goffset) queue->options->disk << 20;
  GPtrArray *list = list_finished (queue);
  goffset total = 0;
  guint i;

  for (i = 0; i < list->len; i++) {
    Job *job = g_ptr_array_index (list, i);

    total += job->stored;
    if (job->ended < oldest || total > most)
      queue_remove (queue, job);
  }
  g_ptr_array_unref (list);
  /* A worker that was being killed may have written another file. */
  store_sweep (queue->store, queue->entries);
}

/* --- public functions --- */

Job *
queue_find (Queue * queue, const gchar * id)
{
  Entry *entry = g_hash_table_lookup (queue->entries, id);

  return entry ? entry->job : NULL;
}

Store *
queue_store (Queue * queue)
{
  return queue->store;
}

void
queue_stop (Queue * queue)
{
  queue->stopped = TRUE;
}

void
queue_count (Queue * queue, QueueCounts * counts)
{
  GHashTableIter iter;
  gpointer value;

  *counts = queue->counts;
  g_hash_table_iter_init (&iter, queue->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    counts->states[((Entry *) value)->job->state]++;
}

Queue *
queue_open (const ServeOptions * options, QueueChanged changed, gpointer user,
    GError ** error)
{
  Store *store = store_open (options->state, error);
  GPtrArray *kept;
  Queue *queue;
  guint i;

  if (store == NULL)
    return NULL;
  queue = g_new0 (Queue, 1);
  queue->options = options;
  queue->store = store;
  queue->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      free_entry);
  queue->changed = changed;
  queue->user = user;
  kept = store_load (store);
  for (i = 0; i < kept->len; i++) {
    Job *job = g_ptr_array_index (kept, i);

    job->stored = store_job_size (store, job);
    job_resume_age (job, options->keep * G_TIME_SPAN_MINUTE, LEAST_TIME);
    if (job->state == JOB_QUEUED)
      enqueue (queue, job);
    else
      insert (queue, job);
  }
  g_ptr_array_unref (kept);
  return queue;
}

void
queue_start (Queue * queue)
{
  schedule (queue);
}

void
queue_close (Queue * queue)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, queue->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Entry *) value)->worker)
      worker_process_kill (((Entry *) value)->worker);
  g_hash_table_unref (queue->entries);
  g_queue_clear (&queue->waiting);
  store_close (queue->store);
  g_free (queue);
}
