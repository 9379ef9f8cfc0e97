/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manifests of transcode and results of segments, as JSON: what is accepted can be used as it is, and is
 * the same when it is written and read again. */
#include "film/codec.h"
#include "film/manifest.h"

#include <gst/video/video.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

/* GStreamer's parser of caps has warnings of its own. */
static void
on_log (const gchar * domain, GLogLevelFlags level,
    const gchar * text G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)
      && g_strcmp0 (domain, "GStreamer") != 0)
    abort ();
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void) argc, (void) argv;
  gst_init (NULL, NULL);
  g_log_set_default_handler (on_log, NULL);
  return 0;
}

static void
require (gboolean holds)
{
  if (!holds)
    abort ();
}

static void
use_caps (const gchar * text)
{
  GstCaps *caps = gst_caps_from_string (text);

  require (gst_caps_get_size (caps) == 1);
  gst_caps_unref (caps);
}

/* As the steps do. */
static void
use (const Manifest * manifest)
{
  const Settings *settings = &manifest->settings;
  const Segment *first = &g_array_index (manifest->segments, Segment, 0);
  gchar *line = codec_encoder_line (settings->codec, settings->quality,
      settings->threads);
  guint frames = 0, i;

  g_free (line);
  require (settings->start * GST_SECOND < (gdouble) G_MAXINT64
      && settings->end * GST_SECOND < (gdouble) G_MAXINT64);
  use_caps (manifest->caps);
  use_caps (manifest->raw_caps);
  require (gst_video_format_from_string (manifest->filter_format) !=
      GST_VIDEO_FORMAT_UNKNOWN);
  require (gst_video_format_from_string (manifest->coded_format) !=
      GST_VIDEO_FORMAT_UNKNOWN);
  for (i = 0; i < manifest->segments->len; i++) {
    require (first[i].number == i && strlen (first[i].sha256) < 4096);
    frames += first[i].frames;
  }
  require (frames > 0 && frames == manifest_frames (manifest));
  require (strlen (manifest->out) > 0 && strlen (manifest->source) > 0);
}

static Manifest *
parse (const gchar * text, gsize size)
{
  GError *error = NULL;
  Manifest *manifest = manifest_parse (text, size, "manifest.json", &error);

  require ((manifest == NULL) == (error != NULL));
  g_clear_error (&error);
  return manifest;
}

static void
use_result (const gchar * text, gsize size)
{
  SegmentResult result;

  if (segment_result_parse (&result, 3, text, size))
    require (result.number == 3 && result.sha256);
  segment_result_clear (&result);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  Manifest *manifest = parse ((const gchar *) data, size), *again;
  gchar *text, *rewritten;

  use_result ((const gchar *) data, size);
  if (manifest == NULL)
    return 0;
  use (manifest);
  text = manifest_print (manifest);
  again = parse (text, strlen (text));
  require (again != NULL);
  rewritten = manifest_print (again);
  require (g_str_equal (text, rewritten));
  g_free (rewritten);
  g_free (text);
  manifest_free (again);
  manifest_free (manifest);
  return 0;
}
