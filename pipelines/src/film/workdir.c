/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/workdir.h"

#include "common/file.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

gchar *
workdir_path (const gchar * out)
{
  return g_strconcat (out, WORKDIR_SUFFIX, NULL);
}

gchar *
workdir_file_name (const gchar * kind, guint number, const gchar * suffix)
{
  return g_strdup_printf ("%s-%05u.%s", kind, number, suffix);
}

gchar *
workdir_file (const gchar * workdir, const gchar * kind, guint number,
    const gchar * suffix)
{
  gchar *name = workdir_file_name (kind, number, suffix);
  gchar *file = g_build_filename (workdir, name, NULL);

  g_free (name);
  return file;
}

/* Checks that the folder contains this program's files only. */
static gboolean
is_own (GDir * dir, const gchar * workdir, GError ** error)
{
  static const gchar *const own[] = { "in-", "out-", ".", WORKDIR_MANIFEST,
    WORKDIR_MODEL, WORKDIR_REPAIRED
  };
  const gchar *name;
  gsize i;

  while ((name = g_dir_read_name (dir))) {
    for (i = 0; i < G_N_ELEMENTS (own) && !g_str_has_prefix (name, own[i]);)
      i++;
    if (i == G_N_ELEMENTS (own)) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
          "%s cannot be removed: %s in it does not belong to this "
          "program; move it elsewhere", workdir, name);
      return FALSE;
    }
  }
  g_dir_rewind (dir);
  return TRUE;
}

/* The manifest goes first: without it the rest is not mistaken for a film in progress. */
gboolean
workdir_remove (const gchar * workdir, GError ** error)
{
  GDir *dir = g_dir_open (workdir, 0, error);
  gchar *manifest = g_build_filename (workdir, WORKDIR_MANIFEST, NULL);
  const gchar *name;
  gboolean done = dir && is_own (dir, workdir, error);

  if (done)
    g_unlink (manifest);
  g_free (manifest);

  while (done && (name = g_dir_read_name (dir))) {
    gchar *file = g_build_filename (workdir, name, NULL);

    done = g_unlink (file) == 0 || file_set_error (error, file);
    g_free (file);
  }
  if (dir)
    g_dir_close (dir);
  return done && (g_rmdir (workdir) == 0 || file_set_error (error, workdir));
}
