/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker: the process of one job. */
#ifndef SERVE_RUN_H
#define SERVE_RUN_H

#include <json-glib/json-glib.h>

typedef struct Run Run;

/* What a worker says while it works. */
typedef void (*RunNews) (JsonObject * news, gpointer user);

/* It has ended. `fault`: NULL, or a sentence for who sent the file. Nothing of it is left then. */
typedef void (*RunEnd) (const gchar * fault, gpointer user);

/* Starts zsdenoise-worker, which lies beside this program, with these arguments (without its name;
 * the list ends with NULL) in the folder. `seconds`: after that long it is killed. */
Run *run_start (const gchar * folder, const gchar * const *arguments,
    guint seconds, RunNews news, RunEnd end, gpointer user, GError ** error);

/* Ends it and all that it may have started; `end` is not called any more. */
void run_kill (Run * run);

#endif
