/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element among others: notifications, metas, flags, version and installation. */
#include "picture.h"
#include "suite.h"

#include <glib/gstdio.h>
#include <string.h>

static GstVideoInfo info;

static GstHarness *
start (void)
{
  GstHarness *h = start_element ("zsdenoise", NULL);

  info = picture_info ("I420", 128, 96);
  set_format (h, &info);
  return h;
}

static GstBuffer *
frame_at (guint n)
{
  GstBuffer *frame = picture_noisy (&info, n);

  GST_BUFFER_PTS (frame) = n * 40 * GST_MSECOND;
  return frame;
}

/* --- notifications --- */

static void
count (GObject * object G_GNUC_UNUSED, GParamSpec * pspec G_GNUC_UNUSED,
    gpointer user)
{
  ++*(guint *) user;
}

/* Read-only properties are notified: the state with each change, the others once a second. */
GST_START_TEST (test_notify)
{
  static const gchar *const names[] = { "estimated-sigma", "loss", "stats" };
  guint states = 0, others[G_N_ELEMENTS (names)] = { 0, 0, 0 }, i, n = 0;
  GstHarness *h = start ();
  const gint64 begin = g_get_monotonic_time ();

  g_signal_connect (h->element, "notify::state", G_CALLBACK (count), &states);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gchar *signal = g_strconcat ("notify::", names[i], NULL);

    g_signal_connect (h->element, signal, G_CALLBACK (count), &others[i]);
    g_free (signal);
  }
  while (n <= 10 || g_get_monotonic_time () - begin < 2.5 * G_TIME_SPAN_SECOND)
    gst_buffer_unref (filtered (h, frame_at (n++)));
  fail_unless (states >= 1 && states <= 2, "%u changes of the state", states);
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    fail_unless (others[i] >= 2 && others[i] <= 1 +
        (g_get_monotonic_time () - begin) / G_TIME_SPAN_SECOND, "%s: %u",
        names[i], others[i]);
  stop_element (h);
}

GST_END_TEST;

/* Before anything is measured or learned, the reports say so: -1. */
GST_START_TEST (test_first_reports)
{
  static const gchar *const fields[] = {
    "loss", "estimated-sigma", "estimated-sigma-chroma", "estimated-correlation"
  };
  GstElement *element = gst_element_factory_make ("zsdenoise", NULL);
  gdouble sigma, loss, value;
  GstStructure *stats;
  guint i;

  g_object_get (element, "stats", &stats, "loss", &loss, "estimated-sigma",
      &sigma, NULL);
  fail_unless_equals_float (loss, -1);
  fail_unless_equals_float (sigma, -1);
  for (i = 0; i < G_N_ELEMENTS (fields); i++) {
    fail_unless (gst_structure_get_double (stats, fields[i], &value));
    fail_unless_equals_float (value, -1);
  }
  gst_structure_free (stats);
  gst_object_unref (element);
}

GST_END_TEST;

/* --- metas --- */

GST_START_TEST (test_metas)
{
  GstHarness *h = start ();
  guint n;

  for (n = 0; n < 4; n++) {
    GstBuffer *frame = frame_at (n), *out;
    GstVideoRegionOfInterestMeta *region;
    GstCustomMeta *noise;
    gdouble sigma = -1;

    gst_buffer_add_video_region_of_interest_meta (frame, "face", 8, 16, 24, 32);
    out = filtered (h, frame);
    region = (GstVideoRegionOfInterestMeta *) gst_buffer_get_meta (out,
        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
    fail_unless (region != NULL);
    fail_unless (region->x == 8 && region->y == 16 && region->w == 24
        && region->h == 32);
    noise = gst_buffer_get_custom_meta (out, "zsdenoise-noise");
    fail_unless (noise != NULL);
    fail_unless (gst_structure_get_double (gst_custom_meta_get_structure
            (noise), "sigma", &sigma));
    fail_unless (sigma > 15 && sigma < 25, "%.1f", sigma);
    fail_unless_equals_string (gst_structure_get_string
        (gst_custom_meta_get_structure (noise), "quality"), "full");
    gst_buffer_unref (out);
  }
  /* nothing was done */
  g_object_set (h->element, "strength", 0.0, NULL);
  {
    GstBuffer *out = filtered (h, frame_at (n));

    fail_unless (gst_buffer_get_custom_meta (out, "zsdenoise-noise") == NULL);
    gst_buffer_unref (out);
  }
  stop_element (h);
}

GST_END_TEST;

/* --- damaged frames --- */

/* Returns the PSNR of the last frame. Every fourth frame is damaged, if `damaged`: unlike the
 * others, and flagged. */
static gdouble
psnr_of_stream (gboolean damaged)
{
  GstHarness *h = start ();
  GstBuffer *clean = picture_new (&info, 0), *out = NULL;
  gdouble psnr;
  guint n;

  for (n = 0; n < 24; n++) {
    GstBuffer *frame = frame_at (n);

    if (damaged && n % 4 == 2) {
      gst_buffer_unref (frame);
      frame = picture_add_noise (picture_new (&info, 1), &info, 20, n);
      GST_BUFFER_PTS (frame) = n * 40 * GST_MSECOND;
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_CORRUPTED);
    }
    gst_clear_buffer (&out);
    out = filtered (h, gst_buffer_copy_deep (frame));
    fail_if (picture_same_bytes (frame, out));
    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (out,
            GST_BUFFER_FLAG_CORRUPTED), damaged && n % 4 == 2);
    gst_buffer_unref (frame);
  }
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  fail_unless_equals_uint64 (count_of (h->element, "trainings"), 1);
  psnr = picture_psnr (out, clean, &info);
  gst_buffer_unref (out);
  gst_buffer_unref (clean);
  stop_element (h);
  return psnr;
}

/* A damaged frame is filtered, but no cut, and nothing is learned from it. */
GST_START_TEST (test_corrupted)
{
  const gdouble whole = psnr_of_stream (FALSE), damaged = psnr_of_stream (TRUE);

  fail_unless (damaged > whole - 2.5, "%.2f dB, without damage %.2f dB",
      damaged, whole);
}

GST_END_TEST;

/* --- installation --- */

/* The version is the project's own, and not below GStreamer's, by which gst-inspect-1.0 --exists
 * decides. */
GST_START_TEST (test_version)
{
  GstElementFactory *factory = gst_element_factory_find ("zsdenoise");
  GstPlugin *plugin = gst_registry_find_plugin (gst_registry_get (),
      "zsdenoise");
  const gchar *own = strchr (gst_plugin_get_version (plugin), '+');

  fail_unless (gst_plugin_feature_check_version (GST_PLUGIN_FEATURE (factory),
          GST_VERSION_MAJOR, GST_VERSION_MINOR, 0));
  fail_unless (own != NULL && g_ascii_isdigit (own[1]));
  fail_unless (g_str_has_suffix (gst_plugin_get_package (plugin), own + 1));
  gst_object_unref (plugin);
  gst_object_unref (factory);
}

GST_END_TEST;

static void
copy_file (const gchar * from_dir, const gchar * to_dir, const gchar * name)
{
  gchar *from = g_build_filename (from_dir, name, NULL);
  gchar *to = g_build_filename (to_dir, name, NULL), *bytes;
  gsize size;

  fail_unless_equals_int (g_mkdir_with_parents (to_dir, 0755), 0);
  fail_unless (g_file_get_contents (from, &bytes, &size, NULL), "%s", from);
  fail_unless (g_file_set_contents (to, bytes, size, NULL), "%s", to);
  g_free (bytes);
  g_free (from);
  g_free (to);
}

static void
remove_file (const gchar * dir, const gchar * name)
{
  gchar *file = g_build_filename (dir, name, NULL);

  g_remove (file);
  g_rmdir (dir);
  g_free (file);
}

/* Presets are found in whatever prefix the plugin is installed. Each test is a process of its
 * own. */
GST_START_TEST (test_prefix)
{
  static const gchar *const libs[] = { "lib/gstreamer-1.0",
    "lib/x86_64-linux-gnu/gstreamer-1.0"
  };
  gchar *prefix = g_dir_make_tmp ("zsdenoise-XXXXXX", NULL);
  gchar *lib = g_build_filename (prefix, libs[__i__], NULL);
  gchar *presets = g_build_filename (prefix, "share/gstreamer-1.0/presets",
      NULL);
  gchar *file = g_build_filename (lib, "libgstzsdenoise.so", NULL), **names;
  GstElement *element;
  GstPlugin *plugin;

  copy_file (g_getenv ("GST_PLUGIN_PATH"), lib, "libgstzsdenoise.so");
  copy_file (g_getenv ("GST_PRESET_PATH"), presets, "GstZsDenoise.prs");
  g_unsetenv ("GST_PRESET_PATH");
  plugin = gst_plugin_load_file (file, NULL);
  fail_unless (plugin != NULL);
  element = gst_element_factory_make ("zsdenoise", NULL);
  names = gst_preset_get_preset_names (GST_PRESET (element));
  fail_unless (names != NULL
      && g_strv_contains ((const gchar * const *) names, "camera"));
  g_strfreev (names);
  gst_object_unref (element);
  gst_object_unref (plugin);
  remove_file (lib, "libgstzsdenoise.so");
  remove_file (presets, "GstZsDenoise.prs");
  g_free (file);
  g_free (presets);
  g_free (lib);
  g_free (prefix);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("manners");
  TCase *tcase = tcase_create ("manners");

  tcase_add_test (tcase, test_notify);
  tcase_add_test (tcase, test_first_reports);
  tcase_add_test (tcase, test_metas);
  tcase_add_test (tcase, test_corrupted);
  tcase_add_test (tcase, test_version);
  tcase_add_loop_test (tcase, test_prefix, 0, 2);
  suite_add_tcase (suite, tcase);
  return suite;
}
