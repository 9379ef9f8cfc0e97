/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/source.h"

#include "common/file.h"
#include "film/inputs.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define HEAD_BYTES (1 << 20)

/* SHA-256 of the first bytes of the file. NULL: an error. */
static gchar *
sum_head (const gchar * file, GError ** error)
{
  const int fd = g_open (file, O_RDONLY | O_CLOEXEC, 0);
  guchar *head = g_malloc (HEAD_BYTES);
  gsize size = 0;
  gssize n = -1;
  gchar *sum = NULL;

  while (fd >= 0 && (n = read (fd, head + size, HEAD_BYTES - size)) > 0)
    size += (gsize) n;
  if (n == 0)
    sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, head, size);
  else
    file_set_error (error, file);
  if (fd >= 0)
    close (fd);
  g_free (head);
  return sum;
}

gboolean
source_identify (const gchar * file, SourceId * id, GError ** error)
{
  GStatBuf status;

  if (!inputs_check (file, &status, error))
    return FALSE;
  id->bytes = (guint64) status.st_size;
  id->modified = (gint64) status.st_mtim.tv_sec * 1000000000 +
      status.st_mtim.tv_nsec;
  id->inode = (guint64) status.st_ino & G_MAXINT64;
  id->head = sum_head (file, error);
  return id->head != NULL;
}

gboolean
source_id_equal (const SourceId * a, const SourceId * b)
{
  return a->bytes == b->bytes && a->modified == b->modified
      && a->inode == b->inode && g_strcmp0 (a->head, b->head) == 0;
}

gboolean
source_check (const gchar * file, const SourceId * id, GError ** error)
{
  SourceId found = { 0 };
  gboolean same = FALSE;

  if (source_identify (file, &found, error)) {
    same = source_id_equal (&found, id);
    if (!same)
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
          "%s was changed or replaced while it was processed; start over with "
          "--overwrite", file);
  }
  source_id_clear (&found);
  return same;
}

gboolean
source_check_readable (const gchar * file, GError ** error)
{
  guint64 bytes;
  gchar *sum = NULL;
  const gboolean readable = file_checksum (file, &bytes, &sum, error);

  g_free (sum);
  return readable;
}

void
source_id_clear (SourceId * id)
{
  g_clear_pointer (&id->head, g_free);
}
