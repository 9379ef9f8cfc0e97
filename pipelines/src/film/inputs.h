/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Input files of a run and the paths of their results. */
#ifndef FILM_INPUTS_H
#define FILM_INPUTS_H

#include <glib/gstdio.h>

/* Expands the arguments: files as given, folders to the video files in them, sorted by name. NULL
 * and an error if a folder has none or cannot be read. */
GPtrArray *inputs_list (gchar ** in, GError ** error);

/* Whether the file can be used: regular, readable and not empty. Sets its status. FALSE and an error
 * that says why not. */
gboolean inputs_check (const gchar * file, GStatBuf * status, GError ** error);

/* Path of the result: `folder`/name of the film + `mark` + suffix for the codec. */
gchar *inputs_output_path (const gchar * folder, const gchar * film,
    const gchar * mark, const gchar * codec);

#endif
