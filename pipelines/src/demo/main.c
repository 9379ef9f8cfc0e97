/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises a file and writes a before/after picture: zsdenoise-demo [--noise DEGREE] FILE OUTDIR
 *
 * The first video stream passes through zsdenoise and is encoded again; other streams are copied. With
 * --noise the file is taken as clean: noise is added first, and PSNR before and after is
 * printed. */
#include "common/clock.h"
#include "common/options/arguments.h"
#include "common/options/strength.h"
#include "common/options/version.h"
#include "common/pipeline/error.h"
#include "common/pipeline/launch.h"
#include "common/pipeline/local-files.h"
#include "common/progress-bar.h"
#include "demo/before-after.h"
#include "demo/psnr.h"

#include <gst/gst.h>
#include <gst/pbutils/missing-plugins.h>
#include <gst/video/video.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* Frame of the picture: early, but not the keyframe that the training uses. */
#define PICTURE_FRAME 24

typedef struct
{
  gdouble strength, sigma;      /* of the properties */

  GstElement *pipeline;
  GstElement *muxer;
  GstElement *video;            /* bin that decodes, denoises and encodes */
  gboolean have_video;

  /* of the streaming thread: current frame and totals */
  GstBuffer *clean;
  GstBuffer *noisy;
  gdouble error_before, error_after;
  guint64 samples;
  gint64 started;
  guint frames;
  GstClockTime position;
  gdouble filtering;            /* seconds */

  /* frames of the picture */
  GstCaps *caps;
  GstBuffer *before, *after;

  /* from messages */
  guint trainings;
  gdouble training;             /* seconds */
  gint percent;                 /* of the training in progress; -1: none */
  gboolean failed;
  const gchar *file;
  gchar *missing;               /* description of the first plugin that is missing, or NULL */
  Stall stall;
  GMainLoop *loop;
} Demo;

/* --- measurement --- */

static gdouble
psnr (gdouble error, guint64 samples)
{
  return 10 * log10 (255.0 * 255.0 * samples / MAX (error, 1e-9));
}

static GstPadProbeReturn
on_clean (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Demo *demo = data;

  gst_buffer_replace (&demo->clean, NULL);
  demo->clean = gst_buffer_copy_deep (GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_noisy (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  Demo *demo = data;

  gst_buffer_replace (&demo->noisy, NULL);
  if (demo->clean || demo->frames <= PICTURE_FRAME)
    demo->noisy = gst_buffer_copy_deep (GST_PAD_PROBE_INFO_BUFFER (info));
  demo->started = g_get_monotonic_time ();
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_denoised (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Demo *demo = data;
  GstBuffer *denoised = GST_PAD_PROBE_INFO_BUFFER (info);
  GstCaps *caps = gst_pad_get_current_caps (pad);
  GstVideoInfo vinfo;

  demo->filtering += clock_seconds_since (demo->started);
  if (demo->noisy && gst_video_info_from_caps (&vinfo, caps)) {
    if (demo->clean) {
      demo->error_before +=
          psnr_squared_error (&vinfo, demo->clean, demo->noisy);
      demo->error_after += psnr_squared_error (&vinfo, demo->clean, denoised);
      demo->samples += (guint64) GST_VIDEO_INFO_WIDTH (&vinfo) *
          GST_VIDEO_INFO_HEIGHT (&vinfo);
    }
    if (demo->frames <= PICTURE_FRAME) {
      gst_caps_replace (&demo->caps, caps);
      gst_buffer_replace (&demo->before, demo->noisy);
      gst_buffer_replace (&demo->after, NULL);
      demo->after = gst_buffer_copy_deep (denoised);
    }
  }
  demo->frames++;
  demo->position = GST_BUFFER_PTS (denoised);
  gst_caps_unref (caps);
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstBin * bin, const gchar * element, const gchar * pad_name,
    GstPadProbeCallback callback, Demo * demo)
{
  GstElement *found = gst_bin_get_by_name (bin, element);
  GstPad *pad;

  if (found == NULL)
    return;
  pad = gst_element_get_static_pad (found, pad_name);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, demo, NULL);
  gst_object_unref (pad);
  gst_object_unref (found);
}

/* --- the pipeline --- */

static void
link_to_sink (GstPad * pad, GstElement * element)
{
  GstPad *sink = gst_element_get_static_pad (element, "sink");

  gst_pad_link (pad, sink);
  gst_object_unref (sink);
}

/* Copies a stream to the muxer, or discards it if the container does not support it. */
static void
copy_stream (Demo * demo, GstPad * pad, GstCaps * caps)
{
  GstPad *mux_pad = gst_element_get_compatible_pad (demo->muxer, pad, caps);
  GstElement *queue = gst_element_factory_make (mux_pad ? "queue" : "fakesink",
      NULL);
  GstPad *src;

  gst_bin_add (GST_BIN (demo->pipeline), queue);
  link_to_sink (pad, queue);
  if (mux_pad) {
    /* The muxer blocks the other streams while the video is delayed by training: the queue must
     * not be limited. */
    g_object_set (queue, "max-size-time", (guint64) 0, "max-size-bytes", 0,
        "max-size-buffers", 0, NULL);
    src = gst_element_get_static_pad (queue, "src");
    gst_pad_link (src, mux_pad);
    gst_object_unref (src);
    gst_object_unref (mux_pad);
  } else {
    g_object_set (queue, "async", FALSE, NULL);
  }
  gst_element_sync_state_with_parent (queue);
}

/* The first video stream is denoised, the others are copied. */
static void
on_pad_added (GstElement * parser G_GNUC_UNUSED, GstPad * pad, Demo * demo)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gchar *name;

  if (caps == NULL)
    caps = gst_pad_query_caps (pad, NULL);
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (!demo->have_video && (g_str_has_prefix (name, "video/")
          || g_str_has_prefix (name, "image/"))) {
    demo->have_video = TRUE;
    link_to_sink (pad, demo->video);
  } else {
    copy_stream (demo, pad, caps);
  }
  gst_caps_unref (caps);
}

static void
on_unknown_type (GstElement * parser G_GNUC_UNUSED, GstPad * pad G_GNUC_UNUSED,
    GstCaps * caps, Demo * demo)
{
  if (local_files_is_list (caps))
    GST_ELEMENT_ERROR (demo->pipeline, STREAM, WRONG_TYPE,
        ("The file is a list of other files or addresses, not a film."),
        (NULL));
}

static void
on_drained (GstElement * parser G_GNUC_UNUSED, Demo * demo)
{
  if (!demo->have_video)
    GST_ELEMENT_ERROR (demo->pipeline, STREAM, WRONG_TYPE,
        ("There is no video in the file."), (NULL));
}

/* With automatic ghost pads, the sink pad of the bin would be that of videoconvert, which is not
 * linked before the decoder knows its stream. */
static void
add_ghost_pad (GstElement * bin, const gchar * name, const gchar * element,
    const gchar * pad_name)
{
  GstElement *target = gst_bin_get_by_name (GST_BIN (bin), element);
  GstPad *pad = gst_element_get_static_pad (target, pad_name);

  gst_element_add_pad (bin, gst_ghost_pad_new (name, pad));
  gst_object_unref (pad);
  gst_object_unref (target);
}

static void
set_location (Demo * demo, const gchar * element, const gchar * file)
{
  GstElement *found = gst_bin_get_by_name (GST_BIN (demo->pipeline), element);

  g_object_set (found, "location", file, NULL);
  gst_object_unref (found);
}

static void
set_strength (const Demo * demo, GstElement * video)
{
  GstElement *denoise = gst_bin_get_by_name (GST_BIN (video), "denoise");

  g_object_set (denoise, "strength", demo->strength, "sigma", demo->sigma,
      NULL);
  gst_object_unref (denoise);
}

/* The bin that decodes, denoises and encodes. `degree`: noise to add; NULL: none. */
static GstElement *
make_video (Demo * demo, const gchar * degree, GError ** error)
{
  gchar *noise = degree ? g_strdup_printf ("video/x-raw,format=I420 ! "
      "zsnoise name=noise degree=%s ! ", degree) :
      g_strdup ("video/x-raw,format={I420,I420_10LE} ! ");
  gchar *line = g_strdup_printf ("decodebin name=decoder ! videoconvert ! "
      "%szsdenoise name=denoise ! "
      "x264enc pass=quant quantizer=18 ! queue name=encoded", noise);
  GstElement *video = launch (line, GST_PARSE_FLAG_PLACE_IN_BIN, error);

  g_free (line);
  g_free (noise);
  if (video == NULL)
    return NULL;
  set_strength (demo, video);
  add_ghost_pad (video, "sink", "decoder", "sink");
  add_ghost_pad (video, "src", "encoded", "src");
  add_probe (GST_BIN (video), "noise", "sink", on_clean, demo);
  add_probe (GST_BIN (video), "denoise", "sink", on_noisy, demo);
  add_probe (GST_BIN (video), "denoise", "src", on_denoised, demo);
  return video;
}

static gboolean
build (Demo * demo, const gchar * file, const gchar * degree,
    const gchar * out, GError ** error)
{
  GstElement *parser;

  demo->pipeline =
      launch ("filesrc name=source ! parsebin name=parser "
      "matroskamux name=muxer ! " LAUNCH_FILESINK " name=sink", GST_PARSE_FLAG_NONE,
      error);
  if (demo->pipeline == NULL)
    return FALSE;
  demo->video = make_video (demo, degree, error);
  if (demo->video == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (demo->pipeline), demo->video);
  demo->muxer = gst_bin_get_by_name (GST_BIN (demo->pipeline), "muxer");
  gst_element_link (demo->video, demo->muxer);
  set_location (demo, "source", file);
  set_location (demo, "sink", out);
  parser = gst_bin_get_by_name (GST_BIN (demo->pipeline), "parser");
  g_signal_connect (parser, "pad-added", G_CALLBACK (on_pad_added), demo);
  g_signal_connect (parser, "drained", G_CALLBACK (on_drained), demo);
  g_signal_connect (parser, "unknown-type", G_CALLBACK (on_unknown_type), demo);
  gst_object_unref (parser);
  return TRUE;
}

/* --- running --- */

static void
handle_element_message (Demo * demo, const GstStructure * structure)
{
  guint step = 0, steps = 1;
  gdouble seconds = 0;

  if (gst_structure_has_name (structure, "zsdenoise-progress")) {
    gst_structure_get_uint (structure, "step", &step);
    gst_structure_get_uint (structure, "steps", &steps);
    demo->percent = (gint) (100.0 * step / steps);
  } else if (gst_structure_has_name (structure, "zsdenoise-trained")) {
    gst_structure_get_double (structure, "seconds", &seconds);
    demo->training += seconds;
    demo->trainings++;
    demo->percent = -1;
  }
}

/* Reports the error, which is freed, and ends. */
static void
fail (Demo * demo, GError * error)
{
  g_printerr ("\ndemo: %s\n", error->message);
  g_error_free (error);
  demo->failed = TRUE;
  g_main_loop_quit (demo->loop);
}

static gboolean
on_message (GstBus * bus G_GNUC_UNUSED, GstMessage * message, gpointer data)
{
  Demo *demo = data;
  GError *error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (demo->missing == NULL && gst_is_missing_plugin_message (message))
        demo->missing = gst_missing_plugin_message_get_description (message);
      handle_element_message (demo, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_ERROR:
      pipeline_error_set (message, demo->missing, demo->file, &error);
      fail (demo, error);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (demo->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
check_stall (gpointer data)
{
  Demo *demo = data;
  GError *error = NULL;

  if (pipeline_error_stalled (&demo->stall, demo->file, &error))
    fail (demo, error);
  return G_SOURCE_CONTINUE;
}

static gboolean
show_progress (gpointer data)
{
  Demo *demo = data;
  gint64 duration = 0;
  gchar *text;

  if (demo->percent >= 0) {
    progress_bar_show (demo->percent / 100.0, NULL, "learning the noise");
    return G_SOURCE_CONTINUE;
  }
  text = g_strdup_printf ("denoising: frame %u", demo->frames);
  if (gst_element_query_duration (demo->pipeline, GST_FORMAT_TIME, &duration)
      && duration > 0)
    progress_bar_show (MIN ((gdouble) demo->position / duration, 1), NULL,
        text);
  else
    progress_bar_show_text (text);
  g_free (text);
  return G_SOURCE_CONTINUE;
}

static void
run (Demo * demo)
{
  GstBus *bus = gst_element_get_bus (demo->pipeline);
  const guint stall_timer = g_timeout_add_seconds (1, check_stall, demo);
  guint timer = 0;

  demo->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_add_watch (bus, on_message, demo);
  if (isatty (STDERR_FILENO))
    timer = g_timeout_add (100, show_progress, demo);
  else
    g_printerr ("learning and denoising ...\n");
  if (gst_element_set_state (demo->pipeline, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE)
    g_main_loop_run (demo->loop);
  else
    on_message (bus, gst_bus_timed_pop_filtered (bus, GST_SECOND,
            GST_MESSAGE_ERROR), demo);
  gst_element_set_state (demo->pipeline, GST_STATE_NULL);
  g_source_remove (stall_timer);
  if (timer)
    g_source_remove (timer);
  progress_bar_clear ();
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_main_loop_unref (demo->loop);
}

/* --- results --- */

static void
print_figures (Demo * demo)
{
  const gdouble filtering = demo->filtering - demo->training;

  if (demo->samples)
    g_print ("PSNR before  %6.2f dB\nPSNR after   %6.2f dB   (luma, mean over "
        "%u frames)\n", psnr (demo->error_before, demo->samples),
        psnr (demo->error_after, demo->samples), demo->frames);
  g_print ("learning     %6.2f s    (%u keyframe%s)\n", demo->training,
      demo->trainings, demo->trainings == 1 ? "" : "s");
  g_print ("denoising    %6.2f s    (%.0f frames/s)\n", filtering,
      demo->frames / MAX (filtering, 1e-6));
}

static void
clear (Demo * demo)
{
  gst_clear_buffer (&demo->clean);
  gst_clear_buffer (&demo->noisy);
  gst_clear_buffer (&demo->before);
  gst_clear_buffer (&demo->after);
  gst_caps_replace (&demo->caps, NULL);
  gst_clear_object (&demo->muxer);
  gst_clear_object (&demo->pipeline);
  g_free (demo->missing);
}

int
main (int argc, char **argv)
{
  Demo demo = {
    .strength = 1,
    .percent = -1,
  };
  gchar *degree = NULL;
  const GOptionEntry options[] = {
    {"noise", 0, 0, G_OPTION_ARG_STRING, &degree,
          "Take FILE as clean and add noise of this standard deviation first",
        "DEGREE"},
    STRENGTH_OPTIONS (&demo.strength, &demo.sigma),
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("FILE OUTDIR");
  GError *error = NULL;
  const gchar *fault = NULL;
  gchar *video, *picture;

  g_option_context_add_main_entries (context, options, NULL);
  version_add_option (context);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (g_option_context_parse (context, &argc, &argv, &error))
    arguments_drop_separator (&argc, argv);
  if (error)
    fault = error->message;
  else if (argc != 3)
    fault = "give FILE and OUTDIR";
  else
    fault = strength_options_fault (demo.strength, demo.sigma);
  if (fault) {
    g_printerr ("demo: %s\n", fault);
    return 2;
  }
  g_option_context_free (context);
  local_files_only ();
  demo.file = argv[1];
  video = g_build_filename (argv[2], "denoised.mkv", NULL);
  picture = g_build_filename (argv[2], "before-after.png", NULL);

  if (g_mkdir_with_parents (argv[2], 0777) != 0) {
    g_printerr ("demo: %s: %s\n", argv[2], g_strerror (errno));
    g_free (video);
    g_free (picture);
    return 1;
  }
  if (build (&demo, argv[1], degree, video, &error))
    run (&demo);
  if (!error && !demo.failed && demo.frames == 0)
    g_set_error (&error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s has no video", argv[1]);
  if (!error && !demo.failed && before_after_write (demo.before, demo.after,
          demo.caps, picture, &error)) {
    print_figures (&demo);
    g_print ("picture      %s\nvideo        %s\n", picture, video);
  }
  if (error)
    g_printerr ("demo: %s\n", error->message);
  clear (&demo);
  g_free (video);
  g_free (picture);
  return error || demo.failed;
}
