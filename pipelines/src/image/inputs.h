/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Input pictures and their output files. */
#ifndef IMAGE_INPUTS_H
#define IMAGE_INPUTS_H

#include <glib.h>

/* Default output folder, relative to the current one. */
#define INPUTS_DEFAULT_OUT "out"

typedef struct
{
  gchar *in, *out;
} Input;

/* The pictures of each `in`, sorted by name: a file, a folder (its files with the suffix of a
 * picture) or a shell pattern. `out` is a file for a single picture, unless `many`, or else a
 * folder, or a folder with another suffix, as in "folder/" followed by "*.png"; NULL is the default
 * folder.
 * Folders are created. Returns an array of Input, or NULL and an error of one sentence if there
 * is no picture, or if two pictures have the same output file. `many` becomes TRUE if `in` has a
 * folder or a pattern. */
GPtrArray *inputs_list (const GStrv in, const gchar * out, gboolean * many,
    GError ** error);

#endif
