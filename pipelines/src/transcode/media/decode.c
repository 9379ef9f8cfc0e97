/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/decode.h"

#include "common/file.h"
#include "common/pipeline/error.h"
#include "common/pipeline/launch.h"
#include "common/pipeline/lookahead.h"
#include "common/pipeline/stop.h"
#include "film/workdir.h"
#include "transcode/media/packets.h"

#include <gst/app/app.h>

#define DESCRIPTION "appsrc name=in format=time ! decodebin ! " \
    "capssetter name=complete ! videoconvert ! %svideo/x-raw,format=%s ! " \
    "zsdenoise name=filter ! %s"

#define FLIP "video/x-raw,format=%s ! videoflip name=turn ! videoconvert ! "

/* Packets after a segment that decode to its first later frames: decoding and presentation order
 * differ by 16 frames at most in H.264 and H.265. */
#define RUN_OUT_PACKETS (LOOKAHEAD_MAX + 16)

struct _Decoder
{
  const Manifest *manifest;
  const gchar *workdir;
  const Segment *segment;
  GstElement *pipeline, *source;
  GstClockTime warm_up, end;    /* first frame to denoise; end of the frames to keep */
  guint run_out;                /* frames after `end` that the streaming thread let pass */
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
  Decoder *decoder = data;
  const GstClockTime time = frame_time (pad, info);

  if (!GST_CLOCK_TIME_IS_VALID (time) || time < decoder->warm_up)
    return GST_PAD_PROBE_DROP;
  if (time >= decoder->end)
    return decoder->run_out++ < LOOKAHEAD_MAX ? GST_PAD_PROBE_OK :
        GST_PAD_PROBE_DROP;
  if (time >= decoder->segment->start)
    g_atomic_int_inc (&decoder->decoded);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_denoised (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Decoder *decoder = data;
  const GstClockTime time = frame_time (pad, info);

  return time >= decoder->segment->start && time < decoder->end ?
      GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static void
add_probe (Decoder * decoder, const gchar * name, GstPadProbeCallback callback)
{
  GstElement *filter = decoder_element (decoder, "filter");
  GstPad *pad = gst_element_get_static_pad (filter, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, decoder, NULL);
  gst_object_unref (pad);
  gst_object_unref (filter);
}

/* --- the pipeline --- */

/* Sets caps that decoders do not report, and the orientation. */
static void
complete_caps (Decoder * decoder)
{
  GstElement *setter = decoder_element (decoder, "complete");
  GstElement *turn = decoder_element (decoder, "turn");
  GstCaps *caps = gst_caps_from_string (decoder->manifest->raw_caps);

  g_object_set (setter, "caps", caps, NULL);
  if (turn)
    g_object_set (turn, "video-direction", decoder->manifest->orientation,
        NULL);
  gst_caps_unref (caps);
  gst_clear_object (&turn);
  gst_object_unref (setter);
}

static void
configure (Decoder * decoder)
{
  const Settings *settings = &decoder->manifest->settings;
  GstElement *filter = decoder_element (decoder, "filter");
  gchar *model = g_build_filename (decoder->workdir, WORKDIR_MODEL, NULL);

  if (settings->profile)
    gst_util_set_object_arg (G_OBJECT (filter), "profile", settings->profile);
  g_object_set (filter, "strength", settings->strength, "sigma",
      settings->sigma, "split", settings->split, "n-threads", settings->threads,
      "lookahead", lookahead_of (settings->profile), NULL);
  g_object_set (filter, "model-file", settings->model, NULL);
  /* The model is frozen: training on within a segment would make seams visible. */
  if (g_file_test (model, G_FILE_TEST_EXISTS)) {
    g_object_set (filter, "model-file", model, NULL);
    gst_util_set_object_arg (G_OBJECT (filter), "training", "none");
  }
  g_free (model);
  gst_object_unref (filter);
  complete_caps (decoder);
}

Decoder *
decoder_new (const Manifest * manifest, const gchar * workdir, guint number,
    const gchar * sink, GError ** error)
{
  gchar *turn = manifest->orientation ? g_strdup_printf (FLIP,
      manifest->turn_format) : g_strdup ("");
  gchar *line = g_strdup_printf (DESCRIPTION, turn, manifest->filter_format,
      sink);
  GstElement *pipeline = launch (line, GST_PARSE_FLAG_NONE, error);
  Decoder *decoder;

  g_free (line);
  g_free (turn);
  if (pipeline == NULL)
    return NULL;
  decoder = g_new0 (Decoder, 1);
  decoder->manifest = manifest;
  decoder->workdir = workdir;
  decoder->segment = &g_array_index (manifest->segments, Segment, number);
  decoder->warm_up = decoder->segment->start;
  decoder->end = decoder->segment->end;
  decoder->pipeline = pipeline;
  decoder->source = packet_appsrc (pipeline, "in");
  configure (decoder);
  add_probe (decoder, "sink", on_decoded);
  add_probe (decoder, "src", on_denoised);
  return decoder;
}

void
decoder_free (Decoder * decoder)
{
  pipeline_stop (decoder->pipeline);
  gst_object_unref (decoder->source);
  gst_object_unref (decoder->pipeline);
  g_free (decoder);
}

GstElement *
decoder_element (Decoder * decoder, const gchar * name)
{
  return gst_bin_get_by_name (GST_BIN (decoder->pipeline), name);
}

void
decoder_set_location (Decoder * decoder, const gchar * file)
{
  launch_set_location (decoder->pipeline, "file", file);
}

guint
decoder_frames (Decoder * decoder)
{
  return (guint) g_atomic_int_get (&decoder->decoded);
}

/* --- packets --- */

static gboolean
verify_segment (const Decoder * decoder, guint number, const gchar * file,
    GError ** error)
{
  const Segment *segment =
      &g_array_index (decoder->manifest->segments, Segment, number);
  guint64 bytes;
  gchar *sha256 = NULL;
  gboolean intact;

  if (!file_checksum (file, &bytes, &sha256, error))
    return FALSE;
  intact = bytes == segment->bytes && g_strcmp0 (sha256, segment->sha256) == 0;
  if (!intact)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "%s was damaged after the cut; to start over, remove %s", file,
        decoder->workdir);
  g_free (sha256);
  return intact;
}

/* Opens a segment file after verifying its checksum. Later segments are not verified, which would
 * read all of their files for a few frames: the film is not done before they are themselves. */
static PacketReader *
open_segment (const Decoder * decoder, guint number, GError ** error)
{
  gchar *file = workdir_file (decoder->workdir, "in", number, "gdp");
  PacketReader *reader = NULL;

  if (number > decoder->segment->number
      || verify_segment (decoder, number, file, error))
    reader = packet_reader_open (file, error);
  g_free (file);
  return reader;
}

/* --- warm-up --- */

/* Frames of an uncut film before those of segment `number`. */
static guint
frames_before (const Decoder * decoder, guint number)
{
  guint frames = 0, i;

  for (i = 0; i < number; i++)
    frames += g_array_index (decoder->manifest->segments, Segment, i).frames;
  return frames;
}

/* Drops everything before the last keyframe that leaves enough frames. */
static void
trim_warm_up (GPtrArray * samples)
{
  guint i;

  for (i = samples->len; i-- > 1;)
    if (samples->len - i >= DECODER_WARM_UP + LOOKAHEAD_WINDOW
        && packet_is_key (samples->pdata[i])) {
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

/* Presentation time of the first warm-up frame. zsdenoise divides the film into windows of
 * LOOKAHEAD_WINDOW frames: the warm-up begins with a window of the uncut film. */
static GstClockTime
warm_up_start (const Decoder * decoder, GPtrArray * samples)
{
  const guint before = frames_before (decoder, decoder->segment->number);
  GPtrArray *sorted = g_ptr_array_copy (samples, NULL, NULL);
  guint n = MIN (sorted->len, before);
  GstClockTime start;

  if (n >= DECODER_WARM_UP + LOOKAHEAD_WINDOW)
    n = DECODER_WARM_UP + (before - DECODER_WARM_UP) % LOOKAHEAD_WINDOW;
  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, compare_times);
  start = packet_time (sorted->pdata[sorted->len - MAX (n, 1)]);
  g_ptr_array_unref (sorted);
  return start;
}

/* Appends the packets of a segment. */
static gboolean
add_warm_up (Decoder * decoder, guint number, GPtrArray * samples,
    GError ** error)
{
  GError *local_error = NULL;
  PacketReader *reader = open_segment (decoder, number, &local_error);
  GstSample *sample;

  while (reader && (sample = packet_reader_next (reader, &local_error))) {
    if (packet_is_key (sample))
      trim_warm_up (samples);
    g_ptr_array_add (samples, sample);
  }
  g_clear_pointer (&reader, packet_reader_free);
  if (local_error)
    g_propagate_error (error, local_error);
  return local_error == NULL;
}

/* End of the previous segments, from a keyframe on. NULL: an error. */
static GPtrArray *
read_warm_up (Decoder * decoder, GError ** error)
{
  const guint number = decoder->segment->number;
  const guint before = frames_before (decoder, number);
  GPtrArray *samples = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  gboolean going = TRUE;
  guint first = number - 1;

  while (first > 0 && before - frames_before (decoder, first) <
      DECODER_WARM_UP + LOOKAHEAD_WINDOW)
    first--;
  for (; going && first < number; first++)
    going = add_warm_up (decoder, first, samples, error);
  if (!going)
    g_clear_pointer (&samples, g_ptr_array_unref);
  return samples;
}

static gboolean
push_warm_up (Decoder * decoder, GError ** error)
{
  GPtrArray *samples = read_warm_up (decoder, error);
  gboolean done = samples != NULL;
  guint i;

  if (samples && samples->len > 0)
    decoder->warm_up = warm_up_start (decoder, samples);
  for (i = 0; done && i < samples->len; i++)
    done = packet_push (decoder->pipeline, decoder->source, samples->pdata[i],
        decoder->manifest->source, error);
  g_clear_pointer (&samples, g_ptr_array_unref);
  return done;
}

/* --- running --- */

static gboolean
push (Decoder * decoder, GstSample * sample, GError ** error)
{
  return packet_push (decoder->pipeline, decoder->source, sample,
      decoder->manifest->source, error);
}

/* Pushes up to `most` packets, starting at the last keyframe at or before packet `place`; decreases
 * `most` by their number. */
static gboolean
push_from (Decoder * decoder, PacketReader * reader, guint place, guint * most,
    GError ** error)
{
  GPtrArray *early = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_sample_unref);
  GError *local_error = NULL;
  GstSample *sample = NULL;
  gboolean going;
  guint n = 0, i;

  while (n++ <= place && (sample = packet_reader_next (reader, &local_error))) {
    if (packet_is_key (sample))
      g_ptr_array_set_size (early, 0);
    g_ptr_array_add (early, sample);
  }
  going = local_error == NULL;
  for (i = 0; going && i < early->len && *most > 0; i++, --*most)
    going = push (decoder, early->pdata[i], &local_error);
  g_ptr_array_unref (early);
  for (; going && *most > 0
      && (sample = packet_reader_next (reader, &local_error)); --*most) {
    going = push (decoder, sample, &local_error);
    gst_sample_unref (sample);
  }
  if (local_error)
    g_propagate_error (error, local_error);
  return going;
}

static gboolean
push_segment (Decoder * decoder, guint number, guint place, guint * most,
    GError ** error)
{
  GError *local_error = NULL;
  PacketReader *reader = open_segment (decoder, number, &local_error);
  const gboolean pushed = reader
      && push_from (decoder, reader, place, most, &local_error);

  g_clear_pointer (&reader, packet_reader_free);
  if (local_error)
    g_propagate_error (error, local_error);
  return pushed && local_error == NULL;
}

/* Pushes up to `most` packets from packet `place` of segment `number` on, across segments. */
static gboolean
push_segments (Decoder * decoder, guint number, guint place, guint most,
    GError ** error)
{
  gboolean going = TRUE;

  for (; going && most > 0 && number < decoder->manifest->segments->len;
      number++, place = 0)
    going = push_segment (decoder, number, place, &most, error);
  return going;
}

static gboolean
start (Decoder * decoder, GError ** error)
{
  return pipeline_error_start (decoder->pipeline, decoder->manifest->source,
      error);
}

static gboolean
end (Decoder * decoder, GError ** error)
{
  gst_app_src_end_of_stream (GST_APP_SRC (decoder->source));
  return pipeline_error_wait_eos (decoder->pipeline, decoder->manifest->source,
      error);
}

gboolean
decoder_run (Decoder * decoder, GError ** error)
{
  const guint number = decoder->segment->number;
  guint most = G_MAXUINT;

  return start (decoder, error) && (number == 0
      || push_warm_up (decoder, error))
      && push_segment (decoder, number, 0, &most, error)
      && push_segments (decoder, number + 1, 0, RUN_OUT_PACKETS, error)
      && end (decoder, error);
}

gboolean
decoder_run_range (Decoder * decoder, guint place, guint most, GError ** error)
{
  const GArray *segments = decoder->manifest->segments;

  decoder->end = g_array_index (segments, Segment, segments->len - 1).end;
  return start (decoder, error)
      && push_segments (decoder, decoder->segment->number, place, most, error)
      && end (decoder, error);
}
