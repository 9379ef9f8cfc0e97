/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which pictures are denoised, and where each goes. */
#ifndef IMAGE_INPUTS_H
#define IMAGE_INPUTS_H

#include <glib.h>

/* Without a place to write to, pictures go to this folder of the current one. */
#define INPUTS_DEFAULT_OUT "out"

typedef struct
{
  gchar *in, *out;
} Input;

/* The pictures of `in`, a file, a folder (those of its files that have a picture's suffix) or a
 * pattern of the shell's, in the order of their names. Each goes to `out`: to a file of that name
 * if there is only one, to a folder otherwise, or with another suffix, as "folder/" followed by
 * "*.png". Folders are made. NULL and an error of one sentence if there is no picture, or if two
 * would go to the same place. */
GPtrArray *inputs_list (const gchar * in, const gchar * out, GError ** error);

#endif
