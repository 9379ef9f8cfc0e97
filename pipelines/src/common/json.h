/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structs as JSON objects, by a table of their fields, and files that hold one object. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <json-glib/json-glib.h>

typedef enum
{
  JSON_FIELD_STRING,            /* gchar *, owned by the struct; NULL is not written */
  JSON_FIELD_STRINGS,           /* GStrv, an array; NULL is not written */
  JSON_FIELD_BOOLEAN,           /* gboolean */
  JSON_FIELD_INT,               /* gint */
  JSON_FIELD_UINT,              /* guint */
  JSON_FIELD_INT64,             /* gint64 */
  JSON_FIELD_UINT64,            /* guint64 up to G_MAXINT64 */
  JSON_FIELD_DOUBLE,            /* gdouble */
  JSON_FIELD_OBJECT,            /* object of its own for the fields of `fields` */
} JsonFieldType;

typedef struct _JsonField JsonField;
struct _JsonField
{
  const gchar *name;            /* NULL ends a table */
  JsonFieldType type;
  gsize offset;                 /* in the struct; of an object, added to that of its fields */
  gdouble max;                  /* numbers outside 0..max are not read; 0: any of the type */
  gboolean optional;            /* an integer of 0, a double below 0 is not written */
  const JsonField *fields;      /* of an object */
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

/* Leaves what is missing in the object, of another type or out of range as it is in the struct. */
void json_fields_read (const JsonField * fields, gpointer data,
    JsonObject * object);

/* The object of that name in another one; NULL if there is none. */
JsonObject *json_get_object (JsonObject * object, const gchar * name);

/* As json_object_get_array_member(), NULL if there is none. */
JsonArray *json_get_array (JsonObject * object, const gchar * name);

/* The object as text; releases it. */
gchar *json_print (JsonObject * object, gboolean pretty);

/* Parses text that is one object; NULL for any other. */
JsonObject *json_parse (const gchar * text, gssize length);

/* Replaces the file at once and waits until it is on the disk; releases the object. */
gboolean json_save (JsonObject * object, const gchar * file, GError ** error);

/* NULL and an error if the file cannot be read, or is not one object (G_IO_ERROR_INVALID_DATA). */
JsonObject *json_load (const gchar * file, GError ** error);

#endif
