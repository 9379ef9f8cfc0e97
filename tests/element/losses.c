/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A minute of a network camera's stream of which 5 % of the RTP packets are lost: one keyframe for each
 * of its four scenes. Prints TAP. */
#include <gst/gst.h>

#define SCENE(begin, pattern) "videotestsrc num-buffers=225 timestamp-offset=" begin \
    " pattern=" pattern " ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 ! scenes. "

/* Drops the same packets in each run. */
#define LINE "concat name=scenes adjust-base=false ! zsnoise degree=0.03 ! x264enc tune=zerolatency " \
    "sliced-threads=false threads=1 key-int-max=30 speed-preset=veryfast pass=quant quantizer=30 ! " \
    "rtph264pay ! identity drop-probability=0.05 ! rtph264depay ! avdec_h264 max-threads=1 ! " \
    "zsdenoise name=denoise ! fakesink " \
    SCENE ("0", "smpte") SCENE ("15000000000", "circular") SCENE ("30000000000", "spokes") \
    SCENE ("45000000000", "zone-plate kx2=10 ky2=10")

#define N_SCENES 4

/* Runs the pipeline to its end. Returns FALSE with an error. */
static gboolean
run (GstElement * pipeline, GError ** error)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  gst_message_unref (message);
  gst_object_unref (bus);
  return *error == NULL;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *denoise;
  GstStructure *stats;
  guint64 keyframes = 0, frames = 0;
  GError *error = NULL;
  gboolean good;

  gst_init (&argc, &argv);
  g_print ("1..1\n");
  pipeline = gst_parse_launch (LINE, &error);
  if (g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT)
      && gst_registry_find_feature (gst_registry_get (), "zsdenoise",
          GST_TYPE_ELEMENT_FACTORY)) {
    g_print ("ok 1 # SKIP %s\n", error->message);
    return 0;
  }
  if (error) {
    g_print ("not ok 1 - %s\n", error->message);
    return 1;
  }
  good = run (pipeline, &error);
  denoise = gst_bin_get_by_name (GST_BIN (pipeline), "denoise");
  g_object_get (denoise, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "keyframes", &keyframes);
  gst_structure_get_uint64 (stats, "frames", &frames);
  gst_structure_free (stats);
  gst_object_unref (denoise);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  good = good && keyframes == N_SCENES && frames >= 300;
  g_print ("# %" G_GUINT64_FORMAT " keyframes in %" G_GUINT64_FORMAT
      " frames %s\n%sok 1 - a keyframe for each scene\n", keyframes, frames,
      error ? error->message : "", good ? "" : "not ");
  return !good;
}
