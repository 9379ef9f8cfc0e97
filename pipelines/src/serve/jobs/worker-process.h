/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Worker process: zsdenoise-worker, one for each job. */
#ifndef SERVE_JOBS_WORKER_PROCESS_H
#define SERVE_JOBS_WORKER_PROCESS_H

#include <json-glib/json-glib.h>

typedef struct WorkerProcess WorkerProcess;

typedef struct
{
  /* A message other than an error. NULL: messages are ignored. */
  void (*progress) (JsonObject * message, gpointer user);

  /* The process has ended and the worker is freed after the call. `fault`: NULL on success, or a
   * sentence for the client; `reason`: see job_find_reason(), may be NULL. */
  void (*end) (const gchar * fault, const gchar * reason, gpointer user);

  gpointer user;
} WorkerObserver;

/* Path of zsdenoise-worker: in the folder of this program or, installed, in libexecdir/zsdenoise.
 * NULL: an error. */
gchar *worker_process_program (GError ** error);

/* Starts zsdenoise-worker with the NULL-terminated `arguments` (without the program name) and
 * `folder` as current folder, in bubblewrap if `sandbox`. The process is killed after `seconds`.
 * Returns NULL and an error on failure. */
WorkerProcess *worker_process_start (const gchar * folder,
    const gchar * const *arguments, guint seconds, gboolean sandbox,
    const WorkerObserver * observer, GError ** error);

/* Kills the process and its children. The observer is not called any more. */
void worker_process_kill (WorkerProcess * worker);

#endif
