/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/pipeline.h"

#include "camera/mode.h"
#include "camera/rtsp.h"
#include "camera/undenoised.h"
#include "camera/v4l2-device.h"
#include "common/pipeline/launch.h"

#include <string.h>
#include <unistd.h>

#define TEST_WIDTH 640
#define TEST_HEIGHT 360
#define TEST_RATE 30

/* --- source --- */

static void
print_mode (const gchar * path, const gchar * name, GstCaps * mode)
{
  const GstStructure *structure = gst_caps_get_structure (mode, 0);
  const gchar *format = gst_structure_get_string (structure, "format");
  gint width = 0, height = 0, num = 0, den = 1;

  gst_structure_get (structure, "width", G_TYPE_INT, &width, "height",
      G_TYPE_INT, &height, "framerate", GST_TYPE_FRACTION, &num, &den, NULL);
  g_print ("%s (%s): %s %dx%d, %.3g frames/s\n", path, name,
      format ? format : "MJPEG", width, height, (gdouble) num / den);
}

static gchar *
device_line (const CameraOptions * options, GError ** error)
{
  const gchar *path = options->device;
  gchar *name = v4l2_device_name (path, V4L2_DEVICE_CAMERA, error);
  gchar *text, *line = NULL;
  GstCaps *offered, *mode;

  if (name == NULL)
    return NULL;
  offered = v4l2_device_caps (path);
  mode = mode_choose (offered, options->width, options->height, options->rate,
      error);
  if (mode) {
    text = gst_caps_to_string (mode);
    print_mode (path, name, mode);
    line = g_strdup_printf ("v4l2src name=source device=\"%s\" ! "
        "capsfilter caps=\"%s\"%s", path, text,
        g_str_has_prefix (text, "image/jpeg") ? " ! jpegdec" : "");
    g_free (text);
    gst_caps_unref (mode);
  } else {
    g_prefix_error (error, "%s: ", path);
  }
  gst_caps_unref (offered);
  g_free (name);
  return line;
}

static gchar *
source_line (const CameraOptions * options, GError ** error)
{
  if (options->test)
    return g_strdup_printf ("videotestsrc name=source is-live=true "
        "pattern=smpte75 horizontal-speed=2 ! video/x-raw,format=I420,"
        "width=%d,height=%d,framerate=%d/1 ! zsnoise degree=0.1",
        options->width ? options->width : TEST_WIDTH,
        options->width ? options->height : TEST_HEIGHT,
        options->rate ? options->rate : TEST_RATE);
  if (options->rtsp)
    return rtsp_check_connection (options->rtsp, error) ?
        g_strdup ("rtspsrc name=source latency=200 tcp-timeout=5000000 ! "
        "decodebin") : NULL;
  if (options->source)
    return g_strdup_printf ("%s ! decodebin", options->source);
  return device_line (options, error);
}

/* videoconvert is in passthrough mode if zsdenoise supports the format. */
static gchar *
denoised_line (const CameraOptions * options, GError ** error)
{
  gchar *source = source_line (options, error);
  gchar *line = source ? g_strdup_printf ("%s ! queue name=came "
      "leaky=downstream max-size-buffers=3 max-size-bytes=0 max-size-time=0 "
      "! videoconvert ! zsdenoise name=denoise ! tee name=denoised", source)
      : NULL;

  g_free (source);
  return line;
}

gchar *
pipeline_source_name (const CameraOptions * options)
{
  if (options->rtsp)
    return rtsp_public_url (options->rtsp, NULL);
  return g_strdup (options->device ? options->device : "the source");
}

/* --- outputs --- */

/* The first video sink that opens here. autovideosink would fall back to sinks that take over
 * the console or show nothing. */
static const gchar *
window_sink (GError ** error)
{
  static const struct
  {
    const gchar *display, *sink;
  } kinds[] = {
    {"WAYLAND_DISPLAY", "waylandsink"},
    {"DISPLAY", "xvimagesink"},
    {"DISPLAY", "ximagesink"},
  };
  gboolean display = FALSE, missing = TRUE;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    GstElement *sink;
    gboolean opened;
    if (g_getenv (kinds[i].display) == NULL)
      continue;
    display = TRUE;
    sink = gst_element_factory_make (kinds[i].sink, NULL);
    if (sink == NULL)
      continue;
    missing = FALSE;
    opened = gst_element_set_state (sink, GST_STATE_READY) !=
        GST_STATE_CHANGE_FAILURE;
    gst_element_set_state (sink, GST_STATE_NULL);
    gst_object_unref (sink);
    if (opened)
      return kinds[i].sink;
  }
  if (display && missing)
    return "ximagesink";        /* launch() reports the missing package */
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "no window can be opened: %s; start this on a desktop, or "
      "give --no-window with --record FILE or --virtual DEVICE",
      display ? "the screen of DISPLAY does not answer" :
      "DISPLAY and WAYLAND_DISPLAY are not set");
  return NULL;
}

/* A branch that is too slow drops frames of its own and does not block the others. */
static gboolean
add_window (GString * line, GError ** error)
{
  const gchar *sink = window_sink (error);

  if (sink)
    g_string_append_printf (line, " denoised. ! queue leaky=downstream "
        "max-size-buffers=2 ! videoconvert ! %s name=window", sink);
  return sink != NULL;
}

/* Video call programs support YUY2. Without drop-allocation, v4l2sink would offer the buffer
 * pool of v4l2loopback, which is too small for a tee. */
static gboolean
add_virtual (GString * line, const gchar * path, GError ** error)
{
  gchar *name = v4l2_device_name (path, V4L2_DEVICE_VIRTUAL, error);

  if (name)
    g_string_append_printf (line, " denoised. ! queue leaky=downstream "
        "max-size-buffers=2 ! videoconvert ! video/x-raw,format=YUY2 ! "
        "identity drop-allocation=true ! v4l2sink name=virtual sync=false "
        "device=\"%s\"", path);
  g_free (name);
  return name != NULL;
}

static gchar *
pipeline_line (const CameraOptions * options, Recording * recording,
    GError ** error)
{
  gchar *part = denoised_line (options, error);
  GString *line = g_string_new (part);
  const gboolean done = part && (options->no_window
      || add_window (line, error)) && (options->virtual_device == NULL
      || add_virtual (line, options->virtual_device, error));

  g_free (part);
  if (!done) {
    g_string_free (line, TRUE);
    return NULL;
  }
  if (recording) {
    part = recording_launch_line (recording);
    g_string_append_printf (line, " denoised. ! %s", part);
    g_free (part);
  }
  return g_string_free (line, FALSE);
}

/* --- the pipeline --- */

static GstPadProbeReturn
on_shown (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer data)
{
  CameraPipeline *pipeline = data;

  g_atomic_int_inc (&pipeline->shown);
  if (frame_is_undenoised (GST_PAD_PROBE_INFO_BUFFER (info)))
    g_atomic_int_inc (&pipeline->undenoised);
  return GST_PAD_PROBE_OK;
}

static void
on_overrun (GstElement * queue G_GNUC_UNUSED, gpointer data)
{
  CameraPipeline *pipeline = data;

  g_atomic_int_inc (&pipeline->dropped);
}

static void
attach (CameraPipeline * pipeline, const CameraOptions * options)
{
  GstBin *bin = GST_BIN (pipeline->element);
  GstElement *came = gst_bin_get_by_name (bin, "came");
  GstElement *source = gst_bin_get_by_name (bin, "source");
  GstPad *pad;

  pipeline->denoise = gst_bin_get_by_name (bin, "denoise");
  g_object_set (pipeline->denoise, "strength", options->strength, "sigma",
      options->sigma, "split", options->split, NULL);
  if (options->profile)
    gst_util_set_object_arg (G_OBJECT (pipeline->denoise), "profile",
        options->profile);
  if (options->rtsp) {
    g_object_set (source, "location", options->rtsp, NULL);
    rtsp_select_video (source);
  }
  if (pipeline->recording)
    recording_attach (pipeline->recording, bin);
  g_signal_connect (came, "overrun", G_CALLBACK (on_overrun), pipeline);
  pad = gst_element_get_static_pad (pipeline->denoise, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_shown, pipeline, NULL);
  gst_object_unref (pad);
  gst_clear_object (&source);
  gst_object_unref (came);
}

CameraPipeline *
pipeline_new (const CameraOptions * options, gboolean again, GError ** error)
{
  CameraPipeline *pipeline = g_new0 (CameraPipeline, 1);
  gchar *line;

  if (options->record)
    pipeline->recording = recording_new (options->record, again, error);
  if (options->record == NULL || pipeline->recording) {
    line = pipeline_line (options, pipeline->recording, error);
    if (line)
      pipeline->element = launch (line, GST_PARSE_FLAG_NONE, error);
    g_free (line);
  }
  if (pipeline->element) {
    attach (pipeline, options);
  } else {
    pipeline_free (pipeline);
    pipeline = NULL;
  }
  return pipeline;
}

void
pipeline_free (CameraPipeline * pipeline)
{
  if (pipeline->recording)
    recording_finish (pipeline->recording);
  if (pipeline->element)
    gst_element_set_state (pipeline->element, GST_STATE_NULL);
  if (pipeline->recording)
    recording_free (pipeline->recording);
  gst_clear_object (&pipeline->denoise);
  gst_clear_object (&pipeline->element);
  g_free (pipeline);
}

/* --- what went wrong --- */

static gboolean
is_from (const CameraPipeline * pipeline, GstMessage * message,
    const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline->element), name);
  gboolean is = element && (GST_MESSAGE_SRC (message) == GST_OBJECT (element)
      || gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
          GST_OBJECT (element)));

  gst_clear_object (&element);
  return is;
}

static gchar *
explain_source (const CameraOptions * options, const GError * error)
{
  gchar *name = pipeline_source_name (options);
  gchar *text = NULL;

  if (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_AUTHORIZED))
    text = g_strdup_printf ("%s: the camera refuses user name and "
        "password; give them as rtsp://USER:PASSWORD@HOST/PATH", name);
  else if (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND) && options->rtsp)
    text =
        g_strdup_printf ("%s: the camera has no stream of this path; see its "
        "manual for the path", name);
  else if (g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY))
    text = g_strdup_printf ("%s is in use; end the program that uses it "
        "(fuser -v %s names it)", name, name);
  else if (options->device && access (options->device, F_OK) != 0)
    text = g_strdup_printf ("%s has been unplugged; plug it in again", name);
  else if (error->domain == GST_STREAM_ERROR && options->virtual_device)
    text = g_strdup_printf ("%s does not support this frame size; try "
        "another --size", options->virtual_device);
  else
    text = g_strdup_printf ("%s is lost: %s", name, error->message);
  if (g_str_has_suffix (text, "."))
    text[strlen (text) - 1] = '\0';
  g_free (name);
  return text;
}

static gchar *
explain_other (const CameraPipeline * pipeline, const CameraOptions * options,
    GstMessage * message, const GError * error)
{
  if (is_from (pipeline, message, "file"))
    return g_strdup_printf (g_error_matches (error, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_NO_SPACE_LEFT) ?
        "%s: the disk is full; make room, or record to another one" :
        "%s cannot be written any more; check its disk", options->record);
  if (is_from (pipeline, message, "virtual"))
    return g_strdup_printf ("%s does not accept video (%s); load v4l2loopback "
        "with exclusive_caps=1, and end other programs that write to it",
        options->virtual_device, error->message);
  if (error->domain == GST_STREAM_ERROR
      && (error->code == GST_STREAM_ERROR_CODEC_NOT_FOUND
          || error->code == GST_STREAM_ERROR_TYPE_NOT_FOUND))
    return g_strdup ("the video of the camera cannot be decoded; try: sudo apt "
        "install gstreamer1.0-libav gstreamer1.0-plugins-bad");
  return g_strdup_printf ("%s (%s)", error->message,
      GST_MESSAGE_SRC_NAME (message));
}

gchar *
pipeline_explain_error (const CameraPipeline * pipeline,
    const CameraOptions * options, GstMessage * message)
{
  GError *error = NULL;
  gchar *text = NULL;

  gst_message_parse_error (message, &error, NULL);
  if (is_from (pipeline, message, "source"))
    text = explain_source (options, error);
  else if (!is_from (pipeline, message, "window")
      || !g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND))
    text = explain_other (pipeline, options, message, error);
  g_error_free (error);
  return text;
}
