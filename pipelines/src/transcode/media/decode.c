/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/decode.h"

#include "common/file.h"
#include "common/launch.h"
#include "common/pipeline-error.h"
#include "film/workdir.h"
#include "transcode/media/packets.h"

#include <gst/app/app.h>

#define DECODE "appsrc name=in format=time ! decodebin ! " \
    "capssetter name=complete ! videoconvert ! %szsdenoise name=filter ! %s"

#define TURN "videoflip name=turn ! "

struct _Feed
{
  const Manifest *manifest;
  const gchar *workdir;
  const Segment *segment;
  GstElement *pipeline, *source;
  GstClockTime run_in, end;     /* when it begins; what comes later is not let in */
  gint decoded;                 /* atomic */
};

/* --- frames --- */

static GstClockTime
frame_time (GstPad * pad, GstPadProbeInfo * info)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  GstClockTime time;

  gst_event_parse_segment (event, &segment);
  time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info)));
  gst_event_unref (event);
  return GST_CLOCK_TIME_IS_VALID (time) && time >= PACKET_ORIGIN ?
      time - PACKET_ORIGIN : GST_CLOCK_TIME_NONE;
}

static GstPadProbeReturn
on_decoded (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Feed *feed = data;
  const GstClockTime time = frame_time (pad, info);

  if (!GST_CLOCK_TIME_IS_VALID (time) || time < feed->run_in
      || time >= feed->end)
    return GST_PAD_PROBE_DROP;
  if (time >= feed->segment->start)
    g_atomic_int_inc (&feed->decoded);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_denoised (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Feed *feed = data;

  return frame_time (pad, info) >= feed->segment->start ? GST_PAD_PROBE_OK :
      GST_PAD_PROBE_DROP;
}

static void
watch (Feed * feed, const gchar * name, GstPadProbeCallback callback)
{
  GstElement *filter = feed_element (feed, "filter");
  GstPad *pad = gst_element_get_static_pad (filter, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, feed, NULL);
  gst_object_unref (pad);
  gst_object_unref (filter);
}

/* --- the pipeline --- */

/* What decoders do not know. */
static void
complete (Feed * feed)
{
  GstElement *setter = feed_element (feed, "complete");
  GstElement *turn = feed_element (feed, "turn");
  GstCaps *caps = gst_caps_from_string (feed->manifest->raw_caps);

  g_object_set (setter, "caps", caps, NULL);
  if (turn)
    g_object_set (turn, "video-direction", feed->manifest->orientation, NULL);
  gst_caps_unref (caps);
  gst_clear_object (&turn);
  gst_object_unref (setter);
}

static void
set_up (Feed * feed)
{
  const Settings *settings = &feed->manifest->settings;
  GstElement *filter = feed_element (feed, "filter");
  gchar *model = g_build_filename (feed->workdir, WORKDIR_MODEL, NULL);

  if (settings->profile)
    gst_util_set_object_arg (G_OBJECT (filter), "profile", settings->profile);
  g_object_set (filter, "strength", settings->strength, "split",
      settings->split, "n-threads", settings->threads, NULL);
  g_object_set (filter, "model-file", settings->model, NULL);
  /* What has been learned for the film is not changed by a segment: seams would be seen. */
  if (g_file_test (model, G_FILE_TEST_EXISTS)) {
    g_object_set (filter, "model-file", model, NULL);
    gst_util_set_object_arg (G_OBJECT (filter), "training", "none");
  }
  g_free (model);
  gst_object_unref (filter);
  complete (feed);
}

Feed *
feed_new (const Manifest * manifest, const gchar * workdir, guint number,
    const gchar * sink, GError ** error)
{
  gchar *line =
      g_strdup_printf (DECODE, manifest->orientation ? TURN : "", sink);
  GstElement *pipeline = launch (line, GST_PARSE_FLAG_NONE, error);
  Feed *feed;

  g_free (line);
  if (pipeline == NULL)
    return NULL;
  feed = g_new0 (Feed, 1);
  feed->manifest = manifest;
  feed->workdir = workdir;
  feed->segment = &g_array_index (manifest->segments, Segment, number);
  feed->run_in = feed->segment->start;
  feed->end = feed->segment->end;
  feed->pipeline = pipeline;
  feed->source = packet_source (pipeline, "in");
  set_up (feed);
  watch (feed, "sink", on_decoded);
  watch (feed, "src", on_denoised);
  return feed;
}

void
feed_free (Feed * feed)
{
  gst_element_set_state (feed->pipeline, GST_STATE_NULL);
  gst_object_unref (feed->source);
  gst_object_unref (feed->pipeline);
  g_free (feed);
}

GstElement *
feed_element (Feed * feed, const gchar * name)
{
  return gst_bin_get_by_name (GST_BIN (feed->pipeline), name);
}

guint
feed_decoded (Feed * feed)
{
  return (guint) g_atomic_int_get (&feed->decoded);
}

/* --- packets --- */

/* If it is as it was cut. */
static PacketReader *
open_segment (const Feed * feed, guint number, GError ** error)
{
  const Segment *segment =
      &g_array_index (feed->manifest->segments, Segment, number);
  gchar *file = workdir_file (feed->workdir, "in", number, "gdp");
  PacketReader *reader = NULL;
  guint64 bytes;
  gchar *sha256 = NULL;

  if (file_checksum (file, &bytes, &sha256, error)) {
    if (bytes == segment->bytes && g_strcmp0 (sha256, segment->sha256) == 0)
      reader = packet_reader_open (file, error);
    else
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s has been "
          "damaged since it was cut; to begin anew, remove %s", file,
          feed->workdir);
  }
  g_free (sha256);
  g_free (file);
  return reader;
}

/* --- the run-in --- */

/* Drops what comes before the last keyframe that leaves enough. */
static void
shorten (GPtrArray * samples)
{
  guint i;

  for (i = samples->len; i-- > 1;)
    if (samples->len - i >= FEED_RUN_IN && packet_is_key (samples->pdata[i])) {
      g_ptr_array_remove_range (samples, 0, i);
      return;
    }
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  const GstClockTime x = packet_time (*(GstSample * const *) a);
  const GstClockTime y = packet_time (*(GstSample * const *) b);

  return (x > y) - (x < y);
}

/* When the first of the last frames is shown. */
static GstClockTime
find_start (GPtrArray * samples)
{
  GPtrArray *sorted = g_ptr_array_copy (samples, NULL, NULL);
  GstClockTime start;

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, compare_times);
  start = packet_time (sorted->pdata[sorted->len > FEED_RUN_IN ?
          sorted->len - FEED_RUN_IN : 0]);
  g_ptr_array_unref (sorted);
  return start;
}

/* The end of the segment before, from a keyframe on. NULL: an error. */
static GPtrArray *
read_run_in (Feed * feed, GError ** error)
{
  GPtrArray *samples = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  GError *fault = NULL;
  PacketReader *reader = open_segment (feed, feed->segment->number - 1,
      &fault);
  GstSample *sample;

  while (reader && (sample = packet_reader_next (reader, &fault))) {
    if (packet_is_key (sample))
      shorten (samples);
    g_ptr_array_add (samples, sample);
  }
  g_clear_pointer (&reader, packet_reader_free);
  if (fault)
    g_propagate_error (error, fault);
  if (fault)
    g_clear_pointer (&samples, g_ptr_array_unref);
  return samples;
}

static gboolean
push_run_in (Feed * feed, GError ** error)
{
  GPtrArray *samples = read_run_in (feed, error);
  gboolean done = samples != NULL;
  guint i;

  if (samples && samples->len > 0)
    feed->run_in = find_start (samples);
  for (i = 0; done && i < samples->len; i++)
    done = packet_push (feed->pipeline, feed->source, samples->pdata[i],
        feed->manifest->source, error);
  g_clear_pointer (&samples, g_ptr_array_unref);
  return done;
}

/* --- all of it --- */

static gboolean
push (Feed * feed, GstSample * sample, GError ** error)
{
  return packet_push (feed->pipeline, feed->source, sample,
      feed->manifest->source, error);
}

/* Pictures before the place are kept as long as no keyframe follows before it. `most`: of the
 * pictures, and how many of that are left. */
static gboolean
push_from (Feed * feed, PacketReader * reader, guint place, guint * most,
    GError ** error)
{
  GPtrArray *early = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  gboolean going = TRUE;
  GstSample *sample;
  guint n = 0, i;

  while (n++ <= place && (sample = packet_reader_next (reader, error))) {
    if (packet_is_key (sample))
      g_ptr_array_set_size (early, 0);
    g_ptr_array_add (early, sample);
  }
  for (i = 0; going && i < early->len && *most > 0; i++, --*most)
    going = push (feed, early->pdata[i], error);
  g_ptr_array_unref (early);
  for (; going && *most > 0 && (sample = packet_reader_next (reader, error));
      --*most) {
    going = push (feed, sample, error);
    gst_sample_unref (sample);
  }
  return going;
}

static gboolean
push_segment (Feed * feed, guint number, guint place, guint * most,
    GError ** error)
{
  GError *fault = NULL;
  PacketReader *reader = open_segment (feed, number, &fault);
  const gboolean pushed = reader
      && push_from (feed, reader, place, most, &fault);

  g_clear_pointer (&reader, packet_reader_free);
  if (fault)
    g_propagate_error (error, fault);
  return pushed && fault == NULL;
}

static gboolean
start (Feed * feed, GError ** error)
{
  return gst_element_set_state (feed->pipeline, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE
      || !pipeline_error_take (feed->pipeline, feed->manifest->source, error);
}

static gboolean
end (Feed * feed, GError ** error)
{
  gst_app_src_end_of_stream (GST_APP_SRC (feed->source));
  return pipeline_error_wait_eos (feed->pipeline, feed->manifest->source,
      error);
}

gboolean
feed_run (Feed * feed, GError ** error)
{
  const guint number = feed->segment->number;
  guint most = G_MAXUINT;

  return start (feed, error) && (number == 0 || push_run_in (feed, error))
      && push_segment (feed, number, 0, &most, error) && end (feed, error);
}

gboolean
feed_run_some (Feed * feed, guint place, guint most, GError ** error)
{
  const GArray *segments = feed->manifest->segments;
  guint number = feed->segment->number;
  gboolean going;

  feed->end = g_array_index (segments, Segment, segments->len - 1).end;
  going = start (feed, error);
  for (; going && most > 0 && number < segments->len; number++, place = 0)
    going = push_segment (feed, number, place, &most, error);
  return going && end (feed, error);
}
