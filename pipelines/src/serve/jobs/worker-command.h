/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines of workers. */
#ifndef SERVE_JOBS_WORKER_COMMAND_H
#define SERVE_JOBS_WORKER_COMMAND_H

#include "serve/options.h"
#include "serve/jobs/worker-process.h"
#include "serve/jobs/store.h"

/* Starts a worker that denoises the upload of the job. */
WorkerProcess *worker_command_denoise (const ServeOptions * options,
    Store * store, const Job * job, const WorkerObserver * observer,
    GError ** error);

/* Starts a worker that renders the result again at that strength, 0..200 but 100 per cent:
 * a picture's from both pictures below 100, otherwise anew. */
WorkerProcess *worker_command_render (const ServeOptions * options,
    Store * store, const Job * job, guint strength,
    const WorkerObserver * observer, GError ** error);

/* File name of a result at that strength. Free with g_free(). */
gchar *worker_command_result_name (guint strength);

/* Runs a worker that checks the installation and waits for its end. FALSE and an error if the worker
 * or an element is missing. */
gboolean worker_command_check (const ServeOptions * options, GError ** error);

#endif
