/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/inputs.h"

#include "picture/formats.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>

/* Suffix of the results of formats that are read only. */
#define LOSSLESS_SUFFIX ".png"

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

static void
set_error (GError ** error, const gchar * what, const gchar * fault)
{
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", what, fault);
}

/* --- inputs --- */

static GPtrArray *
list_folder (const gchar * folder, GError ** error)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (folder, 0, error);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *file = g_build_filename (folder, name, NULL);

    if (picture_format_is_known (name) && g_file_test (file,
            G_FILE_TEST_IS_REGULAR))
      g_ptr_array_add (files, file);
    else
      g_free (file);
  }
  if (dir) {
    g_dir_close (dir);
    if (files->len == 0)
      set_error (error, folder, "there is no picture in this folder");
  }
  g_ptr_array_sort (files, compare);
  return files;
}

static GPtrArray *
list_pattern (const gchar * pattern, GError ** error)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  glob_t found;
  gsize i;

  if (glob (pattern, 0, NULL, &found) == 0) {
    for (i = 0; i < found.gl_pathc; i++)
      if (g_file_test (found.gl_pathv[i], G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add (files, g_strdup (found.gl_pathv[i]));
    globfree (&found);
  }
  if (files->len == 0)
    set_error (error, pattern, strpbrk (pattern, "*?[") ?
        "no file matches this pattern" : "there is no such file");
  return files;
}

static GPtrArray *
list (const gchar * in, gboolean * many, GError ** error)
{
  GPtrArray *files;

  if (g_file_test (in, G_FILE_TEST_IS_DIR)) {
    *many = TRUE;
    return list_folder (in, error);
  }
  if (!g_file_test (in, G_FILE_TEST_EXISTS) && strpbrk (in, "*?[")) {
    *many = TRUE;
    return list_pattern (in, error);
  }
  files = g_ptr_array_new_with_free_func (g_free);
  if (g_file_test (in, G_FILE_TEST_EXISTS))
    g_ptr_array_add (files, g_strdup (in));
  else
    set_error (error, in, "there is no such file");
  return files;
}

/* Empty, and an error, if one has no picture. */
static GPtrArray *
list_all (const GStrv in, gboolean * many, GError ** error)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  gchar **i;

  for (i = in; *i; i++) {
    GPtrArray *more = list (*i, many, error);
    const gboolean found = more->len > 0;

    g_ptr_array_extend_and_steal (files, more);
    if (!found) {
      g_ptr_array_set_size (files, 0);
      break;
    }
  }
  return files;
}

/* --- outputs --- */

/* A folder or one file; `suffix` replaces those of the inputs unless NULL. */
typedef struct
{
  gchar *folder, *file, *suffix;
} Destination;

static Destination
find_destination (const gchar * out, gboolean many)
{
  gchar *name = out ? g_path_get_basename (out) : NULL;
  Destination destination = { 0 };

  if (out == NULL) {
    destination.folder = g_strdup (INPUTS_DEFAULT_OUT);
  } else if (g_str_has_prefix (name, "*.")) {
    destination.folder = g_path_get_dirname (out);
    destination.suffix = g_strdup (name + 1);
  } else if (many || g_str_has_suffix (out, "/")
      || g_file_test (out, G_FILE_TEST_IS_DIR)) {
    destination.folder = g_strdup (out);
  } else {
    destination.folder = g_path_get_dirname (out);
    destination.file = g_strdup (out);
  }
  g_free (name);
  return destination;
}

static gchar *
output_name (const Destination * destination, const gchar * in)
{
  const gchar *suffix;
  gchar *name, *dot, *renamed, *result;

  if (destination->file)
    return g_strdup (destination->file);
  name = g_path_get_basename (in);
  suffix = destination->suffix ? destination->suffix :
      picture_format_is_read_only (name) ? LOSSLESS_SUFFIX : NULL;
  dot = suffix ? strrchr (name, '.') : NULL;
  if (dot)
    *dot = '\0';
  renamed = g_strconcat (name, suffix, NULL);
  result = g_build_filename (destination->folder, renamed, NULL);
  g_free (renamed);
  g_free (name);
  return result;
}

static void
free_input (gpointer data)
{
  Input *input = data;

  g_free (input->in);
  g_free (input->out);
  g_free (input);
}

static GPtrArray *
list_inputs (GPtrArray * files, const Destination * destination,
    GError ** error)
{
  GPtrArray *inputs = g_ptr_array_new_with_free_func (free_input);
  GHashTable *taken = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean clash = FALSE;
  guint i;

  for (i = 0; i < files->len && !clash; i++) {
    Input *input = g_new (Input, 1);

    input->in = g_strdup (files->pdata[i]);
    input->out = output_name (destination, input->in);
    g_ptr_array_add (inputs, input);
    clash = g_hash_table_contains (taken, input->out);
    if (clash)
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
          "%s and %s would both be written to %s; denoise them separately",
          (gchar *) g_hash_table_lookup (taken, input->out), input->in,
          input->out);
    g_hash_table_insert (taken, input->out, input->in);
  }
  g_hash_table_unref (taken);
  if (clash)
    g_clear_pointer (&inputs, g_ptr_array_unref);
  return inputs;
}

/* Creates the output folder if necessary and checks that it is writable. */
static gboolean
make_folder (const Destination * destination, GError ** error)
{
  if (g_mkdir_with_parents (destination->folder, 0777) != 0)
    set_error (error, destination->folder, g_strerror (errno));
  else if (g_access (destination->folder, W_OK) != 0)
    set_error (error, destination->folder, "this folder is not writable");
  else
    return TRUE;
  return FALSE;
}

GPtrArray *
inputs_list (const GStrv in, const gchar * out, gboolean * many,
    GError ** error)
{
  GPtrArray *files = list_all (in, many, error), *inputs = NULL;
  Destination destination = find_destination (out, *many);

  if (files->len > 0 && make_folder (&destination, error))
    inputs = list_inputs (files, &destination, error);
  g_ptr_array_unref (files);
  g_free (destination.folder);
  g_free (destination.file);
  g_free (destination.suffix);
  return inputs;
}
