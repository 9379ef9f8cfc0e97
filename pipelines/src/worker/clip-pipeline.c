/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/clip-pipeline.h"

#include "common/pipeline/launch.h"

/* Formats that all browsers play: MP4 with AAC and 8-bit 4:2:0 H.264, whose width and height are
 * even. */
#define ENCODE "videoconvert ! videocrop right=%d bottom=%d ! " \
    "video/x-raw,format=I420 ! x264enc pass=qual quantizer=%d bitrate=%d " \
    "speed-preset=veryfast key-int-max=60 threads=%d ! " \
    "video/x-h264,profile=high ! h264parse name=%s"
#define WRITE "mp4mux name=%s faststart=true faststart-file=%s-index ! " \
    LAUNCH_FILESINK " location=%s async=false"
#define ENCODE_AUDIO "queue max-size-time=0 max-size-bytes=0 " \
    "max-size-buffers=0 name=in ! audioconvert ! audioresample ! " \
    "avenc_aac name=out"

/* Quantizers of x264; the noise of the original need not be preserved exactly. */
#define QUANTIZER_AFTER 18
#define QUANTIZER_BEFORE 20

/* --- launch lines --- */

/* Upper limit of the bit rate, kbit/s: 31 Mbit/s at 1080p. Noise would take any rate. */
static gint
max_kbits (const ClipFormat * format)
{
  const gint64 pixels = (gint64) format->width * format->height;

  return (gint) CLAMP (pixels * 15 / 1000, 1000, G_MAXINT);
}

static gchar *
encoder_line (const ClipFormat * format, const gchar * name, gint quantizer)
{
  return g_strdup_printf (ENCODE, format->width & 1, format->height & 1,
      quantizer, max_kbits (format), format->threads, name);
}

static gchar *
video_line (const ClipFormat * format)
{
  gchar *after = encoder_line (format, "after", QUANTIZER_AFTER);
  gchar *before = encoder_line (format, "before", QUANTIZER_BEFORE);
  gchar *line =
      g_strdup_printf ("capssetter name=in ! videoconvert ! tee name=both ! "
      "queue ! zsdenoise name=filter ! %s both. ! queue ! %s", after,
      format->before ? before : "fakesink async=false");

  g_free (after);
  g_free (before);
  return line;
}

/* --- bins --- */

/* Adds a ghost pad for a pad of the element `name`, under the same name. */
static void
add_ghost_pad (GstElement * bin, const gchar * name, const gchar * pad_name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (bin), name);
  GstPad *pad = gst_element_get_static_pad (element, pad_name);

  gst_element_add_pad (bin, gst_ghost_pad_new (name, pad));
  gst_object_unref (pad);
  gst_object_unref (element);
}

static GstElement *
add_bin (GstElement * pipeline, const gchar * line, GError ** error)
{
  GstElement *bin = launch (line, GST_PARSE_FLAG_PLACE_IN_BIN, error);

  if (bin == NULL)
    return NULL;
  add_ghost_pad (bin, "in", "sink");
  gst_bin_add (GST_BIN (pipeline), bin);
  return bin;
}

static void
link_to_muxer (GstElement * pipeline, GstElement * bin, const gchar * name,
    const gchar * muxer_name, const gchar * muxer_pad)
{
  GstElement *muxer = gst_bin_get_by_name (GST_BIN (pipeline), muxer_name);

  add_ghost_pad (bin, name, "src");
  gst_element_link_pads (bin, name, muxer, muxer_pad);
  gst_object_unref (muxer);
}

GstElement *
clip_pipeline_add_video (GstElement * pipeline, const ClipFormat * format,
    GError ** error)
{
  gchar *line = video_line (format);
  GstElement *bin = add_bin (pipeline, line, error);

  g_free (line);
  if (bin == NULL)
    return NULL;
  link_to_muxer (pipeline, bin, "after", "write-after", "video_%u");
  if (format->before)
    link_to_muxer (pipeline, bin, "before", "write-before", "video_%u");
  return bin;
}

GstElement *
clip_pipeline_add_audio (GstElement * pipeline, GError ** error)
{
  GstElement *bin = add_bin (pipeline, ENCODE_AUDIO, error);

  if (bin)
    link_to_muxer (pipeline, bin, "out", "write-after", "audio_%u");
  return bin;
}

void
clip_pipeline_link (GstPad * pad, GstElement * bin)
{
  GstPad *in = gst_element_get_static_pad (bin, "in");

  gst_element_sync_state_with_parent (bin);
  gst_pad_link (pad, in);
  gst_object_unref (in);
}

/* --- the pipeline --- */

GstElement *
clip_pipeline_new (const gchar * file, const gchar * after,
    const gchar * before, GError ** error)
{
  gchar *first = g_strdup_printf (WRITE, "write-after", after, after);
  gchar *second = before ?
      g_strdup_printf (WRITE, "write-before", before, before) : g_strdup ("");
  gchar *line = g_strdup_printf ("filesrc location=%s ! decodebin "
      "name=decoder %s %s", file, first, second);
  GstElement *pipeline = launch (line, GST_PARSE_FLAG_NONE, error);

  g_free (first);
  g_free (second);
  g_free (line);
  return pipeline;
}

gboolean
clip_pipeline_check (GError ** error)
{
  const ClipFormat format = { 16, 16, 1, TRUE };
  GstElement *pipeline = clip_pipeline_new ("upload", "after", "before", error);
  const gboolean found = pipeline
      && clip_pipeline_add_video (pipeline, &format, error)
      && clip_pipeline_add_audio (pipeline, error);

  g_clear_object (&pipeline);
  return found;
}
