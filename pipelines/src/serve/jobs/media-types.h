/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File types that the server accepts, detected by their first bytes. */
#ifndef SERVE_JOBS_MEDIA_TYPES_H
#define SERVE_JOBS_MEDIA_TYPES_H

#include <glib.h>

typedef struct
{
  const gchar *type;            /* media type of the upload */
  gboolean clip;
  const gchar *result_type;
  const gchar *extension;       /* of the result */
  gboolean viewable;            /* browsers can show the upload */
} MediaType;

/* Bytes from the start of a file that are needed for detection. */
#define MEDIA_TYPE_HEAD_SIZE 16

/* NULL: the type is not accepted. */
const MediaType *media_type_sniff (const guint8 * head, gsize size);

/* By media type; NULL: not accepted. */
const MediaType *media_type_find (const gchar * type);

/* Accepted media types, NULL-terminated. */
const gchar *const *media_type_names (void);

#endif
