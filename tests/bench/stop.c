/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a pipeline takes to stop while zsdenoise learns: bench-stop
 *
 * Stops it at other moments of an endless learning in 720p, for which the stream waits or not, and
 * prints the median and the longest time of each. */
#include <gst/gst.h>
#include <stdlib.h>

enum
{ TIMES = 20 };

static gint
compare (const void *a, const void *b)
{
  const gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/* Waits until it learns. FALSE: something else came of it. */
static gboolean
wait_for_progress (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gboolean found = FALSE, failed = FALSE;

  while (!found && !failed) {
    message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    found = gst_message_has_name (message, "zsdenoise-progress");
    failed = GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT;
    gst_message_unref (message);
  }
  gst_object_unref (bus);
  return found;
}

/* Milliseconds; less than 0: it does not run. */
static gdouble
time_stop (GstElement * pipeline, guint delay)
{
  gint64 start;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  if (!wait_for_progress (pipeline))
    return -1;
  g_usleep (delay);
  start = g_get_monotonic_time ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return (gdouble) (g_get_monotonic_time () - start) / 1000;
}

static gboolean
measure (const gchar * training)
{
  gchar *line = g_strdup_printf ("videotestsrc is-live=true ! video/x-raw,"
      "format=I420,width=1280,height=720,framerate=30/1 ! zsnoise degree=0.08 "
      "! zsdenoise training=%s epochs=1000000 ! fakesink", training);
  GstElement *pipeline = gst_parse_launch (line, NULL);
  gdouble times[TIMES];
  guint i;

  g_free (line);
  if (pipeline == NULL)
    return FALSE;
  for (i = 0; i < TIMES; i++) {
    times[i] = time_stop (pipeline, i * 3000);
    if (times[i] < 0)
      break;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  if (i < TIMES)
    return FALSE;
  qsort (times, TIMES, sizeof *times, compare);
  g_print ("stop while learning, training=%s: %.1f ms, %.1f ms at most of %d\n",
      training, times[TIMES / 2], times[TIMES - 1], TIMES);
  return TRUE;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (measure ("background") && measure ("blocking"))
    return 0;
  g_printerr ("bench-stop: the pipeline does not run\n");
  return 1;
}
