/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/probe-frame.h"

#include "common/launch.h"
#include "common/pipeline-error.h"
#include "film/workdir.h"
#include "transcode/media/packets.h"

#include <gst/app/app.h>
#include <gst/video/video.h>

/* Codecs whose bitstream describes colours more reliably than the container. */
static gboolean
has_own_colours (const GstStructure * structure)
{
  return gst_structure_has_name (structure, "video/x-h264")
      || gst_structure_has_name (structure, "video/x-h265");
}

static GstSample *
strip_colours (GstSample * sample)
{
  GstCaps *caps = gst_caps_copy (gst_sample_get_caps (sample));
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstSample *stripped;

  if (has_own_colours (structure))
    gst_structure_remove_field (structure, "colorimetry");
  stripped = gst_sample_new (gst_sample_get_buffer (sample), caps, NULL, NULL);
  gst_caps_unref (caps);
  return stripped;
}

/* Decodes up to the first frame. */
static GstSample *
decode (GstElement * pipeline, PacketReader * reader, const gchar * name,
    GError ** error)
{
  GstElement *in = packet_appsrc (pipeline, "in");
  GstElement *out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstSample *frame = NULL, *sample;
  gboolean going = TRUE;

  while (going && frame == NULL && (sample = packet_reader_next (reader,
              error))) {
    GstSample *stripped = strip_colours (sample);

    going = packet_push (pipeline, in, stripped, name, error);
    frame = gst_app_sink_try_pull_sample (GST_APP_SINK (out), 0);
    gst_sample_unref (stripped);
    gst_sample_unref (sample);
  }
  if (going && frame == NULL) {
    gst_app_src_end_of_stream (GST_APP_SRC (in));
    frame = gst_app_sink_pull_sample (GST_APP_SINK (out));
    if (frame == NULL && !pipeline_error_take (pipeline, name, error))
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
          "%s: none of its first frames can be decoded", name);
  }
  gst_object_unref (out);
  gst_object_unref (in);
  return frame;
}

static gchar *
describe_caps (const Manifest * manifest, GstSample * frame)
{
  GstStructure *coded = gst_structure_from_string (manifest->caps, NULL);
  const GstStructure *raw =
      gst_caps_get_structure (gst_sample_get_caps (frame), 0);
  const gchar *mode = gst_structure_get_string (raw, "interlace-mode");
  const gchar *colours = gst_structure_get_string (raw, "colorimetry");
  GString *text = g_string_new ("video/x-raw");

  if (colours == NULL && coded)
    colours = gst_structure_get_string (coded, "colorimetry");
  if (colours)
    g_string_append_printf (text, ",colorimetry=(string)%s", colours);
  if (mode && !g_str_equal (mode, "progressive"))
    g_string_append_printf (text, ",field-order=(string)%s-field-first",
        GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (frame),
            GST_VIDEO_BUFFER_FLAG_TFF) ? "top" : "bottom");
  g_clear_pointer (&coded, gst_structure_free);
  return g_string_free (text, FALSE);
}

static void
probe_samples (Manifest * manifest, GstSample * frame)
{
  GstVideoInfo info;

  manifest->depth = 8;
  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (frame)))
    return;
  manifest->depth = (guint) GST_VIDEO_INFO_COMP_DEPTH (&info, 0);
  if (GST_VIDEO_INFO_IS_YUV (&info))
    manifest->odd_size =
        info.width & ((1 << GST_VIDEO_FORMAT_INFO_W_SUB (info.finfo, 1)) - 1)
        || info.height & ((1 << GST_VIDEO_FORMAT_INFO_H_SUB (info.finfo,
                1)) - 1);
}

gboolean
probe_frame (Manifest * manifest, const gchar * workdir, GError ** error)
{
  gchar *file = workdir_file (workdir, "in", 0, "gdp");
  PacketReader *reader = packet_reader_open (file, error);
  GstElement *pipeline = reader ? launch ("appsrc name=in format=time ! "
      "decodebin ! appsink name=out sync=false", GST_PARSE_FLAG_NONE, error) :
      NULL;
  GstSample *frame = NULL;

  if (pipeline) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    frame = decode (pipeline, reader, manifest->source, error);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (pipeline);
  }
  if (frame) {
    manifest->raw_caps = describe_caps (manifest, frame);
    probe_samples (manifest, frame);
    gst_sample_unref (frame);
  }
  g_clear_pointer (&reader, packet_reader_free);
  g_free (file);
  return manifest->raw_caps != NULL;
}
