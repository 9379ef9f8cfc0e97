/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structs as JSON objects, by a table of their fields, and files that hold one object. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <json-glib/json-glib.h>

typedef enum
{
  JSON_FIELD_STRING,            /* gchar *, owned by the struct; NULL is not written */
  JSON_FIELD_PATH,              /* as STRING, an absolute path; a file URI if it is not UTF-8 */
  JSON_FIELD_STRINGS,           /* GStrv, an array; NULL is not written */
  JSON_FIELD_BOOLEAN,           /* gboolean */
  JSON_FIELD_INT,               /* gint */
  JSON_FIELD_UINT,              /* guint */
  JSON_FIELD_INT64,             /* gint64 */
  JSON_FIELD_UINT64,            /* guint64 up to G_MAXINT64 */
  JSON_FIELD_DOUBLE,            /* gdouble */
  JSON_FIELD_OBJECT,            /* nested object, described by `fields` */
} JsonFieldType;

typedef struct _JsonField JsonField;
struct _JsonField
{
  const gchar *name;            /* NULL ends a table */
  JsonFieldType type;
  gsize offset;                 /* in the struct; added to the offsets of nested fields */
  gdouble max;                  /* numbers outside 0..max are ignored; 0: no limit */
  gboolean optional;            /* not written if an integer is 0 or a double negative */
  const JsonField *fields;      /* of a nested object */
};

/* Entries of a table. */
#define JSON_FIELD(name_, type_, struct_, member) \
    {.name = name_, .type = JSON_FIELD_##type_, .offset = offsetof (struct_, member)}
#define JSON_RANGE(name_, type_, struct_, member, max_, optional_) \
    {.name = name_, .type = JSON_FIELD_##type_, .offset = offsetof (struct_, member), \
      .max = max_, .optional = optional_}
#define JSON_OBJECT(name_, offset_, fields_) \
    {.name = name_, .type = JSON_FIELD_OBJECT, .offset = offset_, .fields = fields_}
#define JSON_END {.name = NULL}

void json_fields_write (const JsonField * fields, gconstpointer data,
    JsonObject * object);

/* Fields that are missing, of another type or out of range keep their value in the struct. */
void json_fields_read (const JsonField * fields, gpointer data,
    JsonObject * object);

/* Member that is a string; NULL if there is none. */
const gchar *json_get_string (JsonObject * object, const gchar * name);

/* Member that is a number, without its fraction; 0 if there is none. */
gint64 json_get_int (JsonObject * object, const gchar * name);

/* Member that is an object; NULL if there is none. */
JsonObject *json_get_object (JsonObject * object, const gchar * name);

/* Member that is an array; NULL if there is none. */
JsonArray *json_get_array (JsonObject * object, const gchar * name);

/* Serializes a tree. Numbers that are not finite become null. */
gchar *json_print_node (JsonNode * root, gboolean pretty);

/* The same of an object, which is released. */
gchar *json_print (JsonObject * object, gboolean pretty);

/* NULL if the text is not a single JSON object. */
JsonObject *json_parse (const gchar * text, gssize length);

/* Replaces the file atomically and syncs it to disk. Releases the object. */
gboolean json_save (JsonObject * object, const gchar * file, GError ** error);

/* NULL and an error if the file cannot be read or is not a single JSON object
 * (G_IO_ERROR_INVALID_DATA). */
JsonObject *json_load (const gchar * file, GError ** error);

#endif
