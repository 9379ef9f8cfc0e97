/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (1 << 20)         /* bytes read at a time */
#define MAX_NAME 100            /* bytes of a name that are kept in temporary names */

/* A hash stands for a name that would become too long for the file system. */
gchar *
file_temporary_name (const gchar * file)
{
  static gint count;
  gchar *folder = g_path_get_dirname (file), *name = g_path_get_basename (file);
  gchar *hash = g_strdup_printf ("%08x", g_str_hash (name));
  gchar *temporary = g_strdup_printf ("%s/.%s.%.64s.%d-%d.unfinished", folder,
      strlen (name) > MAX_NAME ? hash : name, g_get_host_name (),
      (gint) getpid (), g_atomic_int_add (&count, 1));

  g_free (hash);
  g_free (name);
  g_free (folder);
  return temporary;
}

GIOErrorEnum
file_error_code (gint code)
{
  switch (code) {
    case EDQUOT:
      return G_IO_ERROR_NO_SPACE;
    case EIO:
    case ESTALE:
    case ENODEV:
    case ENXIO:
    case EREMOTEIO:
    case ETIMEDOUT:
      return G_IO_ERROR_BUSY;
    default:
      return g_io_error_from_errno (code);
  }
}

gboolean
file_set_error (GError ** error, const gchar * file)
{
  const gint code = errno;

  g_set_error (error, G_IO_ERROR, (gint) file_error_code (code), "%s: %s", file,
      g_strerror (code));
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
file_sync (const gchar * file, GError ** error)
{
  return sync_to_disk (file, O_RDWR, error);
}

gboolean
file_publish_folder (const gchar * temporary, const gchar * folder,
    GError ** error)
{
  gchar *parent = g_path_get_dirname (folder);
  const gboolean done = (g_rename (temporary, folder) == 0
      || file_set_error (error, folder))
      && sync_to_disk (parent, O_RDONLY | O_DIRECTORY, error);

  g_free (parent);
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

static gboolean
write_all (int fd, const guint8 * data, gsize size)
{
  gssize n;

  for (; size > 0; data += n, size -= (gsize) n) {
    n = write (fd, data, size);
    if (n < 0 && errno == EINTR)
      n = 0;
    else if (n < 0)
      return FALSE;
  }
  return TRUE;
}

/* Process numbers repeat in containers: a killed process may have left a file
 * of the same name. */
static int
create_temporary (const gchar * file, gchar ** temporary)
{
  int fd;

  do {
    g_free (*temporary);
    *temporary = file_temporary_name (file);
    fd = g_open (*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EEXIST);
  return fd;
}

gboolean
file_write (const gchar * file, gconstpointer data, gsize size, GError ** error)
{
  gchar *temporary = NULL;
  const int fd = create_temporary (file, &temporary);
  gboolean done = fd >= 0 && write_all (fd, data, size);

  if (!done)
    file_set_error (error, file);
  if (fd >= 0 && close (fd) != 0 && done)
    done = file_set_error (error, file);
  done = done && file_publish (temporary, file, error);
  if (!done && fd >= 0)
    g_unlink (temporary);
  g_free (temporary);
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
