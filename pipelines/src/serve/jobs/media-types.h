/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kinds of files the server takes, told by their first bytes. */
#ifndef SERVE_MEDIA_H
#define SERVE_MEDIA_H

#include <glib.h>

typedef struct
{
  const gchar *type;            /* of the upload */
  gboolean clip;
  const gchar *result_type;
  const gchar *extension;       /* the result's */
  gboolean viewable;            /* browsers show the upload as it is */
} Media;

/* How many bytes of a file tell its kind. */
#define MEDIA_HEAD 16

/* NULL: none that the server takes. */
const Media *media_sniff (const guint8 * head, gsize size);

const Media *media_find (const gchar * type);

/* The media types, in a list that ends with NULL. */
const gchar *const *media_types (void);

#endif
