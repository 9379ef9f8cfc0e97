/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_STEPS 1000000
#define MAX_MAX_BYTES (G_GINT64_CONSTANT (1) << 40)

/* What of a wrong value is shown. */
#define SHOWN 40

typedef struct
{
  const gchar *name, *option;
  GType type;                   /* G_TYPE_STRING, _DOUBLE or _INT64 */
  gsize offset;
  gdouble min, max;
  const gchar *takes;
  const gchar *help, *unit;
} Key;

#define FIELD(field) G_STRUCT_OFFSET (Config, field)
#define TAKES_PART "a number from 0 (the profile's) to 1"
#define TAKES_STEPS "a whole number from 0 (the profile's) to 1000000"

static const Key keys[] = {
  {"image", "image", G_TYPE_STRING, FIELD (image), 0, 0,
      "the name of a picture", "Picture to denoise", "FILE"},
  {"learning_rate", "learning-rate", G_TYPE_DOUBLE, FIELD (learning_rate), 0, 1,
      TAKES_PART, "Adam's rate", "RATE"},
  {"epoch_count", "epoch-count", G_TYPE_INT64, FIELD (epoch_count), 0,
      MAX_STEPS, TAKES_STEPS, "Steps of learning", "N"},
  {"step_size", "step-size", G_TYPE_INT64, FIELD (step_size), 0, MAX_STEPS,
      TAKES_STEPS, "Steps after which the rate falls", "N"},
  {"gamma", "gamma", G_TYPE_DOUBLE, FIELD (gamma), 0, 1, TAKES_PART,
      "Factor by which it falls", "FACTOR"},
  {"degree", "degree", G_TYPE_DOUBLE, FIELD (degree), 0, 1,
        "a number from 0 (none) to 1",
      "Noise to add: its deviation as a part of full scale", "DEGREE"},
  {"max_bytes", "max-bytes", G_TYPE_INT64, FIELD (max_bytes), 1, MAX_MAX_BYTES,
        "a whole number from 1 to 1099511627776",
      "Limit of a picture that is sent to the online version", "N"},
};

/* --- one value --- */

static const Key *
find_key (const gchar * name)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

/* The value as JSON, so much of it as a sentence can hold. */
static gchar *
show (JsonNode * value)
{
  gchar digits[G_ASCII_DTOSTR_BUF_SIZE];
  gchar *text, *shown;

  if (JSON_NODE_HOLDS_VALUE (value)
      && json_node_get_value_type (value) == G_TYPE_DOUBLE)
    return g_strdup (g_ascii_formatd (digits, sizeof digits, "%.15g",
            json_node_get_double (value)));
  text = json_to_string (value, FALSE);
  if (g_utf8_strlen (text, -1) <= SHOWN)
    return text;
  g_utf8_strncpy (shown = g_malloc0 (strlen (text) + 4), text, SHOWN);
  g_free (text);
  return strcat (shown, "...");
}

/* Whether the value is one that the key takes; then it is set. */
static gboolean
take (Config * config, const Key * key, JsonNode * value)
{
  const GType type = JSON_NODE_HOLDS_VALUE (value) ?
      json_node_get_value_type (value) : G_TYPE_INVALID;
  gpointer field = G_STRUCT_MEMBER_P (config, key->offset);
  gdouble number;

  if (key->type == G_TYPE_STRING) {
    if (type != G_TYPE_STRING || *json_node_get_string (value) == '\0')
      return FALSE;
    g_free (*(gchar **) field);
    *(gchar **) field = json_node_dup_string (value);
    return TRUE;
  }
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  number = json_node_get_double (value);
  if (!(number >= key->min && number <= key->max)
      || (key->type == G_TYPE_INT64 && number != floor (number)))
    return FALSE;
  if (key->type == G_TYPE_INT64)
    *(gint64 *) field = (gint64) number;
  else
    *(gdouble *) field = number;
  return TRUE;
}

/* `where` is what the error calls the key. */
static gboolean
set (Config * config, const Key * key, const gchar * where, JsonNode * value,
    GError ** error)
{
  gchar *shown;

  if (take (config, key, value))
    return TRUE;
  shown = show (value);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is %s; it takes %s", where, shown, key->takes);
  g_free (shown);
  return FALSE;
}

/* --- files --- */

static void
set_unknown (GError ** error, const gchar * where, JsonNode * value)
{
  gchar *shown = show (value);
  GString *known = g_string_new (keys[0].name);
  gsize i;

  for (i = 1; i < G_N_ELEMENTS (keys); i++)
    g_string_append_printf (known, ", %s", keys[i].name);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is %s, but there is no such key; there are %s", where, shown,
      known->str);
  g_string_free (known, TRUE);
  g_free (shown);
}

static gboolean
set_member (Config * config, const gchar * file, const gchar * name,
    JsonNode * value, GError ** error)
{
  gchar *where = g_strdup_printf ("%s: %s", file, name);
  const Key *key = find_key (name);
  gboolean done = FALSE;

  if (key)
    done = set (config, key, where, value, error);
  else
    set_unknown (error, where, value);
  g_free (where);
  return done;
}

static gboolean
set_all (Config * config, const gchar * file, JsonNode * root, GError ** error)
{
  gchar *shown, *folder, *found;
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *value;
  gboolean done = TRUE;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    shown = root ? show (root) : g_strdup ("empty");
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

/* json-glib's errors read <data>:LINE:COLUMN: Parse error: unexpected ..., expected ...; what it
 * expects is often not what would help. */
static void
set_syntax_error (GError ** error, const gchar * file, const gchar * message)
{
  gint line = 0, what = 0;
  const gchar *expected;

  if (sscanf (message, "%*[^:]:%d:%*d: Parse error: %n", &line, &what) != 1)
    what = 0;
  expected = strstr (message, ", expected");
  if (expected == NULL)
    expected = message + strlen (message);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s, line %d: %.*s; it takes JSON, as {\"degree\": 0.2}", file, line,
      (gint) (expected - message - what), message + what);
}

static gboolean
read_file (Config * config, const gchar * file, GError ** error)
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

/* --- options --- */

struct _ConfigOptions
{
  gchar *value[G_N_ELEMENTS (keys)];
};

ConfigOptions *
config_options_new (void)
{
  return g_new0 (ConfigOptions, 1);
}

void
config_options_free (ConfigOptions * options)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    g_free (options->value[i]);
  g_free (options);
}

GOptionGroup *
config_options_group (ConfigOptions * options)
{
  GOptionGroup *group = g_option_group_new ("config",
      "Keys of the configuration:", "Show the keys of the configuration", NULL,
      NULL);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++) {
    const GOptionArg type = keys[i].type == G_TYPE_STRING ?
        G_OPTION_ARG_FILENAME : G_OPTION_ARG_STRING;
    const GOptionEntry entries[] = {
      {keys[i].option, 0, 0, type, &options->value[i], keys[i].help,
          keys[i].unit},
      G_OPTION_ENTRY_NULL
    };
    const GOptionEntry other[] = {
      {keys[i].name, 0, G_OPTION_FLAG_HIDDEN, type, &options->value[i], NULL,
          NULL},
      G_OPTION_ENTRY_NULL
    };

    g_option_group_add_entries (group, entries);
    if (!g_str_equal (keys[i].name, keys[i].option))
      g_option_group_add_entries (group, other);
  }
  return group;
}

/* What was typed as the value in JSON that it stands for. */
static JsonNode *
parse_option (const Key * key, const gchar * text)
{
  JsonNode *value = json_node_new (JSON_NODE_VALUE);
  gchar *rest = NULL;
  gint64 whole;
  gdouble number;

  if (key->type == G_TYPE_STRING) {
    json_node_set_string (value, text);
    return value;
  }
  whole = g_ascii_strtoll (text, &rest, 10);
  if (rest != text && *rest == '\0' && whole > G_MININT64 && whole < G_MAXINT64) {
    json_node_set_int (value, whole);
    return value;
  }
  number = g_ascii_strtod (text, &rest);
  if (rest != text && *rest == '\0')
    json_node_set_double (value, number);
  else
    json_node_set_string (value, text);
  return value;
}

static gboolean
set_options (Config * config, const ConfigOptions * options, GError ** error)
{
  gboolean done = TRUE;
  JsonNode *value;
  gchar *where;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (keys) && done; i++)
    if (options->value[i]) {
      value = parse_option (&keys[i], options->value[i]);
      where = g_strdup_printf ("--%s", keys[i].option);
      done = set (config, &keys[i], where, value, error);
      g_free (where);
      json_node_unref (value);
    }
  return done;
}

/* --- all of it --- */

gboolean
config_load (Config * config, const gchar * file,
    const ConfigOptions * options, GError ** error)
{
  *config = (Config) {
  .degree = CONFIG_NO_DEGREE,.max_bytes = 10 * 1024 * 1024};
  return (file == NULL || read_file (config, file, error))
      && (options == NULL || set_options (config, options, error));
}

void
config_clear (Config * config)
{
  g_clear_pointer (&config->image, g_free);
}

void
config_apply (const Config * config, GObject * denoise)
{
  g_object_set (denoise, "learning-rate", config->learning_rate,
      "epochs", (guint) config->epoch_count,
      "step-size", (guint) config->step_size, "gamma", config->gamma, NULL);
}
