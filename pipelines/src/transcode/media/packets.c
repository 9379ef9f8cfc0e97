/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/packets.h"

#include "common/clock.h"
#include "common/pipeline/error.h"
#include "common/pipeline/launch.h"
#include "common/pipeline/stop.h"

#include <gio/gio.h>
#include <gst/base/gstbasesrc.h>

#define POLL_INTERVAL (20 * GST_MSECOND)
#define MAX_QUEUED_BYTES (4 << 20)

/* Seconds until a packet; demuxers may be busy for ever with a damaged file. */
#define PATIENCE 120

struct _PacketReader
{
  GstElement *pipeline;
  GstAppSink *sink;
  gchar *name;
};

struct _PacketWriter
{
  GstElement *pipeline, *source;
  gchar *file;
};

/* --- reading --- */

PacketReader *
packet_reader_new (GstElement * pipeline, const gchar * name, GError ** error)
{
  PacketReader *reader = g_new0 (PacketReader, 1);

  reader->pipeline = pipeline;
  reader->sink = GST_APP_SINK (gst_bin_get_by_name (GST_BIN (pipeline), "out"));
  reader->name = g_strdup (name);
  if (pipeline_error_start (pipeline, name, error))
    return reader;
  packet_reader_free (reader);
  return NULL;
}

PacketReader *
packet_reader_open (const gchar * file, GError ** error)
{
  GstElement *pipeline = launch ("filesrc name=file ! gdpdepay ! "
      "appsink name=out sync=false max-buffers=16", GST_PARSE_FLAG_NONE, error);

  if (pipeline == NULL)
    return NULL;
  launch_set_location (pipeline, "file", file);
  return packet_reader_new (pipeline, file, error);
}

GstAppSink *
packet_reader_sink (PacketReader * reader)
{
  return reader->sink;
}

/* Whether the reader has ended, failed or stopped to work. */
static gboolean
is_over (PacketReader * reader, gint64 started, Stall * stall, GError ** error)
{
  if (pipeline_error_take (reader->pipeline, reader->name, error)
      || gst_app_sink_is_eos (reader->sink)
      || pipeline_error_stalled (stall, reader->name, error))
    return TRUE;
  if (clock_seconds_since (started) < PATIENCE)
    return FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
      "%s: reading it has given nothing for %d s", reader->name, PATIENCE);
  return TRUE;
}

GstSample *
packet_reader_next (PacketReader * reader, GError ** error)
{
  const gint64 started = g_get_monotonic_time ();
  Stall stall = { 0 };
  GstSample *sample;

  do {
    sample = gst_app_sink_try_pull_sample (reader->sink, POLL_INTERVAL);
  } while (sample == NULL && !is_over (reader, started, &stall, error));
  return sample;
}

void
packet_reader_free (PacketReader * reader)
{
  pipeline_stop (reader->pipeline);
  gst_object_unref (reader->sink);
  gst_object_unref (reader->pipeline);
  g_free (reader->name);
  g_free (reader);
}

/* --- writing --- */

GstElement *
packet_appsrc (GstElement * pipeline, const gchar * name)
{
  GstElement *appsrc = gst_bin_get_by_name (GST_BIN (pipeline), name);

  gst_base_src_set_automatic_eos (GST_BASE_SRC (appsrc), FALSE);
  return appsrc;
}

PacketWriter *
packet_writer_new (const gchar * file, GError ** error)
{
  GstElement *pipeline = launch ("appsrc name=in format=time ! "
      "gdppay ! " LAUNCH_FILESINK " name=file async=false",
      GST_PARSE_FLAG_NONE, error);
  PacketWriter *writer;

  if (pipeline == NULL)
    return NULL;
  launch_set_location (pipeline, "file", file);
  writer = g_new0 (PacketWriter, 1);
  writer->pipeline = pipeline;
  writer->source = packet_appsrc (pipeline, "in");
  writer->file = g_strdup (file);
  if (pipeline_error_start (pipeline, file, error))
    return writer;
  packet_writer_finish (writer, NULL);
  return NULL;
}

gboolean
packet_push (GstElement * pipeline, GstElement * appsrc, GstSample * sample,
    const gchar * name, GError ** error)
{
  Stall stall = { 0 };

  while (gst_app_src_get_current_level_bytes (GST_APP_SRC (appsrc)) >
      MAX_QUEUED_BYTES) {
    if (pipeline_error_take (pipeline, name, error)
        || pipeline_error_stalled (&stall, name, error))
      return FALSE;
    g_usleep (GST_TIME_AS_USECONDS (POLL_INTERVAL) / 10);
  }
  gst_app_src_push_sample (GST_APP_SRC (appsrc), sample);
  return !pipeline_error_take (pipeline, name, error);
}

gboolean
packet_writer_add (PacketWriter * writer, GstSample * sample, GError ** error)
{
  return packet_push (writer->pipeline, writer->source, sample, writer->file,
      error);
}

gboolean
packet_writer_finish (PacketWriter * writer, GError ** error)
{
  gboolean done;

  gst_app_src_end_of_stream (GST_APP_SRC (writer->source));
  done = error == NULL
      || pipeline_error_wait_eos (writer->pipeline, writer->file, error);
  pipeline_stop (writer->pipeline);
  gst_object_unref (writer->source);
  gst_object_unref (writer->pipeline);
  g_free (writer->file);
  g_free (writer);
  return done;
}

/* --- timestamps --- */

static GstClockTime
to_running_time (const GstSegment * segment, GstClockTime time,
    GstClockTime origin)
{
  guint64 running;
  const gint sign = gst_segment_to_running_time_full (segment,
      GST_FORMAT_TIME, time, &running);

  return sign == 0 ? GST_CLOCK_TIME_NONE : sign > 0 ? origin + running :
      origin - running;
}

GstSample *
packet_flatten (GstSample * sample, const GstSegment * segment,
    GstClockTime origin)
{
  GstBuffer *buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  GstSample *flat;

  GST_BUFFER_PTS (buffer) =
      to_running_time (segment, GST_BUFFER_PTS (buffer), origin);
  GST_BUFFER_DTS (buffer) =
      to_running_time (segment, GST_BUFFER_DTS (buffer), origin);
  flat = gst_sample_new (buffer, gst_sample_get_caps (sample), NULL, NULL);
  gst_buffer_unref (buffer);
  return flat;
}

GstClockTime
packet_time (GstSample * sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  const GstClockTime time = GST_BUFFER_PTS_IS_VALID (buffer) ?
      GST_BUFFER_PTS (buffer) : GST_BUFFER_DTS (buffer);

  return GST_CLOCK_TIME_IS_VALID (time) && time >= PACKET_ORIGIN ?
      time - PACKET_ORIGIN : GST_CLOCK_TIME_NONE;
}

gboolean
packet_is_key (GstSample * sample)
{
  return !GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample),
      GST_BUFFER_FLAG_DELTA_UNIT);
}
