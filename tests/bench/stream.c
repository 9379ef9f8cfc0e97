/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a pipeline and says what it took: bench-stream [--skip N] [--seconds S] LINE
 *
 * LINE, as gst-launch-1.0 takes it, has a sink named "out". What its first N frames took is
 * left out; without an end of its own it is stopped after S seconds. With an element named
 * "clean" the frames that leave it are what "out" should receive, and the PSNR is measured. With
 * one named "in" the processor time between a frame at "out" and the next one at "in" is measured.
 * Prints a figure a line: its name and its value. */
#include "demo/psnr.h"

#include <gst/gst.h>
#include <gst/video/video.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct
{
  gdouble wall, cpu;            /* seconds */
  gdouble resident;             /* MB */
} Reading;

typedef struct
{
  guint skip, frames;
  gdouble longest;              /* seconds between two frames, of those after the first `skip` */
  guint threads;                /* of the process, at most */
  Reading first, last;          /* when the last frame to skip came, and the last of all */
  Reading idle;                 /* between frames: times only */
  GstBuffer *clean;
  gdouble decibels;             /* summed */
} Stream;

/* --- what there is to read --- */

static gdouble
resident_now (void)
{
  gulong pages = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (file == NULL)
    return 0;
  if (fscanf (file, "%*u %lu", &pages) != 1)
    pages = 0;
  fclose (file);
  return pages * (gdouble) sysconf (_SC_PAGESIZE) / 1e6;
}

static guint
threads_now (void)
{
  GDir *tasks = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (tasks && g_dir_read_name (tasks))
    n++;
  g_clear_pointer (&tasks, g_dir_close);
  return n;
}

static Reading
read_all (void)
{
  struct timespec cpu;
  Reading reading;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu);
  reading.wall = g_get_monotonic_time () / 1e6;
  reading.cpu = (gdouble) cpu.tv_sec + 1e-9 * (gdouble) cpu.tv_nsec;
  reading.resident = resident_now ();
  return reading;
}

static gdouble
peak_resident (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024 / 1e6;
}

/* --- frames --- */

static gdouble
luma_psnr (GstVideoInfo * info, GstBuffer * a, GstBuffer * b)
{
  return 10 * log10 (255.0 * 255 * GST_VIDEO_INFO_WIDTH (info) *
      GST_VIDEO_INFO_HEIGHT (info) / MAX (psnr_squared_error (info, a, b), 1));
}

static GstPadProbeReturn
on_clean (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Stream *stream = data;

  gst_clear_buffer (&stream->clean);
  stream->clean = gst_buffer_copy_deep (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Stream *stream = data;
  const Reading before = stream->last;
  GstVideoInfo video;
  GstCaps *caps;

  stream->frames++;
  if (stream->frames <= stream->skip)
    stream->first = read_all ();
  else if (stream->clean != NULL) {
    caps = gst_pad_get_current_caps (pad);
    if (gst_video_info_from_caps (&video, caps))
      stream->decibels += luma_psnr (&video, stream->clean,
          GST_PAD_PROBE_INFO_BUFFER (info));
    gst_caps_unref (caps);
  }
  stream->last = read_all ();
  stream->threads = MAX (stream->threads, threads_now ());
  if (stream->frames > stream->skip)
    stream->longest = MAX (stream->longest, stream->last.wall - before.wall);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_next (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info G_GNUC_UNUSED,
    gpointer data)
{
  Stream *stream = data;
  const Reading now = read_all ();

  if (stream->frames > stream->skip) {
    stream->idle.wall += now.wall - stream->last.wall;
    stream->idle.cpu += now.cpu - stream->last.cpu;
  }
  return GST_PAD_PROBE_OK;
}

static gboolean
add_probe (GstElement * pipeline, const gchar * name, const gchar * pad_name,
    GstPadProbeCallback callback, Stream * stream)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), name);
  GstPad *pad;

  if (element == NULL)
    return FALSE;
  pad = gst_element_get_static_pad (element, pad_name);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, stream, NULL);
  gst_object_unref (pad);
  gst_object_unref (element);
  return TRUE;
}

/* --- the run --- */

/* TRUE: it reached its end or the time limit. */
static gboolean
run (GstElement * pipeline, gdouble seconds)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  GError *error;
  gboolean failed = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus,
      seconds > 0 ? (GstClockTime) (seconds * GST_SECOND) : GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("bench-stream: %s\n", error->message);
    g_clear_error (&error);
    failed = TRUE;
  }
  g_clear_pointer (&message, gst_message_unref);
  gst_object_unref (bus);
  return !failed;
}

static void
print_element (GstElement * pipeline)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), "denoise");
  GstStructure *stats;
  guint threads = 0;

  if (element == NULL)
    return;
  g_object_get (element, "stats", &stats, NULL);
  gst_structure_get_uint (stats, "threads", &threads);
  g_print ("isa %s\nthreads %u\n", gst_structure_get_string (stats, "isa"),
      threads);
  gst_structure_free (stats);
  gst_object_unref (element);
}

static void
print_figures (const Stream * stream)
{
  const guint timed = stream->frames - stream->skip;

  g_print ("ms-per-frame %.4f\ncpu-ms-per-frame %.4f\n",
      1000 * (stream->last.wall - stream->first.wall) / timed,
      1000 * (stream->last.cpu - stream->first.cpu) / timed);
  g_print ("peak-memory %.1f\nmemory-growth %.3f\nframes %u\n",
      peak_resident (), stream->last.resident - stream->first.resident, timed);
  g_print ("longest-ms %.1f\nprocess-threads %u\n", 1000 * stream->longest,
      stream->threads);
  if (stream->idle.wall > 0)
    g_print ("idle-cpu-ms-per-second %.3f\n",
        1000 * stream->idle.cpu / stream->idle.wall);
  if (stream->clean != NULL)
    g_print ("psnr %.3f\n", stream->decibels / timed);
}

int
main (int argc, char **argv)
{
  Stream stream = {.skip = 1 };
  gint skip = 1;
  gdouble seconds = 0;
  const GOptionEntry options[] = {
    {"skip", 0, 0, G_OPTION_ARG_INT, &skip,
        "Leave out what the first N frames took (1)", "N"},
    {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, "Stop after S seconds",
        "S"},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("LINE");
  GstElement *pipeline = NULL;
  GError *error = NULL;
  gboolean done = FALSE;

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (g_option_context_parse (context, &argc, &argv, &error) && argc == 2)
    pipeline = gst_parse_launch (argv[1], &error);
  g_option_context_free (context);
  if (error != NULL || pipeline == NULL) {
    g_printerr ("bench-stream: %s\n", error ? error->message : "give a LINE");
    return 2;
  }
  stream.skip = MAX (skip, 1);
  add_probe (pipeline, "clean", "src", on_clean, &stream);
  add_probe (pipeline, "in", "src", on_next, &stream);
  if (!add_probe (pipeline, "out", "sink", on_frame, &stream))
    g_printerr ("bench-stream: nothing in the line is named \"out\"\n");
  else
    done = run (pipeline, seconds);
  if (done)
    print_element (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (done && stream.frames <= stream.skip) {
    g_printerr ("bench-stream: only %u frames came\n", stream.frames);
    done = FALSE;
  }
  if (done)
    print_figures (&stream);
  gst_clear_buffer (&stream.clean);
  gst_object_unref (pipeline);
  return !done;
}
