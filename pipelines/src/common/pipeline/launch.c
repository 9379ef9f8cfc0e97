/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pipeline/launch.h"

#include "common/isobmff/short-tracks.h"

static const gchar *
package_of (const gchar * element)
{
  static const struct
  {
    const gchar *element, *package;
  } packages[] = {
    {"av1enc", "gstreamer1.0-plugins-bad"},
    {"avenc_ffv1", "gstreamer1.0-libav"},
    {"capssetter", "gstreamer1.0-plugins-good"},
    {"gdpdepay", "gstreamer1.0-plugins-bad"},
    {"gdppay", "gstreamer1.0-plugins-bad"},
    {"jpegdec", "gstreamer1.0-plugins-good"},
    {"matroskamux", "gstreamer1.0-plugins-good"},
    {"mp4mux", "gstreamer1.0-plugins-good"},
    {"pngenc", "gstreamer1.0-plugins-good"},
    {"qtmux", "gstreamer1.0-plugins-good"},
    {"rtspsrc", "gstreamer1.0-plugins-good"},
    {"v4l2sink", "gstreamer1.0-plugins-good"},
    {"v4l2src", "gstreamer1.0-plugins-good"},
    {"videoflip", "gstreamer1.0-plugins-good"},
    {"vp9enc", "gstreamer1.0-plugins-good"},
    {"webmmux", "gstreamer1.0-plugins-good"},
    {"x264enc", "gstreamer1.0-plugins-ugly"},
    {"x265enc", "gstreamer1.0-plugins-bad"},
    {"ximagesink", "gstreamer1.0-x"},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (packages); i++)
    if (g_str_equal (element, packages[i].element))
      return packages[i].package;
  return NULL;
}

static void
set_missing (GError ** error, const gchar * element)
{
  const gchar *package = package_of (element);

  if (g_str_has_prefix (element, "zs"))
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer does not find the element %s; set GST_PLUGIN_PATH to the "
        "folder of libgstzsdenoise.so", element);
  else if (package)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's element %s is missing; install it with: "
        "sudo apt install %s", element, package);
  else
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "GStreamer's element %s is missing; install the plugin that has it, "
        "most likely with: sudo apt install gstreamer1.0-plugins-base",
        element);
}

/* Has the threads of gst-libav's decoders share a frame: with a thread for each frame, GStreamer
 * 1.26 with FFmpeg 7 frees frames that another thread still asks a buffer for, so that pictures are
 * lost or damaged. */
static void
on_element (GstBin * pipeline G_GNUC_UNUSED, GstBin * parent G_GNUC_UNUSED,
    GstElement * element, gpointer data G_GNUC_UNUSED)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element),
          "thread-type"))
    gst_util_set_object_arg (G_OBJECT (element), "thread-type", "slice");
}

static void
on_source (const GValue * source, gpointer data G_GNUC_UNUSED)
{
  short_tracks_keep (g_value_get_object (source));
}

static void
set_up (GstBin * pipeline)
{
  GstIterator *sources =
      gst_bin_iterate_all_by_element_factory_name (pipeline, "filesrc");

  g_signal_connect (pipeline, "deep-element-added", G_CALLBACK (on_element),
      NULL);
  gst_iterator_foreach (sources, on_source, NULL);
  gst_iterator_free (sources);
}

GstElement *
launch (const gchar * line, GstParseFlags flags, GError ** error)
{
  GstParseContext *context = gst_parse_context_new ();
  GstElement *made = gst_parse_launch_full (line, context,
      flags | GST_PARSE_FLAG_FATAL_ERRORS, error);
  gchar **missing = gst_parse_context_get_missing_elements (context);

  if (missing) {
    g_clear_error (error);
    set_missing (error, missing[0]);
  }
  if (made && GST_IS_BIN (made))
    set_up (GST_BIN (made));
  g_strfreev (missing);
  gst_parse_context_free (context);
  return made;
}

void
launch_set_location (GstElement * pipeline, const gchar * name,
    const gchar * file)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), name);

  g_object_set (element, "location", file, NULL);
  gst_object_unref (element);
}
