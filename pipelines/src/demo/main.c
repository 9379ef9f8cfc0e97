/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises a file and shows what came of it: zsdenoise-demo [--noise DEGREE] FILE OUTDIR
 *
 * Video goes through zsdenoise and is encoded again, everything else is copied. With --noise the
 * file counts as clean: noise is added first, and the PSNR before and after is printed. */
#include "common/clock.h"
#include "common/launch.h"
#include "common/progress-bar.h"
#include "demo/psnr.h"

#include <gst/gst.h>
#include <gst/video/video.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* The frame that the picture is made of: early, but not the one that was learned on. */
#define PICTURE_FRAME 24

typedef struct
{
  GstElement *pipeline;
  GstElement *muxer;
  GstElement *video;            /* the bin that decodes, denoises and encodes */
  gboolean have_video;

  /* the streaming thread's, of the frame under way and of all */
  GstBuffer *clean;
  GstBuffer *noisy;
  gdouble error_before, error_after;
  guint64 samples;
  gint64 started;
  guint frames;
  GstClockTime position;
  gdouble filtering;            /* seconds */

  /* the picture */
  GstCaps *caps;
  GstBuffer *before, *after;

  /* from messages */
  guint learned;
  gdouble learning;             /* seconds */
  gint percent;                 /* of the learning under way */
  gboolean failed;
  GMainLoop *loop;
} Demo;

/* --- measuring --- */

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
          luma_squared_error (&vinfo, demo->clean, demo->noisy);
      demo->error_after += luma_squared_error (&vinfo, demo->clean, denoised);
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

/* Streams that are not the first video are copied where the container takes them. */
static void
on_pad_added (GstElement * parser G_GNUC_UNUSED, GstPad * pad, Demo * demo)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gchar *name;
  GstElement *queue;
  GstPad *sink, *mux_pad;

  if (caps == NULL)
    caps = gst_pad_query_caps (pad, NULL);
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (!demo->have_video && (g_str_has_prefix (name, "video/")
          || g_str_has_prefix (name, "image/"))) {
    demo->have_video = TRUE;
    sink = gst_element_get_static_pad (demo->video, "sink");
    gst_pad_link (pad, sink);
    gst_object_unref (sink);
  } else {
    mux_pad = gst_element_get_compatible_pad (demo->muxer, pad, caps);
    queue = gst_element_factory_make (mux_pad ? "queue" : "fakesink", NULL);
    /* The muxer waits for the video, which waits for learning: nothing else may fill up. */
    if (mux_pad)
      g_object_set (queue, "max-size-time", (guint64) 0, "max-size-bytes", 0,
          "max-size-buffers", 0, NULL);
    else
      g_object_set (queue, "async", FALSE, NULL);
    gst_bin_add (GST_BIN (demo->pipeline), queue);
    sink = gst_element_get_static_pad (queue, "sink");
    gst_pad_link (pad, sink);
    gst_object_unref (sink);
    if (mux_pad) {
      GstPad *src = gst_element_get_static_pad (queue, "src");
      gst_pad_link (src, mux_pad);
      gst_object_unref (src);
      gst_object_unref (mux_pad);
    }
    gst_element_sync_state_with_parent (queue);
  }
  gst_caps_unref (caps);
}

/* (Left to itself the bin would take the converter, which the decoder is not linked to before it
 * has seen the stream, for its input.) */
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

static gboolean
build (Demo * demo, const gchar * file, const gchar * degree,
    const gchar * out, GError ** error)
{
  GstElement *source, *parser, *sink;
  gchar *text;

  demo->pipeline =
      launch ("filesrc name=source ! parsebin name=parser "
      "matroskamux name=muxer ! filesink name=sink", GST_PARSE_FLAG_NONE,
      error);
  if (demo->pipeline == NULL)
    return FALSE;
  text = degree ? g_strdup_printf ("decodebin name=decoder ! videoconvert ! "
      "video/x-raw,format=I420 ! zsnoise name=noise degree=%s ! "
      "zsdenoise name=denoise ! x264enc pass=quant quantizer=18 ! queue name=encoded",
      degree)
      :
      g_strdup
      ("decodebin name=decoder ! videoconvert ! zsdenoise name=denoise ! "
      "videoconvert ! x264enc pass=quant quantizer=18 ! queue name=encoded");
  demo->video = launch (text, GST_PARSE_FLAG_PLACE_IN_BIN, error);
  g_free (text);
  if (demo->video == NULL)
    return FALSE;

  add_ghost_pad (demo->video, "sink", "decoder", "sink");
  add_ghost_pad (demo->video, "src", "encoded", "src");
  gst_bin_add (GST_BIN (demo->pipeline), demo->video);
  demo->muxer = gst_bin_get_by_name (GST_BIN (demo->pipeline), "muxer");
  gst_element_link (demo->video, demo->muxer);
  add_probe (GST_BIN (demo->video), "noise", "sink", on_clean, demo);
  add_probe (GST_BIN (demo->video), "denoise", "sink", on_noisy, demo);
  add_probe (GST_BIN (demo->video), "denoise", "src", on_denoised, demo);

  source = gst_bin_get_by_name (GST_BIN (demo->pipeline), "source");
  g_object_set (source, "location", file, NULL);
  gst_object_unref (source);
  sink = gst_bin_get_by_name (GST_BIN (demo->pipeline), "sink");
  g_object_set (sink, "location", out, NULL);
  gst_object_unref (sink);
  parser = gst_bin_get_by_name (GST_BIN (demo->pipeline), "parser");
  g_signal_connect (parser, "pad-added", G_CALLBACK (on_pad_added), demo);
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
    demo->learning += seconds;
    demo->learned++;
    demo->percent = -1;
  }
}

static gboolean
on_message (GstBus * bus G_GNUC_UNUSED, GstMessage * message, gpointer data)
{
  Demo *demo = data;
  GError *error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      handle_element_message (demo, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("\ndemo: %s\n", error->message);
      g_clear_error (&error);
      demo->failed = TRUE;
      g_main_loop_quit (demo->loop);
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
show_progress (gpointer data)
{
  Demo *demo = data;
  gint64 duration = 0;
  gchar *text;

  if (demo->percent >= 0) {
    progress_bar_show (demo->percent / 100.0, "learning the noise");
    return G_SOURCE_CONTINUE;
  }
  text = g_strdup_printf ("denoising: frame %u", demo->frames);
  if (gst_element_query_duration (demo->pipeline, GST_FORMAT_TIME, &duration)
      && duration > 0)
    progress_bar_show (MIN ((gdouble) demo->position / duration, 1), text);
  else
    progress_bar_show_text (text);
  g_free (text);
  return G_SOURCE_CONTINUE;
}

static void
run (Demo * demo)
{
  GstBus *bus = gst_element_get_bus (demo->pipeline);
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
  if (timer)
    g_source_remove (timer);
  progress_bar_clear ();
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_main_loop_unref (demo->loop);
}

/* --- what came of it --- */

static GstBuffer *
to_rgb (GstBuffer * buffer, GstCaps * caps, GstCaps * rgb, GError ** error)
{
  GstSample *sample = gst_sample_new (buffer, caps, NULL, NULL);
  GstSample *converted = gst_video_convert_sample (sample, rgb,
      10 * GST_SECOND, error);
  GstBuffer *result = NULL;

  gst_sample_unref (sample);
  if (converted) {
    result = gst_buffer_copy_deep (gst_sample_get_buffer (converted));
    gst_sample_unref (converted);
  }
  return result;
}

/* The left half of `before` over that of `after`; both are RGB. */
static void
join_halves (GstBuffer * after, GstBuffer * before, GstVideoInfo * info)
{
  GstVideoFrame to, from;
  gint y;

  if (!gst_video_frame_map (&to, info, after, GST_MAP_WRITE))
    return;
  if (gst_video_frame_map (&from, info, before, GST_MAP_READ)) {
    for (y = 0; y < GST_VIDEO_INFO_HEIGHT (info); y++)
      memcpy ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&to, 0) +
          y * GST_VIDEO_FRAME_PLANE_STRIDE (&to, 0),
          (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&from, 0) +
          y * GST_VIDEO_FRAME_PLANE_STRIDE (&from, 0),
          GST_VIDEO_INFO_WIDTH (info) / 2 * 3);
    gst_video_frame_unmap (&from);
  }
  gst_video_frame_unmap (&to);
}

/* Runs one frame through labels and an encoder into a file. */
static gboolean
save_picture (GstBuffer * buffer, GstCaps * caps, const gchar * file,
    GError ** error)
{
  GstElement *pipeline = launch ("appsrc name=in format=time ! "
      "textoverlay text=before halignment=left valignment=top ! "
      "textoverlay text=after halignment=right valignment=top ! "
      "videoconvert ! pngenc ! filesink name=out",
      GST_PARSE_FLAG_NONE, error);
  GstElement *in, *out;
  GstBus *bus;
  GstMessage *message;
  GstFlowReturn flow;

  if (pipeline == NULL)
    return FALSE;
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_object_set (in, "caps", caps, NULL);
  g_object_set (out, "location", file, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GST_BUFFER_PTS (buffer) = 0;
  g_signal_emit_by_name (in, "push-buffer", buffer, &flow);
  g_signal_emit_by_name (in, "end-of-stream", &flow);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (out);
  gst_object_unref (in);
  gst_object_unref (pipeline);
  return *error == NULL;
}

static gboolean
write_picture (Demo * demo, const gchar * file, GError ** error)
{
  GstVideoInfo info;
  GstCaps *rgb;
  GstBuffer *before, *after;
  gboolean saved = FALSE;

  gst_video_info_from_caps (&info, demo->caps);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB,
      GST_VIDEO_INFO_WIDTH (&info), GST_VIDEO_INFO_HEIGHT (&info));
  rgb = gst_video_info_to_caps (&info);
  before = to_rgb (demo->before, demo->caps, rgb, error);
  after = before ? to_rgb (demo->after, demo->caps, rgb, error) : NULL;
  if (after) {
    join_halves (after, before, &info);
    saved = save_picture (after, rgb, file, error);
  }
  gst_clear_buffer (&after);
  gst_clear_buffer (&before);
  gst_caps_unref (rgb);
  return saved;
}

static void
print_figures (Demo * demo)
{
  const gdouble filtering = demo->filtering - demo->learning;

  if (demo->samples)
    g_print ("PSNR before  %6.2f dB\nPSNR after   %6.2f dB   (luma, mean over "
        "%u frames)\n", psnr (demo->error_before, demo->samples),
        psnr (demo->error_after, demo->samples), demo->frames);
  g_print ("learning     %6.2f s    (%u keyframes)\n", demo->learning,
      demo->learned);
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
}

int
main (int argc, char **argv)
{
  gchar *degree = NULL;
  const GOptionEntry options[] = {
    {"noise", 0, 0, G_OPTION_ARG_STRING, &degree,
        "Take FILE for clean and add noise of this degree first", "DEGREE"},
    G_OPTION_ENTRY_NULL
  };
  GOptionContext *context = g_option_context_new ("FILE OUTDIR");
  GError *error = NULL;
  gchar *video, *picture;
  Demo demo = {.percent = -1 };

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 3) {
    g_printerr ("demo: %s\n", error ? error->message : "give FILE and OUTDIR");
    return 2;
  }
  g_option_context_free (context);
  video = g_build_filename (argv[2], "denoised.mkv", NULL);
  picture = g_build_filename (argv[2], "before-after.png", NULL);

  if (g_mkdir_with_parents (argv[2], 0777) != 0) {
    g_printerr ("demo: %s: %s\n", argv[2], g_strerror (errno));
    return 1;
  }
  if (build (&demo, argv[1], degree, video, &error))
    run (&demo);
  if (!error && !demo.failed && demo.frames == 0)
    g_set_error (&error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s holds no video", argv[1]);
  if (!error && !demo.failed && write_picture (&demo, picture, &error)) {
    print_figures (&demo);
    g_print ("picture      %s\nvideo        %s\n", picture, video);
  }
  if (error)
    g_printerr ("demo: %s\n", error->message);
  clear (&demo);
  return error || demo.failed;
}
