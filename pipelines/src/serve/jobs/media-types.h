/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kinds of files the server takes, told by their first bytes. */
#ifndef SERVE_MEDIA_TYPES_H
#define SERVE_MEDIA_TYPES_H

#include <glib.h>

typedef struct
{
  const gchar *type;            /* of the upload */
  gboolean clip;
  const gchar *result_type;
  const gchar *extension;       /* the result's */
  gboolean viewable;            /* browsers show the upload as it is */
} MediaType;

/* How many bytes of a file tell its kind. */
#define MEDIA_TYPE_HEAD_SIZE 16

/* NULL: none that the server takes. */
const MediaType *media_type_sniff (const guint8 * head, gsize size);

const MediaType *media_type_find (const gchar * type);

/* The media types, in a list that ends with NULL. */
const gchar *const *media_type_names (void);

#endif
