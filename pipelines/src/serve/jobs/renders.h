/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results at other strengths than the whole one, which are made when they are asked for: by one
 * worker, after another. Of each job the last one is kept. */
#ifndef SERVE_RENDERS_H
#define SERVE_RENDERS_H

#include "serve/options.h"
#include "serve/jobs/store.h"

typedef struct Renders Renders;

/* `path`: the file, or NULL if `fault` says why there is none. */
typedef void (*RenderReady) (const gchar * path, const gchar * fault,
    gpointer user);

Renders *renders_new (const ServeOptions * options, Store * store);

/* Kills what runs, and calls nobody any more. */
void renders_free (Renders * renders);

/* Has the result of a job that is done made with that strength, 0..100, and calls `ready`, at once
 * if it is there. FALSE: too many are asked for. */
gboolean renders_get (Renders * renders, const Job * job,
    guint strength, RenderReady ready, gpointer user);

/* The job is removed: who waits is told so. */
void renders_cancel (Renders * renders, const Job * job);

#endif
