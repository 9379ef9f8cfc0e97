/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/manifest.h"

#include "film/workdir.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#define VERSION 1

/* --- values --- */

static void
add_string (JsonObject * object, const gchar * name, const gchar * value)
{
  if (value)
    json_object_set_string_member (object, name, value);
}

static gchar *
get_string (JsonObject * object, const gchar * name)
{
  return g_strdup (json_object_get_string_member_with_default (object, name,
          NULL));
}

static gint64
get_int (JsonObject * object, const gchar * name)
{
  return json_object_get_int_member_with_default (object, name, 0);
}

static gdouble
get_double (JsonObject * object, const gchar * name)
{
  return json_object_get_double_member_with_default (object, name, 0);
}

/* The object of that name, if it has one. */
static JsonObject *
get_object (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) :
      NULL;
}

/* --- files --- */

static gboolean
write_object (JsonObject * object, const gchar * file, GError ** error)
{
  JsonNode *root = json_node_init_object (json_node_alloc (), object);
  gchar *text = json_to_string (root, TRUE);
  const gboolean done = g_file_set_contents_full (file, text, -1,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
      error);

  g_free (text);
  json_node_free (root);
  json_object_unref (object);
  return done;
}

/* NULL and an error if it is not there, or holds something else (G_IO_ERROR_INVALID_DATA). */
static JsonParser *
read_object (const gchar * file, JsonObject ** object, GError ** error)
{
  JsonParser *parser = json_parser_new_immutable ();
  GError *fault = NULL;
  JsonNode *root = json_parser_load_from_file (parser, file, &fault) ?
      json_parser_get_root (parser) : NULL;

  if (root && JSON_NODE_HOLDS_OBJECT (root)) {
    *object = json_node_get_object (root);
    return parser;
  }
  if (fault && fault->domain != JSON_PARSER_ERROR)
    g_propagate_error (error, g_steal_pointer (&fault));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s is not whole; begin anew, with --overwrite", file);
  g_clear_error (&fault);
  g_object_unref (parser);
  return NULL;
}

/* --- settings --- */

static JsonObject *
settings_to_json (const Settings * settings)
{
  JsonObject *object = json_object_new ();

  add_string (object, "codec", settings->codec);
  json_object_set_int_member (object, "quality", settings->quality);
  add_string (object, "profile", settings->profile);
  json_object_set_double_member (object, "strength", settings->strength);
  json_object_set_double_member (object, "split", settings->split);
  add_string (object, "model", settings->model);
  json_object_set_double_member (object, "start", settings->start);
  json_object_set_double_member (object, "end", settings->end);
  json_object_set_double_member (object, "segment", settings->segment);
  json_object_set_int_member (object, "threads", settings->threads);
  return object;
}

static void
settings_from_json (Settings * settings, JsonObject * object)
{
  settings->codec = get_string (object, "codec");
  settings->quality = (gint) get_int (object, "quality");
  settings->profile = get_string (object, "profile");
  settings->strength = get_double (object, "strength");
  settings->split = get_double (object, "split");
  settings->model = get_string (object, "model");
  settings->start = get_double (object, "start");
  settings->end = get_double (object, "end");
  settings->segment = get_double (object, "segment");
  settings->threads = (gint) get_int (object, "threads");
}

/* --- segments --- */

static JsonObject *
segment_to_json (const Segment * segment)
{
  JsonObject *object = json_object_new ();
  gchar *file = parts_name ("in", segment->number, "gdp");

  json_object_set_int_member (object, "number", segment->number);
  json_object_set_int_member (object, "start", (gint64) segment->start);
  json_object_set_int_member (object, "end", (gint64) segment->end);
  json_object_set_int_member (object, "frames", segment->frames);
  add_string (object, "file", file);
  json_object_set_int_member (object, "bytes", (gint64) segment->bytes);
  add_string (object, "sha256", segment->sha256);
  g_free (file);
  return object;
}

static Segment
segment_from_json (JsonObject * object)
{
  return (Segment) {
  .number = (guint) get_int (object, "number"),.start =
        (guint64) get_int (object, "start"),.end =
        (guint64) get_int (object, "end"),.frames =
        (guint) get_int (object, "frames"),.bytes =
        (guint64) get_int (object, "bytes"),.sha256 =
        get_string (object, "sha256"),};
}

static void
clear_segment (gpointer data)
{
  g_free (((Segment *) data)->sha256);
}

/* --- all of it --- */

Manifest *
manifest_new (void)
{
  Manifest *manifest = g_new0 (Manifest, 1);

  manifest->segments = g_array_new (FALSE, TRUE, sizeof (Segment));
  g_array_set_clear_func (manifest->segments, clear_segment);
  return manifest;
}

void
manifest_free (Manifest * manifest)
{
  g_free (manifest->source);
  g_free (manifest->out);
  g_free (manifest->caps);
  g_free (manifest->raw);
  settings_clear (&manifest->settings);
  g_array_unref (manifest->segments);
  g_free (manifest);
}

guint
manifest_frames (const Manifest * manifest)
{
  guint frames = 0, i;

  for (i = 0; i < manifest->segments->len; i++)
    frames += g_array_index (manifest->segments, Segment, i).frames;
  return frames;
}

static JsonObject *
source_to_json (const Manifest * manifest)
{
  JsonObject *object = json_object_new ();

  add_string (object, "path", manifest->source);
  json_object_set_int_member (object, "size", (gint64) manifest->source_bytes);
  json_object_set_int_member (object, "modified", manifest->source_modified);
  json_object_set_boolean_member (object, "damaged", manifest->damaged);
  json_object_set_boolean_member (object, "mended", manifest->mended);
  return object;
}

static JsonObject *
video_to_json (const Manifest * manifest)
{
  JsonObject *object = json_object_new ();

  add_string (object, "caps", manifest->caps);
  add_string (object, "raw", manifest->raw);
  json_object_set_int_member (object, "depth", manifest->depth);
  json_object_set_int_member (object, "turn", manifest->turn);
  json_object_set_int_member (object, "width", manifest->width);
  json_object_set_int_member (object, "height", manifest->height);
  json_object_set_int_member (object, "frames", manifest_frames (manifest));
  return object;
}

gboolean
manifest_write (const Manifest * manifest, const gchar * parts, GError ** error)
{
  JsonObject *object = json_object_new ();
  JsonArray *segments = json_array_new ();
  gchar *file = g_build_filename (parts, PARTS_MANIFEST, NULL);
  gboolean done;
  guint i;

  for (i = 0; i < manifest->segments->len; i++)
    json_array_add_object_element (segments,
        segment_to_json (&g_array_index (manifest->segments, Segment, i)));
  json_object_set_int_member (object, "version", VERSION);
  json_object_set_object_member (object, "source", source_to_json (manifest));
  add_string (object, "out", manifest->out);
  json_object_set_object_member (object, "options",
      settings_to_json (&manifest->settings));
  json_object_set_object_member (object, "video", video_to_json (manifest));
  json_object_set_array_member (object, "segments", segments);
  done = write_object (object, file, error);
  g_free (file);
  return done;
}

static void
read_segments (Manifest * manifest, JsonObject * object)
{
  JsonArray *segments = json_object_get_array_member (object, "segments");
  guint i;

  for (i = 0; i < json_array_get_length (segments); i++) {
    Segment segment =
        segment_from_json (json_array_get_object_element (segments, i));

    g_array_append_val (manifest->segments, segment);
  }
}

Manifest *
manifest_read (const gchar * parts, GError ** error)
{
  gchar *file = g_build_filename (parts, PARTS_MANIFEST, NULL);
  JsonObject *object, *source, *video, *options;
  JsonParser *parser = read_object (file, &object, error);
  Manifest *manifest = NULL;

  if (parser && get_int (object, "version") == VERSION
      && (source = get_object (object, "source"))
      && (video = get_object (object, "video"))
      && (options = get_object (object, "options"))
      && json_object_has_member (object, "segments")) {
    manifest = manifest_new ();
    manifest->source = get_string (source, "path");
    manifest->source_bytes = (guint64) get_int (source, "size");
    manifest->source_modified = get_int (source, "modified");
    manifest->damaged = json_object_get_boolean_member_with_default (source,
        "damaged", FALSE);
    manifest->mended = json_object_get_boolean_member_with_default (source,
        "mended", FALSE);
    manifest->out = get_string (object, "out");
    manifest->caps = get_string (video, "caps");
    manifest->raw = get_string (video, "raw");
    manifest->depth = (guint) get_int (video, "depth");
    manifest->turn = (gint) get_int (video, "turn");
    manifest->width = (gint) get_int (video, "width");
    manifest->height = (gint) get_int (video, "height");
    settings_from_json (&manifest->settings, options);
    read_segments (manifest, object);
  } else if (parser) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%s is of another version of this program; begin anew, with "
        "--overwrite", file);
  }
  g_clear_object (&parser);
  g_free (file);
  return manifest;
}

/* --- outcomes --- */

gboolean
outcome_write (const Outcome * outcome, const gchar * parts, GError ** error)
{
  JsonObject *object = json_object_new ();
  gchar *file = parts_file (parts, "out", outcome->number, "json");
  gboolean done;

  json_object_set_int_member (object, "number", outcome->number);
  json_object_set_int_member (object, "decoded", outcome->decoded);
  json_object_set_int_member (object, "frames", outcome->frames);
  json_object_set_int_member (object, "bytes", (gint64) outcome->bytes);
  json_object_set_int_member (object, "coded", (gint64) outcome->coded);
  add_string (object, "sha256", outcome->sha256);
  json_object_set_double_member (object, "seconds", outcome->seconds);
  json_object_set_double_member (object, "noise", outcome->noise);
  done = write_object (object, file, error);
  g_free (file);
  return done;
}

gboolean
outcome_read (Outcome * outcome, const gchar * parts, guint number)
{
  gchar *file = parts_file (parts, "out", number, "json");
  JsonObject *object;
  JsonParser *parser = read_object (file, &object, NULL);

  *outcome = (Outcome) {
  .number = number};
  if (parser) {
    outcome->decoded = (guint) get_int (object, "decoded");
    outcome->frames = (guint) get_int (object, "frames");
    outcome->bytes = (guint64) get_int (object, "bytes");
    outcome->coded = (guint64) get_int (object, "coded");
    outcome->sha256 = get_string (object, "sha256");
    outcome->seconds = get_double (object, "seconds");
    outcome->noise = get_double (object, "noise");
    g_object_unref (parser);
  }
  g_free (file);
  return outcome->sha256 != NULL;
}

void
outcome_remove (const gchar * parts, guint number)
{
  gchar *file = parts_file (parts, "out", number, "json");

  g_unlink (file);
  g_free (file);
}

void
outcome_clear (Outcome * outcome)
{
  g_clear_pointer (&outcome->sha256, g_free);
}
