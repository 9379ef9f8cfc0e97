/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are either whole and on the disk, or absent; and their checksums. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <gio/gio.h>

/* Hidden name beside `file` to write it under, unique among processes and machines. */
gchar *file_temporary_name (const gchar * file);

/* Syncs the temporary file to disk and renames it to `file`, replacing that. */
gboolean file_publish (const gchar * temporary, const gchar * file,
    GError ** error);

/* Waits until the file's data are on the disk. */
gboolean file_sync (const gchar * file, GError ** error);

/* Renames a folder, whose files are on the disk, to a name that is free. */
gboolean file_publish_folder (const gchar * temporary, const gchar * folder,
    GError ** error);

/* Replaces the file, whose data are on the disk then. */
gboolean file_write (const gchar * file, gconstpointer data, gsize size,
    GError ** error);

/* Size in bytes and SHA-256 in hexadecimal. */
gboolean file_checksum (const gchar * file, guint64 * bytes, gchar ** sha256,
    GError ** error);

/* Whether the file can be read and has this size and checksum. */
gboolean file_matches (const gchar * file, guint64 bytes, const gchar * sha256);

/* Code for an errno: G_IO_ERROR_NO_SPACE for a full disk or quota, G_IO_ERROR_BUSY for a device or
 * server that fails and may work again later. */
GIOErrorEnum file_error_code (gint code);

/* Sets an error for `file` from errno; returns FALSE. */
gboolean file_set_error (GError ** error, const gchar * file);

#endif
