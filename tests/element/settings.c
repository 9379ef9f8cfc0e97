/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writable properties. */
#include "picture.h"
#include "suite.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>
#include <math.h>

static GstVideoInfo info;

static GstBuffer *
denoised (GstHarness * h, guint seed)
{
  return filtered (h, picture_noisy (&info, seed));
}

static GstHarness *
start (const gchar * format)
{
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);

  info = picture_info (format, 192, 128);
  set_format (h, &info);
  return h;
}

static void
stop (GstHarness * h, GstBuffer * last)
{
  gst_buffer_unref (last);
  stop_element (h);
}

/* Root mean square of the change to the first component of a noisy frame. */
static gdouble
removed (GstBuffer * out, guint seed)
{
  GstBuffer *in = picture_noisy (&info, seed);
  guint n, i;
  gdouble *before = picture_samples (in, &info, 0, &n);
  gdouble *after = picture_samples (out, &info, 0, &n);
  gdouble sum = 0;

  for (i = 0; i < n; i++)
    sum += (before[i] - after[i]) * (before[i] - after[i]);
  g_free (before);
  g_free (after);
  gst_buffer_unref (in);
  return sqrt (sum / n);
}

static gboolean
is_untouched (GstBuffer * out, guint seed)
{
  GstBuffer *in = picture_noisy (&info, seed);
  const gboolean same = picture_same_bytes (in, out);

  gst_buffer_unref (in);
  return same;
}

/* --- while playing --- */

GST_START_TEST (test_strength)
{
  GstHarness *h = start ("I420");
  GstBuffer *out;
  gdouble all, half;

  gst_buffer_unref (denoised (h, 0));
  out = denoised (h, 1);
  all = removed (out, 1);
  gst_buffer_unref (out);

  g_object_set (h->element, "strength", 0.5, NULL);
  out = denoised (h, 1);
  half = removed (out, 1);
  gst_buffer_unref (out);
  fail_unless (half > 0.45 * all && half < 0.55 * all, "%g and %g", all, half);

  g_object_set (h->element, "strength", 0.0, NULL);
  out = denoised (h, 1);
  fail_unless (is_untouched (out, 1));
  gst_buffer_unref (out);

  g_object_set (h->element, "strength", 1.0, NULL);
  out = denoised (h, 1);
  fail_unless (fabs (removed (out, 1) - all) < 1e-9);
  stop (h, out);
}

GST_END_TEST;

/* Whether the frame equals the noisy input left of the split, except for the line. */
static gboolean
is_split_at (GstBuffer * out, guint seed, gint border)
{
  GstBuffer *in = picture_noisy (&info, seed);
  const gboolean line = border > 0 && border < 192;
  gboolean split = TRUE;

  split &= picture_same_columns (in, out, &info, 0, border - 2 * line);
  split &= border == 192
      || !picture_same_columns (in, out, &info, border, border + 8);
  split &= picture_has_column (out, &info, border - 2, 235) == line;
  split &= picture_has_column (out, &info, border - 1, 16) == line;
  gst_buffer_unref (in);
  return split;
}

GST_START_TEST (test_split)
{
  static const gdouble splits[] = { 0, 0.25, 1, 0.75, 0 };
  GstHarness *h = start ("I420");
  GstBuffer *out;
  guint i;

  out = denoised (h, 0);
  for (i = 0; i < G_N_ELEMENTS (splits); i++) {
    gst_buffer_unref (out);
    g_object_set (h->element, "split", splits[i], NULL);
    out = denoised (h, 1);
    fail_unless (is_split_at (out, 1, 192 * splits[i]));
  }
  stop (h, out);
}

GST_END_TEST;

/* The number of threads does not change the result. */
GST_START_TEST (test_n_threads)
{
  static const guint threads[] = { 1, 3, 0, 2, 16 };
  GstHarness *h = start ("I420");
  GstBuffer *first, *out;
  GstStructure *stats;
  guint i, n;

  gst_buffer_unref (denoised (h, 0));
  first = denoised (h, 1);
  for (i = 0; i < G_N_ELEMENTS (threads); i++) {
    g_object_set (h->element, "n-threads", threads[i], NULL);
    out = denoised (h, 1);
    fail_unless (picture_same_bytes (first, out), "%u threads", threads[i]);
    gst_buffer_unref (out);
    g_object_get (h->element, "stats", &stats, NULL);
    fail_unless (gst_structure_get_uint (stats, "threads", &n));
    fail_unless (threads[i] == 0 ? n >= 1 : n == threads[i]);
    gst_structure_free (stats);
  }
  stop (h, first);
}

GST_END_TEST;

/* A change of the width or of the layout changes the network. */
GST_START_TEST (test_profile)
{
  static const gchar *const profiles[] = { "paper", "realtime", "best" };
  GstHarness *h = start_element ("zsdenoise", "epochs", 3, "lookahead", 0,
      NULL);
  guint i;

  info = picture_info ("RGB", 64, 48);
  set_format (h, &info);
  gst_buffer_unref (denoised (h, 0));
  for (i = 0; i < G_N_ELEMENTS (profiles); i++) {
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", profiles[i]);
    gst_buffer_unref (denoised (h, 1));
    gst_buffer_unref (denoised (h, 2));
    fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2 + i);
  }
  stop_element (h);
}

GST_END_TEST;

/* --- profiles --- */

static guint
steps_taken (GstHarness * h)
{
  GstStructure *stats;
  guint step, steps;

  info = picture_info ("GRAY8", 20, 20);
  g_object_set (h->element, "lookahead", 0, NULL);
  set_format (h, &info);
  gst_buffer_unref (denoised (h, 0));
  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "step", G_TYPE_UINT, &step, "steps",
          G_TYPE_UINT, &steps, NULL));
  fail_unless_equals_int (step, steps);
  gst_structure_free (stats);
  stop_element (h);
  return steps;
}

GST_START_TEST (test_profile_or_setting)
{
  static const gchar *const names[] = { "realtime", "balanced", "best",
    "paper"
  };
  GstHarness *h;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    h = start_element ("zsdenoise", "hidden-channels", 16, "warm-start", FALSE,
        NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", names[i]);
    fail_unless (steps_taken (h) > 100);

    h = start_element ("zsdenoise", "hidden-channels", 16, NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", names[i]);
    fail_unless (g_str_equal (names[i], "paper") ? steps_taken (h) == 2000 :
        steps_taken (h) <= 100);

    h = start_element ("zsdenoise", "epochs", 11, NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", names[i]);
    fail_unless_equals_int (steps_taken (h), 11);

    h = start_element ("zsdenoise", NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", names[i]);
    g_object_set (h->element, "epochs", 12, NULL);
    fail_unless_equals_int (steps_taken (h), 12);

    h = start_element ("zsdenoise", "epochs", 13, "hidden-channels", 16,
        "warm-start", FALSE, NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", names[i]);
    g_object_set (h->element, "epochs", 0, NULL);
    fail_unless (steps_taken (h) > 100);
  }
  h = start_element ("zsdenoise", "hidden-channels", 8, NULL);
  gst_util_set_object_arg (G_OBJECT (h->element), "profile", "paper");
  fail_unless_equals_int (steps_taken (h), 2000);
}

GST_END_TEST;

/* --- random numbers --- */

/* The results of four frames, with one fine-tuning among them. */
static GstBuffer *
outcome (guint64 seed, guint threads)
{
  GstHarness *h = start ("I420");
  GstBuffer *all = gst_buffer_new ();
  guint i;

  /* large enough for training on random patches */
  info = picture_info ("I420", 384, 288);
  set_format (h, &info);
  g_object_set (h->element, "seed", seed, "n-threads", threads,
      "finetune-interval", 2, "finetune-epochs", 20, NULL);
  for (i = 0; i < 4; i++)
    all = gst_buffer_append (all, denoised (h, i));
  stop_element (h);
  return all;
}

GST_START_TEST (test_seed)
{
  const guint64 large = G_MAXUINT64;
  GstBuffer *first = outcome (7, 1);
  GstBuffer *same = outcome (7, 1), *threads = outcome (7, 2);
  GstBuffer *other = outcome (8, 1), *other_large = outcome (large, 1);

  fail_unless (picture_same_bytes (first, same), "the same seed");
  fail_unless (picture_same_bytes (first, threads), "two threads");
  fail_if (picture_same_bytes (first, other), "another seed");
  fail_if (picture_same_bytes (first, other_large), "another seed");
  gst_buffer_unref (first);
  gst_buffer_unref (same);
  gst_buffer_unref (threads);
  gst_buffer_unref (other);
  gst_buffer_unref (other_large);
}

GST_END_TEST;

/* After a restart the result is the same. */
GST_START_TEST (test_again)
{
  GstHarness *h = start ("I420");
  GstBuffer *first = denoised (h, 0), *second;

  gst_buffer_unref (denoised (h, 1));
  fail_unless_equals_int (gst_element_set_state (h->element, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  gst_harness_play (h);
  gst_harness_push_event (h, gst_event_new_stream_start ("again"));
  gst_harness_push_event (h,
      gst_event_new_caps (gst_video_info_to_caps (&info)));
  second = denoised (h, 0);
  fail_unless_equals_uint64 (count_of (h->element, "frames"), 1);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  fail_unless (picture_same_bytes (first, second));
  gst_buffer_unref (first);
  stop (h, second);
}

GST_END_TEST;

/* --- controllers --- */

/* A control source from 0 at time 0 to 1 at 1 s. */
static void
control (GstElement * element, const gchar * property)
{
  GstControlSource *source = gst_interpolation_control_source_new ();

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  fail_unless (gst_timed_value_control_source_set
      (GST_TIMED_VALUE_CONTROL_SOURCE (source), 0, 0));
  fail_unless (gst_timed_value_control_source_set
      (GST_TIMED_VALUE_CONTROL_SOURCE (source), GST_SECOND, 1));
  fail_unless (gst_object_add_control_binding (GST_OBJECT (element),
          gst_direct_control_binding_new_absolute (GST_OBJECT (element),
              property, source)));
  gst_object_unref (source);
}

static GstBuffer *
denoised_at (GstHarness * h, GstClockTime time, guint seed)
{
  GstBuffer *in = picture_noisy (&info, seed);

  GST_BUFFER_PTS (in) = time;
  return filtered (h, in);
}

GST_START_TEST (test_controlled_strength)
{
  GstHarness *h = start ("I420");
  GstBuffer *out;
  gdouble quarter, half, all;

  control (h->element, "strength");
  gst_buffer_unref (denoised_at (h, GST_SECOND, 0));
  out = denoised_at (h, GST_SECOND, 1);
  all = removed (out, 1);
  gst_buffer_unref (out);
  out = denoised_at (h, GST_SECOND / 2, 1);
  half = removed (out, 1);
  gst_buffer_unref (out);
  out = denoised_at (h, GST_SECOND / 4, 1);
  quarter = removed (out, 1);
  gst_buffer_unref (out);
  out = denoised_at (h, 0, 1);
  fail_unless (is_untouched (out, 1));
  fail_unless (half > 0.45 * all && half < 0.55 * all, "%g of %g", half, all);
  fail_unless (quarter > 0.2 * all && quarter < 0.35 * all, "%g of %g",
      quarter, all);
  stop (h, out);
}

GST_END_TEST;

/* Above 1 more is removed, and a set level is in effect with the next frame. Both are controllable.
 */
GST_START_TEST (test_more)
{
  GstHarness *h = start ("I420");
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstBuffer *out;
  gdouble all, more, sigma;

  gst_buffer_unref (denoised_at (h, 0, 0));
  out = denoised_at (h, 0, 1);
  all = removed (out, 1);
  gst_buffer_unref (out);

  g_object_set (h->element, "strength", 2.0, NULL);
  out = denoised_at (h, 0, 1);
  more = removed (out, 1);
  gst_buffer_unref (out);
  fail_unless (more > 1.005 * all && more < 1.5 * all, "%g and %g", all, more);

  g_object_set (h->element, "strength", 1.0, NULL);
  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source),
      GST_SECOND, 0);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source),
      2 * GST_SECOND, 1);
  gst_object_add_control_binding (GST_OBJECT (h->element),
      gst_direct_control_binding_new_absolute (GST_OBJECT (h->element), "sigma",
          source));
  out = denoised_at (h, GST_SECOND + GST_SECOND / 100, 1);
  g_object_get (h->element, "sigma", &sigma, NULL);
  fail_unless (fabs (sigma - 0.01) < 1e-6, "%g", sigma);
  fail_unless (removed (out, 1) < 0.5 * all, "%g of %g", removed (out, 1), all);
  gst_object_unref (source);
  stop (h, out);
}

GST_END_TEST;

/* Controllers use stream time, not timestamps of buffers. */
GST_START_TEST (test_controlled_split)
{
  GstHarness *h = start ("I420");
  GstSegment segment;
  GstBuffer *out = NULL;
  gdouble split;
  guint i;

  control (h->element, "split");
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = 100 * GST_SECOND;
  segment.time = 0;
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  for (i = 0; i <= 4; i++) {
    gst_clear_buffer (&out);
    out = denoised_at (h, 100 * GST_SECOND + i * GST_SECOND / 4, 1);
    g_object_get (h->element, "split", &split, NULL);
    fail_unless (fabs (split - i / 4.0) < 1e-6);
    fail_unless (is_split_at (out, 1, 192 * i / 4));
  }
  stop (h, out);
}

GST_END_TEST;

static void
on_controlled_frame (GstElement * sink G_GNUC_UNUSED, GstBuffer * out,
    GstPad * pad G_GNUC_UNUSED, gpointer user)
{
  const gdouble seconds = (gdouble) GST_BUFFER_PTS (out) / GST_SECOND;
  const gint border = 192 * seconds;
  gdouble strength, split;

  g_object_get (user, "strength", &strength, "split", &split, NULL);
  fail_unless (fabs (strength - seconds) < 1e-6, "%g at %g", strength, seconds);
  fail_unless (fabs (split - seconds) < 1e-6, "%g at %g", split, seconds);
  fail_unless (picture_has_column (out, &info, border - 2, 235) ==
      (border > 0 && border < 192), "the line at %g", seconds);
}

/* Both in a pipeline, with a segment of its own. */
GST_START_TEST (test_controlled_pipeline)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc num-buffers=9 ! "
      "video/x-raw,format=I420,width=192,height=128,framerate=8/1 ! zsnoise ! "
      "zsdenoise name=denoise ! fakesink name=sink signal-handoffs=true", NULL);
  GstElement *denoise = gst_bin_get_by_name (GST_BIN (pipeline), "denoise");
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;

  info = picture_info ("I420", 192, 128);
  control (denoise, "strength");
  control (denoise, "split");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_controlled_frame), denoise);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL
      && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless_equals_uint64 (count_of (denoise, "frames"), 9);
  gst_object_unref (bus);
  gst_object_unref (sink);
  gst_object_unref (denoise);
  gst_object_unref (pipeline);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("settings");
  TCase *tcase = tcase_create ("settings");

  tcase_add_test (tcase, test_strength);
  tcase_add_test (tcase, test_split);
  tcase_add_test (tcase, test_n_threads);
  tcase_add_test (tcase, test_profile);
  tcase_add_test (tcase, test_profile_or_setting);
  tcase_add_test (tcase, test_seed);
  tcase_add_test (tcase, test_again);
  tcase_add_test (tcase, test_controlled_strength);
  tcase_add_test (tcase, test_more);
  tcase_add_test (tcase, test_controlled_split);
  tcase_add_test (tcase, test_controlled_pipeline);
  suite_add_tcase (suite, tcase);
  return suite;
}
