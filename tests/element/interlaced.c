/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interlaced video: fields are separate pictures in display order. */
#include "picture.h"
#include "suite.h"

#include <string.h>

static const gchar *const formats[] = {
  "I420", "NV12", "Y42B", "YUY2", "RGB", "GRAY8", "P010_10LE"
};

/* Ways to signal the first field. */
enum
{
  BY_BUFFER,
  BY_CAPS,
  MIXED,
  N_WAYS
};

enum
{
  TOP,
  BOTTOM
};

typedef struct
{
  GstVideoInfo info;
  gint way;
  gint first;                   /* field */
} Stream;

static Stream
make_stream (const gchar * format, gint width, gint height, gint way,
    gint first)
{
  Stream s = { picture_info (format, width, height), way, first };

  /* An interlaced frame needs more memory if a field has more rows of chroma. */
  fail_unless (gst_video_info_set_interlaced_format (&s.info,
          GST_VIDEO_INFO_FORMAT (&s.info), way == MIXED ?
          GST_VIDEO_INTERLACE_MODE_MIXED : GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
          width, height));
  if (way == BY_CAPS)
    GST_VIDEO_INFO_FIELD_ORDER (&s.info) = first == TOP ?
        GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST :
        GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  return s;
}

static GstBuffer *
flagged (GstBuffer * frame, const Stream * s)
{
  if (s->way != BY_CAPS && s->first == TOP)
    GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_TFF);
  if (s->way == MIXED)
    GST_BUFFER_FLAG_SET (frame, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  return frame;
}

static GstHarness *
start_stream (const Stream * s)
{
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);

  set_format (h, &s->info);
  return h;
}

/* --- fields --- */

static gint
rows_of_plane (GstVideoFrame * frame, guint plane)
{
  gint components[GST_VIDEO_MAX_COMPONENTS];

  gst_video_format_info_component (frame->info.finfo, plane, components);
  return GST_VIDEO_FRAME_COMP_HEIGHT (frame, components[0]);
}

/* Copies the rows of one field. */
static void
copy_field (GstBuffer * to, GstBuffer * from, const GstVideoInfo * info,
    gint field)
{
  GstVideoFrame in, out;
  guint p;
  gint y;

  fail_unless (gst_video_frame_map (&in, info, from, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, info, to, GST_MAP_READWRITE));
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (&in); p++)
    for (y = field; y < rows_of_plane (&in, p); y += 2)
      memcpy ((guint8 *) out.data[p] + y * info->stride[p],
          (guint8 *) in.data[p] + y * info->stride[p], info->stride[p]);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
}

static gboolean
same_field (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info, gint field)
{
  GstBuffer *mixed = gst_buffer_copy_deep (b);
  gboolean same;

  copy_field (mixed, a, info, field);
  same = picture_same_bytes (mixed, b);
  gst_buffer_unref (mixed);
  return same;
}

/* --- tests --- */

/* Training uses the first field alone: its result does not depend on the second field, and
 * that of the second field depends on the first. */
static void
check_fields_apart (const Stream * s)
{
  const gint second = BOTTOM - s->first;
  GstHarness *h = start_stream (s), *other = start_stream (s);
  GstBuffer *in = flagged (picture_noisy (&s->info, 1), s);
  GstBuffer *in_other = flagged (picture_add_noise (picture_new (&s->info, 1),
          &s->info, 20, 2), s);
  GstBuffer *out, *out_other;

  copy_field (in_other, in, &s->info, s->first);
  out = filtered (h, gst_buffer_ref (in));
  out_other = filtered (other, in_other);
  fail_if (same_field (in, out, &s->info, s->first), "way %d", s->way);
  fail_if (same_field (in, out, &s->info, second), "way %d", s->way);
  fail_unless (same_field (out, out_other, &s->info, s->first),
      "%s, way %d, field %d: a field has something of the other",
      GST_VIDEO_INFO_NAME (&s->info), s->way, s->first);
  fail_if (same_field (out, out_other, &s->info, second));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_buffer_unref (out_other);
  stop_element (h);
  stop_element (other);
}

GST_START_TEST (test_fields_apart)
{
  gint way, first;

  for (way = 0; way < N_WAYS; way++)
    for (first = TOP; first <= BOTTOM; first++) {
      const gint odd = (way + first) % 2;
      const Stream s = make_stream (formats[__i__], 48 + odd, 64 + 3 * odd, way,
          first);

      check_fields_apart (&s);
    }
}

GST_END_TEST;

/* Both fields gain in each of two frames. */
static void
check_gain (const Stream * s)
{
  GstHarness *h = start_stream (s);
  GstBuffer *clean = picture_new (&s->info, 0);
  guint i, field;

  for (i = 0; i < 2; i++) {
    GstBuffer *in = flagged (picture_noisy (&s->info, i), s);
    GstBuffer *out = filtered (h, gst_buffer_ref (in));

    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (out,
            GST_VIDEO_BUFFER_FLAG_TFF), GST_BUFFER_FLAG_IS_SET (in,
            GST_VIDEO_BUFFER_FLAG_TFF));
    for (field = TOP; field <= BOTTOM; field++) {
      GstBuffer *one_in = gst_buffer_copy_deep (clean);
      GstBuffer *one_out = gst_buffer_copy_deep (clean);
      gdouble before, after;

      copy_field (one_in, in, &s->info, field);
      copy_field (one_out, out, &s->info, field);
      before = picture_psnr (one_in, clean, &s->info);
      after = picture_psnr (one_out, clean, &s->info);
      fail_unless (after > before + 0.2, "%s, first %d, frame %u, field %u: "
          "from %.2f to %.2f dB", GST_VIDEO_INFO_NAME (&s->info), s->first, i,
          field, before, after);
      gst_buffer_unref (one_in);
      gst_buffer_unref (one_out);
    }
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  fail_unless_equals_uint64 (count_of (h->element, "frames"), 2);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  gst_buffer_unref (clean);
  stop_element (h);
}

GST_START_TEST (test_gain)
{
  const Stream even = make_stream (formats[__i__], 352, 288, BY_BUFFER, TOP);
  const Stream odd = make_stream (formats[__i__], 353, 287, BY_CAPS, BOTTOM);

  check_gain (&even);
  check_gain (&odd);
}

GST_END_TEST;

/* Fields of each parity have their own earlier frames: both gain from frame to frame although
 * they show unrelated pictures. */
GST_START_TEST (test_past)
{
  const gint first = __i__ % 2;
  const Stream s = make_stream (formats[__i__], 160, 192, BY_BUFFER, first);
  GstHarness *h = start_element ("zsdenoise", "hidden-channels", 16, NULL);
  GstBuffer *clean = picture_new (&s.info, 0), *other = picture_new (&s.info,
      1);
  gdouble psnr[2][5];
  guint i, field;

  copy_field (clean, other, &s.info, BOTTOM);
  set_format (h, &s.info);
  for (i = 0; i < 5; i++) {
    GstBuffer *out = filtered (h, flagged (picture_add_noise
            (gst_buffer_copy_deep (clean), &s.info, 20, i), &s));

    for (field = TOP; field <= BOTTOM; field++) {
      GstBuffer *one = gst_buffer_copy_deep (clean);

      copy_field (one, out, &s.info, field);
      psnr[field][i] = picture_psnr (one, clean, &s.info);
      gst_buffer_unref (one);
    }
    gst_buffer_unref (out);
  }
  for (field = TOP; field <= BOTTOM; field++)
    fail_unless (psnr[field][4] > psnr[field][0] + 1, "field %u: first %.2f "
        "dB, fifth %.2f dB", field, psnr[field][0], psnr[field][4]);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  gst_buffer_unref (clean);
  gst_buffer_unref (other);
  stop_element (h);
}

GST_END_TEST;

/* Small frames: fields of few rows, or of none. */
GST_START_TEST (test_small)
{
  static const gint heights[] = { 1, 2, 3, 4, 5, 7, 17 };
  static const gint widths[] = { 1, 2, 3, 16 };
  guint w, i, first, n;

  for (w = 0; w < G_N_ELEMENTS (widths); w++)
    for (i = 0; i < G_N_ELEMENTS (heights); i++)
      for (first = TOP; first <= BOTTOM; first++) {
        const Stream s = make_stream (formats[__i__], widths[w], heights[i],
            BY_BUFFER, first);
        GstHarness *h = start_element ("zsdenoise", "epochs", 4, NULL);

        set_format (h, &s.info);
        for (n = 0; n < 2; n++) {
          GstBuffer *in = flagged (picture_noisy (&s.info, n), &s), *out;

          out = filtered (h, gst_buffer_ref (in));
          fail_unless (picture_same_others (in, out, &s.info));
          gst_buffer_unref (in);
          gst_buffer_unref (out);
        }
        stop_element (h);
      }
}

GST_END_TEST;

/* A progressive frame in a mixed stream is processed as in a progressive one. */
GST_START_TEST (test_whole_frames_among_interlaced)
{
  const GstVideoInfo whole = picture_info (formats[__i__], 48, 64);
  const Stream s = make_stream (formats[__i__], 48, 64, MIXED, TOP);
  GstHarness *h = start_element ("zsdenoise", CHEAP, NULL);
  GstHarness *mixed = start_stream (&s);
  GstBuffer *out, *out_mixed;

  set_format (h, &whole);
  out = filtered (h, picture_noisy (&whole, 1));
  out_mixed = filtered (mixed, picture_noisy (&s.info, 1));
  fail_unless (picture_same_bytes (out, out_mixed));
  gst_buffer_unref (out);
  gst_buffer_unref (out_mixed);
  stop_element (h);
  stop_element (mixed);
}

GST_END_TEST;

/* --- frames and fields by turns --- */

/* Pushes frame n of a scene at rest: interlaced and with the top field first where `pattern` has
 * "t", with the bottom field first where it has "b". Returns its PSNR. */
static gdouble
push_of_pattern (GstHarness * h, const Stream * s, const gchar * pattern,
    guint n)
{
  GstBuffer *clean = picture_new (&s->info, 0), *in, *out;
  const gchar kind = pattern[n % strlen (pattern)];
  gdouble psnr;

  in = picture_add_noise (gst_buffer_copy_deep (clean), &s->info, 15, n);
  GST_BUFFER_PTS (in) = n * 40 * GST_MSECOND;
  if (kind != 'p')
    GST_BUFFER_FLAG_SET (in, GST_VIDEO_BUFFER_FLAG_INTERLACED);
  if (kind == 't')
    GST_BUFFER_FLAG_SET (in, GST_VIDEO_BUFFER_FLAG_TFF);
  out = filtered (h, in);
  psnr = picture_psnr (out, clean, &s->info);
  gst_buffer_unref (clean);
  gst_buffer_unref (out);
  return psnr;
}

/* Frames and fields have their own past and one network: telecine (2:3) and changes of the field
 * order are no keyframes, and cost little. */
GST_START_TEST (test_patterns)
{
  static const gchar *const patterns[] = { "p", "t", "pppbb", "tp", "tb",
    "ppppppppbbbbbbbb"
  };
  const Stream s = make_stream ("I420", 192, 128, MIXED, TOP);
  gdouble last[G_N_ELEMENTS (patterns)];
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (patterns); i++) {
    GstHarness *h = start_element ("zsdenoise", NULL);

    set_format (h, &s.info);
    for (n = 0; n < 40; n++)
      last[i] = push_of_pattern (h, &s, patterns[i], n);
    fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
    fail_unless_equals_uint64 (count_of (h->element, "trainings"), 1);
    fail_unless (last[i] > MIN (last[0], last[1]) - 0.7, "%s: %.2f dB, frames "
        "%.2f, fields %.2f", patterns[i], last[i], last[0], last[1]);
    stop_element (h);
  }
}

GST_END_TEST;

/* One cut is one keyframe, whatever comes after it. */
GST_START_TEST (test_cut)
{
  const Stream s = make_stream ("I420", 192, 128, MIXED, TOP);
  GstHarness *h = start_element ("zsdenoise", NULL);
  guint n;

  set_format (h, &s.info);
  for (n = 0; n < 10; n++)
    push_of_pattern (h, &s, "pppbb", n);
  for (; n < 20; n++) {
    GstBuffer *in = picture_add_noise (picture_new (&s.info, 1), &s.info, 15,
        n);

    GST_BUFFER_PTS (in) = n * 40 * GST_MSECOND;
    if (n % 5 > 2)
      GST_BUFFER_FLAG_SET (in, GST_VIDEO_BUFFER_FLAG_INTERLACED);
    gst_buffer_unref (filtered (h, in));
  }
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2);
  stop_element (h);
}

GST_END_TEST;

/* Of a buffer with one field the rows of the other one are not used. */
GST_START_TEST (test_one_field)
{
  const Stream s = make_stream (formats[__i__], 48, 64, MIXED, TOP);
  GstHarness *h = start_stream (&s);
  GstBuffer *in = flagged (picture_noisy (&s.info, 1), &s), *out;

  GST_BUFFER_FLAG_SET (in, GST_VIDEO_BUFFER_FLAG_ONEFIELD);
  out = filtered (h, gst_buffer_ref (in));
  fail_if (same_field (in, out, &s.info, TOP));
  fail_unless (same_field (in, out, &s.info, BOTTOM));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  stop_element (h);
}

GST_END_TEST;

/* The rows of one field, as a buffer of its own. */
static GstBuffer *
take_field (GstBuffer * frame, const GstVideoInfo * info,
    const GstVideoInfo * single, gint field)
{
  GstBuffer *buffer = gst_buffer_new_and_alloc (GST_VIDEO_INFO_SIZE (single));
  GstVideoFrame in, out;
  guint p;
  gint y;

  gst_buffer_memset (buffer, 0, 0, GST_VIDEO_INFO_SIZE (single));
  GST_BUFFER_FLAG_SET (buffer, field == TOP ? GST_VIDEO_BUFFER_FLAG_TOP_FIELD :
      GST_VIDEO_BUFFER_FLAG_BOTTOM_FIELD);
  GST_BUFFER_PTS (buffer) = GST_BUFFER_PTS (frame) + field * 20 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 20 * GST_MSECOND;
  fail_unless (gst_video_frame_map (&in, info, frame, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, single, buffer, GST_MAP_READWRITE));
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (&in); p++)
    for (y = field; y < rows_of_plane (&in, p); y += 2)
      memcpy ((guint8 *) out.data[p] + y / 2 * out.info.stride[p],
          (guint8 *) in.data[p] + y * info->stride[p], info->stride[p]);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  return buffer;
}

/* Fields in buffers of their own come out as those of frames do. */
GST_START_TEST (test_alternate)
{
  const Stream s = make_stream (formats[__i__], 96, 80, BY_BUFFER, TOP);
  GstHarness *h = start_stream (&s);
  GstHarness *alternate = start_element ("zsdenoise", CHEAP, NULL);
  GstVideoInfo single = s.info;
  guint n, field;

  fail_unless (gst_video_info_set_interlaced_format (&single,
          GST_VIDEO_INFO_FORMAT (&s.info), GST_VIDEO_INTERLACE_MODE_ALTERNATE,
          96, 80));
  set_format (alternate, &single);
  for (n = 0; n < 3; n++) {
    GstBuffer *in = flagged (picture_noisy (&s.info, n), &s), *out;

    GST_BUFFER_PTS (in) = n * 40 * GST_MSECOND;
    out = filtered (h, gst_buffer_copy_deep (in));
    for (field = TOP; field <= BOTTOM; field++) {
      GstBuffer *wanted = take_field (out, &s.info, &single, field);
      GstBuffer *one = filtered (alternate, take_field (in, &s.info, &single,
              field));

      fail_unless (picture_same_bytes (one, wanted), "frame %u, field %u", n,
          field);
      gst_buffer_unref (one);
      gst_buffer_unref (wanted);
    }
    gst_buffer_unref (in);
    gst_buffer_unref (out);
  }
  fail_unless_equals_uint64 (count_of (alternate->element, "frames"), 3);
  fail_unless_equals_uint64 (count_of (alternate->element, "keyframes"), 1);
  stop_element (h);
  stop_element (alternate);
}

GST_END_TEST;

GST_START_TEST (test_untouched)
{
  const Stream s = make_stream (formats[__i__], 97, 65, BY_BUFFER, TOP);
  GstHarness *h = start_stream (&s);
  GstBuffer *in = flagged (picture_flat (&s.info, 0.4), &s), *out;

  out = filtered (h, gst_buffer_ref (in));
  fail_unless (picture_same_bytes (in, out), "a constant frame");
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  g_object_set (h->element, "split", 0.5, NULL);
  in = flagged (picture_noisy (&s.info, 0), &s);
  out = filtered (h, gst_buffer_ref (in));
  fail_unless (picture_same_columns (in, out, &s.info, 0, 46), "left half");
  fail_if (picture_same_columns (in, out, &s.info, 48, 97), "right half");
  if (!GST_VIDEO_INFO_IS_RGB (&s.info))
    fail_unless (picture_has_column (out, &s.info, 46, 235), "line");
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("interlaced");
  TCase *tcase = tcase_create ("interlaced");
  const gint n = G_N_ELEMENTS (formats);

  tcase_add_loop_test (tcase, test_fields_apart, 0, n);
  tcase_add_loop_test (tcase, test_gain, 0, n);
  tcase_add_loop_test (tcase, test_past, 0, n);
  tcase_add_loop_test (tcase, test_small, 0, n);
  tcase_add_loop_test (tcase, test_whole_frames_among_interlaced, 0, n);
  tcase_add_test (tcase, test_patterns);
  tcase_add_test (tcase, test_cut);
  tcase_add_loop_test (tcase, test_one_field, 0, n);
  tcase_add_loop_test (tcase, test_alternate, 0, n);
  tcase_add_loop_test (tcase, test_untouched, 0, n);
  suite_add_tcase (suite, tcase);
  return suite;
}
