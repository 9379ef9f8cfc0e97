/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker: the process of one job. */
#ifndef SERVE_WORKER_PROCESS_H
#define SERVE_WORKER_PROCESS_H

#include <json-glib/json-glib.h>

typedef struct WorkerProcess WorkerProcess;

/* What a worker says while it works. */
typedef void (*WorkerProgress) (JsonObject * message, gpointer user);

/* It has ended. `fault`: NULL, or a sentence for who sent the file. Nothing of it is left then. */
typedef void (*WorkerEnd) (const gchar * fault, gpointer user);

/* Starts zsdenoise-worker, which lies beside this program, with these arguments (without its name;
 * the list ends with NULL) in the folder. `seconds`: after that long it is killed. */
WorkerProcess *worker_process_start (const gchar * folder,
    const gchar * const *arguments, guint seconds, WorkerProgress message,
    WorkerEnd end, gpointer user, GError ** error);

/* Ends it and all that it may have started; `end` is not called any more. */
void worker_process_kill (WorkerProcess * worker);

#endif
