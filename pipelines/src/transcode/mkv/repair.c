/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/mkv/repair.h"

#include "common/file.h"
#include "film/workdir.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

/* Checks for the EBML magic. */
static gboolean
is_matroska (const gchar * file)
{
  static const guint8 magic[] = { 0x1a, 0x45, 0xdf, 0xa3 };
  guint8 head[sizeof magic] = { 0 };
  FILE *stream = g_fopen (file, "rb");
  const gboolean read = stream && fread (head, sizeof head, 1, stream) == 1;

  if (stream)
    fclose (stream);
  return read && memcmp (head, magic, sizeof magic) == 0;
}

/* mkvmerge resyncs at the next cluster after damage. Exit status 1 is a warning. */
static gboolean
copy (const gchar * from, const gchar * to)
{
  const gchar *const arguments[] = { "mkvmerge", "--quiet",
    "--disable-track-statistics-tags", "--output", to, from, NULL
  };
  gint status;

  return g_spawn_sync (NULL, (gchar **) arguments, NULL, G_SPAWN_SEARCH_PATH |
      G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
      NULL, NULL, &status, NULL) && WIFEXITED (status)
      && WEXITSTATUS (status) <= 1;
}

gboolean
mkv_repair (Manifest * manifest, const gchar * workdir)
{
  gchar *file = g_build_filename (workdir, WORKDIR_REPAIRED, NULL);
  gchar *unfinished = file_temporary_name (file);

  manifest->repaired = is_matroska (manifest->source)
      && copy (manifest->source, unfinished)
      && file_publish (unfinished, file, NULL);
  if (!manifest->repaired)
    g_unlink (unfinished);
  g_free (unfinished);
  g_free (file);
  return manifest->repaired;
}

gchar *
mkv_repair_path (const Manifest * manifest, const gchar * workdir)
{
  return manifest->repaired ? g_build_filename (workdir, WORKDIR_REPAIRED,
      NULL) : g_strdup (manifest->source);
}
