/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time that a pipeline takes to stop while zsdenoise trains: bench-stop [PICTURE.png]
 *
 * Stops it at other moments of an endless learning in 720p, for which the stream waits or not, and of
 * a picture by itself, and prints the median and the longest time of each. */
#include <gst/gst.h>
#include <stdlib.h>

enum
{ TIMES = 20 };

#define LIVE "videotestsrc is-live=true ! video/x-raw,format=I420,width=1280," \
    "height=720,framerate=30/1 ! zsnoise degree=0.08 ! zsdenoise epochs=1000000 "

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

/* Stops at moments that are so many microseconds apart. */
static gboolean
measure (const gchar * what, const gchar * line, guint apart)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);
  gdouble times[TIMES];
  guint i;

  if (pipeline == NULL)
    return FALSE;
  for (i = 0; i < TIMES; i++) {
    times[i] = time_stop (pipeline, i * apart);
    if (times[i] < 0)
      break;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  if (i < TIMES)
    return FALSE;
  qsort (times, TIMES, sizeof *times, compare);
  g_print ("stop, %s: %.1f ms, %.1f ms at most of %d\n", what,
      times[TIMES / 2], times[TIMES - 1], TIMES);
  return TRUE;
}

static gboolean
measure_picture (const gchar * file)
{
  gchar *line = g_strdup_printf ("filesrc location=%s ! pngdec ! videoconvert "
      "! video/x-raw,format=RGB ! zsnoise degree=0.1 ! zsdenoise profile=best "
      "! fakesink", file);
  const gboolean done = measure ("a picture, profile=best", line, 250000);

  g_free (line);
  return done;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (measure ("training=background", LIVE "training=background ! fakesink",
          3000)
      && measure ("training=blocking", LIVE "training=blocking ! fakesink",
          3000)
      && (argc < 2 || measure_picture (argv[1])))
    return 0;
  g_printerr ("bench-stop: the pipeline does not run\n");
  return 1;
}
