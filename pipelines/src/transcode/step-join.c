/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/file.h"
#include "common/pipeline/error.h"
#include "common/pipeline/launch.h"
#include "common/pipeline/stop.h"
#include "common/progress-bar.h"
#include "film/codec.h"
#include "film/workdir.h"
#include "transcode/chapters/read.h"
#include "transcode/media/demux.h"
#include "transcode/media/gaps.h"
#include "transcode/media/packets.h"
#include "transcode/media/tracks.h"
#include "transcode/mkv/repair.h"
#include "transcode/mkv/tags.h"
#include "transcode/steps.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/app/app.h>
#include <string.h>

typedef struct
{
  const Manifest *manifest;
  const gchar *workdir;
  GstElement *pipeline, *video;
  Tracks *tracks;
  GstCaps *caps;                /* of the first segment */
  GstClockTime decoded;         /* DTS of the last frame */
  GstClockTime reordered;       /* PTS - DTS of the first frame */
  GstClockTime end;             /* of the frame that is shown last */
  GstSample *held;              /* last frame so far, whose duration is not final */
  GArray *times;                /* PTS of the frames in the source: guint64 */
} Join;

/* --- video frames --- */

/* Shifts the timestamps to running time. If the frame rate changes, the first DTS of a segment may
 * precede the last one of the segment before; it is moved behind that. */
static GstSample *
shift_timestamps (Join * join, GstSample * sample)
{
  GstSample *shifted = packet_flatten (sample,
      gst_sample_get_segment (sample), 0);
  GstBuffer *buffer = gst_sample_get_buffer (shifted);

  gst_sample_set_caps (shifted, join->caps);
  if (GST_BUFFER_DTS_IS_VALID (buffer)) {
    if (GST_CLOCK_TIME_IS_VALID (join->decoded)
        && GST_BUFFER_DTS (buffer) <= join->decoded)
      GST_BUFFER_DTS (buffer) = join->decoded + 1;
    join->decoded = GST_BUFFER_DTS (buffer);
  }
  return shifted;
}

/* Adds colour information that the encoder did not set. */
static GstCaps *
complete_colours (const Manifest * manifest, GstCaps * caps)
{
  static const gchar *const fields[] = { "colorimetry",
    "mastering-display-info", "content-light-level"
  };
  const gchar *const known[] = { manifest->raw_caps, manifest->caps };
  GstStructure *structure;
  gsize i, k;

  caps = gst_caps_copy (caps);
  structure = gst_caps_get_structure (caps, 0);
  for (k = 0; k < G_N_ELEMENTS (known); k++) {
    GstCaps *from = gst_caps_from_string (known[k]);

    for (i = 0; i < G_N_ELEMENTS (fields); i++) {
      const GValue *value =
          gst_structure_get_value (gst_caps_get_structure (from, 0), fields[i]);

      if (value && !gst_structure_has_field (structure, fields[i]))
        gst_structure_set_value (structure, fields[i], value);
    }
    gst_caps_unref (from);
  }
  return caps;
}

static gboolean
has_same_caps (Join * join, GstSample * sample, guint number, GError ** error)
{
  GstCaps *caps =
      complete_colours (join->manifest, gst_sample_get_caps (sample));
  gboolean fit;

  if (join->caps == NULL)
    join->caps = gst_caps_ref (caps);
  fit = gst_caps_is_equal (caps, join->caps);
  gst_caps_unref (caps);
  if (!fit)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s: segment %u has another format than the first one; the "
        "picture format changes within the film, which one file "
        "cannot hold", join->manifest->source, number);
  return fit;
}

static gboolean
push_held (Join * join, GError ** error)
{
  gboolean done = TRUE;

  if (join->held) {
    tracks_film_at (join->tracks, packet_time (join->held));
    done = packet_push (join->pipeline, join->video, join->held,
        join->manifest->out, error);
  }
  g_clear_pointer (&join->held, gst_sample_unref);
  return done;
}

static void
hold (Join * join, GstSample * shifted)
{
  const GstBuffer *buffer = gst_sample_get_buffer (shifted);
  const GstClockTime time = packet_time (shifted);

  if (join->times->len == 0 && GST_BUFFER_PTS_IS_VALID (buffer)
      && GST_BUFFER_DTS_IS_VALID (buffer))
    join->reordered = GST_BUFFER_PTS (buffer) - GST_BUFFER_DTS (buffer);
  if (GST_CLOCK_TIME_IS_VALID (time))
    g_array_append_val (join->times, time);
  if (GST_BUFFER_PTS_IS_VALID (buffer) && GST_BUFFER_DURATION_IS_VALID (buffer))
    join->end = MAX (join->end,
        GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer));
  join->held = shifted;
}

/* Pushes the last frame. MP4 ends a track at the sum of its frames' durations, which are differences
 * of DTS: a gap between the frames shown last would leave the last one beyond the end. */
static gboolean
push_last (Join * join, GError ** error)
{
  GstBuffer *buffer = join->held ? gst_sample_get_buffer (join->held) : NULL;
  const GstClockTime last = join->decoded + join->reordered;

  if (buffer && GST_CLOCK_TIME_IS_VALID (join->decoded)
      && GST_BUFFER_DURATION_IS_VALID (buffer)
      && join->end > last + GST_BUFFER_DURATION (buffer))
    GST_BUFFER_DURATION (buffer) = join->end - last;
  return push_held (join, error);
}

static gboolean
add_frame (Join * join, GstSample * sample, guint number, GError ** error)
{
  if (!has_same_caps (join, sample, number, error) || !push_held (join, error))
    return FALSE;
  hold (join, shift_timestamps (join, sample));
  return TRUE;
}

static gboolean
add_segment (Join * join, guint number, GError ** error)
{
  gchar *file = workdir_file (join->workdir, "out", number, "gdp");
  PacketReader *reader = packet_reader_open (file, error);
  GError *local_error = NULL;
  gboolean going = reader != NULL;
  GstSample *sample;

  while (going && (sample = packet_reader_next (reader, &local_error))) {
    going = add_frame (join, sample, number, error);
    gst_sample_unref (sample);
  }
  g_clear_pointer (&reader, packet_reader_free);
  g_free (file);
  if (local_error)
    g_propagate_error (error, local_error);
  return going && local_error == NULL;
}

/* --- the film --- */

static gboolean
add_all (Join * join, GError ** error)
{
  guint i;

  for (i = 0; i < join->manifest->segments->len; i++)
    if (!add_segment (join, i, error))
      return FALSE;
  if (!push_last (join, error))
    return FALSE;
  tracks_end_film (join->tracks);
  gst_app_src_end_of_stream (GST_APP_SRC (join->video));
  return pipeline_error_wait_eos (join->pipeline, join->manifest->out, error);
}

static void
warn_of_gaps (const Join * join)
{
  const Manifest *manifest = join->manifest;
  const gboolean lacks = manifest->damaged || manifest->repaired
      || join->times->len < manifest_frames (manifest);
  gchar *gaps = gaps_describe (join->times, lacks);

  if (gaps) {
    progress_bar_clear ();
    g_printerr ("transcode: %s: it has no frames from %s\n",
        manifest->source, gaps);
  }
  g_free (gaps);
}

/* Makes running time `origin` of the element the start of the film. */
static void
set_origin (GstElement * source, GstClockTime origin)
{
  GstPad *pad = gst_element_get_static_pad (source, "src");

  gst_pad_set_offset (pad, -(gint64) origin);
  gst_object_unref (pad);
}

/* Scratch file of mp4mux and qtmux for faststart. Their default is the system temporary folder,
 * which may be too small. */
static void
set_scratch (GstElement * pipeline, const gchar * workdir)
{
  GstElement *mux = gst_bin_get_by_name (GST_BIN (pipeline), "mux");
  gchar *rest = g_build_filename (workdir, "rest", NULL);
  gchar *file = file_temporary_name (rest);

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (mux), "faststart-file"))
    g_object_set (mux, "faststart-file", file, NULL);
  g_free (file);
  g_free (rest);
  gst_object_unref (mux);
}

static GstElement *
make_pipeline (const Manifest * manifest, const gchar * workdir,
    const gchar * file, GError ** error)
{
  gchar *mux = codec_muxer_line (manifest->settings.codec, manifest->out,
      error);
  gchar *line = mux ? g_strdup_printf ("filesrc name=source ! "
      "parsebin name=parser %s ! " LAUNCH_FILESINK " name=file appsrc name=video "
      "format=time ! mux.video_0", mux) : NULL;
  GstElement *pipeline = mux ? launch (line, GST_PARSE_FLAG_NONE, error) : NULL;

  if (pipeline) {
    gchar *source = mkv_repair_path (manifest, workdir);

    launch_set_location (pipeline, "source", source);
    launch_set_location (pipeline, "file", file);
    set_scratch (pipeline, workdir);
    g_free (source);
  }
  g_free (line);
  g_free (mux);
  return pipeline;
}

/* Chapters that the demuxer does not report. */
static void
add_chapters (Join * join)
{
  GError *local_error = NULL;
  GstToc *toc = chapters_read (join->manifest->source, &local_error);

  if (toc)
    tracks_set_chapters (join->tracks, toc);
  if (local_error) {
    progress_bar_clear ();
    g_printerr ("transcode: %s; the film is made without them\n",
        local_error->message);
  }
  if (toc)
    gst_toc_unref (toc);
  g_clear_error (&local_error);
}

static gboolean
write_film (const Manifest * manifest, const gchar * workdir,
    const gchar * file, GError ** error)
{
  Join join = {
    .manifest = manifest,
    .workdir = workdir,
    .decoded = GST_CLOCK_TIME_NONE,
  };
  const Settings *settings = &manifest->settings;
  const GstClockTime from = (GstClockTime) (settings->start * GST_SECOND);
  const GstClockTime to = settings->end > 0 ?
      (GstClockTime) (settings->end * GST_SECOND) : GST_CLOCK_TIME_NONE;
  const gboolean tagged = codec_is_matroska (manifest->out)
      && mkv_tags_available ();
  const GstTagList *tags;
  GPtrArray *own;
  gchar *left_out;
  gboolean done;

  join.pipeline = make_pipeline (manifest, workdir, file, error);
  if (join.pipeline == NULL)
    return FALSE;
  join.times = g_array_new (FALSE, FALSE, sizeof (guint64));
  join.video = packet_appsrc (join.pipeline, "video");
  set_origin (join.video, PACKET_ORIGIN + from);
  join.tracks = tracks_new (join.pipeline, from, to, tagged);
  add_chapters (&join);
  done = pipeline_error_start (join.pipeline, manifest->out, error)
      && add_all (&join, error);
  pipeline_stop (join.pipeline);
  tags = tracks_tags (join.tracks, &own);
  if (done && tagged)
    done = mkv_tags_write (file, tags, own, error);
  left_out = tracks_unsupported (join.tracks, file);
  if (done)
    warn_of_gaps (&join);
  if (done && left_out)
    g_printerr ("transcode: %s: left out, as the container does not hold it: "
        "%s\n", manifest->out, left_out);
  g_free (left_out);
  tracks_free (join.tracks);
  gst_clear_caps (&join.caps);
  g_clear_pointer (&join.held, gst_sample_unref);
  g_array_unref (join.times);
  gst_object_unref (join.video);
  gst_object_unref (join.pipeline);
  return done;
}

/* --- checks --- */

/* A damaged segment is marked as not finished, so that the next run makes it again. */
static gboolean
check_segment (const Manifest * manifest, const gchar * workdir, guint number,
    guint * frames, GError ** error)
{
  SegmentResult result;
  const gboolean done = segment_result_read (&result, workdir, number);
  const gboolean intact = done && segment_result_is_intact (&result, workdir);

  *frames += result.frames;
  if (!intact)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: segment %u of %u %s",
        manifest->out, number, manifest->segments->len,
        done ? "was damaged on the disk and has to be done again" :
        "is not finished");
  if (done && !intact)
    segment_result_remove (workdir, number);
  segment_result_clear (&result);
  return intact;
}

/* Checks that all segments are finished and intact, and counts their frames. */
static gboolean
check_parts (const Manifest * manifest, const gchar * workdir, guint * frames,
    GError ** error)
{
  gboolean whole = TRUE;
  guint i;

  *frames = 0;
  for (i = 0; i < manifest->segments->len; i++)
    whole &= check_segment (manifest, workdir, i, frames, whole ? error : NULL);
  return whole;
}

/* Checks that the film can be read and has that many frames. */
static gboolean
check_film (const Manifest * manifest, const gchar * file, guint frames,
    GError ** error)
{
  PacketReader *reader = demux_open_video (file, error);
  GError *local_error = NULL;
  GstSample *sample;
  guint found = 0;

  if (reader == NULL)
    return FALSE;
  while ((sample = packet_reader_next (reader, &local_error))) {
    found++;
    gst_sample_unref (sample);
  }
  packet_reader_free (reader);
  if (local_error)
    g_propagate_error (error, local_error);
  else if (found != frames)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX,
        "%s: %u frames were denoised, %u are in the file",
        manifest->out, frames, found);
  return local_error == NULL && found == frames;
}

static gboolean
join_parts (const Manifest * manifest, const gchar * workdir,
    WorkdirLock * lock, GError ** error)
{
  gchar *film = g_build_filename (workdir, "film", NULL);
  gchar *unfinished = file_temporary_name (film);
  guint frames;
  const gboolean done = source_check (manifest->source, &manifest->id, error)
      && check_parts (manifest, workdir, &frames, error)
      && write_film (manifest, workdir, unfinished, error)
      && check_film (manifest, unfinished, frames, error)
      && source_check (manifest->source, &manifest->id, error)
      && file_publish (unfinished, manifest->out, error)
      && workdir_remove (workdir, lock, error);

  if (!done)
    g_unlink (unfinished);
  g_free (unfinished);
  g_free (film);
  return done;
}

/* Whether the result exists and its manifest, which is removed first, does not. */
static gboolean
is_joined (const gchar * workdir)
{
  gchar *manifest = g_build_filename (workdir, WORKDIR_MANIFEST, NULL);
  gchar *film = g_strndup (workdir, strlen (workdir) - strlen (WORKDIR_SUFFIX));
  const gboolean joined = !g_file_test (manifest, G_FILE_TEST_EXISTS)
      && g_file_test (film, G_FILE_TEST_IS_REGULAR);

  g_free (film);
  g_free (manifest);
  return joined;
}

gboolean
step_join (const gchar * workdir, WorkdirLock * lock, GError ** error)
{
  Manifest *manifest;
  gboolean done;

  if (g_str_has_suffix (workdir, WORKDIR_SUFFIX) && is_joined (workdir))
    return !workdir_exists (workdir) || workdir_remove (workdir, lock, error);
  manifest = manifest_read (workdir, error);
  done = manifest && join_parts (manifest, workdir, lock, error);
  g_clear_pointer (&manifest, manifest_free);
  return done;
}
