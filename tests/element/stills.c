/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Still pictures: detection, gain and trainings. */
#include "picture.h"
#include "suite.h"

/* Pushes a frame and the end of the stream, and pulls the result. */
static GstBuffer *
filtered_alone (GstHarness * h, GstBuffer * frame)
{
  GstBuffer *out;

  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  out = gst_harness_try_pull (h);
  fail_unless (out != NULL);
  return out;
}

/* Denoises a buffer with these times and this frame rate. */
static GstBuffer *
denoised (const gchar * format, gint rate, GstClockTime pts,
    GstClockTime duration, const gchar * profile, gboolean live)
{
  GstVideoInfo info = picture_info (format, 96, 80);
  GstHarness *h = start_element ("zsdenoise", "n-threads", 2, NULL);
  GstBuffer *frame = picture_noisy (&info, 0), *out;

  gst_util_set_object_arg (G_OBJECT (h->element), "profile", profile);
  gst_harness_set_live (h, live);
  GST_VIDEO_INFO_FPS_N (&info) = rate;
  GST_VIDEO_INFO_FPS_D (&info) = 1;
  set_format (h, &info);
  GST_BUFFER_PTS (frame) = pts;
  GST_BUFFER_DURATION (frame) = duration;
  out = filtered_alone (h, frame);
  stop_element (h);
  return out;
}

/* A still picture gains more than a frame of a stream. */
GST_START_TEST (test_gain)
{
  static const gchar *const formats[] = { "RGB", "I420", "GRAY8" };
  const gchar *format = formats[__i__];
  const GstVideoInfo info = picture_info (format, 96, 80);
  GstBuffer *clean = picture_new (&info, 0);
  GstBuffer *still = denoised (format, 0, 0, GST_CLOCK_TIME_NONE, "balanced",
      FALSE);
  GstBuffer *frame = denoised (format, 30, 0, GST_SECOND / 30, "balanced",
      FALSE);

  fail_unless (picture_psnr (still, clean, &info) >
      picture_psnr (frame, clean, &info) + 0.5);
  gst_buffer_unref (clean);
  gst_buffer_unref (still);
  gst_buffer_unref (frame);
}

GST_END_TEST;

static const struct
{
  const gchar *what;
  gint rate;
  GstClockTime pts, duration;
  const gchar *profile;
  gboolean live, still;
} cases[] = {
  {"no times", 0, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, "balanced", FALSE,
      TRUE},
  {"a rate of frames", 25, 0, GST_CLOCK_TIME_NONE, "balanced", FALSE, FALSE},
  {"time has passed", 0, GST_SECOND, GST_CLOCK_TIME_NONE, "balanced", FALSE,
      FALSE},
  {"shown for a time", 0, 0, GST_SECOND / 30, "balanced", FALSE, FALSE},
  {"a live source", 0, 0, GST_CLOCK_TIME_NONE, "balanced", TRUE, FALSE},
  {"no time for it", 0, 0, GST_CLOCK_TIME_NONE, "realtime", FALSE, FALSE},
};

GST_START_TEST (test_told)
{
  const GstVideoInfo info = picture_info ("RGB", 96, 80);
  const gchar *profile = cases[__i__].profile;
  GstBuffer *still, *frame, *out;

  out = denoised ("RGB", cases[__i__].rate, cases[__i__].pts,
      cases[__i__].duration, profile, cases[__i__].live);
  frame = denoised ("RGB", 30, 0, GST_SECOND / 30, profile, cases[__i__].live);
  still = denoised ("RGB", 0, 0, GST_CLOCK_TIME_NONE, "balanced", FALSE);
  fail_unless (picture_same_columns (out, cases[__i__].still ? still : frame,
          &info, 0, 96), "%s", cases[__i__].what);
  gst_buffer_unref (out);
  gst_buffer_unref (still);
  gst_buffer_unref (frame);
}

GST_END_TEST;

/* Starting from random weights a picture has two trainings, of the network and of the picture,
 * and a message for each. */
GST_START_TEST (test_trainings)
{
  GstVideoInfo info = picture_info ("I420", 96, 80);
  GstHarness *h = start_element ("zsdenoise", CHEAP, "warm-start", FALSE, NULL);
  GstBuffer *frame = picture_noisy (&info, 0);
  GstMessage *message;
  guint steps[2] = { 0, 0 }, n;

  GST_VIDEO_INFO_FPS_N (&info) = 0;
  GST_VIDEO_INFO_FPS_D (&info) = 1;
  set_format (h, &info);
  GST_BUFFER_DURATION (frame) = GST_CLOCK_TIME_NONE;
  gst_buffer_unref (filtered_alone (h, frame));
  for (n = 0; (message = next_named (h, "zsdenoise-trained")) != NULL; n++) {
    fail_unless (n < 2);
    fail_unless (gst_structure_get_uint (gst_message_get_structure (message),
            "steps", &steps[n]));
    gst_message_unref (message);
  }
  fail_unless_equals_int (n, 2);
  fail_unless_equals_int (steps[0], 200);
  fail_unless (steps[1] > 0 && steps[1] != 200, "%u", steps[1]);
  fail_unless_equals_uint64 (count_of (h->element, "trainings"), 2);
  stop_element (h);
}

GST_END_TEST;

static GstHarness *
start_without_times (GstVideoInfo * info, const gchar * profile)
{
  GstHarness *h = start_element ("zsdenoise", NULL);

  gst_util_set_object_arg (G_OBJECT (h->element), "profile", profile);
  *info = picture_info ("I420", 96, 80);
  GST_VIDEO_INFO_FPS_N (info) = 0;
  set_format (h, info);
  return h;
}

static GstBuffer *
frame_without_times (const GstVideoInfo * info, guint n)
{
  GstBuffer *frame = picture_noisy (info, n);

  GST_BUFFER_PTS (frame) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (frame) = GST_CLOCK_TIME_NONE;
  return frame;
}

/* MJPEG of network cameras has no times. It is video as soon as there is a second frame, the first
 * one included: one keyframe, and one training for all of them. */
GST_START_TEST (test_video_without_times)
{
  static const gchar *const profiles[] = { "realtime", "balanced", "best" };
  const guint lookahead = __i__ == 2 ? 7 : 0;
  GstVideoInfo info;
  GstHarness *h = start_without_times (&info, profiles[__i__]);
  guint n;

  for (n = 0; n < 30; n++) {
    fail_unless_equals_int (gst_harness_push (h, frame_without_times (&info,
                n)), GST_FLOW_OK);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h),
        n < MAX (lookahead, 1) ? 0 : n + 1 - lookahead);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 30);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  fail_unless_equals_uint64 (count_of (h->element, "trainings"), 1);
  stop_element (h);
}

GST_END_TEST;

/* Events that end a stream, or the first part of it. */
static const GstEventType ends[] = {
  GST_EVENT_EOS, GST_EVENT_CAPS, GST_EVENT_SEGMENT, GST_EVENT_STREAM_START,
};

static GstEvent *
make_end (GstEventType type, const GstVideoInfo * info)
{
  GstCaps *caps;
  GstEvent *event;
  GstSegment segment;

  switch (type) {
    case GST_EVENT_CAPS:
      caps = gst_video_info_to_caps (info);
      gst_caps_set_simple (caps, "pixel-aspect-ratio", GST_TYPE_FRACTION, 4, 3,
          NULL);
      event = gst_event_new_caps (caps);
      gst_caps_unref (caps);
      return event;
    case GST_EVENT_SEGMENT:
      gst_segment_init (&segment, GST_FORMAT_TIME);
      return gst_event_new_segment (&segment);
    case GST_EVENT_STREAM_START:
      return gst_event_new_stream_start ("another");
    default:
      return gst_event_new_eos ();
  }
}

/* A picture waits for the end of its stream; tags do not end it, nor is it delayed where nothing
 * is done. */
GST_START_TEST (test_waits)
{
  GstVideoInfo info;
  GstHarness *h = start_without_times (&info, "balanced");

  g_object_set (h->element, "strength", 0.0, NULL);
  gst_buffer_unref (filtered (h, frame_without_times (&info, 0)));
  g_object_set (h->element, "strength", 1.0, NULL);
  gst_harness_push_event (h, gst_event_new_stream_start ("next"));
  fail_unless_equals_int (gst_harness_push (h, frame_without_times (&info, 1)),
      GST_FLOW_OK);
  gst_harness_push_event (h, gst_event_new_tag (gst_tag_list_new
          (GST_TAG_BITRATE, 1000, NULL)));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  gst_harness_push_event (h, make_end (ends[__i__], &info));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 1);
  fail_unless_equals_uint64 (count_of (h->element, "trainings"), 1);
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("stills");
  TCase *tcase = tcase_create ("stills");

  tcase_add_loop_test (tcase, test_gain, 0, 3);
  tcase_add_loop_test (tcase, test_told, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, test_trainings);
  tcase_add_loop_test (tcase, test_video_without_times, 0, 3);
  tcase_add_loop_test (tcase, test_waits, 0, G_N_ELEMENTS (ends));
  suite_add_tcase (suite, tcase);
  return suite;
}
