/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which films are meant, and where they go to. */
#ifndef FILM_INPUTS_H
#define FILM_INPUTS_H

#include <glib.h>

/* The files that are named, and those of folders that are, which have a film's suffix, in the
 * order of their names. NULL: an error. */
GPtrArray *inputs_list (gchar ** in, GError ** error);

/* Where a film goes to: into the folder, under its own name with a mark after it, in a kind of
 * file that holds the codec. */
gchar *inputs_output_path (const gchar * folder, const gchar * film,
    const gchar * mark, const gchar * codec);

#endif
