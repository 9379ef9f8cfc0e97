/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers: memory, strides, metadata, and invalid buffers. */
#include "picture.h"
#include "suite.h"

static const gchar *const elements[] = { "zsdenoise", "zsnoise" };

/* One format of each layout. */
static const gchar *const layouts[] = {
  "GRAY8", "I420", "NV12", "YUY2", "UYVY", "RGB", "xBGR", "RGBA", "Y444_10LE",
  "P010_10LE"
};

/* --- rows --- */

/* Strides and offsets do not change the result; padding is unchanged. */
GST_START_TEST (test_padded_rows)
{
  const GstVideoInfo info = picture_info (layouts[__i__], 65, 49);
  GstHarness *plain = start_element ("zsdenoise", CHEAP, NULL);
  GstHarness *padded = start_element ("zsdenoise", CHEAP, NULL);
  guint i;

  set_format (plain, &info);
  set_format (padded, &info);
  for (i = 0; i < 2; i++) {
    GstBuffer *in = picture_noisy (&info, i);
    GstBuffer *longer = picture_padded (in, &info, i == 0 ? 2 : 46);
    GstBuffer *out = filtered (plain, gst_buffer_ref (in)), *expected;

    fail_if (picture_same_bytes (in, out));
    longer = filtered (padded, longer);
    expected = picture_padded (out, &info, i == 0 ? 2 : 46);
    fail_unless (picture_same_bytes (longer, expected), "frame %u", i);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    gst_buffer_unref (longer);
    gst_buffer_unref (expected);
  }
  stop_element (plain);
  stop_element (padded);
}

GST_END_TEST;

/* --- memory --- */

static GstBuffer *
read_only (GstBuffer * frame)
{
  gsize size;
  gpointer bytes;

  gst_buffer_extract_dup (frame, 0, -1, &bytes, &size);
  gst_buffer_replace_all_memory (frame,
      gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, bytes, size, 0, size,
          bytes, g_free));
  return frame;
}

/* A shared buffer is not modified. */
GST_START_TEST (test_frames_of_others)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  guint e, way;

  for (e = 0; e < G_N_ELEMENTS (elements); e++)
    for (way = 0; way < 3; way++) {
      GstHarness *h = start_element (elements[e], NULL);
      GstBuffer *frame = picture_noisy (&info, way), *other, *before, *out;

      if (e == 0)
        g_object_set (h->element, CHEAP, NULL);
      set_format (h, &info);
      before = gst_buffer_copy_deep (frame);
      if (way == 0)             /* the buffer */
        other = gst_buffer_ref (frame);
      else if (way == 1)        /* its memory */
        other = gst_buffer_copy (frame);
      else                      /* memory that nobody may write to */
        other = gst_buffer_ref (read_only (frame));
      out = filtered (h, frame);
      fail_unless (picture_same_bytes (other, before), "%s %u", elements[e],
          way);
      fail_if (picture_same_bytes (out, before), "%s %u", elements[e], way);
      gst_buffer_unref (before);
      gst_buffer_unref (other);
      gst_buffer_unref (out);
      stop_element (h);
    }
}

GST_END_TEST;

/* Passthrough makes no copy. */
static void
check_untouched (GstHarness * h, const GstVideoInfo * info)
{
  guint i;

  for (i = 0; i < 2; i++) {
    GstBuffer *in = picture_noisy (info, i), *out;
    GstBuffer *before = gst_buffer_copy_deep (in);
    GstMemory *memory = gst_buffer_peek_memory (in, 0);

    if (i == 1)
      gst_buffer_ref (in);
    out = filtered (h, in);
    fail_unless (out == in);
    fail_unless (gst_buffer_peek_memory (out, 0) == memory);
    fail_unless (picture_same_bytes (out, before));
    if (i == 1)
      gst_buffer_unref (in);
    gst_buffer_unref (out);
    gst_buffer_unref (before);
  }
}

GST_START_TEST (test_strength_0)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (layouts); i++) {
    const GstVideoInfo info = picture_info (layouts[i], 65, 49);
    GstHarness *h = start_element ("zsdenoise", CHEAP, "strength", 0.0, NULL);

    set_format (h, &info);
    check_untouched (h, &info);
    stop_element (h);
  }
}

GST_END_TEST;

/* --- unchanged samples --- */

/* The line is the last two columns of the unchanged part, which has an even width. */
static void
check_split (const GstVideoInfo * info, gdouble split)
{
  const gint width = GST_VIDEO_INFO_WIDTH (info);
  const gint border = (gint) (split * width / 2 + 0.5) * 2;
  GstHarness *h = start_element ("zsdenoise", CHEAP, "split", split, NULL);
  GstBuffer *in = picture_noisy (info, 0), *out;

  set_format (h, info);
  out = filtered (h, gst_buffer_ref (in));
  fail_unless (picture_same_columns (in, out, info, 0, border - 2),
      "%s: not the original left of %d", GST_VIDEO_INFO_NAME (info), border);
  if (border < width) {
    const gboolean rgb = GST_VIDEO_INFO_IS_RGB (info);

    fail_unless (picture_has_column (out, info, border - 2, rgb ? 255 : 235));
    fail_unless (picture_has_column (out, info, border - 1, rgb ? 0 : 16));
    fail_if (picture_same_columns (in, out, info, border, border + 8),
        "%s: still the original right of %d", GST_VIDEO_INFO_NAME (info),
        border);
  }
  fail_unless (picture_same_others (in, out, info));
  fail_unless (split < 1 || picture_same_bytes (in, out));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  stop_element (h);
}

GST_START_TEST (test_split)
{
  const GstVideoInfo even = picture_info (layouts[__i__], 96, 64);
  const GstVideoInfo odd = picture_info (layouts[__i__], 97, 65);

  check_split (&even, 0.5);
  check_split (&odd, 0.5);
  check_split (&odd, 0.25);
  check_split (&odd, 1);
}

GST_END_TEST;

/* Constant frames, which have no noise, are unchanged. */
GST_START_TEST (test_constant)
{
  static const gdouble levels[] = { 0, 0.5, 1, 0.1 };
  static const gint widths[] = { 1, 15, 97 };
  guint i, w;

  for (w = 0; w < G_N_ELEMENTS (widths); w++) {
    const GstVideoInfo info = picture_info (layouts[__i__], widths[w], 65);
    GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);

    set_format (h, &info);
    for (i = 0; i < G_N_ELEMENTS (levels); i++) {
      GstBuffer *in = picture_flat (&info, levels[i]), *out;

      out = filtered (h, gst_buffer_ref (in));
      fail_unless (picture_same_bytes (in, out), "%d columns, level %g",
          widths[w], levels[i]);
      gst_buffer_unref (in);
      gst_buffer_unref (out);
    }
    stop_element (h);
  }
}

GST_END_TEST;

/* So are synthetic frames, with rounding errors as their only noise. */
GST_START_TEST (test_synthetic)
{
  const GstVideoInfo info = picture_info (layouts[__i__], 97, 65);
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);
  guint i;

  set_format (h, &info);
  for (i = 0; i < 3; i++) {
    GstBuffer *in = picture_new (&info, i), *out;

    out = filtered (h, gst_buffer_ref (in));
    fail_unless (picture_same_bytes (in, out), "picture %u", i);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  stop_element (h);
}

GST_END_TEST;

/* A frame that has to be copied keeps its metadata. */
GST_START_TEST (test_metas)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstCaps *reference = gst_caps_new_empty_simple ("timestamp/x-test");
  guint e;

  for (e = 0; e < G_N_ELEMENTS (elements); e++) {
    GstHarness *h = start_element (elements[e], NULL);
    GstBuffer *in = picture_noisy (&info, 0), *out;
    GstReferenceTimestampMeta *meta;

    if (e == 0)
      g_object_set (h->element, CHEAP, NULL);
    set_format (h, &info);
    gst_buffer_add_reference_timestamp_meta (in, reference, 1234, 56);
    out = filtered (h, gst_buffer_ref (in));
    fail_if (out == in);
    meta = gst_buffer_get_reference_timestamp_meta (out, reference);
    fail_unless (meta != NULL);
    fail_unless_equals_uint64 (meta->timestamp, 1234);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    stop_element (h);
  }
  gst_caps_unref (reference);
}

GST_END_TEST;

/* --- invalid buffers and streams --- */

/* Pushes a frame that is an error, with a message that has its size. Takes the reference. */
static void
check_refused (const gchar * element, const GstVideoInfo * info,
    GstBuffer * frame)
{
  GstHarness *h = start_element (element, NULL);
  gchar *size = g_strdup_printf (" %dx%d ", info->width, info->height);
  GstMessage *message;
  GError *error;

  set_format (h, info);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_ERROR);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  message = next_message (h, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, GST_STREAM_ERROR,
          GST_STREAM_ERROR_FORMAT));
  fail_unless (strstr (error->message, size) != NULL, "%s", error->message);
  g_free (size);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (next_message (h, GST_MESSAGE_ERROR) == NULL);
  stop_element (h);
}

static void
check_size_refused (const gchar * element, gsize size)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstBuffer *frame = picture_noisy (&info, 0);

  gst_buffer_set_size (frame, size);
  check_refused (element, &info, frame);
}

/* A buffer smaller than its caps require is an error. */
GST_START_TEST (test_too_small)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);

  check_size_refused (elements[__i__], GST_VIDEO_INFO_SIZE (&info) - 1);
  check_size_refused (elements[__i__], 1);
  check_size_refused (elements[__i__], 0);
}

GST_END_TEST;

/* So is a video meta with rows outside the buffer, or of another format or size than the caps. */
GST_START_TEST (test_wrong_meta)
{
  static const struct
  {
    const gchar *format;
    gint width, more_offset, stride_factor;
  } metas[] = {
    {"I420", 65, 4, 1}, {"I420", 65, 0, 2}, {"I420", 65, 0, -1},
    {"I420", 65, 1000000, 1}, {"I420", 64, 0, 1}, {"Y444", 65, 0, 1},
    {"NV12", 65, 0, 1}
  };
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  guint i, p;

  for (i = 0; i < G_N_ELEMENTS (metas); i++) {
    GstVideoInfo other = picture_info (metas[i].format, metas[i].width, 49);
    GstBuffer *frame = picture_noisy (&info, 0);

    for (p = 0; p < GST_VIDEO_INFO_N_PLANES (&other); p++)
      other.stride[p] *= metas[i].stride_factor;
    other.offset[GST_VIDEO_INFO_N_PLANES (&other) - 1] += metas[i].more_offset;
    gst_buffer_add_video_meta_full (frame, 0, GST_VIDEO_INFO_FORMAT (&other),
        metas[i].width, 49, GST_VIDEO_INFO_N_PLANES (&other), other.offset,
        other.stride);
    check_refused (elements[__i__], &info, frame);
  }
}

GST_END_TEST;

/* And one with strides that GStreamer's functions for packed formats cannot take, even where no
 * row is that far away. */
GST_START_TEST (test_far_rows)
{
  static const gint strides[] = { G_MAXINT - 3, G_MAXINT / 2 + 1, G_MININT };
  GstVideoInfo info;
  guint i;

  gst_video_info_set_interlaced_format (&info, GST_VIDEO_FORMAT_UYVP,
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED, 16, 1);
  for (i = 0; i < G_N_ELEMENTS (strides); i++) {
    GstBuffer *frame = picture_noisy (&info, 0);
    gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
    gint stride[GST_VIDEO_MAX_PLANES] = { strides[i] };

    gst_buffer_add_video_meta_full (frame, GST_VIDEO_FRAME_FLAG_INTERLACED,
        GST_VIDEO_FORMAT_UYVP, 16, 1, 1, offset, stride);
    check_refused (elements[__i__], &info, frame);
  }
}

GST_END_TEST;

GST_START_TEST (test_no_caps)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstHarness *h = start_element (elements[__i__], NULL);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_stream_start ("test"));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  fail_unless_equals_int (gst_harness_push (h, picture_noisy (&info, 0)),
      GST_FLOW_NOT_NEGOTIATED);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_no_timestamps)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstHarness *h = start_element (elements[__i__], NULL);
  guint i;

  set_format (h, &info);
  for (i = 0; i < 2; i++) {
    GstBuffer *in = picture_noisy (&info, i), *out;

    GST_BUFFER_PTS (in) = GST_BUFFER_DTS (in) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION (in) = GST_CLOCK_TIME_NONE;
    if (i == 0 && __i__ == 0)
      g_object_set (h->element, CHEAP, NULL);
    out = filtered (h, in);
    fail_if (GST_BUFFER_PTS_IS_VALID (out));
    fail_if (GST_BUFFER_DURATION_IS_VALID (out));
    gst_buffer_unref (out);
  }
  stop_element (h);
}

GST_END_TEST;

/* A stream in bytes, as from a file without a parser. */
GST_START_TEST (test_segment_in_bytes)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstHarness *h = start_element (elements[__i__], NULL);
  GstSegment segment;

  if (__i__ == 0)
    g_object_set (h->element, CHEAP, NULL);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (h, gst_event_new_stream_start ("test"));
  gst_harness_push_event (h,
      gst_event_new_caps (gst_video_info_to_caps (&info)));
  gst_harness_push_event (h, gst_event_new_segment (&segment));
  gst_buffer_unref (filtered (h, picture_noisy (&info, 0)));
  stop_element (h);
}

GST_END_TEST;

/* Late frames are not dropped: after blocking training all are late. */
GST_START_TEST (test_late)
{
  const GstVideoInfo info = picture_info ("I420", 65, 49);
  GstHarness *h = start_element (elements[__i__], NULL);
  guint i;

  if (__i__ == 0)
    g_object_set (h->element, CHEAP, NULL);
  set_format (h, &info);
  for (i = 0; i < 4; i++) {
    GstBuffer *in = picture_noisy (&info, i);

    GST_BUFFER_PTS (in) = i * 40 * GST_MSECOND;
    GST_BUFFER_DURATION (in) = 40 * GST_MSECOND;
    gst_buffer_unref (filtered (h, in));
    fail_unless (gst_harness_push_upstream_event (h,
            gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 4.0, 10 * GST_SECOND,
                i * 40 * GST_MSECOND)));
  }
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("buffers");
  TCase *tcase = tcase_create ("buffers");
  const gint n_layouts = G_N_ELEMENTS (layouts);
  const gint n_elements = G_N_ELEMENTS (elements);

  tcase_add_loop_test (tcase, test_padded_rows, 0, n_layouts);
  tcase_add_test (tcase, test_frames_of_others);
  tcase_add_test (tcase, test_strength_0);
  tcase_add_loop_test (tcase, test_split, 0, n_layouts);
  tcase_add_loop_test (tcase, test_constant, 0, n_layouts);
  tcase_add_loop_test (tcase, test_synthetic, 0, n_layouts);
  tcase_add_test (tcase, test_metas);
  tcase_add_loop_test (tcase, test_too_small, 0, n_elements);
  tcase_add_loop_test (tcase, test_wrong_meta, 0, n_elements);
  tcase_add_loop_test (tcase, test_far_rows, 0, n_elements);
  tcase_add_loop_test (tcase, test_no_caps, 0, n_elements);
  tcase_add_loop_test (tcase, test_no_timestamps, 0, n_elements);
  tcase_add_loop_test (tcase, test_segment_in_bytes, 0, n_elements);
  tcase_add_loop_test (tcase, test_late, 0, n_elements);
  suite_add_tcase (suite, tcase);
  return suite;
}
