/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zsnoise: standard deviation, correlation, and the element. */
#include "picture.h"
#include "suite.h"

#include <math.h>

static const gchar *const kinds[] = { "gaussian", "poisson", "correlated" };

static GstHarness *
start (const GstVideoInfo * info, const gchar * kind, gdouble degree)
{
  GstHarness *h = start_element ("zsnoise", "degree", degree, NULL);

  gst_util_set_object_arg (G_OBJECT (h->element), "kind", kind);
  set_format (h, info);
  return h;
}

/* The noise of one component of a flat picture. */
static gdouble *
noise_of (const gchar * format, const gchar * kind, gdouble degree,
    gdouble level, guint component, guint * n)
{
  const GstVideoInfo info = picture_info (format, 640, 480);
  GstHarness *h = start (&info, kind, degree);
  GstBuffer *clean = picture_flat (&info, level), *noisy;
  gdouble *before, *samples;
  guint i;

  noisy = filtered (h, gst_buffer_ref (clean));
  before = picture_samples (clean, &info, component, n);
  samples = picture_samples (noisy, &info, component, n);
  for (i = 0; i < *n; i++)
    samples[i] -= before[i];
  g_free (before);
  gst_buffer_unref (clean);
  gst_buffer_unref (noisy);
  stop_element (h);
  return samples;
}

static gdouble
mean_of (const gdouble * samples, guint n)
{
  gdouble sum = 0;
  guint i;

  for (i = 0; i < n; i++)
    sum += samples[i];
  return sum / n;
}

static gdouble
deviation_of (const gdouble * samples, guint n)
{
  const gdouble mean = mean_of (samples, n);
  gdouble sum = 0;
  guint i;

  for (i = 0; i < n; i++)
    sum += (samples[i] - mean) * (samples[i] - mean);
  return sqrt (sum / n);
}

/* --- standard deviation --- */

static const gchar *const measured[] = {
  "GRAY8", "I420", "NV12", "YUY2", "RGB", "BGRA", "I420_10LE", "P010_10LE",
  "GRAY16_LE", "RGBA64_LE"
};

GST_START_TEST (test_deviation)
{
  static const gdouble degrees[] = { 0.02, 0.1 };
  guint c, i, k, n;

  for (k = 0; k < G_N_ELEMENTS (kinds); k += 2)
    for (i = 0; i < G_N_ELEMENTS (degrees); i++)
      for (c = 0; c < (g_str_has_prefix (measured[__i__], "GRAY") ? 1 : 3); c++) {
        gdouble *noise = noise_of (measured[__i__], kinds[k], degrees[i], 0.5,
            c, &n);
        const gdouble deviation = deviation_of (noise, n);

        fail_unless (fabs (deviation / degrees[i] - 1) < 0.02,
            "%s, component %u: %g for %g", kinds[k], c, deviation, degrees[i]);
        fail_unless (fabs (mean_of (noise, n)) < 0.05 * degrees[i]);
        g_free (noise);
      }
}

GST_END_TEST;

/* Shot noise: variance proportional to brightness, with `degree` at full scale. */
GST_START_TEST (test_poisson)
{
  static const gdouble degrees[] = { 0.02, 0.1, 0.3 };
  static const gdouble levels[] = { 0.02, 0.1, 0.25, 0.5, 0.75 };
  guint i, d, n, level;

  for (d = 0; d < G_N_ELEMENTS (degrees); d++)
    for (i = 0; i < G_N_ELEMENTS (levels); i++) {
      const gdouble degree = degrees[d];
      gdouble *noise, deviation, expected;

      /* Clipping changes the deviation. */
      if (levels[i] + 4 * degree * sqrt (levels[i]) > 1)
        continue;
      noise = noise_of ("GRAY16_LE", "poisson", degree, levels[i], 0, &n);
      deviation = deviation_of (noise, n);
      level = levels[i] * 65535 + 0.5;
      expected = degree * sqrt (level / 65535.0);
      fail_unless (fabs (deviation / expected - 1) < 0.02,
          "degree %g, level %g: %g for %g", degree, levels[i], deviation,
          expected);
      fail_unless (fabs (mean_of (noise, n)) < 0.02 * expected);
      g_free (noise);
    }
}

GST_END_TEST;

/* --- correlation --- */

static gdouble
correlation_of (const gdouble * noise, guint n, guint distance)
{
  gdouble product = 0, square = 0;
  guint i;

  for (i = 0; i + distance < n; i++) {
    product += noise[i] * noise[i + distance];
    square += noise[i] * noise[i];
  }
  return product / square;
}

GST_START_TEST (test_correlation)
{
  static const gdouble expected[] = { 0, 0, 2.0 / 3 };
  guint n, k;

  for (k = 0; k < G_N_ELEMENTS (kinds); k++) {
    gdouble *noise = noise_of ("GRAY8", kinds[k], 0.1, 0.5, 0, &n);
    const gdouble across = correlation_of (noise, n, 1);
    const gdouble down = correlation_of (noise, n, 640);

    fail_unless (fabs (across - expected[k]) < 0.02, "%s: %g across", kinds[k],
        across);
    fail_unless (fabs (down - expected[k]) < 0.02, "%s: %g down", kinds[k],
        down);
    fail_unless (fabs (correlation_of (noise, n, 5)) < 0.02);
    g_free (noise);
  }
}

GST_END_TEST;

/* The noise of different components and frames is independent. */
GST_START_TEST (test_independence)
{
  const GstVideoInfo info = picture_info ("Y444", 320, 240);
  GstHarness *h = start (&info, kinds[__i__], 0.1);
  gdouble *noise[4];
  guint i, j, k, n;

  for (i = 0; i < 2; i++) {
    GstBuffer *out = filtered (h, picture_flat (&info, 0.5));

    noise[2 * i] = picture_samples (out, &info, 0, &n);
    noise[2 * i + 1] = picture_samples (out, &info, 2, &n);
    gst_buffer_unref (out);
  }
  for (i = 0; i < 4; i++)
    for (j = 0; j < i; j++) {
      const gdouble mean_i = mean_of (noise[i], n), mean_j =
          mean_of (noise[j], n);
      gdouble product = 0;

      for (k = 0; k < n; k++)
        product += (noise[i][k] - mean_i) * (noise[j][k] - mean_j);
      product /= n * deviation_of (noise[i], n) * deviation_of (noise[j], n);
      fail_unless (fabs (product) < 0.03, "%u and %u: %g", i, j, product);
    }
  for (i = 0; i < 4; i++)
    g_free (noise[i]);
  stop_element (h);
}

GST_END_TEST;

/* --- the element --- */

GST_START_TEST (test_degree_0)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstHarness *h = start (&info, kinds[__i__], 0);
  GstBuffer *in, *out, *before;

  in = picture_new (&info, 0);
  before = gst_buffer_copy_deep (in);
  out = filtered (h, gst_buffer_ref (in));
  fail_unless (out == in);
  fail_unless (picture_same_bytes (out, before));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  /* and back */
  g_object_set (h->element, "degree", 0.1, NULL);
  out = filtered (h, gst_buffer_copy_deep (before));
  fail_if (picture_same_bytes (out, before));
  gst_buffer_unref (out);
  gst_buffer_unref (before);
  stop_element (h);
}

GST_END_TEST;

static GstBuffer *
two_frames (guint64 seed)
{
  const GstVideoInfo info = picture_info ("I420", 160, 120);
  GstHarness *h = start_element ("zsnoise", "seed", seed, NULL);
  GstBuffer *first, *second;

  set_format (h, &info);
  first = filtered (h, picture_new (&info, 0));
  second = filtered (h, picture_new (&info, 0));
  fail_if (picture_same_bytes (first, second));
  stop_element (h);
  return gst_buffer_append (first, second);
}

GST_START_TEST (test_seed)
{
  GstBuffer *first = two_frames (5), *same = two_frames (5);
  GstBuffer *other = two_frames (6);

  fail_unless (picture_same_bytes (first, same));
  fail_if (picture_same_bytes (first, other));
  gst_buffer_unref (first);
  gst_buffer_unref (same);
  gst_buffer_unref (other);
}

GST_END_TEST;

/* Formats of each kind (all of them: raw-formats.c), in small and odd sizes, up to the strongest
 * noise: only colour samples change. */
GST_START_TEST (test_formats)
{
  static const gint sizes[][2] = { {1, 1}, {2, 2}, {3, 5}, {65, 49} };
  static const gchar *const formats[] = {
    "I420", "YV12", "NV12", "NV21", "Y42B", "Y444", "YUY2", "UYVY", "GRAY8",
    "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB",
    "ABGR", "I420_10LE", "P010_10LE", "I422_10LE", "Y444_10LE", "GRAY16_LE",
    "RGBA64_LE", "BGRA64_LE", "ARGB64_LE", "ABGR64_LE", "I422_12LE", "A420",
    "GBRA", "AYUV", "VUYA", "NV24",
  };
  guint f, s;

  for (f = 0; f < G_N_ELEMENTS (formats); f++)
    for (s = 0; s < G_N_ELEMENTS (sizes); s++) {
      const gchar *format = formats[f];
      const GstVideoInfo info = picture_info (format, sizes[s][0],
          sizes[s][1]);
      GstHarness *h = start (&info, kinds[__i__], 1);
      GstBuffer *in = picture_new (&info, 0), *out;

      out = filtered (h, gst_buffer_ref (in));
      fail_unless (picture_same_others (in, out, &info), "%s", format);
      fail_if (picture_same_columns (in, out, &info, 0, sizes[s][0]), "%s",
          format);
      gst_buffer_unref (in);
      gst_buffer_unref (out);
      stop_element (h);
    }
}

GST_END_TEST;

/* --- what zsdenoise finds --- */

/* Its deviation, of 255, and correlation are those of the noise that was added. */
GST_START_TEST (test_found)
{
  const gboolean correlated = __i__;
  const GstVideoInfo info = picture_info ("I420", 320, 240);
  GstHarness *noise = start (&info, kinds[correlated ? 2 : 0], 0.06);
  GstHarness *denoise = start_element ("zsdenoise", NULL);
  gdouble sigma = 0, correlation = -1;
  GstStructure *stats;
  guint i;

  gst_util_set_object_arg (G_OBJECT (denoise->element), "training", "none");
  set_format (denoise, &info);
  for (i = 0; i < 3; i++)
    gst_buffer_unref (filtered (denoise, filtered (noise, picture_new (&info,
                    0))));
  g_object_get (denoise->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get (stats, "estimated-sigma", G_TYPE_DOUBLE,
          &sigma, "estimated-correlation", G_TYPE_DOUBLE, &correlation, NULL));
  gst_structure_free (stats);
  fail_unless (fabs (sigma - 0.06 * 255) < 1.5, "deviation %.2f", sigma);
  fail_unless (correlation > (correlated ? 0.5 : -0.01)
      && correlation < (correlated ? 0.8 : 0.1), "correlation %.2f",
      correlation);
  stop_element (noise);
  stop_element (denoise);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("noise");
  TCase *tcase = tcase_create ("noise");
  const gint n_kinds = G_N_ELEMENTS (kinds);

  tcase_add_loop_test (tcase, test_deviation, 0, G_N_ELEMENTS (measured));
  tcase_add_test (tcase, test_poisson);
  tcase_add_test (tcase, test_correlation);
  tcase_add_loop_test (tcase, test_independence, 0, n_kinds);
  tcase_add_loop_test (tcase, test_degree_0, 0, n_kinds);
  tcase_add_test (tcase, test_seed);
  tcase_add_loop_test (tcase, test_formats, 0, n_kinds);
  tcase_add_loop_test (tcase, test_found, 0, 2);
  suite_add_tcase (suite, tcase);
  return suite;
}
