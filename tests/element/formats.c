/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every format in every size. */
#include "picture.h"
#include "suite.h"

static const gchar *const formats[] = {
  "I420", "YV12", "NV12", "NV21", "Y42B", "Y444", "YUY2", "UYVY", "GRAY8",
  "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR",
  "I420_10LE", "P010_10LE", "I422_10LE", "Y444_10LE", "GRAY16_LE",
};

static const struct
{
  gint width, height;
} sizes[] = { {1, 1}, {2, 2}, {3, 5}, {16, 16}, {385, 289}, {640, 480} };

/* A picture of this size has enough to learn from. */
#define LARGE 64

/* What a cheap learning gains at least, in dB. */
#define GAIN 0.2

#define N_FRAMES 3

/* The caps' list of formats holds these and no other. */
GST_START_TEST (test_format_list)
{
  static const gchar *const elements[] = { "zsdenoise", "zsnoise" };
  static const gchar *const pads[] = { "sink", "src" };
  guint e, p, f;

  for (e = 0; e < G_N_ELEMENTS (elements); e++)
    for (p = 0; p < G_N_ELEMENTS (pads); p++) {
      GstElement *element = gst_element_factory_make (elements[e], NULL);
      GstCaps *caps = gst_pad_template_get_caps
          (gst_element_get_pad_template (element, pads[p]));
      const GValue *list = gst_structure_get_value
          (gst_caps_get_structure (caps, 0), "format");

      fail_unless_equals_int (gst_caps_get_size (caps), 1);
      fail_unless_equals_int (gst_value_list_get_size (list),
          G_N_ELEMENTS (formats));
      for (f = 0; f < G_N_ELEMENTS (formats); f++) {
        const GstVideoInfo info = picture_info (formats[f], 320, 240);
        GstCaps *wanted = gst_video_info_to_caps (&info);

        fail_unless (gst_caps_is_subset (wanted, caps), "%s", formats[f]);
        gst_caps_unref (wanted);
      }
      gst_caps_unref (caps);
      gst_object_unref (element);
    }
}

GST_END_TEST;

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

/* Flags of the memory are no part of the frame. */
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

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("formats");
  TCase *tcase = tcase_create ("formats");

  tcase_add_test (tcase, test_format_list);
  tcase_add_loop_test (tcase, test_format, 0, G_N_ELEMENTS (formats));
  suite_add_tcase (suite, tcase);
  return suite;
}
