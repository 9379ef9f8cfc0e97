/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files in the folder of a film's parts. */
#ifndef FILM_WORKDIR_H
#define FILM_WORKDIR_H

#include <glib.h>

#define WORKDIR_SUFFIX ".parts"
#define WORKDIR_MANIFEST "manifest.json"
#define WORKDIR_MODEL "model.safetensors"
#define WORKDIR_REPAIRED "mended.mkv"

/* The folder of the parts of a film that goes to `out`. */
gchar *workdir_path (const gchar * out);

/* in-00007.gdp; with its folder. */
gchar *workdir_file_name (const gchar * kind, guint number, const gchar * suffix);
gchar *workdir_file (const gchar * workdir, const gchar * kind, guint number,
    const gchar * suffix);

/* Removes the folder and what is in it, unless something there is not this program's. */
gboolean workdir_remove (const gchar * workdir, GError ** error);

#endif
