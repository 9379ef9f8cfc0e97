/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define BLOCK (1 << 20)

gchar *
parts_name (const gchar * kind, guint number, const gchar * suffix)
{
  return g_strdup_printf ("%s-%05u.%s", kind, number, suffix);
}

gchar *
parts_file (const gchar * parts, const gchar * kind, guint number,
    const gchar * suffix)
{
  gchar *name = parts_name (kind, number, suffix);
  gchar *file = g_build_filename (parts, name, NULL);

  g_free (name);
  return file;
}

/* (Tasks of several machines may do the same one.) */
gchar *
parts_unfinished (const gchar * file)
{
  gchar *folder = g_path_get_dirname (file), *name = g_path_get_basename (file);
  gchar *unfinished = g_strdup_printf ("%s/.%s.%s.%d.unfinished", folder, name,
      g_get_host_name (), (gint) getpid ());

  g_free (name);
  g_free (folder);
  return unfinished;
}

static gboolean
set_error (GError ** error, const gchar * file)
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
    set_error (error, file);
  if (fd >= 0)
    close (fd);
  return done;
}

gboolean
parts_publish (const gchar * unfinished, const gchar * file, GError ** error)
{
  gchar *folder = g_path_get_dirname (file);
  gboolean done = sync_to_disk (unfinished, O_RDWR, error);

  if (done && g_rename (unfinished, file) != 0)
    done = set_error (error, file);
  done = done && sync_to_disk (folder, O_RDONLY | O_DIRECTORY, error);
  g_free (folder);
  return done;
}

gboolean
parts_sum (const gchar * file, guint64 * bytes, gchar ** sha256,
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
    set_error (error, file);
  if (fd >= 0)
    close (fd);
  g_free (block);
  g_checksum_free (sum);
  return n == 0;
}

gboolean
parts_is_whole (const gchar * file, guint64 bytes, const gchar * sha256)
{
  guint64 found_bytes;
  gchar *found = NULL;
  const gboolean whole = parts_sum (file, &found_bytes, &found, NULL)
      && found_bytes == bytes && g_strcmp0 (found, sha256) == 0;

  g_free (found);
  return whole;
}

/* Whether all that is in the folder is what this program makes. */
static gboolean
is_own (GDir * dir, const gchar * parts, GError ** error)
{
  static const gchar *const own[] = { "in-", "out-", ".", PARTS_MANIFEST,
    PARTS_MODEL, PARTS_COPY
  };
  const gchar *name;
  gsize i;

  while ((name = g_dir_read_name (dir))) {
    for (i = 0; i < G_N_ELEMENTS (own) && !g_str_has_prefix (name, own[i]);)
      i++;
    if (i == G_N_ELEMENTS (own)) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s is to be "
          "removed, but %s in it is not this program's; move that away",
          parts, name);
      return FALSE;
    }
  }
  g_dir_rewind (dir);
  return TRUE;
}

/* Without a manifest, what is left of a folder is of no use to anybody: it goes first. */
gboolean
parts_remove (const gchar * parts, GError ** error)
{
  GDir *dir = g_dir_open (parts, 0, error);
  gchar *manifest = g_build_filename (parts, PARTS_MANIFEST, NULL);
  const gchar *name;
  gboolean done = dir && is_own (dir, parts, error);

  if (done)
    g_unlink (manifest);
  g_free (manifest);

  while (done && (name = g_dir_read_name (dir))) {
    gchar *file = g_build_filename (parts, name, NULL);

    done = g_unlink (file) == 0 || set_error (error, file);
    g_free (file);
  }
  if (dir)
    g_dir_close (dir);
  return done && (g_rmdir (parts) == 0 || set_error (error, parts));
}
