/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which films are meant. */
#ifndef TRANSCODE_LIST_H
#define TRANSCODE_LIST_H

#include <glib.h>

/* The files that are named, and those of folders that are, which have a film's suffix, in the
 * order of their names. NULL: an error. */
GPtrArray *films_list (gchar ** in, GError ** error);

#endif
