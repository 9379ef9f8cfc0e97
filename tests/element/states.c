/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State changes, seeks and caps changes in pipelines. */
#include "picture.h"
#include "suite.h"

#include <math.h>

/* A training longer than any test. */
#define LONG "epochs=1000000"
#define VIDEO(format, width, height) \
  "video/x-raw,format=" format ",width=" #width ",height=" #height
#define CHEAP_LINE "zsdenoise name=denoise hidden-channels=16 epochs=20 "

static GstElement *
launch (const gchar * line)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  fail_unless (error == NULL, "%s", error != NULL ? error->message : "");
  return pipeline;
}

/* Waits for one of these messages; an error fails the test. */
static void
wait_for (GstElement * pipeline, GstMessageType types)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND,
      types | GST_MESSAGE_ERROR);
  GError *error;

  fail_unless (message != NULL, "nothing happens");
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    ck_abort_msg ("%s", error->message);
  }
  gst_message_unref (message);
  gst_object_unref (bus);
}

/* Waits until a training is under way. */
static void
wait_for_progress (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gboolean found = FALSE;
  GstMessage *message;

  while (!found) {
    message = gst_bus_timed_pop_filtered (bus, 120 * GST_SECOND,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    fail_unless (message != NULL, "it does not learn");
    found = gst_message_has_name (message, "zsdenoise-progress");
    gst_message_unref (message);
  }
  gst_object_unref (bus);
}

static void
set_state (GstElement * pipeline, GstState state)
{
  fail_if (gst_element_set_state (pipeline, state) == GST_STATE_CHANGE_FAILURE,
      "cannot go to %s", gst_element_state_get_name (state));
}

static void
end (GstElement * pipeline)
{
  const gint64 start = g_get_monotonic_time ();
  gdouble seconds;

  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  seconds = (gdouble) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND;
  fail_unless (seconds < 2, "it took %.2f s to stop", seconds);
  gst_object_unref (pipeline);
}

static void
count (GstElement * sink G_GNUC_UNUSED, GstBuffer * buffer G_GNUC_UNUSED,
    GstPad * pad G_GNUC_UNUSED, gpointer user)
{
  g_atomic_int_inc ((gint *) user);
}

/* Counts the frames that arrive at the pipeline's `sink`. */
static void
count_frames (GstElement * pipeline, gint * n)
{
  GstElement *sink = child (pipeline, "sink");

  *n = 0;
  g_object_set (sink, "signal-handoffs", TRUE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (count), n);
}

/* --- states --- */

GST_START_TEST (test_cycles)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("I420", 64, 48)
      " ! zsnoise ! " CHEAP_LINE "! fakesink name=sink");
  GstState state;
  gint frames, i;

  count_frames (pipeline, &frames);
  for (i = 0; i < 30; i++) {
    g_atomic_int_set (&frames, 0);
    set_state (pipeline, i % 3 == 1 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    fail_unless_equals_int (gst_element_get_state (pipeline, &state, NULL,
            30 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
    if (i % 3 != 1)
      while (g_atomic_int_get (&frames) < 5)
        g_usleep (1000);
    set_state (pipeline, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
  }
  end (pipeline);
}

GST_END_TEST;

/* Stops at any time, during training and after it. */
GST_START_TEST (test_sudden_ends)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("I420", 320, 240)
      " ! zsnoise ! zsdenoise epochs=4 hidden-channels=16 finetune-interval=1"
      " finetune-epochs=3 ! fakesink name=sink");
  gint i;

  for (i = 0; i < 40; i++) {
    set_state (pipeline, GST_STATE_PLAYING);
    g_usleep (i * 1000);
    set_state (pipeline, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
  }
  end (pipeline);
}

GST_END_TEST;

/* All frames arrive before EOS, although the source ends before the first training does. */
GST_START_TEST (test_eos)
{
  GstElement *pipeline = launch ("videotestsrc num-buffers=4 ! "
      VIDEO ("I420", 320, 240)
      " ! zsnoise ! queue ! zsdenoise name=denoise epochs=100"
      " ! fakesink name=sink");
  gint frames;

  count_frames (pipeline, &frames);
  set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, GST_MESSAGE_EOS);
  fail_unless_equals_int (frames, 4);
  fail_unless_equals_uint64 (count_of (child (pipeline, "denoise"), "frames"),
      4);
  end (pipeline);
}

GST_END_TEST;

/* Neither EOS nor a stop waits for background training. */
GST_START_TEST (test_eos_while_learning_beside)
{
  GstElement *pipeline = launch ("videotestsrc num-buffers=4 ! "
      VIDEO ("I420", 320, 240) " ! zsnoise ! zsdenoise training=background "
      LONG " ! fakesink name=sink");
  gint frames;

  count_frames (pipeline, &frames);
  set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, GST_MESSAGE_EOS);
  fail_unless_equals_int (frames, 4);
  wait_for_progress (pipeline);
  end (pipeline);
}

GST_END_TEST;

static const GstState states[] = { GST_STATE_PAUSED, GST_STATE_PLAYING };

GST_START_TEST (test_stop_while_learning)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("I420", 320, 240)
      " ! zsnoise ! zsdenoise " LONG " ! fakesink name=sink");
  gint frames;

  count_frames (pipeline, &frames);
  set_state (pipeline, states[__i__]);
  wait_for_progress (pipeline);
  fail_unless_equals_int (g_atomic_int_get (&frames), 0);
  end (pipeline);
}

GST_END_TEST;

/* A training that was cancelled is repeated after a restart. */
GST_START_TEST (test_start_again_after_stop_while_learning)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("I420", 320, 240)
      " ! zsnoise ! zsdenoise name=denoise " LONG " ! fakesink name=sink");
  GstElement *denoise = child (pipeline, "denoise");
  gint frames;

  count_frames (pipeline, &frames);
  set_state (pipeline, GST_STATE_PLAYING);
  wait_for_progress (pipeline);
  set_state (pipeline, GST_STATE_READY);
  g_object_set (denoise, "epochs", 10, NULL);
  set_state (pipeline, GST_STATE_PLAYING);
  while (g_atomic_int_get (&frames) < 3)
    g_usleep (1000);
  fail_unless_equals_uint64 (count_of (denoise, "keyframes"), 1);
  end (pipeline);
}

GST_END_TEST;

static GstHarness *flushed;
static GstStateChangeReturn (*change_state) (GstElement * element,
    GstStateChange transition);

/* Ends a flush and pushes a frame between the element's part of the state change and the base
 * class's, with active pads. */
static GstStateChangeReturn
flush_and_change_state (GstElement * element, GstStateChange transition)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstSegment segment;

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (flushed, gst_event_new_flush_start ());
    gst_harness_push_event (flushed, gst_event_new_flush_stop (TRUE));
    gst_harness_push_event (flushed, gst_event_new_segment (&segment));
    fail_unless_equals_int (gst_harness_push (flushed,
            picture_noisy (&info, 0)), GST_FLOW_OK);
  }
  return change_state (element, transition);
}

/* A flush that ends during a stop does not allow training again. The frame does not come out as it
 * is. */
GST_START_TEST (test_flush_while_stopping)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstElementClass *base;

  flushed = start_element ("zsdenoise", CHEAP, NULL);
  base = GST_ELEMENT_CLASS (g_type_class_peek (GST_TYPE_VIDEO_FILTER));
  change_state = base->change_state;
  base->change_state = flush_and_change_state;
  set_format (flushed, &info);
  set_state (flushed->element, GST_STATE_READY);
  fail_unless_equals_uint64 (count_of (flushed->element, "frames"), 1);
  fail_unless_equals_uint64 (count_of (flushed->element, "trainings"), 0);
  fail_unless_equals_int (gst_harness_buffers_received (flushed), 0);
  base->change_state = change_state;
  stop_element (flushed);
}

GST_END_TEST;

/* --- seeking --- */

GST_START_TEST (test_seek_while_learning)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("I420", 320, 240)
      " ! zsnoise ! zsdenoise name=denoise " LONG " ! fakesink name=sink");
  GstElement *denoise = child (pipeline, "denoise");
  gint64 start;
  gint frames, i;

  count_frames (pipeline, &frames);
  set_state (pipeline, GST_STATE_PAUSED);
  for (i = 0; i < 4; i++) {
    wait_for_progress (pipeline);
    if (i == 3)
      g_object_set (denoise, "epochs", 10, NULL);
    start = g_get_monotonic_time ();
    fail_unless (gst_element_seek_simple (pipeline, GST_FORMAT_TIME,
            GST_SEEK_FLAG_FLUSH, (i + 1) * GST_SECOND));
    fail_unless (g_get_monotonic_time () - start < 2 * G_TIME_SPAN_SECOND);
  }
  wait_for (pipeline, GST_MESSAGE_ASYNC_DONE);
  fail_unless_equals_uint64 (count_of (denoise, "keyframes"), 1);
  set_state (pipeline, GST_STATE_PLAYING);
  while (g_atomic_int_get (&frames) < 3)
    g_usleep (1000);
  end (pipeline);
}

GST_END_TEST;

/* --- caps --- */

GST_START_TEST (test_new_caps)
{
  static const gchar *const caps[] = {
    VIDEO ("I420", 64, 48), VIDEO ("RGB", 64, 48), VIDEO ("RGB", 33, 65),
    VIDEO ("GRAY16_LE", 1, 1), VIDEO ("YUY2", 130, 50),
    VIDEO ("BGRA", 130, 50), VIDEO ("I420", 64, 48)
  };
  GstElement *pipeline = launch ("videotestsrc ! capsfilter name=filter ! "
      "zsnoise ! " CHEAP_LINE "! fakesink name=sink");
  GstElement *denoise = child (pipeline, "denoise");
  gint frames, wanted;
  GstCaps *now;
  guint i;

  count_frames (pipeline, &frames);
  for (i = 0; i < 2 * G_N_ELEMENTS (caps); i++) {
    gst_util_set_object_arg (G_OBJECT (child (pipeline, "filter")), "caps",
        caps[i % G_N_ELEMENTS (caps)]);
    set_state (pipeline, GST_STATE_PLAYING);
    wanted = g_atomic_int_get (&frames) + 10;
    while (g_atomic_int_get (&frames) < wanted)
      g_usleep (1000);
  }
  now = gst_pad_get_current_caps (GST_PAD (denoise->srcpads->data));
  fail_unless_equals_string (gst_structure_get_string (gst_caps_get_structure
          (now, 0), "format"), "I420");
  gst_caps_unref (now);
  end (pipeline);
}

GST_END_TEST;

/* --- several elements and threads --- */

GST_START_TEST (test_two_elements)
{
  GstElement *pipeline = launch ("videotestsrc num-buffers=10 ! "
      VIDEO ("I420", 64, 48) " ! zsnoise ! tee name=t"
      " t. ! queue ! zsdenoise name=denoise epochs=50 ! zsdenoise epochs=20 !"
      " fakesink name=sink"
      " t. ! queue ! zsdenoise name=other epochs=20 ! fakesink name=sink2");
  gint frames;

  count_frames (pipeline, &frames);
  set_state (pipeline, GST_STATE_PLAYING);
  wait_for (pipeline, GST_MESSAGE_EOS);
  fail_unless_equals_int (frames, 10);
  fail_unless_equals_uint64 (count_of (child (pipeline, "denoise"), "frames"),
      10);
  fail_unless_equals_uint64 (count_of (child (pipeline, "other"), "frames"),
      10);
  end (pipeline);
}

GST_END_TEST;

static gpointer
write_properties (gpointer user)
{
  static const gchar *const profiles[] = { "realtime", "balanced", "best",
    "paper"
  };
  GstElement *element = user;
  guint i;

  for (i = 0; i < 300; i++) {
    g_object_set (element, "strength", i % 7 / 6.0, "split", i % 5 / 4.0,
        "n-threads", i / 20 % 3, "hidden-channels", 8 + i / 50 % 2,
        "scene-threshold", i % 3 / 2.0, "finetune-interval", i % 4,
        "finetune-epochs", 2, "epochs", 3 + i % 5, "seed", (guint64) i,
        "learning-rate", 0.001 * (i % 3), "step-size", i % 10, "gamma",
        i % 3 / 2.0, NULL);
    gst_util_set_object_arg (G_OBJECT (element), "profile",
        profiles[i / 75 % 4]);
    if (i % 60 == 0)
      g_signal_emit_by_name (element, "retrain");
    g_usleep (2000);
  }
  return NULL;
}

GST_START_TEST (test_properties_from_another_thread)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("RGB", 65, 49)
      " ! zsnoise ! " CHEAP_LINE "! fakesink name=sink");
  gint frames;
  GThread *thread;

  count_frames (pipeline, &frames);
  set_state (pipeline, GST_STATE_PLAYING);
  thread = g_thread_new ("writer", write_properties,
      child (pipeline, "denoise"));
  g_thread_join (thread);
  fail_unless (g_atomic_int_get (&frames) > 0);
  end (pipeline);
}

GST_END_TEST;

/* Getting properties does not wait for training. */
GST_START_TEST (test_properties_while_learning)
{
  GstElement *pipeline = launch ("videotestsrc ! " VIDEO ("I420", 320, 240)
      " ! zsnoise ! zsdenoise name=denoise " LONG " ! fakesink");
  GstElement *denoise = child (pipeline, "denoise");
  guint i, step, first = 0, last = 0;

  set_state (pipeline, GST_STATE_PLAYING);
  wait_for_progress (pipeline);
  for (i = 0; i < 10 || (i < 400 && last == first); i++) {
    const gint64 start = g_get_monotonic_time ();
    GstStructure *stats;
    gdouble loss, sigma, strength;
    gchar *isa;
    gint state;

    g_object_get (denoise, "stats", &stats, "loss", &loss, "estimated-sigma",
        &sigma, "isa", &isa, "state", &state, "strength", &strength, NULL);
    g_object_set (denoise, "strength", strength, NULL);
    fail_unless (g_get_monotonic_time () - start <
        100 * G_TIME_SPAN_MILLISECOND);
    fail_unless_equals_string (gst_structure_get_string (stats, "state"),
        "learning");
    fail_unless (gst_structure_get_uint (stats, "step", &step));
    fail_unless (step >= last);
    fail_unless (loss > 0 && isfinite (loss));
    last = step;
    if (i == 0)
      first = step;
    gst_structure_free (stats);
    g_free (isa);
    g_usleep (50000);
  }
  fail_unless (last > first, "stays at step %u", first);
  end (pipeline);
}

GST_END_TEST;

/* --- environment --- */

GST_START_TEST (test_unknown_instruction_set)
{
  GstElement *element;
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;
  guint i;

  g_setenv ("ZSDENOISE_CPU", "nonsense", TRUE);
  element = gst_element_factory_make ("zsdenoise", NULL);
  gst_element_set_bus (element, bus);
  for (i = 0; i < 2; i++) {
    fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
        GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    gst_message_parse_error (message, &error, NULL);
    fail_unless (strstr (error->message, "ZSDENOISE_CPU") != NULL
        && strstr (error->message, "nonsense") != NULL
        && strstr (error->message, " c") != NULL, "%s", error->message);
#if defined (__x86_64__)
    fail_unless (strstr (error->message, " avx2") != NULL
        && strstr (error->message, " avx512") != NULL, "%s", error->message);
#elif defined (__aarch64__)
    fail_unless (strstr (error->message, " neon") != NULL, "%s",
        error->message);
#endif
    g_error_free (error);
    gst_message_unref (message);
    gst_element_set_state (element, GST_STATE_NULL);
  }
  /* The element can be started afterwards. */
  g_unsetenv ("ZSDENOISE_CPU");
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_END_TEST;

GST_START_TEST (test_plainest_instruction_set)
{
  const GstVideoInfo info = picture_info ("I420", 64, 48);
  GstHarness *h;
  gchar *isa;

  g_setenv ("ZSDENOISE_CPU", "c", TRUE);
  h = start_element ("zsdenoise", "epochs", 10, "hidden-channels", 8, NULL);
  g_object_get (h->element, "isa", &isa, NULL);
  fail_unless_equals_string (isa, "c");
  set_format (h, &info);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  g_free (isa);
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tcase = tcase_create ("states");

  tcase_add_test (tcase, test_cycles);
  tcase_add_test (tcase, test_sudden_ends);
  tcase_add_test (tcase, test_eos);
  tcase_add_test (tcase, test_eos_while_learning_beside);
  tcase_add_loop_test (tcase, test_stop_while_learning, 0,
      G_N_ELEMENTS (states));
  tcase_add_test (tcase, test_start_again_after_stop_while_learning);
  tcase_add_test (tcase, test_flush_while_stopping);
  tcase_add_test (tcase, test_seek_while_learning);
  tcase_add_test (tcase, test_new_caps);
  tcase_add_test (tcase, test_two_elements);
  tcase_add_test (tcase, test_properties_from_another_thread);
  tcase_add_test (tcase, test_properties_while_learning);
  tcase_add_test (tcase, test_unknown_instruction_set);
  tcase_add_test (tcase, test_plainest_instruction_set);
  suite_add_tcase (suite, tcase);
  return suite;
}
