/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Denoises the live video of a camera: zsdenoise-camera [OPTION...]
 *
 * Ends when the window is closed, on q, Ctrl-C, after --seconds, or when the camera is lost. A
 * lost network camera is tried again until it is back. */
#include "camera/v4l2-device.h"
#include "camera/pipeline.h"

#include <glib-unix.h>
#include <gst/video/video.h>
#include <locale.h>

#define TICK_MILLISECONDS 50
#define SILENT_SECONDS 10       /* without a frame until the camera counts as lost */
#define RETRY_SECONDS 5
#define SPLIT_STEP 0.02
#define UNDENOISED_FRAMES 5     /* that are worth a warning */

typedef struct
{
  const CameraOptions *options;
  GMainLoop *loop;
  CameraPipeline *pipeline;     /* NULL between attempts to reconnect */
  gdouble split;

  gint seen;                    /* frames of this pipeline */
  gint64 changed;               /* time of the last frame, monotonic */
  gint64 started;               /* time of the first frame of all; 0: none yet */
  gboolean lost;
  guint64 shown, dropped, undenoised;   /* frames of earlier pipelines */
  gboolean warned;              /* of frames that pass undenoised */
  gboolean failed;
} Camera;

static gboolean start (gpointer data);

/* --- errors and end --- */

static void
fail (Camera * camera, const gchar * sentence)
{
  g_printerr ("camera: %s\n", sentence);
  camera->failed = TRUE;
  g_main_loop_quit (camera->loop);
}

static void
stop (Camera * camera)
{
  GstBus *bus;

  if (camera->pipeline == NULL)
    return;
  bus = gst_element_get_bus (camera->pipeline->element);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  camera->shown += g_atomic_int_get (&camera->pipeline->shown);
  camera->dropped += g_atomic_int_get (&camera->pipeline->dropped);
  camera->undenoised += g_atomic_int_get (&camera->pipeline->undenoised);
  pipeline_free (camera->pipeline);
  camera->pipeline = NULL;
  camera->seen = 0;
}

/* A network camera that has delivered frames is tried again; any other error is final. */
static void
lose (Camera * camera, const gchar * sentence)
{
  if (camera->options->rtsp == NULL || camera->started == 0) {
    fail (camera, sentence);
    return;
  }
  if (!camera->lost)
    g_printerr ("camera: %s; trying again every %d seconds\n", sentence,
        RETRY_SECONDS);
  camera->lost = TRUE;
  stop (camera);
  g_timeout_add_seconds (RETRY_SECONDS, start, camera);
}

static void
lose_because (Camera * camera, const gchar * what)
{
  gchar *name = pipeline_source_name (camera->options);
  gchar *sentence = g_strdup_printf ("%s %s", name, what);

  lose (camera, sentence);
  g_free (sentence);
  g_free (name);
}

/* --- keys --- */

static void
set_split (Camera * camera, gdouble split)
{
  camera->split = CLAMP (split, 0, 1);
  g_object_set (camera->pipeline->denoise, "split", camera->split, NULL);
}

/* Moves the split to the mouse position. */
static void
on_press (Camera * camera, gdouble x)
{
  GstPad *pad = gst_element_get_static_pad (camera->pipeline->denoise, "src");
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint width = 0;

  if (caps && gst_structure_get_int (gst_caps_get_structure (caps, 0), "width",
          &width) && width > 0)
    set_split (camera, x / width);
  gst_clear_caps (&caps);
  gst_object_unref (pad);
}

static void
on_key (Camera * camera, const gchar * key)
{
  if (g_str_equal (key, "Left"))
    set_split (camera, camera->split - SPLIT_STEP);
  else if (g_str_equal (key, "Right"))
    set_split (camera, camera->split + SPLIT_STEP);
  else if (g_str_equal (key, "q") || g_str_equal (key, "Escape"))
    g_main_loop_quit (camera->loop);
}

static void
on_navigation (Camera * camera, GstEvent * event)
{
  const gchar *key = NULL;
  gdouble x = 0;

  switch (gst_navigation_event_get_type (event)) {
    case GST_NAVIGATION_EVENT_KEY_PRESS:
      if (gst_navigation_event_parse_key_event (event, &key))
        on_key (camera, key);
      break;
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS:
      if (gst_navigation_event_parse_mouse_button_event (event, NULL, &x, NULL))
        on_press (camera, x);
      break;
    default:
      break;
  }
}

/* --- running --- */

static void
on_error (Camera * camera, GstMessage * message)
{
  gchar *sentence = pipeline_explain_error (camera->pipeline, camera->options,
      message);

  if (sentence)
    lose (camera, sentence);
  else
    g_main_loop_quit (camera->loop);
  g_free (sentence);
}

static gboolean
on_message (GstBus * bus G_GNUC_UNUSED, GstMessage * message, gpointer data)
{
  Camera *camera = data;
  GstEvent *event = NULL;

  if (camera->pipeline == NULL || camera->failed)
    return G_SOURCE_CONTINUE;
  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      on_error (camera, message);
      break;
    case GST_MESSAGE_EOS:
      if (camera->options->source)
        g_main_loop_quit (camera->loop);
      else
        lose_because (camera, "has ended its stream");
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (camera->pipeline->element));
      break;
    case GST_MESSAGE_ELEMENT:
      if (gst_navigation_message_parse_event (message, &event)) {
        on_navigation (camera, event);
        gst_event_unref (event);
      }
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* Warns once, while there is time to choose other options. */
static void
warn_of_undenoised (Camera * camera)
{
  if (camera->warned || camera->pipeline == NULL
      || g_atomic_int_get (&camera->pipeline->undenoised) < UNDENOISED_FRAMES)
    return;
  camera->warned = TRUE;
  g_printerr ("camera: the processor is too slow, so that frames pass "
      "undenoised; give --profile realtime, or a smaller --size or --fps\n");
}

static gboolean
on_tick (gpointer data)
{
  Camera *camera = data;
  const gint64 now = g_get_monotonic_time ();
  const gint shown =
      camera->pipeline ? g_atomic_int_get (&camera->pipeline->shown) : 0;

  if (shown != camera->seen) {
    camera->seen = shown;
    camera->changed = now;
    if (camera->started == 0)
      camera->started = now;
    if (camera->lost)
      g_printerr ("camera: the camera is back\n");
    camera->lost = FALSE;
  } else if (camera->pipeline
      && now - camera->changed > SILENT_SECONDS * G_TIME_SPAN_SECOND) {
    lose_because (camera, "sends no more video; is it switched on?");
  }
  warn_of_undenoised (camera);
  if (camera->options->seconds > 0 && camera->started
      && now - camera->started >= camera->options->seconds * G_TIME_SPAN_SECOND)
    g_main_loop_quit (camera->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer data)
{
  Camera *camera = data;

  g_main_loop_quit (camera->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
start (gpointer data)
{
  Camera *camera = data;
  GError *error = NULL;
  GstMessage *message;
  GstBus *bus;

  camera->pipeline = pipeline_new (camera->options, camera->lost, &error);
  if (camera->pipeline == NULL) {
    lose (camera, error->message);
    g_error_free (error);
    return G_SOURCE_REMOVE;
  }
  camera->changed = g_get_monotonic_time ();
  set_split (camera, camera->split);
  bus = gst_element_get_bus (camera->pipeline->element);
  gst_bus_add_watch (bus, on_message, camera);
  if (gst_element_set_state (camera->pipeline->element, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE) {
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    if (message) {
      on_error (camera, message);
      gst_message_unref (message);
    } else {
      lose_because (camera, "cannot be started");
    }
  }
  gst_object_unref (bus);
  return G_SOURCE_REMOVE;
}

static void
run (Camera * camera)
{
  guint timer;

  camera->loop = g_main_loop_new (NULL, FALSE);
  timer = g_timeout_add (TICK_MILLISECONDS, on_tick, camera);
  g_unix_signal_add (SIGINT, on_signal, camera);
  g_unix_signal_add (SIGTERM, on_signal, camera);
  g_idle_add (start, camera);
  g_main_loop_run (camera->loop);
  g_source_remove (timer);
  stop (camera);
  if (camera->started)
    g_print ("%" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT " dropped, %"
        G_GUINT64_FORMAT " not denoised%s\n", camera->shown, camera->dropped,
        camera->undenoised, camera->dropped
        || camera->undenoised ? " (the processor is too slow)" : "");
  g_main_loop_unref (camera->loop);
}

/* Parses the command line and finds the first camera if no source is given. Returns the exit
 * status, 0 on success. */
static int
prepare (CameraOptions * options, int *argc, char ***argv)
{
  GError *error = NULL;
  int status = 0;

  if (!camera_options_parse (options, argc, argv, &error)) {
    status = 2;
  } else if (!options->device && !options->rtsp && !options->source
      && !options->test) {
    options->device = v4l2_device_first_camera (&error);
    status = options->device == NULL;
  }
  if (error)
    g_printerr ("camera: %s\n", error->message);
  g_clear_error (&error);
  return status;
}

int
main (int argc, char **argv)
{
  CameraOptions options = {.strength = 1 };
  Camera camera = {
    .options = &options,
  };
  int status;

  setlocale (LC_CTYPE, "");
  status = prepare (&options, &argc, &argv);
  if (status == 0) {
    camera.split = options.split;
    run (&camera);
    status = camera.failed;
  }
  camera_options_clear (&options);
  return status;
}
