/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sandbox of workers, made by bubblewrap: namespaces without network, other processes or other
 * files than programs, libraries and the folder of the job. Workers add limits, Landlock and a
 * filter of system calls themselves, which is the sandbox where bubblewrap does not work. */
#ifndef SERVE_JOBS_SANDBOX_H
#define SERVE_JOBS_SANDBOX_H

#include <glib.h>

typedef enum
{
  SANDBOX_NONE,
  SANDBOX_LANDLOCK,
  SANDBOX_BUBBLEWRAP,
} Sandbox;

/* Appends to `line` the command line that runs `program` in bubblewrap's sandbox, in `folder`, the
 * only one that it may write to; the program with its arguments is to follow. */
void sandbox_append (GPtrArray * line, const gchar * program,
    const gchar * folder);

/* The sandbox that works here. SANDBOX_NONE and an error that says what is missing if none does. */
Sandbox sandbox_find (const gchar * program, const gchar * folder,
    GError ** error);

#endif
