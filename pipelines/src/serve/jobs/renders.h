/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results at other strengths than 100 %, rendered on request by one worker after another. The
 * last one of each job is kept. */
#ifndef SERVE_JOBS_RENDERS_H
#define SERVE_JOBS_RENDERS_H

#include "serve/options.h"
#include "serve/jobs/store.h"

#define RENDERS_MAX_STRENGTH 200        /* per cent */

typedef struct Renders Renders;

/* `path`: the result, or NULL if `fault` tells why there is none. */
typedef void (*RenderReady) (const gchar * path, const gchar * fault,
    gpointer user);

Renders *renders_new (const ServeOptions * options, Store * store);

/* Kills the running worker. Pending requests are dropped without a call. */
void renders_free (Renders * renders);

/* Requests the result of a finished job at a strength of 0..RENDERS_MAX_STRENGTH but 100 per cent.
 * `ready` is called when it is rendered, immediately if it exists. FALSE: too many requests are pending. */
gboolean renders_get (Renders * renders, const Job * job,
    guint strength, RenderReady ready, gpointer user);

/* Fails the pending requests of a job that is removed. */
void renders_cancel (Renders * renders, const Job * job);

#endif
