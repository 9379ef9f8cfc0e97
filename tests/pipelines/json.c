/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structs by their tables of fields, as JSON and back. Prints TAP. */
#include "common/json.h"

#include <math.h>
#include <string.h>

typedef struct
{
  gint depth;
} Inner;

typedef struct
{
  gchar *word, *path;
  GStrv words;
  gboolean flag;
  gint number;
  guint count;
  gint64 past;
  guint64 size;
  gdouble share, unknown;
  Inner inner;
} Thing;

static const JsonField inner_fields[] = {
  JSON_FIELD ("depth", INT, Inner, depth),
  JSON_END
};

static const JsonField fields[] = {
  JSON_FIELD ("word", STRING, Thing, word),
  JSON_FIELD ("path", PATH, Thing, path),
  JSON_FIELD ("words", STRINGS, Thing, words),
  JSON_FIELD ("flag", BOOLEAN, Thing, flag),
  JSON_FIELD ("number", INT, Thing, number),
  JSON_FIELD ("count", UINT, Thing, count),
  JSON_FIELD ("past", INT64, Thing, past),
  JSON_FIELD ("size", UINT64, Thing, size),
  JSON_RANGE ("share", DOUBLE, Thing, share, 1, FALSE),
  JSON_RANGE ("unknown", DOUBLE, Thing, unknown, 9, TRUE),
  JSON_OBJECT ("inner", offsetof (Thing, inner), inner_fields),
  JSON_END
};

static const gchar text[] =
    "{\"word\":\"\u00fc \\\"x\\\"\",\"words\":[\"a\",\"\"],"
    "\"flag\":true,\"number\":-5,\"count\":4294967295,\"past\":-9007199254740993,"
    "\"size\":9223372036854775807,\"share\":0.25,"
    "\"inner\":{\"depth\":-2147483648}}";

static Thing
read_thing (const gchar * json)
{
  JsonObject *object = json_parse (json, -1);
  Thing thing = {.number = 7,.count = 7,.size = 7,.share = 0.5,.unknown = -1 };

  g_assert_nonnull (object);
  json_fields_read (fields, &thing, object);
  json_object_unref (object);
  return thing;
}

static void
clear (Thing * thing)
{
  g_free (thing->word);
  g_free (thing->path);
  g_strfreev (thing->words);
}

static void
test_round_trip (void)
{
  Thing thing = read_thing (text);
  JsonObject *object = json_object_new ();
  gchar *again;

  g_assert_cmpstr (thing.word, ==, "\u00fc \"x\"");
  g_assert_cmpuint (g_strv_length (thing.words), ==, 2);
  g_assert_true (thing.flag);
  g_assert_cmpint (thing.number, ==, -5);
  g_assert_cmpuint (thing.count, ==, G_MAXUINT);
  g_assert_cmpint (thing.past, ==, -9007199254740993);
  g_assert_cmpuint (thing.size, ==, G_MAXINT64);
  g_assert_true (thing.share == 0.25);
  g_assert_cmpint (thing.inner.depth, ==, G_MININT);
  json_fields_write (fields, &thing, object);
  again = json_print (object, FALSE);
  g_assert_cmpstr (again, ==, text);
  g_free (again);
  clear (&thing);
}

/* Of another type, out of range or missing: what is in the struct stays. */
static void
test_hostile (void)
{
  Thing thing = read_thing ("{\"word\":5,\"words\":{},\"flag\":[],"
      "\"number\":4294967296,\"count\":-1,\"size\":-1,\"share\":1.5,"
      "\"unknown\":\"1\",\"inner\":[1],\"past\":null,\"other\":1}");

  g_assert_null (thing.word);
  g_assert_null (thing.words);
  g_assert_false (thing.flag);
  g_assert_cmpint (thing.number, ==, 7);
  g_assert_cmpuint (thing.count, ==, 7);
  g_assert_cmpuint (thing.size, ==, 7);
  g_assert_true (thing.share == 0.5 && thing.unknown == -1);
  clear (&thing);
}

/* Members of another type are as good as none, without a warning. */
static void
test_other_types (void)
{
  static const gchar *const values[] =
      { "{}", "[]", "null", "true", "1", "-2.5", "\"x\"" };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    gchar *json = g_strdup_printf ("{\"a\":%s}", values[i]);
    JsonObject *object = json_parse (json, -1);
    const gchar *string = json_get_string (object, "a");

    g_assert_cmpint (json_get_int (object, "a"), ==, i == 3 || i == 4 ? 1 :
        i == 5 ? -2 : 0);
    g_assert_cmpint (json_get_int (object, "b"), ==, 0);
    g_assert_cmpstr (string, ==, i == 6 ? "x" : NULL);
    g_assert_true ((json_get_object (object, "a") != NULL) == (i == 0));
    g_assert_true ((json_get_array (object, "a") != NULL) == (i == 1));
    json_object_unref (object);
    g_free (json);
  }
}

static gboolean
is_text_or_nothing (const gchar * text)
{
  return text == NULL || g_utf8_validate (text, -1, NULL);
}

/* An octal escape, which JSON does not have: json-glib 1.6 makes bytes of it that are no UTF-8,
 * 1.10 a character. */
static void
test_octal_escapes (void)
{
  static const gchar json[] = "{\"word\":\"a\\325\",\"path\":\"/a\\325\","
      "\"words\":[\"b\\325\",\"c\"]}";
  JsonObject *object = json_parse (json, -1);
  Thing thing = { 0 };
  guint n;

  if (object == NULL)
    return;
  json_fields_read (fields, &thing, object);
  g_assert_true (is_text_or_nothing (thing.word));
  g_assert_true (is_text_or_nothing (thing.path));
  n = g_strv_length (thing.words);
  g_assert_cmpuint (n, >=, 1);
  g_assert_true (is_text_or_nothing (thing.words[0]));
  g_assert_cmpstr (thing.words[n - 1], ==, "c");
  clear (&thing);
  json_object_unref (object);
}

/* Any number is printed as JSON has it, what is not finite as null. */
static void
test_numbers (void)
{
  static const gdouble values[] = { 0, 2e-8, 1e20, 1e-300, 0.1, -3e50,
    123456.789, 1e15, G_MAXDOUBLE, INFINITY, -INFINITY, NAN
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    JsonObject *object = json_object_new ();
    JsonArray *array = json_array_new ();
    gchar *text;

    json_array_add_double_element (array, values[i]);
    json_object_set_double_member (object, "number", values[i]);
    json_object_set_array_member (object, "array", array);
    text = json_print (object, FALSE);
    g_assert_null (strstr (text, "inf"));
    g_assert_null (strstr (text, "nan"));
    object = json_parse (text, -1);
    g_assert_nonnull (object);
    if (isfinite (values[i]))
      g_assert_true (fabs (json_object_get_double_member (object,
                  "number") - values[i]) <= 1e-15 * fabs (values[i]));
    else
      g_assert_true (json_object_get_null_member (object, "number"));
    json_object_unref (object);
    g_free (text);
  }
}

/* Any bytes that a file name may have. */
static void
test_paths (void)
{
  static const gchar *const paths[] =
      { "/a/b c", "/caf\xe9/%25\xff", "/\xc3\xbc",
    "/a\nb\"\\"
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (paths); i++) {
    Thing thing = {.path = g_strdup (paths[i]) }, again;
    JsonObject *object = json_object_new ();
    gchar *written;

    json_fields_write (fields, &thing, object);
    written = json_print (object, FALSE);
    g_assert_true (g_utf8_validate (written, -1, NULL));
    again = read_thing (written);
    g_assert_cmpstr (again.path, ==, paths[i]);
    clear (&again);
    clear (&thing);
    g_free (written);
  }
}

/* An object of that many nested objects and arrays; brackets in strings do not count. */
static void
assert_depth (guint depth, gboolean accepted)
{
  GString *json = g_string_new ("{\"\\\"[[{{\": ");
  JsonObject *object;
  guint i;

  for (i = 1; i < depth; i++)
    g_string_append_c (json, '[');
  for (i = 1; i < depth; i++)
    g_string_append_c (json, ']');
  g_string_append_c (json, '}');
  object = json_parse (json->str, (gssize) json->len);
  g_assert_true ((object != NULL) == accepted);
  g_clear_pointer (&object, json_object_unref);
  g_string_free (json, TRUE);
}

static void
test_no_object (void)
{
  g_assert_null (json_parse ("", 0));
  g_assert_null (json_parse ("[1]", -1));
  g_assert_null (json_parse ("{\"a\":1", -1));
  assert_depth (64, TRUE);
  assert_depth (65, FALSE);
  assert_depth (1000000, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/round-trip", test_round_trip);
  g_test_add_func ("/json/hostile", test_hostile);
  g_test_add_func ("/json/other-types", test_other_types);
  g_test_add_func ("/json/octal-escapes", test_octal_escapes);
  g_test_add_func ("/json/numbers", test_numbers);
  g_test_add_func ("/json/paths", test_paths);
  g_test_add_func ("/json/no-object", test_no_object);
  return g_test_run ();
}
