/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/image-config-file.h"

#include "picture/image-config-keys.h"

#include <stdio.h>
#include <string.h>

static const ImageConfigKey *
find_key (const gchar * name)
{
  gsize i;

  for (i = 0; i < IMAGE_CONFIG_N_KEYS; i++)
    if (g_str_equal (image_config_keys[i].name, name))
      return &image_config_keys[i];
  return NULL;
}

static void
set_unknown (GError ** error, const gchar * where, JsonNode * value)
{
  gchar *shown = image_config_show (value);
  GString *known = g_string_new (image_config_keys[0].name);
  gsize i;

  for (i = 1; i < IMAGE_CONFIG_N_KEYS; i++)
    g_string_append_printf (known, ", %s", image_config_keys[i].name);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is %s, but there is no such key; there are %s", where, shown,
      known->str);
  g_string_free (known, TRUE);
  g_free (shown);
}

static gboolean
set_member (ImageConfig * config, const gchar * file, const gchar * name,
    JsonNode * value, GError ** error)
{
  gchar *where = g_strdup_printf ("%s: %s", file, name);
  const ImageConfigKey *key = find_key (name);
  gboolean done = FALSE;

  if (key)
    done = image_config_set (config, key, where, value, error);
  else
    set_unknown (error, where, value);
  g_free (where);
  return done;
}

static gboolean
set_all (ImageConfig * config, const gchar * file, JsonNode * root,
    GError ** error)
{
  gchar *shown, *folder, *found;
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *value;
  gboolean done = TRUE;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    shown = root ? image_config_show (root) : g_strdup ("empty");
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s is %s; it takes keys and values in braces, as {\"degree\": 0.2}",
        file, shown);
    g_free (shown);
    return FALSE;
  }
  json_object_iter_init_ordered (&iter, json_node_get_object (root));
  while (done && json_object_iter_next_ordered (&iter, &name, &value))
    done = set_member (config, file, name, value, error);
  if (done && config->image && !g_path_is_absolute (config->image)) {
    folder = g_path_get_dirname (file);
    found = g_build_filename (folder, config->image, NULL);
    g_free (folder);
    g_free (config->image);
    config->image = found;
  }
  return done;
}

/* Turns an error of json-glib, "<data>:LINE:COLUMN: Parse error: unexpected ..., expected ...",
 * into a sentence. The part after ", expected" is dropped, as it is often misleading. */
static void
set_syntax_error (GError ** error, const gchar * file, const gchar * message)
{
  gint line = 1, what = 0;
  const gchar *expected;

  /* Without this prefix the error concerns the whole file: line 1. */
  sscanf (message, "%*[^:]:%d:%*d: Parse error: %n", &line, &what);
  expected = strstr (message, ", expected");
  if (expected == NULL)
    expected = message + strlen (message);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s, line %d: %.*s; it takes JSON, as {\"degree\": 0.2}", file, line,
      (gint) (expected - message - what), message + what);
}

gboolean
image_config_read_file (ImageConfig * config, const gchar * file,
    GError ** error)
{
  JsonParser *parser = json_parser_new ();
  GError *fault = NULL;
  gchar *text = NULL;
  gsize length;
  gboolean done = FALSE;

  if (!g_file_get_contents (file, &text, &length, &fault)) {
    g_propagate_error (error, fault);
  } else if (!json_parser_load_from_data (parser, text, length, &fault)) {
    set_syntax_error (error, file, fault->message);
    g_error_free (fault);
  } else {
    done = set_all (config, file, json_parser_get_root (parser), error);
  }
  g_free (text);
  g_object_unref (parser);
  return done;
}
