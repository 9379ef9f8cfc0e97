/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/clip.h"

#include "common/clock.h"
#include "common/colours.h"
#include "common/file.h"
#include "common/pipeline/lookahead.h"
#include "common/pipeline/stall.h"
#include "common/pipeline/stop.h"
#include "worker/clip-pipeline.h"
#include "worker/events.h"
#include "worker/time-limit.h"

#include <gio/gio.h>
#include <gst/video/video.h>

#define PROGRESS_INTERVAL (200 * G_TIME_SPAN_MILLISECOND)

/* Part of a clip, and time, by which its rate is measured. */
#define LEAST_PART 0.02
#define MARK_INTERVAL (2 * G_TIME_SPAN_SECOND)

/* Consecutive seconds with almost no processor time after which a clip fails. A decoder may
 * swallow the error of its demuxer and wait for data forever. */
#define IDLE_SECONDS 5

/* Frame rate above which a clip is rejected. */
#define MAX_FRAMES_PER_SECOND 130

/* A monotonic time and the part of the clip that was filtered then. */
typedef struct
{
  gint64 time;
  gdouble part;
} Mark;

typedef struct
{
  const WorkerSettings *settings;
  GstElement *pipeline;
  GstElement *filter;           /* NULL: no video has been found yet */
  gboolean have_audio;
  gint width, height;
  gint64 duration;              /* -1: not known */
  gint64 begun;                 /* monotonic time */

  /* used by the streaming thread only */
  GstClockTime first;
  Mark older, newer;            /* an interval apart */
  gint frames;
  gint64 progress_sent;

  GMutex lock;
  GError *fault;                /* first error */
} Clip;

static void
G_GNUC_PRINTF (3, 4)
fail (Clip * clip, GIOErrorEnum code, const gchar * format, ...)
{
  va_list values;

  va_start (values, format);
  g_mutex_lock (&clip->lock);
  if (clip->fault == NULL) {
    clip->fault = g_error_new_valist (G_IO_ERROR, (gint) code, format, values);
    gst_element_post_message (clip->pipeline,
        gst_message_new_application (NULL, gst_structure_new_empty ("fault")));
  }
  g_mutex_unlock (&clip->lock);
  va_end (values);
}

/* --- limits --- */

/* Only these demuxers, parsers and decoders are used: decodebin alone would accept playlists as
 * well and fetch the files that they name. */
static gboolean
is_allowed (const gchar * element)
{
  static const gchar *const allowed[] = {
    "qtdemux", "matroskademux", "h264parse", "avdec_h264", "h265parse",
    "avdec_h265", "vp8dec", "vp9dec", "vp9parse", "avdec_vp8", "avdec_vp9",
    "av1parse", "av1dec", "dav1ddec", "mpeg4videoparse", "avdec_mpeg4",
    "jpegparse", "jpegdec", "avdec_mjpeg", "avdec_ffv1", "aacparse",
    "avdec_aac", "opusparse", "opusdec", "vorbisparse", "vorbisdec",
    "mpegaudioparse", "mpg123audiodec", "avdec_mp3", "flacparse", "flacdec",
    "avdec_alac", NULL
  };

  return g_strv_contains (allowed, element);
}

static guint
on_autoplug_select (GstElement * decoder G_GNUC_UNUSED,
    GstPad * pad G_GNUC_UNUSED, GstCaps * caps G_GNUC_UNUSED,
    GstElementFactory * factory, gpointer data G_GNUC_UNUSED)
{
  enum
  { TRY, EXPOSE, SKIP };

  return is_allowed (GST_OBJECT_NAME (factory)) ? TRY : SKIP;
}

/* Checks the frame size that the container declares, before anything is decoded. */
static gboolean
check_size (Clip * clip, GstCaps * caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint width = 0, height = 0;

  if (!gst_structure_get_int (structure, "width", &width)
      || !gst_structure_get_int (structure, "height", &height)
      || (gint64) width * height <= clip->settings->max_clip_pixels)
    return TRUE;
  fail (clip, G_IO_ERROR_MESSAGE_TOO_LARGE,
      "its frames have %dx%d pixels, more than the limit of %" G_GINT64_FORMAT,
      width, height, clip->settings->max_clip_pixels);
  return FALSE;
}

static gboolean
on_autoplug_continue (GstElement * decoder G_GNUC_UNUSED,
    GstPad * pad G_GNUC_UNUSED, GstCaps * caps, gpointer data)
{
  check_size (data, caps);
  return TRUE;
}

/* --- frames --- */

/* Tells the remaining time by the rate since the older mark: the first frames, which are learned from,
 * take longer. */
static void
send_progress (Clip * clip, GstClockTime position)
{
  const gint64 now = g_get_monotonic_time ();
  const gdouble part = clip->duration > 0 ?
      MIN ((gdouble) position / (gdouble) clip->duration, 1) : 0;
  gdouble done;

  if (now - clip->progress_sent < PROGRESS_INTERVAL)
    return;
  clip->progress_sent = now;
  if (clip->newer.time == 0)
    clip->newer = (const Mark) { now, part };
  if (clip->older.time == 0 || now - clip->newer.time > MARK_INTERVAL) {
    clip->older = clip->newer;
    clip->newer = (const Mark) { now, part };
  }
  done = part - clip->older.part;
  events_send_progress ("denoising", part, -1, done > LEAST_PART ?
      clock_seconds_since (clip->older.time) * (1 - part) / done : -1);
}

/* Reports the training on a keyframe, and ends it if it would take too long. Those on the frames after
 * it are part of the denoising. */
static void
report_training (Clip * clip, const GstStructure * structure)
{
  const gint64 wanted = clip->settings->config.epoch_count;
  GError *error = NULL;
  guint step, steps;
  gdouble loss, eta;

  if (!gst_structure_get (structure, "step", G_TYPE_UINT, &step, "steps",
          G_TYPE_UINT, &steps, "loss", G_TYPE_DOUBLE, &loss, "eta",
          G_TYPE_DOUBLE, &eta, NULL) || !(wanted ? steps == wanted :
          g_str_equal (clip->settings->profile, "paper")))
    return;
  events_send_progress ("learning", (gdouble) step / MAX (steps, 1), loss, eta);
  if (time_limit_exceeded (clip->settings, clip->begun, eta, &error)) {
    fail (clip, G_IO_ERROR_TIMED_OUT, "%s", error->message);
    g_error_free (error);
  }
}

static GstPadProbeReturn
on_frame (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Clip *clip = data;
  const GstClockTime max_time =
      (GstClockTime) clip->settings->max_clip_seconds * GST_SECOND;
  const GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  GstClockTime position = 0;

  clip->frames++;
  if (GST_CLOCK_TIME_IS_VALID (time)) {
    if (!GST_CLOCK_TIME_IS_VALID (clip->first))
      clip->first = time;
    position = time > clip->first ? time - clip->first : 0;
  }
  if (position >= max_time || clip->frames >
      clip->settings->max_clip_seconds * MAX_FRAMES_PER_SECOND) {
    fail (clip, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "it is longer than the limit of %d s",
        clip->settings->max_clip_seconds);
    return GST_PAD_PROBE_DROP;
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_filtered (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Clip *clip = data;
  const GstClockTime time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  if (GST_CLOCK_TIME_IS_VALID (time) && time > clip->first)
    send_progress (clip, time - clip->first);
  return GST_PAD_PROBE_OK;
}

/* The encoder is some frames behind. */
static GstPadProbeReturn
on_filtered_event (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info,
    gpointer data G_GNUC_UNUSED)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    events_send_progress ("writing", 0, -1, -1);
  return GST_PAD_PROBE_OK;
}

/* Checks frame sizes that change within the clip as well. */
static GstPadProbeReturn
on_event (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  return check_size (data, caps) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

/* --- streams --- */

/* File name of an incomplete result. */
#define INCOMPLETE "result-part"

static gboolean
check_bin (Clip * clip, GstElement * bin, GError * error)
{
  if (bin)
    return TRUE;
  fail (clip, G_IO_ERROR_NO_SPACE, "%s", error->message);
  g_error_free (error);
  return FALSE;
}

static void
watch_filter (Clip * clip, GstElement * bin)
{
  GstPad *pad;

  clip->filter = gst_bin_get_by_name (GST_BIN (bin), "filter");
  settings_apply (clip->settings, clip->filter);
  g_object_set (clip->filter, "lookahead", LOOKAHEAD_WINDOW, NULL);
  pad = gst_element_get_static_pad (clip->filter, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, clip, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, clip,
      NULL);
  gst_object_unref (pad);
  pad = gst_element_get_static_pad (clip->filter, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_filtered, clip, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_filtered_event, NULL, NULL);
  gst_object_unref (pad);
}

/* Sets colours that the stream leaves open, which elements would replace. */
static void
set_colours (GstElement * bin, const GstCaps * caps)
{
  gchar *colours = colours_complete (caps);
  GstElement *setter = gst_bin_get_by_name (GST_BIN (bin), "in");
  GstCaps *known = gst_caps_new_empty_simple ("video/x-raw");

  if (colours)
    gst_caps_set_simple (known, "colorimetry", G_TYPE_STRING, colours, NULL);
  g_object_set (setter, "caps", known, NULL);
  gst_caps_unref (known);
  gst_object_unref (setter);
  g_free (colours);
}

/* The view of the original is written along with the result of full strength only. */
static gboolean
writes_before (const WorkerSettings * settings)
{
  return settings->strength == 100;
}

static void
add_video (Clip * clip, GstPad * pad, GstCaps * caps)
{
  ClipFormat format = {
    .threads = clip->settings->threads,
    .before = writes_before (clip->settings),
  };
  GError *error = NULL;
  GstElement *bin;
  GstVideoInfo info;

  if (!check_size (clip, caps))
    return;
  if (!gst_video_info_from_caps (&info, caps)) {
    fail (clip, G_IO_ERROR_NOT_SUPPORTED, "its video format is not supported");
    return;
  }
  clip->width = format.width = GST_VIDEO_INFO_WIDTH (&info);
  clip->height = format.height = GST_VIDEO_INFO_HEIGHT (&info);
  bin = clip_pipeline_add_video (clip->pipeline, &format, &error);
  if (check_bin (clip, bin, error)) {
    watch_filter (clip, bin);
    set_colours (bin, caps);
    clip_pipeline_link (pad, bin);
  }
}

static void
add_audio (Clip * clip, GstPad * pad)
{
  GError *error = NULL;
  GstElement *bin = clip_pipeline_add_audio (clip->pipeline, &error);

  if (check_bin (clip, bin, error))
    clip_pipeline_link (pad, bin);
}

/* Uses the first video and the first audio stream; others are discarded. */
static void
on_pad_added (GstElement * decoder G_GNUC_UNUSED, GstPad * pad, gpointer data)
{
  Clip *clip = data;
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gchar *kind = caps ?
      gst_structure_get_name (gst_caps_get_structure (caps, 0)) : "";

  if (g_str_equal (kind, "video/x-raw") && clip->filter == NULL) {
    add_video (clip, pad, caps);
  } else if (g_str_equal (kind, "audio/x-raw") && !clip->have_audio) {
    clip->have_audio = TRUE;
    add_audio (clip, pad);
  }
  if (caps)
    gst_caps_unref (caps);
}

static void
on_no_more_pads (GstElement * decoder, gpointer data)
{
  Clip *clip = data;

  if (clip->filter == NULL)
    fail (clip, G_IO_ERROR_NOT_SUPPORTED,
        "it has no video that can be decoded here");
  else if (gst_element_query_duration (decoder, GST_FORMAT_TIME,
          &clip->duration)
      && clip->duration > clip->settings->max_clip_seconds * GST_SECOND)
    fail (clip, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "it is %.1f s long, more than the limit of %d s",
        (gdouble) clip->duration / GST_SECOND,
        clip->settings->max_clip_seconds);
}

/* --- running --- */

/* Returns FALSE at the end of the stream or on an error. */
static gboolean
handle_message (Clip * clip, GstMessage * message)
{
  GError *error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      fail (clip, G_IO_ERROR_FAILED, "it cannot be decoded: %s",
          error->message);
      g_error_free (error);
      return FALSE;
    case GST_MESSAGE_ELEMENT:
      if (!gst_message_has_name (message, "redirect")) {
        report_training (clip, gst_message_get_structure (message));
        return TRUE;
      }
      fail (clip, G_IO_ERROR_NOT_SUPPORTED,
          "it has no video, only the name of another file");
      return FALSE;
    default:
      return FALSE;
  }
}

static void
run (Clip * clip)
{
  GstBus *bus = gst_element_get_bus (clip->pipeline);
  gboolean going = TRUE;
  GstMessage *message;
  Stall stall = { 0 };

  gst_element_set_state (clip->pipeline, GST_STATE_PLAYING);
  while (going) {
    message = gst_bus_timed_pop_filtered (bus, GST_SECOND, GST_MESSAGE_EOS |
        GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION | GST_MESSAGE_ELEMENT);
    if (message) {
      going = handle_message (clip, message);
      gst_message_unref (message);
      continue;
    }
    if (stall_lasts (&stall, IDLE_SECONDS)) {
      fail (clip, G_IO_ERROR_FAILED,
          "its decoding does not go on; the file may be damaged");
      going = FALSE;
    }
  }
  gst_object_unref (bus);
  pipeline_stop (clip->pipeline);
}

static void
connect (Clip * clip)
{
  GstElement *decoder =
      gst_bin_get_by_name (GST_BIN (clip->pipeline), "decoder");

  g_signal_connect (decoder, "autoplug-select",
      G_CALLBACK (on_autoplug_select), clip);
  g_signal_connect (decoder, "autoplug-continue",
      G_CALLBACK (on_autoplug_continue), clip);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added), clip);
  g_signal_connect (decoder, "no-more-pads", G_CALLBACK (on_no_more_pads),
      clip);
  gst_object_unref (decoder);
}

static gboolean
finish (Clip * clip, GError ** error)
{
  GError *local_error = NULL;
  gdouble sigma = -1;

  if (clip->fault == NULL && clip->frames == 0)
    fail (clip, G_IO_ERROR_FAILED, "it has no frame that can be decoded here");
  if (clip->fault == NULL && !file_publish (INCOMPLETE, clip->settings->result,
          &local_error))
    fail (clip, G_IO_ERROR_NO_SPACE,
        "its result cannot be stored (%s)", local_error->message);
  g_clear_error (&local_error);
  if (clip->fault) {
    g_propagate_error (error, g_steal_pointer (&clip->fault));
    return FALSE;
  }
  g_object_get (clip->filter, "estimated-sigma", &sigma, NULL);
  events_send_result (clip->width, clip->height, (guint) clip->frames, sigma);
  return TRUE;
}

gboolean
worker_clip (const WorkerSettings * settings, GError ** error)
{
  Clip clip = {
    .settings = settings,
    .duration = -1,
    .begun = g_get_monotonic_time (),
    .first = GST_CLOCK_TIME_NONE,
  };
  gboolean done;

  clip.pipeline = clip_pipeline_new (WORKER_UPLOAD, INCOMPLETE,
      writes_before (settings) ? WORKER_VIEW_BEFORE : NULL, error);
  if (clip.pipeline == NULL)
    return FALSE;
  g_mutex_init (&clip.lock);
  connect (&clip);
  run (&clip);
  done = finish (&clip, error);
  g_clear_object (&clip.filter);
  gst_object_unref (clip.pipeline);
  g_mutex_clear (&clip.lock);
  g_clear_error (&clip.fault);
  return done;
}
