/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define BLOCK (1 << 20)         /* bytes read at a time */

gchar *
file_temporary_name (const gchar * file)
{
  gchar *folder = g_path_get_dirname (file), *name = g_path_get_basename (file);
  gchar *temporary = g_strdup_printf ("%s/.%s.%s.%d.unfinished", folder, name,
      g_get_host_name (), (gint) getpid ());

  g_free (name);
  g_free (folder);
  return temporary;
}

gboolean
file_set_error (GError ** error, const gchar * file)
{
  const gint code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
      "%s: %s", file, g_strerror (code));
  return FALSE;
}

static gboolean
sync_to_disk (const gchar * file, gint flags, GError ** error)
{
  const int fd = g_open (file, flags | O_CLOEXEC, 0);
  const gboolean done = fd >= 0 && fsync (fd) == 0;

  if (!done)
    file_set_error (error, file);
  if (fd >= 0)
    close (fd);
  return done;
}

gboolean
file_publish (const gchar * temporary, const gchar * file, GError ** error)
{
  gchar *folder = g_path_get_dirname (file);
  gboolean done = sync_to_disk (temporary, O_RDWR, error);

  if (done && g_rename (temporary, file) != 0)
    done = file_set_error (error, file);
  done = done && sync_to_disk (folder, O_RDONLY | O_DIRECTORY, error);
  g_free (folder);
  return done;
}

gboolean
file_checksum (const gchar * file, guint64 * bytes, gchar ** sha256,
    GError ** error)
{
  const int fd = g_open (file, O_RDONLY | O_CLOEXEC, 0);
  GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar *block = g_malloc (BLOCK);
  gssize n = -1;

  *bytes = 0;
  while (fd >= 0 && (n = read (fd, block, BLOCK)) > 0) {
    g_checksum_update (sum, block, n);
    *bytes += (guint64) n;
  }
  if (n == 0)
    *sha256 = g_strdup (g_checksum_get_string (sum));
  else
    file_set_error (error, file);
  if (fd >= 0)
    close (fd);
  g_free (block);
  g_checksum_free (sum);
  return n == 0;
}

gboolean
file_matches (const gchar * file, guint64 bytes, const gchar * sha256)
{
  guint64 found_bytes;
  gchar *found = NULL;
  const gboolean matches = file_checksum (file, &found_bytes, &found, NULL)
      && found_bytes == bytes && g_strcmp0 (found, sha256) == 0;

  g_free (found);
  return matches;
}
