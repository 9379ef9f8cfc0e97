/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/json.h"

#include "common/file.h"

#include <math.h>
#include <string.h>

#define MAX_DEPTH 64            /* of nested objects and arrays */

/* --- writing --- */

static void
write_int (JsonObject * object, const JsonField * field, gint64 value)
{
  if (value != 0 || !field->optional)
    json_object_set_int_member (object, field->name, value);
}

static void
write_strings (JsonObject * object, const JsonField * field, GStrv strings)
{
  JsonArray *array = json_array_new ();

  for (; *strings; strings++)
    json_array_add_string_element (array, *strings);
  json_object_set_array_member (object, field->name, array);
}

static void
write_path (JsonObject * object, const JsonField * field, const gchar * path)
{
  gchar *text = g_utf8_validate (path, -1, NULL) ? g_strdup (path) :
      g_filename_to_uri (path, NULL, NULL);

  if (text)
    json_object_set_string_member (object, field->name, text);
  g_free (text);
}

static void
write_object (JsonObject * object, const JsonField * field, gconstpointer data)
{
  JsonObject *child = json_object_new ();

  json_fields_write (field->fields, data, child);
  json_object_set_object_member (object, field->name, child);
}

static void
write_field (JsonObject * object, const JsonField * field, gconstpointer data)
{
  gchar *const *string = data;

  switch (field->type) {
    case JSON_FIELD_STRING:
      if (*string)
        json_object_set_string_member (object, field->name, *string);
      break;
    case JSON_FIELD_PATH:
      if (*string)
        write_path (object, field, *string);
      break;
    case JSON_FIELD_STRINGS:
      if (*(const GStrv *) data)
        write_strings (object, field, *(const GStrv *) data);
      break;
    case JSON_FIELD_BOOLEAN:
      json_object_set_boolean_member (object, field->name,
          *(const gboolean *) data);
      break;
    case JSON_FIELD_INT:
      write_int (object, field, *(const gint *) data);
      break;
    case JSON_FIELD_UINT:
      write_int (object, field, *(const guint *) data);
      break;
    case JSON_FIELD_INT64:
    case JSON_FIELD_UINT64:
      write_int (object, field, *(const gint64 *) data);
      break;
    case JSON_FIELD_DOUBLE:
      if (*(const gdouble *) data >= 0 || !field->optional)
        json_object_set_double_member (object, field->name,
            *(const gdouble *) data);
      break;
    case JSON_FIELD_OBJECT:
      write_object (object, field, data);
      break;
  }
}

void
json_fields_write (const JsonField * fields, gconstpointer data,
    JsonObject * object)
{
  for (; fields->name; fields++)
    write_field (object, fields, (const gchar *) data + fields->offset);
}

/* --- reading --- */

/* String of a value; NULL if it is another type or no UTF-8, which json-glib 1.6 makes of octal
 * escapes. */
static const gchar *
get_text (JsonNode * node)
{
  const gchar *text = json_node_get_string (node);

  return text && g_utf8_validate (text, -1, NULL) ? text : NULL;
}

const gchar *
json_get_string (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? get_text (node) : NULL;
}

gint64
json_get_int (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;
}

JsonObject *
json_get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) :
      NULL;
}

JsonArray *
json_get_array (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) :
      NULL;
}

static GStrv
read_strings (JsonArray * array)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  GStrv strings;
  guint i;

  for (i = 0; i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (JSON_NODE_HOLDS_VALUE (node) && get_text (node))
      g_strv_builder_add (builder, get_text (node));
  }
  strings = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return strings;
}

static void
read_number (const JsonField * field, gpointer data, JsonNode * node)
{
  const gint64 whole = json_node_get_int (node);
  const gdouble value = json_node_get_double (node);

  if (json_node_get_value_type (node) == G_TYPE_STRING
      || (field->max > 0 && !(value >= 0 && value <= field->max)))
    return;
  if (field->type == JSON_FIELD_DOUBLE)
    *(gdouble *) data = value;
  else if (field->type == JSON_FIELD_INT && whole == (gint) whole)
    *(gint *) data = (gint) whole;
  else if (field->type == JSON_FIELD_UINT && whole == (guint) whole)
    *(guint *) data = (guint) whole;
  else if (field->type == JSON_FIELD_INT64 || (whole >= 0
          && field->type == JSON_FIELD_UINT64))
    *(gint64 *) data = whole;
}

static void
read_value (const JsonField * field, gpointer data, JsonNode * node)
{
  const gchar *string = get_text (node);

  if (field->type == JSON_FIELD_BOOLEAN)
    *(gboolean *) data = json_node_get_boolean (node);
  else if (field->type != JSON_FIELD_STRING && field->type != JSON_FIELD_PATH)
    read_number (field, data, node);
  else if (string) {
    g_free (*(gchar **) data);
    *(gchar **) data = field->type == JSON_FIELD_PATH && *string != '/' ?
        g_filename_from_uri (string, NULL, NULL) : g_strdup (string);
  }
}

void
json_fields_read (const JsonField * fields, gpointer data, JsonObject * object)
{
  for (; fields->name; fields++) {
    JsonNode *node = json_object_get_member (object, fields->name);
    gpointer place = (gchar *) data + fields->offset;

    if (node == NULL)
      continue;
    if (fields->type == JSON_FIELD_OBJECT) {
      if (JSON_NODE_HOLDS_OBJECT (node))
        json_fields_read (fields->fields, place, json_node_get_object (node));
    } else if (fields->type == JSON_FIELD_STRINGS) {
      if (JSON_NODE_HOLDS_ARRAY (node)) {
        g_strfreev (*(GStrv *) place);
        *(GStrv *) place = read_strings (json_node_get_array (node));
      }
    } else if (JSON_NODE_HOLDS_VALUE (node)) {
      read_value (fields, place, node);
    }
  }
}

/* --- text and files --- */

/* json-glib 1.6 writes 2e-08 as 2e-08.0, which is no number of JSON, and infinity, which JSON lacks,
 * as inf: takes the nearest number that has a fraction, or null. */
static void
make_printable_number (JsonNode * node)
{
  const gdouble value = json_node_get_double (node);
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_dtostr (text, sizeof text, value);
  if (!isfinite (value))
    json_node_init_null (node);
  else if (strchr (text, 'e') && !strchr (text, '.'))
    json_node_set_double (node, nextafter (value, 0));
}

static void
make_printable (JsonNode * node)
{
  JsonObjectIter iter;
  JsonNode *member;
  guint i;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    json_object_iter_init (&iter, json_node_get_object (node));
    while (json_object_iter_next (&iter, NULL, &member))
      make_printable (member);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    for (i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
      make_printable (json_array_get_element (json_node_get_array (node), i));
  } else if (JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_DOUBLE) {
    make_printable_number (node);
  }
}

gchar *
json_print_node (JsonNode * root, gboolean pretty)
{
  make_printable (root);
  return json_to_string (root, pretty);
}

gchar *
json_print (JsonObject * object, gboolean pretty)
{
  JsonNode *root = json_node_init_object (json_node_alloc (), object);
  gchar *text = json_print_node (root, pretty);

  json_node_unref (root);
  json_object_unref (object);
  return text;
}

/* Reference to the root object of a parser; NULL if the root is of another type. */
static JsonObject *
take_root (JsonParser * parser)
{
  JsonNode *root = json_parser_get_root (parser);

  return root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root) :
      NULL;
}

/* Whether brackets are nested at most MAX_DEPTH deep: the parser is recursive. */
static gboolean
is_shallow (const gchar * text, gssize length)
{
  const gchar *end = text + (length < 0 ? (gssize) strlen (text) : length);
  gboolean quoted = FALSE;
  guint depth = 0;

  for (; text < end && depth <= MAX_DEPTH; text++)
    if (*text == '"')
      quoted = !quoted;
    else if (*text == '\\' && quoted && text + 1 < end)
      text++;
    else if (!quoted && (*text == '{' || *text == '['))
      depth++;
    else if (!quoted && (*text == '}' || *text == ']') && depth > 0)
      depth--;
  return depth <= MAX_DEPTH;
}

JsonObject *
json_parse (const gchar * text, gssize length)
{
  JsonParser *parser = json_parser_new ();
  JsonObject *object = is_shallow (text, length)
      && json_parser_load_from_data (parser, text, length,
      NULL) ? take_root (parser) : NULL;

  g_object_unref (parser);
  return object;
}

gboolean
json_save (JsonObject * object, const gchar * file, GError ** error)
{
  gchar *text = json_print (object, TRUE);
  const gboolean saved = file_write (file, text, strlen (text), error);

  g_free (text);
  return saved;
}

JsonObject *
json_load (const gchar * file, GError ** error)
{
  gchar *text = NULL;
  gsize length;
  JsonObject *object;

  if (!g_file_get_contents (file, &text, &length, error))
    return NULL;
  object = json_parse (text, (gssize) length);
  if (object == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s is damaged", file);
  g_free (text);
  return object;
}
