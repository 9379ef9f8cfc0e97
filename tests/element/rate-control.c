/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rate control: quality and latency. */
#include "picture.h"
#include "suite.h"

static GstVideoInfo info;

/* Frame intervals too short, and long enough, for any processing. */
#define NO_TIME (GST_USECOND)
#define MUCH_TIME (10 * GST_SECOND)

/* Pushes frames of this duration, one after the other. */
static void
push_frames (GstHarness * h, GstClockTime duration, guint n)
{
  static GstClockTime pts;
  GstBuffer *frame;

  for (; n > 0; n--) {
    frame = picture_noisy (&info, n);
    GST_BUFFER_PTS (frame) = pts;
    GST_BUFFER_DURATION (frame) = duration;
    pts += duration;
    gst_buffer_unref (filtered (h, frame));
  }
}

/* Sends a sink's QoS event. */
static void
push_qos (GstHarness * h, GstClockTimeDiff jitter)
{
  gst_harness_push_upstream_event (h,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1, jitter, GST_SECOND));
}

static gchar *
quality_of (GstHarness * h)
{
  GstStructure *stats;
  gchar *quality;

  g_object_get (h->element, "stats", &stats, NULL);
  quality = g_strdup (gst_structure_get_string (stats, "quality"));
  gst_structure_free (stats);
  return quality;
}

#define fail_unless_quality(h, expected) G_STMT_START { \
  gchar *quality = quality_of (h); \
  fail_unless_equals_string (quality, expected); \
  g_free (quality); \
} G_STMT_END

/* The quality of the last message; free with g_free(). NULL: no message. */
static gchar *
announced (GstHarness * h, guint * count)
{
  GstMessage *message;
  gchar *quality = NULL;

  for (*count = 0; (message = next_named (h, "zsdenoise-quality")) != NULL;
      ++*count) {
    g_free (quality);
    quality = g_strdup (gst_structure_get_string (gst_message_get_structure
            (message), "quality"));
    gst_message_unref (message);
  }
  return quality;
}

static GstHarness *
start (gboolean live)
{
  GstHarness *h = start_element ("zsdenoise", NULL);

  gst_harness_set_live (h, live);
  info = picture_info ("I420", 192, 128);
  set_format (h, &info);
  return h;
}

/* With too little time frames pass unchanged in the end; with time again they are fully
 * processed. Each change is posted once. */
static void
check_both_ways (GstHarness * h)
{
  GstBuffer *frame, *out;
  gchar *quality;
  guint changes;

  push_frames (h, NO_TIME, 40);
  fail_unless_quality (h, "original");
  quality = announced (h, &changes);
  fail_unless_equals_string (quality, "original");
  fail_unless (changes >= 1 && changes <= 4, "%u changes", changes);
  g_free (quality);
  frame = picture_noisy (&info, 1);
  GST_BUFFER_DURATION (frame) = NO_TIME;
  out = filtered (h, gst_buffer_ref (frame));
  fail_unless (picture_same_bytes (frame, out));
  gst_buffer_unref (out);
  gst_buffer_unref (frame);

  push_qos (h, -1);
  push_frames (h, MUCH_TIME, 8);
  fail_unless_quality (h, "full");
  quality = announced (h, &changes);
  fail_unless_equals_string (quality, "full");
  fail_unless (changes >= 1 && changes <= 4, "%u changes", changes);
  g_free (quality);
}

GST_START_TEST (test_live)
{
  GstHarness *h = start (TRUE);

  check_both_ways (h);
  stop_element (h);
}

GST_END_TEST;

/* A file shown by a sink that synchronises to the clock. */
GST_START_TEST (test_shown)
{
  GstHarness *h = start (FALSE);

  push_frames (h, MUCH_TIME, 12);       /* until training has ended */
  push_qos (h, GST_SECOND);
  check_both_ways (h);
  stop_element (h);
}

GST_END_TEST;

/* A file that is converted has no deadlines. */
GST_START_TEST (test_converted)
{
  GstHarness *h = start (FALSE);
  guint changes;

  push_qos (h, 0);
  push_frames (h, NO_TIME, 60);
  fail_unless_quality (h, "full");
  fail_unless (announced (h, &changes) == NULL);
  stop_element (h);
}

GST_END_TEST;

/* --- latency --- */

#define UPSTREAM (7 * GST_MSECOND)

static GstClockTime
latency_of (GstHarness * h)
{
  GstPad *pad = gst_element_get_static_pad (h->element, "src");
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min, max;
  gboolean live;

  fail_unless (gst_pad_query (pad, query));
  gst_query_parse_latency (query, &live, &min, &max);
  fail_unless (live);
  fail_unless (max >= min);
  gst_query_unref (query);
  gst_object_unref (pad);
  return min;
}

static guint
count_messages (GstHarness * h, GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  for (; (message = next_message (h, type)) != NULL; n++)
    gst_message_unref (message);
  return n;
}

/* The element adds no latency until frames are late that have enough time; then their
 * processing time, up to a frame interval. */
GST_START_TEST (test_latency)
{
  GstHarness *h = start (TRUE);
  GstTestClock *clock;

  gst_harness_use_testclock (h);
  clock = gst_harness_get_testclock (h);
  gst_harness_set_upstream_latency (h, UPSTREAM);
  push_frames (h, GST_SECOND / 4, 12);
  fail_unless_equals_uint64 (latency_of (h), UPSTREAM);
  fail_unless_equals_int (count_messages (h, GST_MESSAGE_LATENCY), 0);

  gst_harness_push_upstream_event (h, gst_event_new_latency (UPSTREAM));
  gst_test_clock_set_time (clock, 1000 * GST_SECOND);
  push_frames (h, GST_SECOND / 4, 3);
  fail_unless (latency_of (h) > UPSTREAM);
  fail_unless (latency_of (h) <= UPSTREAM + GST_SECOND / 4);
  fail_unless (count_messages (h, GST_MESSAGE_LATENCY) > 0);
  gst_object_unref (clock);
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("rate-control");
  TCase *tc = tcase_create ("rate-control");

  tcase_add_test (tc, test_live);
  tcase_add_test (tc, test_shown);
  tcase_add_test (tc, test_converted);
  tcase_add_test (tc, test_latency);
  suite_add_tcase (suite, tc);
  return suite;
}
