/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/probe-frame.h"

#include "common/colours.h"
#include "common/pipeline/launch.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/media/packets.h"
#include "transcode/media/pixel-format.h"

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

/* Pushes packets until a frame is out. NULL and no error: there is none yet. */
static GstSample *
push_until_frame (GstElement * pipeline, PacketReader * reader, GstElement * in,
    GstAppSink * out, const gchar * name, GError ** error)
{
  GstSample *frame = NULL, *sample;
  gboolean going = TRUE;

  while (going && frame == NULL && (sample = packet_reader_next (reader,
              error))) {
    GstSample *stripped = strip_colours (sample);

    going = packet_push (pipeline, in, stripped, name, error);
    frame = gst_app_sink_try_pull_sample (out, 0);
    gst_sample_unref (stripped);
    gst_sample_unref (sample);
  }
  return frame;
}

/* Decodes up to the first frame. Takes the pipeline. */
static GstSample *
decode (GstElement * pipeline, PacketReader * packets, const gchar * name,
    GError ** error)
{
  GstElement *in = packet_appsrc (pipeline, "in");
  PacketReader *frames = packet_reader_new (pipeline, name, error);
  GError *local_error = NULL;
  GstSample *frame = NULL;

  if (frames) {
    frame = push_until_frame (pipeline, packets, in,
        packet_reader_sink (frames), name, &local_error);
    if (frame == NULL && local_error == NULL) {
      gst_app_src_end_of_stream (GST_APP_SRC (in));
      frame = packet_reader_next (frames, &local_error);
    }
    if (frame == NULL && local_error == NULL)
      g_set_error (&local_error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
          "%s: none of its first frames can be decoded", name);
    packet_reader_free (frames);
  }
  if (local_error)
    g_propagate_error (error, local_error);
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
  gchar *colours = colours_complete (gst_sample_get_caps (frame));
  GString *text = g_string_new ("video/x-raw");

  if (colours == NULL && coded)
    colours = g_strdup (gst_structure_get_string (coded, "colorimetry"));
  if (colours)
    g_string_append_printf (text, ",colorimetry=(string)%s", colours);
  if (mode && !g_str_equal (mode, "progressive"))
    g_string_append_printf (text, ",field-order=(string)%s-field-first",
        GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (frame),
            GST_VIDEO_BUFFER_FLAG_TFF) ? "top" : "bottom");
  g_free (colours);
  g_clear_pointer (&coded, gst_structure_free);
  return g_string_free (text, FALSE);
}

static gboolean
is_subsampled_oddly (GstVideoFormat format, const GstVideoInfo * size)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);

  return GST_VIDEO_FORMAT_INFO_IS_YUV (info)
      && (size->width & ((1 << GST_VIDEO_FORMAT_INFO_W_SUB (info, 1)) - 1)
      || size->height & ((1 << GST_VIDEO_FORMAT_INFO_H_SUB (info, 1)) - 1));
}

static gchar *
format_name (GstVideoFormat format)
{
  return format == GST_VIDEO_FORMAT_UNKNOWN ? NULL :
      g_strdup (gst_video_format_to_string (format));
}

/* Chooses formats that hold all that the frames have; those of the manifest stay NULL where there
 * is none. */
static void
probe_samples (Manifest * manifest, const GstVideoInfo * info)
{
  const GstVideoFormat format = GST_VIDEO_INFO_FORMAT (info);
  const gchar *codec = manifest->settings.codec;
  gchar *encoder = codec_encoder_element (codec);
  const GstVideoFormat coded = pixel_format_for (encoder, format,
      codec_is_lossless (codec) ? PIXEL_FORMAT_LOSSLESS : PIXEL_FORMAT_LOSSY);

  manifest->depth = (guint) GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  manifest->format = pixel_format_describe (format);
  manifest->turn_format = format_name (pixel_format_for ("videoflip", format,
          PIXEL_FORMAT_FILTER));
  manifest->filter_format = format_name (pixel_format_for ("zsdenoise", format,
          PIXEL_FORMAT_FILTER));
  manifest->coded_format = format_name (coded);
  manifest->odd_size = is_subsampled_oddly (coded, info);
  g_free (encoder);
}

gboolean
probe_frame (Manifest * manifest, const gchar * workdir, GError ** error)
{
  gchar *file = workdir_file (workdir, "in", 0, "gdp");
  PacketReader *reader = packet_reader_open (file, error);
  GstElement *pipeline = reader ? launch ("appsrc name=in format=time ! "
      "decodebin ! appsink name=out sync=false", GST_PARSE_FLAG_NONE, error) :
      NULL;
  GstSample *frame = pipeline ? decode (pipeline, reader, manifest->source,
      error) : NULL;
  GstVideoInfo info;

  if (frame && gst_video_info_from_caps (&info, gst_sample_get_caps (frame))) {
    manifest->raw_caps = describe_caps (manifest, frame);
    probe_samples (manifest, &info);
  } else if (frame) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: its decoded frames have no format that is known here",
        manifest->source);
  }
  if (frame)
    gst_sample_unref (frame);
  g_clear_pointer (&reader, packet_reader_free);
  g_free (file);
  return manifest->raw_caps != NULL;
}
