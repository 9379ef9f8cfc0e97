/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity of the source of a film, by which a file that was replaced or changed is noticed. */
#ifndef FILM_SOURCE_H
#define FILM_SOURCE_H

#include <glib.h>

typedef struct
{
  guint64 bytes;
  gint64 modified;              /* Unix time, nanoseconds */
  guint64 inode;                /* its lower 63 bits */
  gchar *head;                  /* SHA-256 of the first MiB */
} SourceId;

/* FALSE and an error if the file is not a regular file with data that can be read. */
gboolean source_identify (const gchar * file, SourceId * id, GError ** error);

gboolean source_id_equal (const SourceId * a, const SourceId * b);

/* Checks that the file is still the one with this identity. */
gboolean source_check (const gchar * file, const SourceId * id,
    GError ** error);

/* Checks that all data of the file can be read, so that what a demuxer misses is damage. */
gboolean source_check_readable (const gchar * file, GError ** error);

void source_id_clear (SourceId * id);

#endif
