/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Use of earlier frames. */
#include "picture.h"
#include "suite.h"

#include <math.h>

/* Properties for a short training from the built-in weights. */
#define QUICK "hidden-channels", 16

static GstHarness *
start (const GstVideoInfo * info, gboolean temporal)
{
  GstHarness *h = start_element ("zsdenoise", QUICK, "temporal", temporal,
      NULL);

  set_format (h, info);
  return h;
}

static GstBuffer *
denoised (GstHarness * h, const GstVideoInfo * info, guint seed)
{
  return filtered (h, picture_noisy (info, seed));
}

static void
push (GstHarness * h, const GstVideoInfo * info, guint first, guint n)
{
  guint i;

  for (i = 0; i < n; i++)
    gst_buffer_unref (denoised (h, info, first + i));
}

static void
push_segment (GstHarness * h, gdouble rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.stop = 100 * GST_SECOND;
  fail_unless (gst_harness_push_event (h, gst_event_new_segment (&segment)));
}

static void
fail_unless_same (GstBuffer * a, GstBuffer * b, const gchar * what, guint i)
{
  fail_unless (picture_same_bytes (a, b), "%s, frame %u", what, i);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
}

/* --- gain --- */

static const gchar *const formats[] = {
  "I420", "YV12", "NV12", "NV21", "Y42B", "Y444", "YUY2", "UYVY", "GRAY8",
  "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR",
  "I420_10LE", "P010_10LE", "I422_10LE", "Y444_10LE", "GRAY16_LE",
  "RGBA64_LE",
};

#define N_FRAMES 5

/* A static scene gains more than its first frame, and than frames without temporal. */
GST_START_TEST (test_still)
{
  const GstVideoInfo info = picture_info (formats[__i__], 161, 119);
  GstHarness *h = start (&info, TRUE), *alone = start (&info, FALSE);
  GstBuffer *clean = picture_new (&info, 0);
  gdouble first = 0, psnr, psnr_alone;
  guint i;

  for (i = 0; i < N_FRAMES; i++) {
    GstBuffer *out = denoised (h, &info, i);
    GstBuffer *out_alone = denoised (alone, &info, i);

    psnr = picture_psnr (out, clean, &info);
    psnr_alone = picture_psnr (out_alone, clean, &info);
    if (i == 0) {
      first = psnr;
      fail_unless (picture_same_bytes (out, out_alone));
    } else {
      fail_unless (psnr > first + 0.5, "frame %u: %.2f dB, first %.2f dB", i,
          psnr, first);
      fail_unless (psnr > psnr_alone + 0.5, "frame %u: %.2f dB, by itself "
          "%.2f dB", i, psnr, psnr_alone);
    }
    gst_buffer_unref (out);
    gst_buffer_unref (out_alone);
  }
  gst_buffer_unref (clean);
  stop_element (h);
  stop_element (alone);
}

GST_END_TEST;

/* A repeated frame counts once and has the same result. */
GST_START_TEST (test_repeated)
{
  static const gchar *const profiles[] = { "balanced", "realtime" };
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *once = start (&info, TRUE), *twice = start (&info, TRUE);
  guint i;

  gst_util_set_object_arg (G_OBJECT (once->element), "profile",
      profiles[__i__]);
  gst_util_set_object_arg (G_OBJECT (twice->element), "profile",
      profiles[__i__]);
  for (i = 0; i < 4; i++) {
    GstBuffer *first = denoised (twice, &info, i);
    GstBuffer *second = denoised (twice, &info, i);

    fail_unless (picture_same_bytes (first, second), "frame %u", i);
    gst_buffer_unref (second);
    fail_unless_same (first, denoised (once, &info, i), "with repetition", i);
  }
  stop_element (once);
  stop_element (twice);
}

GST_END_TEST;

/* At half the strength half of the change is made, sample by sample, with earlier frames, too. */
GST_START_TEST (test_strength)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *all = start (&info, TRUE), *part = start (&info, TRUE);
  guint frame, c, i, n;

  g_object_set (part->element, "strength", 0.25, NULL);
  for (frame = 0; frame < 4; frame++) {
    GstBuffer *in = picture_noisy (&info, frame);
    GstBuffer *out_all = filtered (all, gst_buffer_copy_deep (in));
    GstBuffer *out_part = filtered (part, gst_buffer_copy_deep (in));

    for (c = 0; c < 3; c++) {
      gdouble *noisy = picture_samples (in, &info, c, &n);
      gdouble *clean = picture_samples (out_all, &info, c, &n);
      gdouble *between = picture_samples (out_part, &info, c, &n);

      for (i = 0; i < n; i++)
        fail_unless (255 * fabs (0.75 * noisy[i] + 0.25 * clean[i] -
                between[i]) < 1.01, "frame %u: %g between %g and %g", frame,
            255 * between[i], 255 * noisy[i], 255 * clean[i]);
      g_free (noisy);
      g_free (clean);
      g_free (between);
    }
    gst_buffer_unref (in);
    gst_buffer_unref (out_all);
    gst_buffer_unref (out_part);
  }
  stop_element (all);
  stop_element (part);
}

GST_END_TEST;

/* --- artefacts --- */

#define SQUARE 24
#define SPEED 4
#define TOP 50

static gint
left_at (guint frame)
{
  return 20 + SPEED * frame;
}

/* Mean and mean square of the first component's error in the area that the square has just
 * left. */
static void
look_behind (GstBuffer * out, GstBuffer * clean, const GstVideoInfo * info,
    guint frame, gdouble * mean, gdouble * square)
{
  guint n;
  gdouble *a = picture_samples (out, info, 0, &n);
  gdouble *b = picture_samples (clean, info, 0, &n);
  gint x, y;

  for (y = TOP; y < TOP + SQUARE; y++)
    for (x = left_at (frame) - 4 * SPEED; x < left_at (frame); x++) {
      const gdouble error = 255 * (a[y * GST_VIDEO_INFO_WIDTH (info) + x] -
          b[y * GST_VIDEO_INFO_WIDTH (info) + x]);

      *mean += error;
      *square += error * error;
    }
  g_free (a);
  g_free (b);
}

/* A moving square leaves no trail: errors behind it are no larger than without earlier frames,
 * and have no bias towards the square. */
GST_START_TEST (test_trail)
{
  const GstVideoInfo info = picture_info ("I420", 192, 128);
  const guint n_frames = 20;
  gdouble mean[2] = { 0 }, square[2] = { 0 }, n = 0;
  gboolean temporal;
  guint i;

  for (temporal = FALSE; temporal <= TRUE; temporal++) {
    GstHarness *h = start (&info, temporal);

    for (i = n = 0; i < n_frames; i++) {
      GstBuffer *clean = picture_add_square (picture_new (&info, 0), &info,
          left_at (i), TOP, SQUARE, 0.8);
      GstBuffer *out = filtered (h, picture_add_noise (gst_buffer_copy_deep
              (clean), &info, 20, i));

      if (i >= 4) {
        look_behind (out, clean, &info, i, &mean[temporal], &square[temporal]);
        n += 4 * SPEED * SQUARE;
      }
      gst_buffer_unref (out);
      gst_buffer_unref (clean);
    }
    stop_element (h);
  }
  fail_unless (square[TRUE] < 1.05 * square[FALSE], "%g behind it, without "
      "the past %g", sqrt (square[TRUE] / n), sqrt (square[FALSE] / n));
  fail_unless (fabs (mean[TRUE]) < fabs (mean[FALSE]) + 0.5 * n,
      "%g behind it, " "without the past %g", mean[TRUE] / n, mean[FALSE] / n);
}

GST_END_TEST;

/* Projection of the difference of two frames on the picture `old`: 1 if it were added. */
static gdouble
part_of (GstBuffer * old, GstBuffer * out, GstBuffer * other,
    const GstVideoInfo * info)
{
  guint n, i;
  gdouble *a = picture_samples (old, info, 0, &n);
  gdouble *b = picture_samples (out, info, 0, &n);
  gdouble *c = picture_samples (other, info, 0, &n);
  gdouble mean = 0, product = 0, square = 0;

  for (i = 0; i < n; i++)
    mean += a[i] / n;
  for (i = 0; i < n; i++) {
    product += (a[i] - mean) * (b[i] - c[i]);
    square += (a[i] - mean) * (a[i] - mean);
  }
  g_free (a);
  g_free (b);
  g_free (c);
  return product / square;
}

/* The first frames after a cut are as clean as without the frames before it, and contain
 * nothing of the other scene. */
GST_START_TEST (test_cut)
{
  static const gchar *const cut_formats[] = { "I420", "RGB", "GRAY8" };
  const GstVideoInfo info = picture_info (cut_formats[__i__], 192, 128);
  GstHarness *h = start (&info, TRUE), *fresh = start (&info, TRUE);
  GstBuffer *clean = picture_new (&info, 1), *old = picture_new (&info, 0);
  guint i;

  push (h, &info, 100, 5);
  for (i = 0; i < 3; i++) {
    GstBuffer *in = picture_add_noise (picture_new (&info, 1), &info, 20, i);
    GstBuffer *expected = filtered (fresh, gst_buffer_copy_deep (in));
    GstBuffer *out = filtered (h, in);
    const gdouble psnr = picture_psnr (out, clean, &info);
    const gdouble psnr_fresh = picture_psnr (expected, clean, &info);
    const gdouble part = part_of (old, out, expected, &info);

    fail_unless (psnr > psnr_fresh - 0.3, "frame %u: %.2f dB, without the "
        "other scene %.2f dB", i, psnr, psnr_fresh);
    fail_unless (fabs (part) < 0.005, "frame %u: %g of the old picture", i,
        part);
    gst_buffer_unref (out);
    gst_buffer_unref (expected);
  }
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2);
  gst_buffer_unref (clean);
  gst_buffer_unref (old);
  stop_element (h);
  stop_element (fresh);
}

GST_END_TEST;

static gdouble
mean_of (GstBuffer * frame, const GstVideoInfo * info)
{
  guint n, i;
  gdouble *samples = picture_samples (frame, info, 0, &n);
  gdouble mean = 0;

  for (i = 0; i < n; i++)
    mean += samples[i] / n;
  g_free (samples);
  return 255 * mean;
}

/* Changes of brightness have no delay. */
GST_START_TEST (test_fade)
{
  static const gchar *const fade_formats[] = { "I420", "GRAY8", "RGB" };
  const GstVideoInfo info = picture_info (fade_formats[__i__ / 4], 192, 128);
  const gdouble sigma = __i__ / 2 % 2 ? 20 : 5;
  /* The network's mean is less accurate with strong noise, and for RGB, where motion is searched
   * in one of three components. A delay would be an error of several times the 2 levels of a
   * frame. */
  const gdouble tolerance = sigma > 10 || GST_VIDEO_INFO_IS_RGB (&info) ? 1.25
      : 0.5;
  GstHarness *h = start (&info, TRUE);
  guint i;

  for (i = 0; i < 16; i++) {
    const gdouble level = (__i__ % 2 ? 32 - 2.0 * i : 2.0 * i) / 255;
    GstBuffer *in = picture_add_noise (picture_add_level (picture_new (&info,
                0), &info, level), &info, sigma, i);
    GstBuffer *out = filtered (h, gst_buffer_copy_deep (in));
    const gdouble before = mean_of (in, &info), after = mean_of (out, &info);

    fail_unless (fabs (after - before) < tolerance,
        "frame %u: from %.2f to %.2f", i, before, after);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  stop_element (h);
}

GST_END_TEST;

/* A noise-free pan over a smooth picture. */
GST_START_TEST (test_clean)
{
  static const gchar *const clean_formats[] = { "I420", "RGB", "GRAY8" };
  static const gdouble speeds[] = { 0, 0.4, 1, 2.5 };
  const GstVideoInfo info = picture_info (clean_formats[__i__], 192, 128);
  guint i, s;

  for (s = 0; s < G_N_ELEMENTS (speeds); s++) {
    GstHarness *h = start (&info, TRUE);

    for (i = 0; i < 8; i++) {
      GstBuffer *in = picture_panned (&info, i * speeds[s], i * speeds[s] / 2);
      GstBuffer *out = filtered (h, gst_buffer_copy_deep (in));
      const gdouble psnr = picture_psnr (in, out, &info);

      fail_unless (psnr >= 45, "speed %g, frame %u: %.2f dB", speeds[s], i,
          psnr);
      gst_buffer_unref (in);
      gst_buffer_unref (out);
    }
    stop_element (h);
  }
}

GST_END_TEST;

/* --- end of the earlier frames --- */

enum
{
  BY_FLUSH,
  BY_OTHER_FORMAT,
  BY_RETRAIN,
  N_ENDS
};

/* Ends the use of earlier frames. */
static void
end_past (GstHarness * h, const GstVideoInfo * info, gint end)
{
  GstVideoInfo other = *info;

  switch (end) {
    case BY_FLUSH:
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      push_segment (h, 1);
      break;
    case BY_OTHER_FORMAT:
      other = picture_info ("RGB", 64, 48);
      set_format (h, &other);
      push (h, &other, 0, 2);
      set_format (h, info);
      break;
    default:
      g_signal_emit_by_name (h->element, "retrain");
      break;
  }
}

/* The result does not depend on frames before. */
GST_START_TEST (test_end)
{
  static const gchar *const profiles[] = { "balanced", "realtime" };
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  const gint end = __i__ / 2;
  GstHarness *h = start (&info, TRUE), *fresh = start (&info, TRUE);
  guint i;

  gst_util_set_object_arg (G_OBJECT (h->element), "profile",
      profiles[__i__ % 2]);
  gst_util_set_object_arg (G_OBJECT (fresh->element), "profile",
      profiles[__i__ % 2]);
  push (h, &info, 100, 4);
  end_past (h, &info, end);
  for (i = 0; i < 4; i++) {
    GstBuffer *in = picture_noisy (&info, i);

    fail_unless_same (filtered (h, in), denoised (fresh, &info, i), "after it",
        i);
  }
  stop_element (h);
  stop_element (fresh);
}

GST_END_TEST;

/* temporal=false takes effect with the next frame, and so does temporal=true. Without training
 * both elements have the same weights. */
GST_START_TEST (test_while_playing)
{
  const GstVideoInfo info = picture_info ("I420", 192, 128);
  GstHarness *h = start (&info, TRUE), *alone = start (&info, FALSE);
  GstBuffer *clean = picture_new (&info, 0);
  gdouble psnr, psnr_alone;
  gboolean value;
  guint i;

  gst_util_set_object_arg (G_OBJECT (h->element), "training", "none");
  gst_util_set_object_arg (G_OBJECT (alone->element), "training", "none");
  for (i = 0; i < 12; i++) {
    const gboolean temporal = i < 4 || i >= 7;
    GstBuffer *out, *out_alone = denoised (alone, &info, i);

    g_object_set (h->element, "temporal", temporal, NULL);
    g_object_get (h->element, "temporal", &value, NULL);
    fail_unless_equals_int (value, temporal);
    out = denoised (h, &info, i);
    psnr = picture_psnr (out, clean, &info);
    psnr_alone = picture_psnr (out_alone, clean, &info);
    if (i == 0 || (i >= 4 && i <= 7))
      /* the content of earlier frames, of which one gains 2 dB, has no part */
      fail_unless (ABS (psnr - psnr_alone) < 0.1,
          "frame %u: %.2f dB, by itself %.2f dB", i, psnr, psnr_alone);
    else
      fail_unless (psnr > psnr_alone + 0.5, "frame %u: %.2f dB, by itself "
          "%.2f dB", i, psnr, psnr_alone);
    gst_buffer_unref (out);
    gst_buffer_unref (out_alone);
  }
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  gst_buffer_unref (clean);
  stop_element (h);
  stop_element (alone);
}

GST_END_TEST;

/* In reverse playback earlier frames are not used. */
GST_START_TEST (test_backwards)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start (&info, TRUE), *alone = start (&info, TRUE);
  const gdouble rates[] = { 1, -1, -2, 1 };
  GstBuffer *clean = picture_new (&info, 0);
  gdouble psnr[4] = { 0 };
  gboolean temporal;
  guint r, i;

  for (r = 0; r < G_N_ELEMENTS (rates); r++) {
    push_segment (h, rates[r]);
    g_object_set (alone->element, "temporal", rates[r] > 0, NULL);
    for (i = 0; i < 3; i++) {
      GstBuffer *out = denoised (h, &info, 3 * r + i);

      psnr[r] = picture_psnr (out, clean, &info);
      fail_unless_same (out, denoised (alone, &info, 3 * r + i), "rate", r);
    }
    g_object_get (h->element, "temporal", &temporal, NULL);
    fail_unless (temporal);
  }
  fail_unless (psnr[0] > psnr[1] + 0.5, "%.2f dB, backwards %.2f dB", psnr[0],
      psnr[1]);
  fail_unless (psnr[3] > psnr[2] + 0.5, "%.2f dB, backwards %.2f dB", psnr[3],
      psnr[2]);
  gst_buffer_unref (clean);
  stop_element (h);
  stop_element (alone);
}

GST_END_TEST;

/* --- reproducibility --- */

static GstBuffer *
outcome (const gchar * profile, guint threads, guint64 seed)
{
  const GstVideoInfo info = picture_info ("I420", 192, 128);
  GstHarness *h = start_element ("zsdenoise", QUICK, "n-threads", threads,
      "seed", seed, NULL);
  GstBuffer *all = gst_buffer_new ();
  guint i;

  gst_util_set_object_arg (G_OBJECT (h->element), "profile", profile);
  set_format (h, &info);
  for (i = 0; i < 5; i++)
    all = gst_buffer_append (all, filtered (h,
            picture_add_noise (picture_panned (&info, i, 0), &info, 20, i)));
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  stop_element (h);
  return all;
}

/* Training on frame pairs does not depend on the number of threads. */
GST_START_TEST (test_threads)
{
  static const gchar *const profiles[] = { "balanced", "realtime" };
  static const guint threads[] = { 1, 2, 3, 16, 0 };
  GstBuffer *first = outcome (profiles[__i__], 1, 5), *other;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (threads); i++) {
    other = outcome (profiles[__i__], threads[i], 5);
    fail_unless (picture_same_bytes (first, other), "%u threads", threads[i]);
    gst_buffer_unref (other);
  }
  if (__i__ == 1) {             /* with random choice of pairs */
    other = outcome (profiles[__i__], 1, 6);
    fail_if (picture_same_bytes (first, other), "another seed");
    gst_buffer_unref (other);
  }
  gst_buffer_unref (first);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("temporal");
  TCase *tcase = tcase_create ("temporal");

  tcase_add_loop_test (tcase, test_still, 0, G_N_ELEMENTS (formats));
  tcase_add_loop_test (tcase, test_repeated, 0, 2);
  tcase_add_test (tcase, test_strength);
  tcase_add_test (tcase, test_trail);
  tcase_add_loop_test (tcase, test_cut, 0, 3);
  tcase_add_loop_test (tcase, test_fade, 0, 12);
  tcase_add_loop_test (tcase, test_clean, 0, 3);
  tcase_add_loop_test (tcase, test_end, 0, 2 * N_ENDS);
  tcase_add_test (tcase, test_while_playing);
  tcase_add_test (tcase, test_backwards);
  tcase_add_loop_test (tcase, test_threads, 0, 2);
  suite_add_tcase (suite, tcase);
  return suite;
}
