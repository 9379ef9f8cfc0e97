/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/inputs.h"

#include "film/codec.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

/* Recognizes video files by suffix. */
static gboolean
is_video_file (const gchar * name)
{
  static const gchar *const suffixes[] = {
    ".3gp", ".asf", ".avi", ".dv", ".flv", ".m2t", ".m2ts", ".m4v", ".mkv",
    ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob",
    ".webm", ".wmv", ".y4m", NULL
  };
  const gchar *suffix = strrchr (name, '.');
  gchar *lower = suffix ? g_ascii_strdown (suffix, -1) : NULL;
  const gboolean known = lower && g_strv_contains (suffixes, lower);

  g_free (lower);
  return known;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

static gboolean
add_folder (GPtrArray * films, const gchar * folder, GError ** error)
{
  GDir *dir = g_dir_open (folder, 0, error);
  GPtrArray *found = g_ptr_array_new ();
  gboolean films_found;
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (is_video_file (name) && name[0] != '.')
      g_ptr_array_add (found, g_build_filename (folder, name, NULL));
  if (dir) {
    g_dir_close (dir);
    if (found->len == 0)
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
          "%s: there is no video file in this folder", folder);
  }
  films_found = found->len > 0;
  g_ptr_array_sort (found, compare);
  g_ptr_array_extend_and_steal (films, found);
  return films_found;
}

GPtrArray *
inputs_list (gchar ** in, GError ** error)
{
  GPtrArray *films = g_ptr_array_new_with_free_func (g_free);
  gboolean going = TRUE;

  for (; *in && going; in++) {
    if (g_file_test (*in, G_FILE_TEST_IS_DIR)) {
      going = add_folder (films, *in, error);
    } else {
      g_ptr_array_add (films, g_strdup (*in));
    }
  }
  if (!going)
    g_clear_pointer (&films, g_ptr_array_unref);
  return films;
}

gboolean
inputs_check (const gchar * file, GStatBuf * status, GError ** error)
{
  const gchar *reason = NULL;

  if (g_stat (file, status) != 0)
    reason = errno == ENOENT ? "there is no such file" : g_strerror (errno);
  else if (!S_ISREG (status->st_mode))
    reason = "it is not a regular file";
  else if (g_access (file, R_OK) != 0)
    reason = "you may not read it";
  else if (status->st_size == 0)
    reason = "it is empty";
  if (reason)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", file,
        reason);
  return reason == NULL;
}

gchar *
inputs_output_path (const gchar * folder, const gchar * film,
    const gchar * mark, const gchar * codec)
{
  gchar *name = g_path_get_basename (film), *dot = strrchr (name, '.');
  gchar *named, *result;

  if (dot && dot > name)
    *dot = '\0';
  named = g_strconcat (name, mark, codec_suffix (codec, film), NULL);
  result = g_build_filename (folder, named, NULL);
  g_free (named);
  g_free (name);
  return result;
}
