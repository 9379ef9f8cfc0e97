/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/image-config-keys.h"

#include <math.h>
#include <string.h>

#define MAX_STEPS 1000000
#define MAX_UPLOAD (G_GINT64_CONSTANT (1) << 40)

/* Longest value quoted in an error message, in characters. */
#define MAX_SHOWN 40

#define FIELD(field) G_STRUCT_OFFSET (ImageConfig, field)
#define TAKES_PART "a number from 0 (the profile's) to 1"
#define TAKES_STEPS "a whole number from 0 (the profile's) to 1000000"

const ImageConfigKey image_config_keys[IMAGE_CONFIG_N_KEYS] = {
  {"image", "image", G_TYPE_STRING, FIELD (image), 0, 0,
      "the name of a picture", "Picture to denoise", "FILE"},
  {"learning_rate", "learning-rate", G_TYPE_DOUBLE, FIELD (learning_rate), 0, 1,
      TAKES_PART, "Learning rate of Adam", "RATE"},
  {"epoch_count", "epoch-count", G_TYPE_INT64, FIELD (epoch_count), 0,
      MAX_STEPS, TAKES_STEPS, "Training steps", "N"},
  {"step_size", "step-size", G_TYPE_INT64, FIELD (step_size), 0, MAX_STEPS,
      TAKES_STEPS, "Training steps between learning rate decays", "N"},
  {"gamma", "gamma", G_TYPE_DOUBLE, FIELD (gamma), 0, 1, TAKES_PART,
      "Factor of the learning rate decay", "FACTOR"},
  {"degree", "degree", G_TYPE_DOUBLE, FIELD (degree), 0, 1,
        "a number from 0 (none) to 1",
      "Standard deviation of the noise to add, of full scale", "DEGREE"},
  {"max_bytes", "max-bytes", G_TYPE_INT64, FIELD (max_bytes), 1, MAX_UPLOAD,
        "a whole number from 1 to 1099511627776",
      "Largest picture that the server accepts, in bytes", "N"},
};

gchar *
image_config_show (JsonNode * value)
{
  gchar digits[G_ASCII_DTOSTR_BUF_SIZE];
  gchar *text, *shown;

  if (JSON_NODE_HOLDS_VALUE (value)
      && json_node_get_value_type (value) == G_TYPE_DOUBLE)
    return g_strdup (g_ascii_formatd (digits, sizeof digits, "%.15g",
            json_node_get_double (value)));
  text = json_to_string (value, FALSE);
  if (g_utf8_strlen (text, -1) <= MAX_SHOWN)
    return text;
  g_utf8_strncpy (shown = g_malloc0 (strlen (text) + 4), text, MAX_SHOWN);
  g_free (text);
  return strcat (shown, "...");
}

/* Sets the member of the key if the value is valid. */
static gboolean
set_member (ImageConfig * config, const ImageConfigKey * key, JsonNode * value)
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

gboolean
image_config_set (ImageConfig * config, const ImageConfigKey * key,
    const gchar * where, JsonNode * value, GError ** error)
{
  gchar *shown;

  if (set_member (config, key, value))
    return TRUE;
  shown = image_config_show (value);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s is %s; it takes %s", where, shown, key->takes);
  g_free (shown);
  return FALSE;
}

/* The text as a JSON value: an integer, a number, or else a string. */
static JsonNode *
parse_text (const ImageConfigKey * key, const gchar * text)
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

gboolean
image_config_set_text (ImageConfig * config, const ImageConfigKey * key,
    const gchar * where, const gchar * text, GError ** error)
{
  JsonNode *value = parse_text (key, text);
  const gboolean done = image_config_set (config, key, where, value, error);

  json_node_unref (value);
  return done;
}
