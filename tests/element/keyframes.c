/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyframes and fine-tuning. */
#include "picture.h"
#include "suite.h"

#include <malloc.h>

static GstVideoInfo info;

static void
push_picture (GstHarness * h, guint which, guint seed)
{
  gst_buffer_unref (filtered (h, picture_add_noise (picture_new (&info, which),
              &info, 20, seed)));
}

static void
push_pictures (GstHarness * h, guint which, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    push_picture (h, which, i);
}

static GstHarness *
start (void)
{
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);

  info = picture_info ("I420", 192, 128);
  set_format (h, &info);
  return h;
}

#define fail_unless_keyframes(h, n) \
  fail_unless_equals_uint64 (count_of ((h)->element, "keyframes"), n)

GST_START_TEST (test_first_frame)
{
  GstHarness *h = start ();

  fail_unless_keyframes (h, 0);
  push_picture (h, 0, 0);
  fail_unless_keyframes (h, 1);
  push_pictures (h, 0, 4);
  fail_unless_keyframes (h, 1);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_cut)
{
  GstHarness *h = start ();

  push_pictures (h, 0, 2);
  push_picture (h, 1, 2);
  fail_unless_keyframes (h, 2);
  push_pictures (h, 1, 2);
  fail_unless_keyframes (h, 2);
  push_picture (h, 2, 0);
  fail_unless_keyframes (h, 3);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_no_cuts)
{
  GstHarness *h = start ();

  g_object_set (h->element, "scene-threshold", 0.0, NULL);
  push_picture (h, 0, 0);
  push_picture (h, 1, 1);
  push_picture (h, 2, 2);
  fail_unless_keyframes (h, 1);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_retrain)
{
  GstHarness *h = start ();

  g_signal_emit_by_name (h->element, "retrain");
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 1);
  g_signal_emit_by_name (h->element, "retrain");
  fail_unless_keyframes (h, 1);
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 2);
  g_signal_emit_by_name (h->element, "retrain");
  g_signal_emit_by_name (h->element, "retrain");
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 3);
  stop_element (h);
}

GST_END_TEST;

/* A retrain during passthrough takes effect after it. */
GST_START_TEST (test_retrain_at_strength_0)
{
  GstHarness *h = start ();

  push_picture (h, 0, 0);
  g_object_set (h->element, "strength", 0.0, NULL);
  g_signal_emit_by_name (h->element, "retrain");
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 1);
  g_object_set (h->element, "strength", 1.0, NULL);
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 2);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_caps)
{
  GstHarness *h = start ();

  push_pictures (h, 0, 2);
  set_format (h, &info);        /* the same caps */
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 1);
  info = picture_info ("I420", 128, 192);
  set_format (h, &info);
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 2);
  info = picture_info ("RGB", 128, 192);
  set_format (h, &info);
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 3);
  info = picture_info ("BGR", 128, 192);        /* of the same shape */
  set_format (h, &info);
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 4);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_flush)
{
  GstHarness *h = start ();
  GstSegment segment;

  push_pictures (h, 0, 2);
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 2);
  stop_element (h);
}

GST_END_TEST;


/* --- key units --- */

/* Pushes frame n at 25 frames a second. */
static void
push_at (GstHarness * h, guint n)
{
  GstBuffer *frame = picture_noisy (&info, n);

  GST_BUFFER_PTS (frame) = n * 40 * GST_MSECOND;
  gst_buffer_unref (filtered (h, frame));
}

static GstEvent *
downstream_event (GstClockTime time)
{
  return gst_video_event_new_downstream_force_key_unit (time, time, time, FALSE,
      3);
}

static GstEvent *
upstream_event (GstClockTime time)
{
  return gst_video_event_new_upstream_force_key_unit (time, FALSE, 3);
}

/* Whether the event is passed on. */
static gboolean
passes (GstHarness * h, GstEvent * event)
{
  const gboolean up = GST_EVENT_IS_UPSTREAM (event);
  gboolean found = FALSE;
  GstEvent *out;

  fail_unless (up ? gst_harness_push_upstream_event (h, event) :
      gst_harness_push_event (h, event));
  while ((out = up ? gst_harness_try_pull_upstream_event (h) :
          gst_harness_try_pull_event (h)) != NULL) {
    found |= gst_video_event_is_force_key_unit (out);
    gst_event_unref (out);
  }
  return found;
}

GST_START_TEST (test_force_key_unit)
{
  static const struct
  {
    const gchar *nick;
    guint downstream, upstream;
  } heeded[] = {
    {"ignore", 0, 0}, {"downstream", 1, 0}, {"upstream", 0, 1}, {"both", 1, 1}
  };
  GstHarness *h = start ();
  guint keyframes = 1, i;

  push_at (h, 0);
  for (i = 0; i < G_N_ELEMENTS (heeded); i++) {
    gst_util_set_object_arg (G_OBJECT (h->element), "force-key-unit",
        heeded[i].nick);
    fail_unless (passes (h, downstream_event (GST_CLOCK_TIME_NONE)));
    fail_unless_keyframes (h, keyframes);
    push_at (h, 1);
    keyframes += heeded[i].downstream;
    fail_unless_keyframes (h, keyframes);
    fail_unless (passes (h, upstream_event (GST_CLOCK_TIME_NONE)));
    push_at (h, 2);
    keyframes += heeded[i].upstream;
    fail_unless_keyframes (h, keyframes);
    push_at (h, 3);
    fail_unless_keyframes (h, keyframes);
  }
  stop_element (h);
}

GST_END_TEST;

/* Each of several requests ahead of time takes effect at its running time. */
GST_START_TEST (test_force_key_unit_later)
{
  static const guint keyframes[] = { 1, 1, 2, 2, 2, 3, 3, 3 };
  GstHarness *h = start ();
  guint i;

  gst_util_set_object_arg (G_OBJECT (h->element), "force-key-unit", "both");
  push_at (h, 0);
  fail_unless (passes (h, upstream_event (190 * GST_MSECOND)));
  fail_unless (passes (h, downstream_event (80 * GST_MSECOND)));
  fail_unless (passes (h, upstream_event (70 * GST_MSECOND)));
  for (i = 1; i < G_N_ELEMENTS (keyframes); i++) {
    push_at (h, i);
    fail_unless_keyframes (h, keyframes[i]);
  }
  stop_element (h);
}

GST_END_TEST;

/* A flush drops the requests, as running time starts again. A frame without a timestamp takes
 * all requests. */
GST_START_TEST (test_force_key_unit_flush)
{
  GstHarness *h = start ();
  GstBuffer *frame;
  GstSegment segment;

  gst_util_set_object_arg (G_OBJECT (h->element), "force-key-unit", "upstream");
  push_at (h, 0);
  fail_unless (passes (h, upstream_event (80 * GST_MSECOND)));
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  push_at (h, 0);
  push_at (h, 3);
  fail_unless_keyframes (h, 2);

  fail_unless (passes (h, upstream_event (10 * GST_SECOND)));
  push_at (h, 4);
  fail_unless_keyframes (h, 2);
  frame = picture_noisy (&info, 5);
  GST_BUFFER_PTS (frame) = GST_CLOCK_TIME_NONE;
  gst_buffer_unref (filtered (h, frame));
  fail_unless_keyframes (h, 3);
  stop_element (h);
}

GST_END_TEST;

/* Bytes in use on the heap. */
static gsize
heap_size (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* Of a very large number of requests far ahead, the nearest are kept, and memory is bounded. */
GST_START_TEST (test_force_key_unit_many)
{
  GstHarness *h = start ();
  gsize before;
  guint i;

  gst_util_set_object_arg (G_OBJECT (h->element), "force-key-unit", "upstream");
  push_at (h, 0);
  fail_unless (passes (h, upstream_event (4 * GST_SECOND)));
  before = heap_size ();
  for (i = 20000; i > 0; i--)
    fail_unless (passes (h, upstream_event (GST_SECOND * (10 + i))));
  fail_unless (heap_size () < before + 64 * 1024, "%" G_GSIZE_FORMAT,
      heap_size () - before);
  fail_unless (passes (h, upstream_event (80 * GST_MSECOND)));
  push_at (h, 1);
  fail_unless_keyframes (h, 1);
  push_at (h, 2);
  fail_unless_keyframes (h, 2);
  push_at (h, 99);
  fail_unless_keyframes (h, 2);
  push_at (h, 100);             /* 4 s */
  fail_unless_keyframes (h, 3);
  push_at (h, 274);
  fail_unless_keyframes (h, 3);
  push_at (h, 275);             /* 11 s */
  fail_unless_keyframes (h, 4);
  stop_element (h);
}

GST_END_TEST;

/* A change of the network's width makes a keyframe; a change of the strength does not. */
GST_START_TEST (test_settings)
{
  GstHarness *h = start ();

  push_picture (h, 0, 0);
  g_object_set (h->element, "strength", 0.5, "split", 0.5, "n-threads", 1,
      "epochs", 100, NULL);
  push_picture (h, 0, 1);
  fail_unless_keyframes (h, 1);
  g_object_set (h->element, "hidden-channels", 12, NULL);
  push_pictures (h, 0, 2);
  fail_unless_keyframes (h, 2);
  stop_element (h);
}

GST_END_TEST;

/* --- fine-tuning --- */

GST_START_TEST (test_finetuning)
{
  GstHarness *h = start ();
  GstMessage *message;
  guint steps, i;

  g_object_set (h->element, "temporal", FALSE, "finetune-interval", 3,
      "finetune-epochs", 10, NULL);
  for (i = 0; i < 10; i++) {
    push_picture (h, 0, i);
    fail_unless_equals_uint64 (count_of (h->element, "finetunings"), i / 3);
  }
  fail_unless_keyframes (h, 1);
  for (i = 0; i < 4; i++) {
    message = next_named (h, "zsdenoise-trained");
    fail_unless (message != NULL);
    fail_unless (gst_structure_get_uint (gst_message_get_structure (message),
            "steps", &steps));
    fail_unless_equals_int (steps, i == 0 ? 200 : 10);
    gst_message_unref (message);
  }
  fail_unless (next_named (h, "zsdenoise-trained") == NULL);

  g_object_set (h->element, "finetune-interval", 0, NULL);
  push_pictures (h, 0, 4);
  fail_unless_equals_uint64 (count_of (h->element, "finetunings"), 3);
  stop_element (h);
}

GST_END_TEST;

/* Fine-tuning improves the result, here from random weights and on single frames. */
GST_START_TEST (test_finetuning_helps)
{
  gdouble psnr[2];
  guint tuned, i;

  for (tuned = 0; tuned < 2; tuned++) {
    GstHarness *h = start ();
    GstBuffer *clean = picture_new (&info, 0), *out;

    g_object_set (h->element, "temporal", FALSE, "warm-start", FALSE,
        "finetune-interval", tuned, "finetune-epochs", 100, NULL);
    for (i = 0; i < 6; i++)
      push_picture (h, 0, i);
    out = filtered (h, picture_noisy (&info, i));
    psnr[tuned] = picture_psnr (out, clean, &info);
    gst_buffer_unref (clean);
    gst_buffer_unref (out);
    stop_element (h);
  }
  fail_unless (psnr[1] > psnr[0] + 0.5, "%.2f dB, with it %.2f dB", psnr[0],
      psnr[1]);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("keyframes");
  TCase *tcase = tcase_create ("keyframes");

  tcase_add_test (tcase, test_first_frame);
  tcase_add_test (tcase, test_cut);
  tcase_add_test (tcase, test_no_cuts);
  tcase_add_test (tcase, test_retrain);
  tcase_add_test (tcase, test_retrain_at_strength_0);
  tcase_add_test (tcase, test_caps);
  tcase_add_test (tcase, test_flush);
  tcase_add_test (tcase, test_force_key_unit);
  tcase_add_test (tcase, test_force_key_unit_later);
  tcase_add_test (tcase, test_force_key_unit_flush);
  tcase_add_test (tcase, test_force_key_unit_many);
  tcase_add_test (tcase, test_settings);
  tcase_add_test (tcase, test_finetuning);
  tcase_add_test (tcase, test_finetuning_helps);
  suite_add_tcase (suite, tcase);
  return suite;
}
