/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files in the folder of a film's parts. */
#ifndef FILM_WORKDIR_H
#define FILM_WORKDIR_H

#include <glib.h>

#define PARTS_SUFFIX ".parts"
#define PARTS_MANIFEST "manifest.json"
#define PARTS_MODEL "model.safetensors"
#define PARTS_COPY "mended.mkv"

/* in-00007.gdp; with its folder. */
gchar *parts_name (const gchar * kind, guint number, const gchar * suffix);
gchar *parts_file (const gchar * parts, const gchar * kind, guint number,
    const gchar * suffix);

/* Removes the folder and what is in it, unless something there is not this program's. */
gboolean parts_remove (const gchar * parts, GError ** error);

#endif
