/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Working directory of a film: OUT.parts with its manifest, segments and model. */
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

/* Deletes the working directory. FALSE and an error if it contains foreign files. */
gboolean workdir_remove (const gchar * workdir, GError ** error);

#endif
