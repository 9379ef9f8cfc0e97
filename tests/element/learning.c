/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training: messages, log, read-only properties, and the gain with default properties. */
#include "picture.h"
#include "suite.h"

#include <string.h>

enum
{
  WAITING,
  LEARNING,
  FILTERING,
  PASSING
};

static gint
state_of (GstElement * element)
{
  gint state;

  g_object_get (element, "state", &state, NULL);
  return state;
}

static gdouble
get_double (const GstStructure * structure, const gchar * field)
{
  const GValue *value = gst_structure_get_value (structure, field);

  fail_unless (value != NULL, "no %s", field);
  fail_unless (G_VALUE_HOLDS_DOUBLE (value), "%s is no double", field);
  return g_value_get_double (value);
}

static guint
get_uint (const GstStructure * structure, const gchar * field)
{
  const GValue *value = gst_structure_get_value (structure, field);

  fail_unless (value != NULL, "no %s", field);
  fail_unless (G_VALUE_HOLDS_UINT (value), "%s is no uint", field);
  return g_value_get_uint (value);
}

static guint
count_named (GstHarness * h, const gchar * name)
{
  GstMessage *message;
  guint n = 0;

  while ((message = next_named (h, name)) != NULL) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* --- messages --- */

GST_START_TEST (test_progress)
{
  const GstVideoInfo info = picture_info ("I420", 320, 240);
  GstHarness *h = start_element ("zsdenoise", "epochs", 100, NULL);
  const gint64 start = g_get_monotonic_time ();
  guint n = 0, last = 0;
  GstMessage *message;
  gdouble seconds;

  set_format (h, &info);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  seconds = (gdouble) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND;
  while ((message = next_message (h, GST_MESSAGE_ELEMENT)) != NULL) {
    const GstStructure *s = gst_message_get_structure (message);

    if (gst_structure_has_name (s, "zsdenoise-trained"))
      break;
    fail_unless (gst_structure_has_name (s, "zsdenoise-progress"));
    fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (h->element));
    fail_unless_equals_int (gst_structure_n_fields (s), 4);
    fail_unless (get_uint (s, "step") > last);
    last = get_uint (s, "step");
    fail_unless_equals_int (get_uint (s, "steps"), 100);
    fail_unless (last <= 100);
    fail_unless (get_double (s, "loss") > 0);
    fail_unless (get_double (s, "eta") >= 0);
    fail_unless (get_double (s, "eta") < 100 * seconds);
    n++;
    gst_message_unref (message);
  }
  fail_unless (message != NULL, "progress after all has been learned");
  gst_message_unref (message);
  fail_unless (n >= 1);
  fail_unless (n <= 10 * seconds + 1, "%u messages in %.2f s", n, seconds);
  fail_unless (next_message (h, GST_MESSAGE_ELEMENT) == NULL);
  stop_element (h);
}

GST_END_TEST;

/* The rate of progress messages is limited across keyframes. */
GST_START_TEST (test_progress_of_many)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);
  const gint64 start = g_get_monotonic_time ();
  gdouble seconds;
  guint i, n;

  set_format (h, &info);
  for (i = 0; i < 10; i++) {
    g_signal_emit_by_name (h->element, "retrain");
    gst_buffer_unref (filtered (h, picture_noisy (&info, i)));
  }
  seconds = (gdouble) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND;
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 10);
  n = count_named (h, "zsdenoise-progress");
  fail_unless (n >= 1 && n <= 10 * seconds + 1, "%u in %.2f s", n, seconds);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_trained)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);
  const gint64 start = g_get_monotonic_time ();
  GstMessage *message;
  gdouble seconds, loss, sigma;
  const GstStructure *s;
  guint i;

  set_format (h, &info);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  g_object_get (h->element, "loss", &loss, "estimated-sigma", &sigma, NULL);
  for (i = 1; i < 3; i++)
    gst_buffer_unref (filtered (h, picture_noisy (&info, i)));
  seconds = (gdouble) (g_get_monotonic_time () - start) / G_TIME_SPAN_SECOND;
  message = next_named (h, "zsdenoise-trained");
  fail_unless (message != NULL);
  s = gst_message_get_structure (message);
  fail_unless_equals_int (gst_structure_n_fields (s), 4);
  fail_unless_equals_float (get_double (s, "loss"), loss);
  fail_unless_equals_float (get_double (s, "estimated-sigma"), sigma);
  fail_unless_equals_int (get_uint (s, "steps"), 200);
  fail_unless (get_double (s, "seconds") > 0);
  fail_unless (get_double (s, "seconds") < seconds);
  fail_unless (loss > 0 && loss < 1, "loss %g", loss);
  gst_message_unref (message);
  fail_unless_equals_int (count_named (h, "zsdenoise-trained"), 0);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);

  g_signal_emit_by_name (h->element, "retrain");
  for (i = 0; i < 3; i++)
    gst_buffer_unref (filtered (h, picture_noisy (&info, i)));
  fail_unless_equals_int (count_named (h, "zsdenoise-trained"), 1);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2);
  stop_element (h);
}

GST_END_TEST;

/* Without a training there is no message. */
GST_START_TEST (test_nothing_learned)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);

  set_format (h, &info);
  gst_buffer_unref (filtered (h, picture_flat (&info, 0.5)));
  fail_unless_equals_int (count_named (h, "zsdenoise-trained"), 0);
  fail_unless_equals_int (state_of (h->element), PASSING);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  fail_unless_equals_int (count_named (h, "zsdenoise-trained"), 1);
  fail_unless_equals_int (state_of (h->element), FILTERING);
  stop_element (h);
}

GST_END_TEST;

/* A first noisy frame after clean ones is noticed with temporal=false, too. */
GST_START_TEST (test_nothing_learned_at_first)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start_element ("zsdenoise", CHEAP, "temporal", FALSE, NULL);
  gdouble sigma;

  set_format (h, &info);
  gst_buffer_unref (filtered (h, picture_new (&info, 0)));
  fail_unless_equals_int (state_of (h->element), PASSING);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  fail_unless_equals_int (state_of (h->element), FILTERING);
  g_object_get (h->element, "estimated-sigma", &sigma, NULL);
  fail_unless (sigma > 15 && sigma < 25, "%g", sigma);
  stop_element (h);
}

GST_END_TEST;

/* After few steps the built-in weights give a better result than random ones. The method as
 * published has neither them nor earlier frames. */
GST_START_TEST (test_warm_start)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstBuffer *clean = picture_new (&info, 0), *published[2];
  gdouble psnr[2];
  gboolean warm;

  for (warm = FALSE; warm <= TRUE; warm++) {
    GstHarness *h = start_element ("zsdenoise", "epochs", 20,
        "hidden-channels", 16, "warm-start", warm, NULL);
    GstBuffer *out;

    set_format (h, &info);
    out = filtered (h, picture_noisy (&info, 0));
    psnr[warm] = picture_psnr (out, clean, &info);
    gst_buffer_unref (out);
    stop_element (h);

    h = start_element ("zsdenoise", CHEAP, "warm-start", warm, "temporal",
        warm, NULL);
    gst_util_set_object_arg (G_OBJECT (h->element), "profile", "paper");
    set_format (h, &info);
    gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
    published[warm] = filtered (h, picture_noisy (&info, 1));
    stop_element (h);
  }
  fail_unless (psnr[TRUE] > psnr[FALSE] + 2, "%.2f dB, with it %.2f dB",
      psnr[FALSE], psnr[TRUE]);
  fail_unless (picture_same_bytes (published[FALSE], published[TRUE]));
  gst_buffer_unref (published[FALSE]);
  gst_buffer_unref (published[TRUE]);
  gst_buffer_unref (clean);
}

GST_END_TEST;

/* --- log --- */

typedef struct
{
  guint lines, learned;
  gchar *layout;                /* of the last caps */
} Log;

static void
on_log (GstDebugCategory * category, GstDebugLevel level,
    const gchar * file G_GNUC_UNUSED, const gchar * function G_GNUC_UNUSED,
    gint line G_GNUC_UNUSED, GObject * object G_GNUC_UNUSED,
    GstDebugMessage * message, gpointer user)
{
  const gchar *text = gst_debug_message_get (message);
  Log *log = user;

  if (level > GST_LEVEL_INFO
      || !g_str_equal (gst_debug_category_get_name (category), "zsdenoise"))
    return;
  log->lines++;
  log->learned += g_str_has_prefix (text, "learned in ");
  if (strstr (text, " channels of ") != NULL) {
    g_free (log->layout);
    log->layout = g_strdup (text);
  }
}

static void
learn_from (GstHarness * h, const GstVideoInfo * info, const Log * log,
    const gchar * layout, guint lines)
{
  guint i;

  set_format (h, info);
  for (i = 0; i < 4; i++)
    gst_buffer_unref (filtered (h, picture_noisy (info, i)));
  fail_unless (log->layout != NULL);
  fail_unless (g_str_has_prefix (log->layout, layout), "%s", log->layout);
  fail_unless_equals_int (log->lines, lines);
}

/* The log has a line for new caps, one for each training, and none for a frame. */
GST_START_TEST (test_log)
{
  const GstVideoInfo i420 = picture_info ("I420", 161, 120);
  const GstVideoInfo rgb = picture_info ("RGB", 161, 120);
  GstHarness *h = start_element ("zsdenoise", CHEAP, "temporal", FALSE, NULL);
  Log log = { 0 };

  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("zsdenoise", GST_LEVEL_INFO);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, &log, NULL);
  learn_from (h, &i420, &log,
      "I420 161x120: 6 channels of 81x60, network 15->16->16->6, ", 2);
  learn_from (h, &rgb, &log,
      "RGB 161x120: 3 channels of 161x120, network 9->16->16->3, ", 4);
  fail_unless_equals_int (log.learned, 2);
  gst_debug_remove_log_function (on_log);
  g_free (log.layout);
  stop_element (h);
}

GST_END_TEST;

/* --- properties --- */

static void
on_message_state (GstBus * bus G_GNUC_UNUSED, GstMessage * message,
    gpointer user)
{
  gint *states = user;

  if (gst_message_has_name (message, "zsdenoise-progress"))
    states[LEARNING] += state_of (GST_ELEMENT (GST_MESSAGE_SRC (message)))
        == LEARNING;
}

GST_START_TEST (test_state)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstElement *element = gst_element_factory_make ("zsdenoise", NULL);
  gint seen[PASSING + 1] = { 0 };
  GstHarness *h;
  GstBus *bus;

  fail_unless_equals_int (state_of (element), WAITING);
  gst_object_unref (element);

  h = start_element ("zsdenoise", CHEAP, NULL);
  bus = gst_element_get_bus (h->element);
  gst_bus_enable_sync_message_emission (bus);
  g_signal_connect (bus, "sync-message::element",
      G_CALLBACK (on_message_state), seen);
  set_format (h, &info);
  fail_unless_equals_int (state_of (h->element), WAITING);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  fail_unless_equals_int (state_of (h->element), FILTERING);
  fail_unless (seen[LEARNING] > 0);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 1)));
  fail_unless_equals_int (state_of (h->element), FILTERING);
  gst_bus_disable_sync_message_emission (bus);
  gst_object_unref (bus);
  stop_element (h);
}

GST_END_TEST;

static const gchar *const sigma_formats[] = {
  "I420", "GRAY8", "RGB", "YUY2", "BGRA", "I420_10LE", "P010_10LE", "GRAY16_LE",
  "RGBA64_LE"
};

/* White noise on a smooth picture is estimated on the scale of 0 to 255 in all formats, from
 * one frame and from later ones. */
GST_START_TEST (test_sigma)
{
  static const gdouble sigmas[] = { 5, 20, 35 };
  const GstVideoInfo info = picture_info (sigma_formats[__i__], 320, 240);
  gdouble sigma;
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (sigmas); i++) {
    GstHarness *h = start_element ("zsdenoise", "epochs", 1, NULL);

    g_object_get (h->element, "estimated-sigma", &sigma, NULL);
    fail_unless_equals_float (sigma, -1);
    set_format (h, &info);
    for (n = 0; n < 4; n++) {
      gst_buffer_unref (filtered (h, picture_add_noise (picture_new (&info, 0),
                  &info, sigmas[i], n)));
      g_object_get (h->element, "estimated-sigma", &sigma, NULL);
      fail_unless (sigma > 0.85 * sigmas[i] && sigma < 1.15 * sigmas[i],
          "%g for %g, frame %u", sigma, sigmas[i], n);
    }
    stop_element (h);
  }
}

GST_END_TEST;

GST_START_TEST (test_isa)
{
  GstHarness *h = start_element ("zsdenoise", NULL);
  gchar *isa;

  g_object_get (h->element, "isa", &isa, NULL);
  fail_unless (g_strcmp0 (isa, "c") == 0 || g_strcmp0 (isa, "avx2") == 0
      || g_strcmp0 (isa, "avx512") == 0 || g_strcmp0 (isa, "amx") == 0
      || g_strcmp0 (isa, "neon") == 0, "%s", isa);
  g_free (isa);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_stats)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start_element ("zsdenoise", CHEAP, "n-threads", 2, NULL);
  GstStructure *stats;
  gdouble loss, sigma;
  gchar *isa;
  guint i;

  set_format (h, &info);
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless_equals_int (get_uint (stats, "step"), 200);
  fail_unless_equals_int (get_uint (stats, "steps"), 200);
  gst_structure_free (stats);
  for (i = 1; i < 3; i++)
    gst_buffer_unref (filtered (h, picture_noisy (&info, i)));
  g_object_get (h->element, "stats", &stats, "loss", &loss, "isa", &isa,
      "estimated-sigma", &sigma, NULL);
  fail_unless_equals_string (gst_structure_get_string (stats, "state"),
      "filtering");
  fail_unless_equals_string (gst_structure_get_string (stats, "isa"), isa);
  fail_unless (gst_structure_get_string (stats, "precision") != NULL);
  fail_unless_equals_uint64 (count_of (h->element, "frames"), 3);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  fail_unless_equals_uint64 (count_of (h->element, "finetunings"), 0);
  fail_unless (get_uint (stats, "step") > 0);
  fail_unless (get_uint (stats, "step") <= get_uint (stats, "steps"));
  fail_unless_equals_int (get_uint (stats, "threads"), 2);
  fail_unless_equals_float (get_double (stats, "loss"), loss);
  fail_unless_equals_float (get_double (stats, "estimated-sigma"), sigma);
  fail_unless (get_double (stats, "seconds") > 0);
  gst_structure_free (stats);
  g_free (isa);

  /* Frames in passthrough count. */
  g_object_set (h->element, "strength", 0.0, NULL);
  gst_buffer_unref (filtered (h, picture_noisy (&info, i)));
  fail_unless_equals_uint64 (count_of (h->element, "frames"), 4);
  stop_element (h);
}

GST_END_TEST;

/* --- quality --- */

static const gchar *const quality_formats[] = { "I420", "RGB" };

/* Minimum gain in dB of each frame; the first one has no earlier frames. */
static const gdouble gains[] = { 5, 7, 8, 9 };

/* With default properties a smooth picture loses most of its noise. */
GST_START_TEST (test_quality)
{
  const GstVideoInfo info = picture_info (quality_formats[__i__], 320, 240);
  GstHarness *h = start_element ("zsdenoise", NULL);
  GstBuffer *clean = picture_new (&info, 0);
  guint i;

  set_format (h, &info);
  for (i = 0; i < G_N_ELEMENTS (gains); i++) {
    GstBuffer *in = picture_noisy (&info, i), *out;
    const gdouble before = picture_psnr (in, clean, &info);
    gdouble after;

    out = filtered (h, in);
    after = picture_psnr (out, clean, &info);
    fail_unless (after > before + gains[i], "frame %u: from %.2f to %.2f dB", i,
        before, after);
    gst_buffer_unref (out);
  }
  gst_buffer_unref (clean);
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("learning");
  TCase *tcase = tcase_create ("learning");

  tcase_add_test (tcase, test_progress);
  tcase_add_test (tcase, test_progress_of_many);
  tcase_add_test (tcase, test_trained);
  tcase_add_test (tcase, test_nothing_learned);
  tcase_add_test (tcase, test_nothing_learned_at_first);
  tcase_add_test (tcase, test_warm_start);
  tcase_add_test (tcase, test_log);
  tcase_add_test (tcase, test_state);
  tcase_add_loop_test (tcase, test_sigma, 0, G_N_ELEMENTS (sigma_formats));
  tcase_add_test (tcase, test_isa);
  tcase_add_test (tcase, test_stats);
  tcase_add_loop_test (tcase, test_quality, 0, G_N_ELEMENTS (quality_formats));
  suite_add_tcase (suite, tcase);
  return suite;
}
