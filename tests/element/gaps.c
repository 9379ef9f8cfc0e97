/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gaps in a stream: frames that are missing, and caps that change nothing in the pictures. */
#include "picture.h"
#include "suite.h"

static GstVideoInfo info;
static GstBuffer *clean;

#define INTERVAL (40 * GST_MSECOND)
#define N_FRAMES 30
#define LAST 10

static GstHarness *
start (void)
{
  GstHarness *h = start_element ("zsdenoise", "n-threads", 2, NULL);

  info = picture_info ("I420", 192, 128);
  clean = picture_new (&info, 0);
  set_format (h, &info);
  return h;
}

static void
stop (GstHarness * h)
{
  gst_clear_buffer (&clean);
  stop_element (h);
}

/* Ways in which a gap is signalled. */
typedef enum
{
  NO_GAP,
  BY_TIME,
  BY_FLAG,
  BY_EVENT,
  N_WAYS
} Way;

/* Pushes frame n of a camera at rest. Returns its PSNR. */
static gdouble
push_frame (GstHarness * h, guint n, gboolean discont)
{
  GstBuffer *frame = picture_add_noise (gst_buffer_copy_deep (clean), &info,
      15, n), *out;
  gdouble psnr;

  GST_BUFFER_PTS (frame) = n * INTERVAL;
  if (discont)
    GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
  out = filtered (h, frame);
  fail_unless_equals_int (GST_BUFFER_IS_DISCONT (out), discont);
  psnr = picture_psnr (out, clean, &info);
  gst_buffer_unref (out);
  return psnr;
}

/* A camera at rest of which every third frame is missing. Returns the mean PSNR of the last
 * frames. */
static gdouble
push_frames (GstHarness * h, Way way)
{
  gdouble sum = 0;
  guint i, n = 0;

  for (i = 0; i < N_FRAMES; i++) {
    const gboolean gap = way != NO_GAP && i % 2 == 0 && i > 0;

    if (gap && way == BY_EVENT)
      gst_harness_push_event (h, gst_event_new_gap (n * INTERVAL, INTERVAL));
    n += gap ? 2 : 1;
    sum += push_frame (h, n, gap && way == BY_FLAG) * (i >= N_FRAMES - LAST);
  }
  return sum / LAST;
}

/* A gap is not another scene: the past and what was learned are kept. */
GST_START_TEST (test_gap)
{
  gdouble psnr[N_WAYS];
  gint way;

  for (way = NO_GAP; way < N_WAYS; way++) {
    GstHarness *h = start ();

    psnr[way] = push_frames (h, way);
    fail_unless_equals_uint64 (count_of (h->element, "frames"), N_FRAMES);
    fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
    fail_unless_equals_uint64 (count_of (h->element, "trainings"), 1);
    fail_unless (psnr[way] > psnr[NO_GAP] - 0.3, "way %d: %.2f dB, without "
        "gaps %.2f dB", way, psnr[way], psnr[NO_GAP]);
    stop (h);
  }
}

GST_END_TEST;

/* After hours nothing is taken from the past, not even of the same picture; the network is
 * kept. */
GST_START_TEST (test_long_gap)
{
  GstHarness *h = start ();
  gdouble before = 0, after;
  guint i;

  for (i = 0; i < N_FRAMES; i++)
    before = push_frame (h, i, FALSE);
  after = push_frame (h, 3 * 3600 * 25, TRUE);
  fail_unless (after < before - 2, "%.2f dB, then %.2f dB", before, after);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  stop (h);
}

GST_END_TEST;

/* Another picture after a gap is another scene. */
GST_START_TEST (test_cut)
{
  GstHarness *h = start ();
  GstBuffer *frame;

  push_frame (h, 0, FALSE);
  push_frame (h, 1, FALSE);
  frame = picture_add_noise (picture_new (&info, 1), &info, 15, 2);
  GST_BUFFER_PTS (frame) = 50 * INTERVAL;
  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
  gst_buffer_unref (filtered (h, frame));
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2);
  stop (h);
}

GST_END_TEST;

/* New caps whose pictures are the same. */
GST_START_TEST (test_caps)
{
  static const gchar *const changes[] = {
    "framerate=(fraction)30/1", "framerate=(fraction)0/1",
    "pixel-aspect-ratio=(fraction)4/3", "colorimetry=bt709",
    "max-framerate=(fraction)60/1", "chroma-site=mpeg2",
    "multiview-mode=mono",
  };
  GstHarness *h = start ();
  guint i;

  push_frame (h, 0, FALSE);
  push_frame (h, 1, FALSE);
  for (i = 0; i < G_N_ELEMENTS (changes); i++) {
    GstCaps *caps = gst_video_info_to_caps (&info);
    gchar *name = g_strdup_printf ("x,%s", changes[i]);
    GstStructure *change = gst_structure_from_string (name, NULL);

    gst_caps_set_value (caps, gst_structure_nth_field_name (change, 0),
        gst_structure_get_value (change, gst_structure_nth_field_name (change,
                0)));
    gst_structure_free (change);
    g_free (name);
    gst_harness_set_src_caps (h, caps);
    push_frame (h, 2 + i, FALSE);
    fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  }
  stop (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("gaps");
  TCase *tcase = tcase_create ("gaps");

  tcase_add_test (tcase, test_gap);
  tcase_add_test (tcase, test_long_gap);
  tcase_add_test (tcase, test_cut);
  tcase_add_test (tcase, test_caps);
  suite_add_tcase (suite, tcase);
  return suite;
}
