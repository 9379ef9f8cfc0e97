/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Working directory of a film: OUT.parts with its manifest, segments, model and lock. */
#ifndef FILM_WORKDIR_H
#define FILM_WORKDIR_H

#include <glib.h>

#define WORKDIR_SUFFIX ".parts"
#define WORKDIR_MANIFEST "manifest.json"
#define WORKDIR_MODEL "model.safetensors"
#define WORKDIR_REPAIRED "mended.mkv"

/* Working directory for the result `out`. */
gchar *workdir_path (const gchar * out);

/* File of a segment, as in-00007.gdp: its name, and its path in the working directory. */
gchar *workdir_file_name (const gchar * kind, guint number,
    const gchar * suffix);
gchar *workdir_file (const gchar * workdir, const gchar * kind, guint number,
    const gchar * suffix);

/* Whether there is something under that name, a dangling link included. */
gboolean workdir_exists (const gchar * workdir);

gboolean workdir_create (const gchar * workdir, GError ** error);

/* Files of a working directory. */
typedef enum
{
  WORKDIR_EMPTY,                /* at most the lock */
  WORKDIR_LEFTOVER,             /* without manifest, left from a run that was killed */
  WORKDIR_BEGUN,
} WorkdirState;

WorkdirState workdir_state (const gchar * workdir);

/* Lock, held until workdir_unlock() or the end of the process. */
typedef struct
{
  gint file;                    /* -1: not locked */
} WorkdirLock;

#define WORKDIR_UNLOCKED { -1 }

/* Locks an existing working directory for one process or, if `shared`, for the processes of its
 * segments. FALSE and an error if it is in use, or is not a folder of this user with files of this
 * program only. */
gboolean workdir_lock (const gchar * workdir, gboolean shared,
    WorkdirLock * lock, GError ** error);
void workdir_unlock (WorkdirLock * lock);

/* Deletes all files but the lock. FALSE and an error if there are foreign ones. */
gboolean workdir_clear (const gchar * workdir, GError ** error);

/* Deletes the working directory and releases the lock on it. */
gboolean workdir_remove (const gchar * workdir, WorkdirLock * lock,
    GError ** error);

#endif
