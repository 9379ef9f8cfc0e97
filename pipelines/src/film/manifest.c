/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film/manifest.h"

#include "common/file.h"
#include "common/json.h"
#include "film/codec.h"
#include "film/workdir.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>
#include <string.h>

#define VERSION 1

static const JsonField settings_fields[] = {
  JSON_FIELD ("codec", STRING, Settings, codec),
  JSON_FIELD ("quality", INT, Settings, quality),
  JSON_FIELD ("profile", STRING, Settings, profile),
  JSON_FIELD ("strength", DOUBLE, Settings, strength),
  JSON_FIELD ("sigma", DOUBLE, Settings, sigma),
  JSON_FIELD ("split", DOUBLE, Settings, split),
  JSON_FIELD ("model", PATH, Settings, model),
  JSON_FIELD ("start", DOUBLE, Settings, start),
  JSON_FIELD ("end", DOUBLE, Settings, end),
  JSON_FIELD ("segment", DOUBLE, Settings, segment),
  JSON_FIELD ("threads", INT, Settings, threads),
  JSON_END
};

static const JsonField source_fields[] = {
  JSON_FIELD ("path", PATH, Manifest, source),
  JSON_FIELD ("size", UINT64, Manifest, id.bytes),
  JSON_FIELD ("modified", INT64, Manifest, id.modified),
  JSON_FIELD ("inode", UINT64, Manifest, id.inode),
  JSON_FIELD ("head", STRING, Manifest, id.head),
  JSON_FIELD ("damaged", BOOLEAN, Manifest, damaged),
  JSON_FIELD ("mended", BOOLEAN, Manifest, repaired),
  JSON_END
};

static const JsonField video_fields[] = {
  JSON_FIELD ("caps", STRING, Manifest, caps),
  JSON_FIELD ("raw", STRING, Manifest, raw_caps),
  JSON_FIELD ("turned", STRING, Manifest, turn_format),
  JSON_FIELD ("filtered", STRING, Manifest, filter_format),
  JSON_FIELD ("coded", STRING, Manifest, coded_format),
  JSON_FIELD ("depth", UINT, Manifest, depth),
  JSON_FIELD ("turn", INT, Manifest, orientation),
  JSON_FIELD ("width", INT, Manifest, width),
  JSON_FIELD ("height", INT, Manifest, height),
  JSON_END
};

static const JsonField manifest_fields[] = {
  JSON_OBJECT ("source", 0, source_fields),
  JSON_FIELD ("out", PATH, Manifest, out),
  JSON_OBJECT ("options", offsetof (Manifest, settings), settings_fields),
  JSON_OBJECT ("video", 0, video_fields),
  JSON_END
};

static const JsonField segment_fields[] = {
  JSON_FIELD ("number", UINT, Segment, number),
  JSON_FIELD ("start", UINT64, Segment, start),
  JSON_FIELD ("end", UINT64, Segment, end),
  JSON_FIELD ("frames", UINT, Segment, frames),
  JSON_FIELD ("bytes", UINT64, Segment, bytes),
  JSON_FIELD ("sha256", STRING, Segment, sha256),
  JSON_END
};

static const JsonField result_fields[] = {
  JSON_FIELD ("number", UINT, SegmentResult, number),
  JSON_FIELD ("decoded", UINT, SegmentResult, decoded),
  JSON_FIELD ("frames", UINT, SegmentResult, frames),
  JSON_FIELD ("bytes", UINT64, SegmentResult, bytes),
  JSON_FIELD ("coded", UINT64, SegmentResult, coded),
  JSON_FIELD ("sha256", STRING, SegmentResult, sha256),
  JSON_FIELD ("seconds", DOUBLE, SegmentResult, seconds),
  JSON_FIELD ("noise", DOUBLE, SegmentResult, noise),
  JSON_FIELD ("chroma_noise", DOUBLE, SegmentResult, chroma_noise),
  JSON_END
};

/* --- the manifest --- */

static void
clear_segment (gpointer data)
{
  g_free (((Segment *) data)->sha256);
}

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
  source_id_clear (&manifest->id);
  g_free (manifest->out);
  g_free (manifest->caps);
  g_free (manifest->raw_caps);
  g_free (manifest->format);
  g_free (manifest->turn_format);
  g_free (manifest->filter_format);
  g_free (manifest->coded_format);
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

static JsonArray *
write_segments (const Manifest * manifest)
{
  JsonArray *array = json_array_new ();
  guint i;

  for (i = 0; i < manifest->segments->len; i++) {
    const Segment *segment = &g_array_index (manifest->segments, Segment, i);
    JsonObject *object = json_object_new ();
    gchar *file = workdir_file_name ("in", segment->number, "gdp");

    json_object_set_string_member (object, "file", file);
    json_fields_write (segment_fields, segment, object);
    json_array_add_object_element (array, object);
    g_free (file);
  }
  return array;
}

gchar *
manifest_print (const Manifest * manifest)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "version", VERSION);
  json_fields_write (manifest_fields, manifest, object);
  json_object_set_int_member (json_get_object (object, "video"), "frames",
      manifest_frames (manifest));
  json_object_set_array_member (object, "segments", write_segments (manifest));
  return json_print (object, TRUE);
}

gboolean
manifest_write (const Manifest * manifest, const gchar * workdir,
    GError ** error)
{
  gchar *file = g_build_filename (workdir, WORKDIR_MANIFEST, NULL);
  gchar *text = manifest_print (manifest);
  const gboolean done = file_write (file, text, strlen (text), error);

  g_free (text);
  g_free (file);
  return done;
}

static void
read_segments (Manifest * manifest, JsonArray * array)
{
  guint i;

  for (i = 0; i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    Segment segment = { 0 };

    if (JSON_NODE_HOLDS_OBJECT (node))
      json_fields_read (segment_fields, &segment, json_node_get_object (node));
    g_array_append_val (manifest->segments, segment);
  }
}

static gboolean
is_manifest (JsonObject * object)
{
  return json_get_int (object, "version") == VERSION
      && json_get_object (object, "source")
      && json_get_object (object, "video")
      && json_get_object (object, "options")
      && json_get_array (object, "segments");
}

static gboolean
is_format (const gchar * name)
{
  return name
      && gst_video_format_from_string (name) != GST_VIDEO_FORMAT_UNKNOWN;
}

/* Fixed caps in system memory, that is without features. Programs that do not use GStreamer do not
 * parse them. */
static gboolean
is_caps (const gchar * text)
{
  GstCaps *caps;
  gboolean fixed;

  if (text == NULL || text[strcspn (text, ",(")] == '(')
    return FALSE;
  if (!gst_is_initialized ())
    return TRUE;
  caps = gst_caps_from_string (text);
  fixed = caps && gst_caps_is_fixed (caps);
  gst_clear_caps (&caps);
  return fixed;
}

static gboolean
has_valid_video (const Manifest * manifest)
{
  return is_caps (manifest->caps) && is_caps (manifest->raw_caps)
      && is_format (manifest->filter_format)
      && is_format (manifest->coded_format)
      && (manifest->orientation == GST_VIDEO_ORIENTATION_IDENTITY
      || is_format (manifest->turn_format))
      && manifest->orientation >= GST_VIDEO_ORIENTATION_IDENTITY
      && manifest->orientation <= GST_VIDEO_ORIENTATION_UR_LL
      && manifest->width > 0 && manifest->height > 0;
}

static gboolean
has_valid_settings (const Settings * settings)
{
  return settings->codec && settings_fault (settings) == NULL
      && settings->split >= 0 && settings->split <= 1;
}

static gboolean
has_valid_segments (const Manifest * manifest)
{
  guint64 frames = 0;
  guint i;

  for (i = 0; i < manifest->segments->len; i++) {
    const Segment *segment = &g_array_index (manifest->segments, Segment, i);

    frames += segment->frames;
    if (segment->number != i || segment->start > segment->end
        || segment->sha256 == NULL)
      return FALSE;
  }
  return frames > 0 && frames <= G_MAXINT;
}

static gboolean
is_valid (const Manifest * manifest)
{
  return manifest->source && manifest->out && manifest->id.head
      && has_valid_settings (&manifest->settings)
      && has_valid_video (manifest) && has_valid_segments (manifest);
}

static void
set_damaged (const gchar * file, GError ** error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s is damaged; start over with --overwrite", file);
}

Manifest *
manifest_parse (const gchar * text, gsize length, const gchar * file,
    GError ** error)
{
  JsonObject *object = json_parse (text, (gssize) length);
  Manifest *manifest = NULL;

  if (object && is_manifest (object)) {
    manifest = manifest_new ();
    json_fields_read (manifest_fields, manifest, object);
    read_segments (manifest, json_get_array (object, "segments"));
    if (!is_valid (manifest)) {
      set_damaged (file, error);
      g_clear_pointer (&manifest, manifest_free);
    }
  } else if (object) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%s was written by another version of this program; start "
        "over with --overwrite", file);
  } else {
    set_damaged (file, error);
  }
  g_clear_pointer (&object, json_object_unref);
  return manifest;
}

Manifest *
manifest_read (const gchar * workdir, GError ** error)
{
  gchar *file = g_build_filename (workdir, WORKDIR_MANIFEST, NULL);
  gchar *text = NULL;
  gsize length;
  Manifest *manifest = g_file_get_contents (file, &text, &length, error) ?
      manifest_parse (text, length, file, error) : NULL;

  g_free (text);
  g_free (file);
  return manifest;
}

/* --- results --- */

gboolean
segment_result_write (const SegmentResult * result, const gchar * workdir,
    GError ** error)
{
  JsonObject *object = json_object_new ();
  gchar *file = workdir_file (workdir, "out", result->number, "json");
  gboolean done;

  json_fields_write (result_fields, result, object);
  done = json_save (object, file, error);
  g_free (file);
  return done;
}

gboolean
segment_result_parse (SegmentResult * result, guint number,
    const gchar * text, gsize length)
{
  JsonObject *object = json_parse (text, (gssize) length);

  memset (result, 0, sizeof *result);
  result->noise = result->chroma_noise = -1;
  if (object) {
    json_fields_read (result_fields, result, object);
    json_object_unref (object);
  }
  result->number = number;
  return result->sha256 != NULL;
}

gboolean
segment_result_read (SegmentResult * result, const gchar * workdir,
    guint number)
{
  gchar *file = workdir_file (workdir, "out", number, "json");
  gchar *text = NULL;
  gsize length = 0;
  gboolean done;

  g_file_get_contents (file, &text, &length, NULL);
  done = segment_result_parse (result, number, text ? text : "", length);
  g_free (text);
  g_free (file);
  return done;
}

gboolean
segment_result_is_intact (const SegmentResult * result, const gchar * workdir)
{
  gchar *file = workdir_file (workdir, "out", result->number, "gdp");
  const gboolean intact = file_matches (file, result->bytes, result->sha256);

  g_free (file);
  return intact;
}

void
segment_result_remove (const gchar * workdir, guint number)
{
  gchar *file = workdir_file (workdir, "out", number, "json");

  g_unlink (file);
  g_free (file);
}

void
segment_result_clear (SegmentResult * result)
{
  g_clear_pointer (&result->sha256, g_free);
}
