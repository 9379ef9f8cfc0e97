/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a worker is told what to do. */
#ifndef SERVE_WORKER_COMMAND_H
#define SERVE_WORKER_COMMAND_H

#include "serve/options.h"
#include "serve/jobs/worker-process.h"
#include "serve/jobs/store.h"

/* Has the job denoised, in its folder. */
WorkerProcess *worker_command_denoise (const ServeOptions * options,
    Store * store, const Job * job, WorkerProgress message, WorkerEnd end,
    gpointer user, GError ** error);

/* Has its result made once more with that strength, in per cent, as worker_command_result_name() says. */
WorkerProcess *worker_command_render (const ServeOptions * options,
    Store * store, const Job * job, guint strength, WorkerProgress message,
    WorkerEnd end, gpointer user, GError ** error);

/* To be freed. */
gchar *worker_command_result_name (guint strength);

/* Whether workers can work here: FALSE and an error if they are not there or miss something. Waits
 * for it. */
gboolean worker_command_check (const ServeOptions * options, GError ** error);

#endif
