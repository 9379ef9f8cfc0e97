/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays scenes as a live camera with cuts between them, and says what comes of it in time:
 *
 *   bench-live [OPTIONS] SCENE.y4m...
 *
 * Each file holds clean frames, 8-bit 4:2:0 and as many as a scene lasts; the scenes are played one
 * after the other, from the first again after the last. Frames get noise, are denoised, and
 * arrive at a sink that wants each at its time. Prints a line for each scene and each change of
 * quality, and then a figure a line: its name and its value. */
#include "demo/psnr.h"

#include <gst/app/gstappsrc.h>
#include <gst/base/gstbasesink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RATE 30
#define LOST -1

/* The last frames of a scene are what it settles at. */
#define SETTLED RATE

typedef struct
{
  GMappedFile *file;
  const gchar *frames;          /* the first one's header */
  gsize header, size;           /* of each frame, in bytes */
  guint count;
} Scene;

typedef struct
{
  gdouble decibels, late;       /* LOST, or of the frame as it arrives; in ms */
} Arrival;

typedef struct
{
  gdouble seconds, degree, busy_from, busy_to;
  gint loops;
  gboolean verbose;
  gchar *element;
} Options;

typedef struct
{
  GstElement *pipeline;
  GstVideoInfo info;
  Scene *scenes;
  guint scene_count;
  Arrival *arrivals;
  guint count;                  /* of frames */
  GPid *loops;
  gdouble restored;             /* seconds after relief at which quality was full again; 0: never */
} Run;

/* --- scenes --- */

static void
stop (const gchar * what, const gchar * name)
{
  g_printerr ("bench-live: %s: %s\n", name, what);
  exit (2);
}

static void
open_scene (Scene * scene, GstVideoInfo * info, const gchar * path)
{
  gint width = 0, height = 0;
  const gchar *data, *end;
  gsize length;

  scene->file = g_mapped_file_new (path, FALSE, NULL);
  if (scene->file == NULL)
    stop ("cannot be read", path);
  data = g_mapped_file_get_contents (scene->file);
  length = g_mapped_file_get_length (scene->file);
  end = memchr (data, '\n', length);
  if (end == NULL || sscanf (data, "YUV4MPEG2 W%d H%d", &width, &height) != 2)
    stop ("is no y4m file", path);
  gst_video_info_set_format (info, GST_VIDEO_FORMAT_I420, width, height);
  info->fps_n = RATE;
  info->fps_d = 1;
  scene->frames = end + 1;
  scene->header = strlen ("FRAME\n");
  scene->size = GST_VIDEO_INFO_SIZE (info);
  scene->count = (guint) ((gsize) (data + length - scene->frames) /
      (scene->header + scene->size));
  if (scene->count <= SETTLED || width % 8 != 0 || height % 2 != 0)
    stop ("is too short, or its width no multiple of 8", path);
}

static GstBuffer *
clean_frame (const Run * run, guint n)
{
  guint i = 0;
  const Scene *scene = run->scenes;

  while (n >= scene->count) {
    n -= scene->count;
    i = (i + 1) % run->scene_count;
    scene = &run->scenes[i];
  }
  return gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY,
      (gpointer) (scene->frames + n * (scene->header + scene->size) +
          scene->header), scene->size, 0, scene->size, NULL, NULL);
}

/* --- the run --- */

static GstClockTime
running_time (GstElement * pipeline)
{
  GstClock *clock = gst_element_get_clock (pipeline);
  const GstClockTime now =
      gst_clock_get_time (clock) - gst_element_get_base_time (pipeline);

  gst_object_unref (clock);
  return now;
}

static GstPadProbeReturn
on_arrival (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  Run *run = data;
  GstBuffer *frame = GST_PAD_PROBE_INFO_BUFFER (probe), *clean;
  GstElement *sink = gst_pad_get_parent_element (pad);
  const GstClockTime due =
      GST_BUFFER_PTS (frame) + gst_base_sink_get_latency (GST_BASE_SINK (sink));
  const GstClockTimeDiff late =
      GST_CLOCK_DIFF (due, running_time (run->pipeline));
  Arrival *arrival = &run->arrivals[GST_BUFFER_OFFSET (frame)];

  clean = clean_frame (run, (guint) GST_BUFFER_OFFSET (frame));
  arrival->late = (gdouble) late / GST_MSECOND;
  arrival->decibels =
      10 * log10 (255.0 * 255 * GST_VIDEO_INFO_WIDTH (&run->info)
      * GST_VIDEO_INFO_HEIGHT (&run->info) /
      MAX (psnr_squared_error (&run->info, clean, frame), 1));
  gst_buffer_unref (clean);
  gst_object_unref (sink);
  return GST_PAD_PROBE_OK;
}

static GstElement *
make_pipeline (const Options * options, Run * run)
{
  gchar *line = g_strdup_printf ("appsrc name=in is-live=true format=time ! "
      "zsnoise degree=%g ! queue ! %s ! fakesink name=out sync=true qos=true",
      options->degree, options->element);
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error), *sink;
  GstPad *pad;

  if (error != NULL)
    stop (error->message, line);
  g_free (line);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_arrival, run, NULL);
  gst_object_unref (pad);
  gst_object_unref (sink);
  return pipeline;
}

/* Does what applications do with messages, and notes changes of quality. */
static void
heed_messages (Run * run, const Options * options)
{
  const gdouble now = (gdouble) running_time (run->pipeline) / GST_SECOND;
  GstBus *bus = gst_element_get_bus (run->pipeline);
  GstMessage *message;
  const gchar *quality;

  while ((message = gst_bus_pop (bus)) != NULL) {
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY)
      gst_bin_recalculate_latency (GST_BIN (run->pipeline));
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      stop ("failed", options->element);
    if (gst_message_has_name (message, "zsdenoise-quality")) {
      quality = gst_structure_get_string (gst_message_get_structure (message),
          "quality");
      g_print ("%6.2f s: quality %s\n", now, quality);
      if (g_str_equal (quality, "full") && now > options->busy_to
          && run->restored == 0)
        run->restored = now - options->busy_to;
    }
    gst_message_unref (message);
  }
  gst_object_unref (bus);
}

/* Keeps processors busy from one time to another. */
static void
keep_busy (Run * run, const Options * options, gdouble now)
{
  gint i;

  if (run->loops == NULL && now >= options->busy_from && now < options->busy_to) {
    run->loops = g_new0 (GPid, options->loops);
    for (i = 0; i < options->loops; i++)
      if ((run->loops[i] = fork ()) == 0)
        for (;;);
  }
  if (run->loops != NULL && now >= options->busy_to) {
    for (i = 0; i < options->loops; i++) {
      kill (run->loops[i], SIGKILL);
      waitpid (run->loops[i], NULL, 0);
    }
    g_clear_pointer (&run->loops, g_free);
  }
}

static void
play (Run * run, const Options * options)
{
  GstElement *source = gst_bin_get_by_name (GST_BIN (run->pipeline), "in");
  GstCaps *caps = gst_video_info_to_caps (&run->info);
  GstClockTime start, due, now;
  GstBuffer *frame;
  guint i;

  g_object_set (source, "caps", caps, NULL);
  gst_caps_unref (caps);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  gst_element_get_state (source, NULL, NULL, GST_CLOCK_TIME_NONE);
  start = running_time (run->pipeline);
  for (i = 0; i < run->count; i++) {
    due = start + gst_util_uint64_scale (i, GST_SECOND, RATE);
    keep_busy (run, options, (gdouble) due / GST_SECOND);
    heed_messages (run, options);
    now = running_time (run->pipeline);
    if (due > now)
      g_usleep ((due - now) / GST_USECOND);
    frame = clean_frame (run, i);
    GST_BUFFER_PTS (frame) = due;
    GST_BUFFER_DURATION (frame) = GST_SECOND / RATE;
    GST_BUFFER_OFFSET (frame) = i;
    gst_app_src_push_buffer (GST_APP_SRC (source), frame);
  }
  keep_busy (run, options, G_MAXDOUBLE);
  g_usleep (G_USEC_PER_SEC);
  heed_messages (run, options);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_object_unref (source);
}

/* --- figures --- */

/* The first frame of a scene that is as good as what it settles at, to within half a decibel. */
static guint
clean_after (const Arrival * arrivals, guint count, gdouble * settled)
{
  guint i;

  *settled = 0;
  for (i = count - SETTLED; i < count; i++)
    *settled += arrivals[i].decibels / SETTLED;
  for (i = 0; i < count && arrivals[i].decibels < *settled - 0.5; i++);
  return i;
}

static void
print_scenes (const Run * run)
{
  guint first, i, after, slowest = 0;
  gdouble settled;

  for (first = i = 0; first < run->count; i++) {
    const guint count = run->scenes[i % run->scene_count].count;
    if (first + count > run->count)
      break;
    after = clean_after (run->arrivals + first, count, &settled);
    g_print
        ("scene %u: %.2f dB; within 0.5 dB from frame %u on; first %.2f dB\n",
        i, settled, after, run->arrivals[first].decibels);
    slowest = MAX (slowest, after);
    first += count;
  }
  g_print ("clean-after-ms %.0f\n", slowest * 1000.0 / RATE);
}

static void
print_figures (const Run * run, const Options * options)
{
  guint i, lost = 0, late = 0, very_late = 0;
  gdouble latest = -G_MAXDOUBLE;

  print_scenes (run);
  for (i = 0; i < run->count; i++) {
    const Arrival *arrival = &run->arrivals[i];
    if (options->verbose)
      g_print ("frame %u: %.2f dB, late by %.1f ms\n", i, arrival->decibels,
          arrival->late);
    lost += arrival->decibels == LOST;
    late += arrival->late > 0;
    very_late += arrival->late > 1000.0 / RATE;
    latest = MAX (latest, arrival->late);
  }
  g_print ("frames %u\nlost %u\nlate %u\nlate-by-more-than-a-frame %u\n"
      "latest-ms %.1f\n", run->count, lost, late, very_late, latest);
  if (options->loops > 0)
    g_print ("full-quality-after-s %.2f\n", run->restored);
}

int
main (int argc, char **argv)
{
  Options o = {.seconds = 60,.degree = 0.1,.busy_from = 20,.busy_to = 40 };
  Run run = { 0 };
  const GOptionEntry entries[] = {
    {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &o.seconds, "Length (60)", "S"},
    {"degree", 0, 0, G_OPTION_ARG_DOUBLE, &o.degree, "Noise (0.1)", "D"},
    {"element", 0, 0, G_OPTION_ARG_STRING, &o.element,
        "What denoises (zsdenoise)", "LINE"},
    {"loops", 0, 0, G_OPTION_ARG_INT, &o.loops,
        "Endless loops beside it from 20 s to 40 s (0)", "N"},
    {"verbose", 0, 0, G_OPTION_ARG_NONE, &o.verbose, "Each frame, too", NULL},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("SCENE.y4m...");
  GError *error = NULL;
  guint i;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2)
    stop (error ? error->message : "give a SCENE.y4m", "usage");
  g_option_context_free (context);
  if (o.element == NULL)
    o.element = g_strdup ("zsdenoise");

  run.scene_count = (guint) argc - 1;
  run.scenes = g_new0 (Scene, run.scene_count);
  for (i = 0; i < run.scene_count; i++)
    open_scene (&run.scenes[i], &run.info, argv[i + 1]);
  run.count = (guint) (o.seconds * RATE);
  run.arrivals = g_new (Arrival, run.count);
  for (i = 0; i < run.count; i++)
    run.arrivals[i] = (Arrival) {
    LOST, 0};
  run.pipeline = make_pipeline (&o, &run);
  play (&run, &o);
  print_figures (&run, &o);
  gst_object_unref (run.pipeline);
  return 0;
}
