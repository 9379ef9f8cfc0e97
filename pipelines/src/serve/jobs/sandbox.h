/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sandbox of workers, made by bubblewrap: namespaces without network, other processes or other files
 * than programs, libraries and the folder of the job. Workers add limits and a filter of system
 * calls themselves. */
#ifndef SERVE_JOBS_SANDBOX_H
#define SERVE_JOBS_SANDBOX_H

#include <glib.h>

/* Appends to `line` the command line that runs `program` in a sandbox, in `folder`, which it may write
 * to; the program with its arguments is to follow. */
void sandbox_append (GPtrArray * line, const gchar * program,
    const gchar * folder);

/* Tries the sandbox. FALSE and an error that says what is missing. */
gboolean sandbox_check (const gchar * program, const gchar * folder,
    GError ** error);

#endif
