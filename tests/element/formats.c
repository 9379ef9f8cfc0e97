/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats in all sizes; all of them: raw-formats.c. */
#include "picture.h"
#include "suite.h"

#include <string.h>

static const gchar *const formats[] = {
  "I420", "YV12", "NV12", "NV21", "Y42B", "Y444", "YUY2", "UYVY", "GRAY8",
  "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR",
  "I420_10LE", "P010_10LE", "I422_10LE", "Y444_10LE", "GRAY16_LE",
  "RGBA64_LE", "BGRA64_LE", "ARGB64_LE", "ABGR64_LE",
};

static const struct
{
  gint width, height;
} sizes[] = { {1, 1}, {2, 2}, {3, 5}, {16, 16}, {385, 289}, {640, 480} };

/* Size of a picture with enough samples for training. */
#define LARGE 64

/* Minimum gain of a short training, in dB. */
#define GAIN 0.2

#define N_FRAMES 3

static GstBuffer *
frame_of_stream (const GstVideoInfo * info, guint i)
{
  static const guint flags[N_FRAMES] = {
    GST_BUFFER_FLAG_MARKER,
    GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_CORRUPTED,
    GST_BUFFER_FLAG_DROPPABLE | GST_BUFFER_FLAG_NON_DROPPABLE
  };
  GstBuffer *frame = picture_noisy (info, i);

  GST_BUFFER_PTS (frame) = (i + 1) * 40 * GST_MSECOND;
  GST_BUFFER_DTS (frame) = i * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (frame) = 39 * GST_MSECOND;
  GST_BUFFER_OFFSET (frame) = 100 + i;
  GST_BUFFER_OFFSET_END (frame) = 101 + i;
  GST_BUFFER_FLAG_SET (frame, flags[i]);
  return frame;
}

/* Flags of the memory do not belong to the frame. */
static guint
flags_of (GstBuffer * frame)
{
  return GST_BUFFER_FLAGS (frame) & ~GST_BUFFER_FLAG_TAG_MEMORY;
}

static void
check_frame (GstBuffer * in, GstBuffer * out, const GstVideoInfo * info)
{
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), GST_BUFFER_PTS (in));
  fail_unless_equals_uint64 (GST_BUFFER_DTS (out), GST_BUFFER_DTS (in));
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (out),
      GST_BUFFER_DURATION (in));
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET (out), GST_BUFFER_OFFSET (in));
  fail_unless_equals_uint64 (GST_BUFFER_OFFSET_END (out),
      GST_BUFFER_OFFSET_END (in));
  fail_unless_equals_int_hex (flags_of (out), flags_of (in));
  fail_unless_equals_uint64 (gst_buffer_get_size (out),
      gst_buffer_get_size (in));
  fail_unless (picture_same_others (in, out, info),
      "a byte that is no colour changed");
}

static void
check_gain (GstBuffer * in, GstBuffer * out, GstBuffer * clean,
    const GstVideoInfo * info)
{
  const gdouble before = picture_psnr (in, clean, info);
  const gdouble after = picture_psnr (out, clean, info);

  fail_unless (after > before + GAIN, "%dx%d: from %.2f to %.2f dB",
      GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info), before, after);
  GST_INFO ("%s: from %.2f to %.2f dB", GST_VIDEO_INFO_NAME (info), before,
      after);
}

static void
check_size (const GstVideoInfo * info)
{
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);
  GstBuffer *clean = picture_new (info, 0), *in, *out;
  GstCaps *caps, *expected;
  guint i;

  set_format (h, info);
  for (i = 0; i < N_FRAMES; i++) {
    in = frame_of_stream (info, i);
    out = filtered (h, gst_buffer_copy_deep (in));
    check_frame (in, out, info);
    if (GST_VIDEO_INFO_WIDTH (info) >= LARGE)
      check_gain (in, out, clean, info);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  caps = gst_pad_get_current_caps (h->sinkpad);
  expected = gst_video_info_to_caps (info);
  fail_unless (gst_caps_is_equal (caps, expected));
  gst_caps_unref (caps);
  gst_caps_unref (expected);
  fail_unless_equals_uint64 (count_of (h->element, "frames"), N_FRAMES);
  gst_buffer_unref (clean);
  stop_element (h);
}

GST_START_TEST (test_format)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const GstVideoInfo info = picture_info (formats[__i__], sizes[i].width,
        sizes[i].height);

    check_size (&info);
  }
}

GST_END_TEST;

/* The order of a pixel's words by the format's name, independent of GStreamer's description. */
static const gchar *const word_orders[] = { "RGBA", "BGRA", "ARGB", "ABGR" };

/* Converts from RGBA to another order, or back. */
static GstBuffer *
reorder (GstBuffer * from, const gchar * order, gboolean back)
{
  GstBuffer *to = gst_buffer_copy_deep (from);
  GstMapInfo in, out;
  gsize i, word;

  fail_unless (gst_buffer_map (from, &in, GST_MAP_READ));
  fail_unless (gst_buffer_map (to, &out, GST_MAP_WRITE));
  for (i = 0; i < in.size; i += 8)
    for (word = 0; word < 4; word++) {
      const gsize in_order = i + 2 * (strchr (order, "RGBA"[word]) - order);
      const gsize in_rgba = i + 2 * word;

      memcpy (out.data + (back ? in_rgba : in_order),
          in.data + (back ? in_order : in_rgba), 2);
    }
  gst_buffer_unmap (to, &out);
  gst_buffer_unmap (from, &in);
  return to;
}

/* The order of the colours does not change the result, and alpha is unchanged. */
GST_START_TEST (test_order_of_words)
{
  const GstVideoInfo rgba = picture_info ("RGBA64_LE", 160, 120);
  GstBuffer *first = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (word_orders); i++) {
    gchar *name = g_strdup_printf ("%s64_LE", word_orders[i]);
    const GstVideoInfo info = picture_info (name, 160, 120);
    GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);
    GstBuffer *in = picture_noisy (&rgba, 0), *out, *back;

    set_format (h, &info);
    out = filtered (h, reorder (in, word_orders[i], FALSE));
    back = reorder (out, word_orders[i], TRUE);
    fail_if (picture_same_bytes (in, back));
    fail_unless (picture_same_others (in, back, &rgba), "%s", name);
    if (first == NULL)
      first = gst_buffer_ref (back);
    fail_unless (picture_same_bytes (first, back), "%s", name);
    gst_buffer_unref (back);
    gst_buffer_unref (out);
    gst_buffer_unref (in);
    g_free (name);
    stop_element (h);
  }
  gst_buffer_unref (first);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("formats");
  TCase *tcase = tcase_create ("formats");

  tcase_add_loop_test (tcase, test_format, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tcase, test_order_of_words);
  suite_add_tcase (suite, tcase);
  return suite;
}
