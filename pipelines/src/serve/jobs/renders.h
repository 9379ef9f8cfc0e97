/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results at other strengths than the whole one, which are made when they are asked for: by one
 * worker, after another. Of each job the last one is kept. */
#ifndef SERVE_STRENGTHS_H
#define SERVE_STRENGTHS_H

#include "serve/options.h"
#include "serve/jobs/store.h"

typedef struct Strengths Strengths;

/* `path`: the file, or NULL if `fault` says why there is none. */
typedef void (*StrengthsReady) (const gchar * path, const gchar * fault,
    gpointer user);

Strengths *strengths_new (const ServeOptions * options, Store * store);

/* Kills what runs, and calls nobody any more. */
void strengths_free (Strengths * strengths);

/* Has the result of a job that is done made with that strength, 0..100, and calls `ready`, at once
 * if it is there. FALSE: too many are asked for. */
gboolean strengths_get (Strengths * strengths, const Job * job,
    guint strength, StrengthsReady ready, gpointer user);

/* The job is removed: who waits is told so. */
void strengths_forget (Strengths * strengths, const Job * job);

#endif
