/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/clock.h"
#include "common/file.h"
#include "common/pipeline/launch.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/media/decode.h"
#include "transcode/steps.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/video/video.h>

#define REPORT_INTERVAL (200 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  gboolean report;

  /* owned by the streaming thread */
  guint frames;
  guint64 bytes;
  gint64 reported;
} Encoding;

static void
report_progress (Encoding * encoding)
{
  const gint64 now = g_get_monotonic_time ();

  if (!encoding->report || now - encoding->reported < REPORT_INTERVAL)
    return;
  encoding->reported = now;
  g_print ("{\"frames\": %u, \"bytes\": %" G_GUINT64_FORMAT "}\n",
      encoding->frames, encoding->bytes);
}

static GstPadProbeReturn
on_encoded (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Encoding *encoding = data;

  encoding->frames++;
  encoding->bytes += gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  report_progress (encoding);
  return GST_PAD_PROBE_OK;
}

static void
count_frames (Decoder * decoder, Encoding * encoding)
{
  GstElement *packer = decoder_element (decoder, "packer");
  GstPad *pad = gst_element_get_static_pad (packer, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_encoded, encoding,
      NULL);
  gst_object_unref (pad);
  gst_object_unref (packer);
}

/* Chroma noise is left out for RGB, which has none. */
static void
get_noise (Decoder * decoder, const gchar * format, SegmentResult * result)
{
  const GstVideoFormatInfo *info =
      gst_video_format_get_info (gst_video_format_from_string (format));
  GstElement *filter = decoder_element (decoder, "filter");
  GstStructure *stats;

  g_object_get (filter, "stats", &stats, NULL);
  gst_structure_get (stats, "estimated-sigma", G_TYPE_DOUBLE, &result->noise,
      "estimated-sigma-chroma", G_TYPE_DOUBLE, &result->chroma_noise, NULL);
  if (!GST_VIDEO_FORMAT_INFO_IS_YUV (info))
    result->chroma_noise = -1;
  gst_structure_free (stats);
  gst_object_unref (filter);
}

/* --- the step --- */

/* Checks that every decoded frame was encoded. */
static gboolean
check_count (const Encoding * encoding, SegmentResult * result, GError ** error)
{
  result->frames = encoding->frames;
  result->coded = encoding->bytes;
  if (result->frames == result->decoded)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
      "segment %u: %u frames were decoded, %u were encoded", result->number,
      result->decoded, result->frames);
  return FALSE;
}

static gboolean
encode (const Manifest * manifest, const gchar * workdir,
    SegmentResult * result, const gchar * file, gboolean report,
    GError ** error)
{
  const Settings *settings = &manifest->settings;
  gchar *codec = codec_encoder_line (settings->codec, settings->quality,
      settings->threads);
  gchar *line = g_strdup_printf ("videoconvert ! video/x-raw,format=%s ! %s ! "
      "gdppay name=packer ! " LAUNCH_FILESINK " name=file async=false",
      manifest->coded_format, codec);
  Decoder *decoder =
      decoder_new (manifest, workdir, result->number, line, error);
  Encoding encoding = {.report = report };
  gboolean done = FALSE;

  if (decoder) {
    decoder_set_location (decoder, file);
    count_frames (decoder, &encoding);
    done = decoder_run (decoder, error);
    result->decoded = decoder_frames (decoder);
    get_noise (decoder, manifest->filter_format, result);
    decoder_free (decoder);
  }
  g_free (line);
  g_free (codec);
  return done && check_count (&encoding, result, error);
}

static gboolean
is_done (const gchar * workdir, guint number)
{
  SegmentResult result;
  const gboolean done = segment_result_read (&result, workdir, number)
      && segment_result_is_intact (&result, workdir);

  segment_result_clear (&result);
  return done;
}

static gboolean
process (const Manifest * manifest, const gchar * workdir, guint number,
    const gchar * file, gboolean report, GError ** error)
{
  const gint64 started = g_get_monotonic_time ();
  gchar *unfinished = file_temporary_name (file);
  SegmentResult result = {.number = number };
  gboolean done = encode (manifest, workdir, &result, unfinished, report, error)
      && file_checksum (unfinished, &result.bytes, &result.sha256, error)
      && file_publish (unfinished, file, error);

  result.seconds = clock_seconds_since (started);
  done = done && segment_result_write (&result, workdir, error);
  if (!done)
    g_unlink (unfinished);
  segment_result_clear (&result);
  g_free (unfinished);
  return done;
}

gboolean
step_segment (const gchar * workdir, guint number, gboolean report,
    GError ** error)
{
  Manifest *manifest = manifest_read (workdir, error);
  gchar *file = workdir_file (workdir, "out", number, "gdp");
  gboolean done = manifest != NULL;

  if (done && number >= manifest->segments->len) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--number: %s has segments 0 to %u", workdir,
        manifest->segments->len - 1);
    done = FALSE;
  }
  done = done && source_check (manifest->source, &manifest->id, error)
      && (is_done (workdir, number)
      || process (manifest, workdir, number, file, report, error));
  g_clear_pointer (&manifest, manifest_free);
  g_free (file);
  return done;
}
