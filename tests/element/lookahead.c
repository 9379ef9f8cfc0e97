/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that wait for later frames: order, latency, and help. */
#include "picture.h"
#include "suite.h"

#include <string.h>

#define FRAME (40 * GST_MSECOND)
#define AHEAD 3

static GstVideoInfo
small_info (void)
{
  GstVideoInfo info = picture_info ("I420", 64, 48);

  GST_VIDEO_INFO_FPS_N (&info) = 25;
  GST_VIDEO_INFO_FPS_D (&info) = 1;
  return info;
}

static GstHarness *
start (const GstVideoInfo * info, guint lookahead)
{
  GstHarness *h = start_element ("zsdenoise", "hidden-channels", 16,
      "lookahead", lookahead, NULL);

  set_format (h, info);
  return h;
}

/* Frame number i of a noisy picture that stands still. */
static GstBuffer *
frame_at (const GstVideoInfo * info, guint i)
{
  GstBuffer *frame = picture_noisy (info, i);

  GST_BUFFER_PTS (frame) = i * FRAME;
  GST_BUFFER_DTS (frame) = i * FRAME + 1;
  GST_BUFFER_DURATION (frame) = FRAME;
  GST_BUFFER_OFFSET (frame) = i;
  GST_BUFFER_OFFSET_END (frame) = i + 1;
  return frame;
}

static void
push (GstHarness * h, const GstVideoInfo * info, guint first, guint n)
{
  guint i;

  for (i = first; i < first + n; i++)
    fail_unless_equals_int (gst_harness_push (h, frame_at (info, i)),
        GST_FLOW_OK);
}

/* Pulls the frame that has to be next. */
static GstBuffer *
pull (GstHarness * h, guint i)
{
  GstBuffer *frame = gst_harness_try_pull (h);

  fail_unless (frame != NULL, "frame %u is missing", i);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (frame), i * FRAME);
  return frame;
}

static void
pull_all (GstHarness * h, guint first, guint n)
{
  guint i;

  for (i = first; i < first + n; i++)
    gst_buffer_unref (pull (h, i));
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
}

static void
push_event (GstHarness * h, GstEvent * event)
{
  fail_unless (gst_harness_push_event (h, event));
}

static void
push_segment (GstHarness * h, gdouble rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.stop = 100 * GST_SECOND;
  push_event (h, gst_event_new_segment (&segment));
}

static guint
in_use (GstHarness * h)
{
  GstStructure *stats;
  guint lookahead = G_MAXUINT;

  g_object_get (h->element, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint (stats, "lookahead", &lookahead));
  gst_structure_free (stats);
  return lookahead;
}

/* --- waiting --- */

GST_START_TEST (test_wait)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);

  push (h, &info, 0, AHEAD);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
  push (h, &info, AHEAD, 1);
  pull_all (h, 0, 1);
  push (h, &info, AHEAD + 1, 5);
  pull_all (h, 1, 5);
  push_event (h, gst_event_new_eos ());
  pull_all (h, 6, AHEAD);
  fail_unless_equals_uint64 (count_of (h->element, "frames"), AHEAD + 6);
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_short_streams)
{
  const GstVideoInfo info = small_info ();
  guint n;

  for (n = 0; n <= AHEAD; n++) {
    GstHarness *h = start (&info, 16);

    push (h, &info, 0, n);
    fail_unless_equals_int (gst_harness_buffers_in_queue (h), 0);
    push_event (h, gst_event_new_eos ());
    pull_all (h, 0, n);
    stop_element (h);
  }
}

GST_END_TEST;

/* Times, offsets, flags and metas stay with their frames. */
GST_START_TEST (test_metadata)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  guint i;

  for (i = 0; i < 6; i++) {
    GstBuffer *frame = frame_at (&info, i);

    if (i % 2)
      GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_MARKER);
    gst_buffer_add_video_region_of_interest_meta (frame, "number", i, 0, 1, 1);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  push_event (h, gst_event_new_eos ());
  for (i = 0; i < 6; i++) {
    GstBuffer *frame = pull (h, i);
    const GstVideoRegionOfInterestMeta *meta =
        gst_buffer_get_video_region_of_interest_meta_id (frame, 0);

    fail_unless_equals_uint64 (GST_BUFFER_DTS (frame), i * FRAME + 1);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (frame), FRAME);
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET (frame), i);
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET_END (frame), i + 1);
    fail_unless_equals_int (GST_BUFFER_FLAG_IS_SET (frame,
            GST_BUFFER_FLAG_MARKER), i % 2);
    fail_unless (meta != NULL && meta->x == i, "frame %u: other meta", i);
    gst_buffer_unref (frame);
  }
  stop_element (h);
}

GST_END_TEST;

/* --- order --- */

/* Items that leave the source pad: numbers of frames, and letters of events. */
static GstPadProbeReturn
note (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * probe, gpointer user)
{
  GString *order = user;

  if (probe->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer *frame = gst_pad_probe_info_get_buffer (probe);

    g_string_append_printf (order, "%d%s", (gint) (GST_BUFFER_PTS (frame)
            / FRAME), GST_BUFFER_IS_DISCONT (frame) ? "!" : "");
  } else {
    g_string_append_c (order,
        GST_EVENT_TYPE_NAME (gst_pad_probe_info_get_event (probe))[0]);
  }
  return GST_PAD_PROBE_OK;
}

static GString *
watch (GstHarness * h)
{
  GString *order = g_string_new (NULL);
  GstPad *pad = gst_element_get_static_pad (h->element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note, order, NULL);
  gst_object_unref (pad);
  return order;
}

static void
check_order (GString * order, const gchar * expected)
{
  fail_unless_equals_string (order->str, expected);
  g_string_free (order, TRUE);
}

GST_START_TEST (test_events)
{
  const GstVideoInfo info = small_info ();
  GstVideoInfo other = picture_info ("NV12", 80, 32);
  GstHarness *h = start (&info, AHEAD);
  GString *order = watch (h);

  push (h, &info, 0, 2);
  push_event (h, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "a",
              NULL)));
  push (h, &info, 2, 1);
  push_event (h, gst_event_new_gap (3 * FRAME, FRAME));
  push (h, &info, 4, 2);
  push_segment (h, 1);
  push (h, &info, 6, 1);
  set_format (h, &other);
  push (h, &other, 7, AHEAD + 1);
  push_event (h, gst_video_event_new_downstream_force_key_unit (11 * FRAME,
          11 * FRAME, 11 * FRAME, TRUE, 0));
  push (h, &other, 11, 1);
  push_event (h, gst_event_new_eos ());
  stop_element (h);
  check_order (order, "01t2g45s6cs78910c11e");
}

GST_END_TEST;

/* A discontinuity is marked at the frame that had the mark. */
GST_START_TEST (test_discontinuity)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  GString *order = watch (h);
  GstBuffer *frame = frame_at (&info, 5);

  GST_BUFFER_FLAG_SET (frame, GST_BUFFER_FLAG_DISCONT);
  push (h, &info, 0, 5);
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  push (h, &info, 6, 2);
  push_event (h, gst_event_new_eos ());
  stop_element (h);
  check_order (order, "012345!67e");
}

GST_END_TEST;

GST_START_TEST (test_flush)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  GstBuffer *frame = frame_at (&info, 1);

  push (h, &info, 0, 1);
  fail_unless_equals_int (gst_harness_push (h, gst_buffer_ref (frame)),
      GST_FLOW_OK);
  push_event (h, gst_event_new_flush_start ());
  push_event (h, gst_event_new_flush_stop (TRUE));
  fail_unless_equals_int (GST_MINI_OBJECT_REFCOUNT_VALUE (frame), 1);
  gst_buffer_unref (frame);
  push_segment (h, 1);
  push (h, &info, 100, AHEAD + 1);
  pull_all (h, 100, 1);
  push_event (h, gst_event_new_eos ());
  pull_all (h, 101, AHEAD);
  stop_element (h);
}

GST_END_TEST;

/* Frames that wait are freed with the state READY, and the next run begins without them. */
GST_START_TEST (test_stop)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  GstBuffer *frame = frame_at (&info, 0);

  fail_unless_equals_int (gst_harness_push (h, gst_buffer_ref (frame)),
      GST_FLOW_OK);
  fail_unless (GST_MINI_OBJECT_REFCOUNT_VALUE (frame) > 1);
  gst_element_set_state (h->element, GST_STATE_READY);
  fail_unless_equals_int (GST_MINI_OBJECT_REFCOUNT_VALUE (frame), 1);
  gst_buffer_unref (frame);
  stop_element (h);
}

GST_END_TEST;

/* A change takes effect with the next frame: nothing is lost or reordered. */
GST_START_TEST (test_changes)
{
  static const guint values[] = { 0, 4, 2, 16, 1, 0, 3, 0 };
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, 0);
  guint pushed = 0, pulled = 0, i, n;

  for (i = 0; i < G_N_ELEMENTS (values); i++) {
    g_object_set (h->element, "lookahead", values[i], NULL);
    for (n = 0; n < 5; n++) {
      push (h, &info, pushed++, 1);
      while (gst_harness_buffers_in_queue (h) > 0)
        gst_buffer_unref (pull (h, pulled++));
      fail_unless_equals_int (in_use (h), values[i]);
      fail_unless (pushed - pulled <= values[i], "%u wait, not %u",
          pushed - pulled, values[i]);
    }
  }
  fail_unless_equals_int (pushed, pulled);
  stop_element (h);
}

GST_END_TEST;

/* --- number in use --- */

static void
check_in_use (const gchar * properties, gboolean live, guint expected)
{
  const GstVideoInfo info = small_info ();
  gchar *line = g_strdup_printf ("zsdenoise hidden-channels=16 %s", properties);
  GstHarness *h = gst_harness_new_parse (line);

  gst_harness_set_live (h, live);
  set_format (h, &info);
  push (h, &info, 0, 1);
  fail_unless_equals_int (gst_harness_buffers_in_queue (h), expected == 0);
  push_event (h, gst_event_new_eos ());
  pull_all (h, 0, 1);
  gst_harness_teardown (h);
  g_free (line);
}

GST_START_TEST (test_profiles)
{
  check_in_use ("", FALSE, 0);
  check_in_use ("profile=best", FALSE, 4);
  check_in_use ("profile=best", TRUE, 0);
  check_in_use ("profile=best lookahead=0", FALSE, 0);
  check_in_use ("profile=best lookahead=2", TRUE, 2);
  check_in_use ("lookahead=1", TRUE, 1);
  check_in_use ("lookahead=4 temporal=false", FALSE, 0);
  check_in_use ("profile=paper epochs=1 lookahead=4", FALSE, 0);
}

GST_END_TEST;

GST_START_TEST (test_reverse)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);

  push (h, &info, 0, 1);
  push_segment (h, -1);
  pull_all (h, 0, 1);
  push (h, &info, 1, 1);
  pull_all (h, 1, 1);
  stop_element (h);
}

GST_END_TEST;

/* --- latency --- */

static void
check_latency (GstHarness * h, GstClockTime expected)
{
  GstPad *pad = gst_element_get_static_pad (h->element, "src");
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min, max;

  fail_unless (gst_pad_query (pad, query));
  gst_query_parse_latency (query, NULL, &min, &max);
  fail_unless_equals_uint64 (min, expected);
  fail_unless (!GST_CLOCK_TIME_IS_VALID (max) || max >= min);
  gst_query_unref (query);
  gst_object_unref (pad);
}

static gboolean
says_latency (GstHarness * h)
{
  GstMessage *message = next_message (h, GST_MESSAGE_LATENCY);

  if (message != NULL)
    gst_message_unref (message);
  return message != NULL;
}

GST_START_TEST (test_latency)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);

  gst_harness_set_live (h, TRUE);
  gst_harness_set_upstream_latency (h, 10 * GST_MSECOND);
  push (h, &info, 0, 1);
  fail_unless (says_latency (h));
  check_latency (h, 10 * GST_MSECOND + AHEAD * FRAME);
  push (h, &info, 1, 1);
  fail_if (says_latency (h));
  g_object_set (h->element, "lookahead", 1, NULL);
  push (h, &info, 2, 1);
  fail_unless (says_latency (h));
  check_latency (h, 10 * GST_MSECOND + FRAME);
  g_object_set (h->element, "lookahead", 0, NULL);
  push (h, &info, 3, 1);
  fail_unless (says_latency (h));
  check_latency (h, 10 * GST_MSECOND);
  stop_element (h);
}

GST_END_TEST;

/* Without a frame rate, 25 frames a second are assumed. */
GST_START_TEST (test_latency_without_rate)
{
  GstVideoInfo info = small_info ();
  GstHarness *h;

  GST_VIDEO_INFO_FPS_N (&info) = 0;
  h = start (&info, AHEAD);
  gst_harness_set_live (h, TRUE);
  push (h, &info, 1, 1);
  check_latency (h, AHEAD * FRAME);
  stop_element (h);
}

GST_END_TEST;

/* --- buffers --- */

GST_START_TEST (test_allocation)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  GstCaps *caps = gst_video_info_to_caps (&info);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);
  GstPad *pad = gst_element_get_static_pad (h->element, "sink");
  guint min, max;

  push (h, &info, 0, 1);
  fail_unless (gst_pad_query (pad, query));
  fail_unless (gst_query_get_n_allocation_pools (query) > 0);
  gst_query_parse_nth_allocation_pool (query, 0, NULL, NULL, &min, &max);
  fail_unless (min >= AHEAD, "%u buffers", min);
  fail_unless (max == 0 || max >= min);
  gst_query_unref (query);
  gst_object_unref (pad);
  gst_caps_unref (caps);
  stop_element (h);
}

GST_END_TEST;

/* A pool of fewer buffers than are held gets them back at once. */
GST_START_TEST (test_small_pool)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, 8);
  GstCaps *caps = gst_video_info_to_caps (&info);
  GstBufferPool *pool = gst_video_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  GstBufferPoolAcquireParams now = {
    .flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT
  };
  guint i;

  gst_buffer_pool_config_set_params (config, caps, info.size, 2, 2);
  fail_unless (gst_buffer_pool_set_config (pool, config));
  fail_unless (gst_buffer_pool_set_active (pool, TRUE));
  for (i = 0; i < 8; i++) {
    GstBuffer *frame, *noisy = picture_noisy (&info, i);
    GstMapInfo map;

    fail_unless_equals_int (gst_buffer_pool_acquire_buffer (pool, &frame, &now),
        GST_FLOW_OK);
    fail_unless (gst_buffer_map (noisy, &map, GST_MAP_READ));
    gst_buffer_fill (frame, 0, map.data, map.size);
    gst_buffer_unmap (noisy, &map);
    gst_buffer_unref (noisy);
    GST_BUFFER_PTS (frame) = i * FRAME;
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  }
  push_event (h, gst_event_new_eos ());
  pull_all (h, 0, 8);
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
  gst_caps_unref (caps);
  stop_element (h);
}

GST_END_TEST;

/* Frames that others read while they wait are not changed for them. */
GST_START_TEST (test_shared_frames)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  GstBuffer *shared[6], *copy[6];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (shared); i++) {
    shared[i] = frame_at (&info, i);
    copy[i] = gst_buffer_copy_deep (shared[i]);
    fail_unless_equals_int (gst_harness_push (h, gst_buffer_ref (shared[i])),
        GST_FLOW_OK);
  }
  push_event (h, gst_event_new_eos ());
  pull_all (h, 0, G_N_ELEMENTS (shared));
  for (i = 0; i < G_N_ELEMENTS (shared); i++) {
    fail_unless (picture_same_bytes (shared[i], copy[i]), "frame %u", i);
    gst_buffer_unref (shared[i]);
    gst_buffer_unref (copy[i]);
  }
  stop_element (h);
}

GST_END_TEST;

GST_START_TEST (test_strength_0)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);
  GstBuffer *frames[6];
  guint i;

  g_object_set (h->element, "strength", 0.0, NULL);
  for (i = 0; i < G_N_ELEMENTS (frames); i++) {
    frames[i] = frame_at (&info, i);
    fail_unless_equals_int (gst_harness_push (h, frames[i]), GST_FLOW_OK);
  }
  push_event (h, gst_event_new_eos ());
  for (i = 0; i < G_N_ELEMENTS (frames); i++) {
    GstBuffer *out = pull (h, i);

    fail_unless (out == frames[i], "frame %u is copied", i);
    gst_buffer_unref (out);
  }
  stop_element (h);
}

GST_END_TEST;

/* --- help --- */

/* The first frame of a stream that others follow. */
static GstBuffer *
first_frame (const GstVideoInfo * info, guint lookahead)
{
  GstHarness *h = start (info, lookahead);
  GstBuffer *first;

  push (h, info, 0, 6);
  push_event (h, gst_event_new_eos ());
  first = pull (h, 0);
  stop_element (h);
  return first;
}

GST_START_TEST (test_first_frame)
{
  static const gchar *const formats[] = {
    "I420", "NV12", "Y42B", "YUY2", "GRAY8", "RGB", "BGRA", "P010_10LE"
  };
  GstVideoInfo info = picture_info (formats[__i__], 127, 95);
  GstBuffer *clean = picture_new (&info, 0);
  GstBuffer *alone = first_frame (&info, 0), *helped = first_frame (&info, 4);
  const gdouble before = picture_psnr (alone, clean, &info);
  const gdouble after = picture_psnr (helped, clean, &info);

  fail_unless (after > before + 1, "%s: %.2f dB alone, %.2f dB with later "
      "frames", formats[__i__], before, after);
  fail_unless (picture_same_others (helped, alone, &info));
  gst_buffer_unref (clean);
  gst_buffer_unref (alone);
  gst_buffer_unref (helped);
}

GST_END_TEST;

/* Tiny frames, interlaced ones with an empty field, too. */
GST_START_TEST (test_tiny_frames)
{
  gint width, height, mode;

  for (width = 1; width <= 3; width++)
    for (height = 1; height <= 3; height++)
      for (mode = 0; mode < 2; mode++) {
        GstVideoInfo info = picture_info ("I420", width, height);
        GstHarness *h;

        if (mode)
          fail_unless (gst_video_info_set_interlaced_format (&info,
                  GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
                  width, height));
        h = start (&info, 2);
        push (h, &info, 0, 5);
        push_event (h, gst_event_new_eos ());
        pull_all (h, 0, 5);
        stop_element (h);
      }
}

GST_END_TEST;

/* Replaces the rows of one field by another picture's. */
static void
replace_field (GstBuffer * frame, GstBuffer * by, const GstVideoInfo * info,
    gint field)
{
  GstVideoFrame in, out;
  guint p;
  gint y;

  fail_unless (gst_video_frame_map (&in, info, by, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&out, info, frame, GST_MAP_WRITE));
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (&in); p++)
    for (y = field; y < GST_VIDEO_FRAME_COMP_HEIGHT (&in, p); y += 2)
      memcpy ((guint8 *) out.data[p] + y * out.info.stride[p],
          (guint8 *) in.data[p] + y * in.info.stride[p], in.info.stride[p]);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
}

/* Each field of a later frame helps the same field alone: where field `other` of the later frames
 * is black, the rest of the first frame does not change. */
GST_START_TEST (test_fields)
{
  GstVideoInfo info = picture_info ("I420", 96, 64);
  GstBuffer *first[2], *black;
  gint other = __i__ % 2, top_first = __i__ / 2, run, i;

  fail_unless (gst_video_info_set_interlaced_format (&info,
          GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, 96, 64));
  GST_VIDEO_INFO_FIELD_ORDER (&info) = top_first ?
      GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST :
      GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  black = picture_flat (&info, 0);
  for (run = 0; run < 2; run++) {
    GstHarness *h = start (&info, 2);

    g_object_set (h->element, "training", 3, "scene-threshold", 0.0, NULL);
    for (i = 0; i < 3; i++) {
      GstBuffer *frame = frame_at (&info, i);

      if (run && i > 0)
        replace_field (frame, black, &info, other);
      fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
    }
    first[run] = pull (h, 0);
    stop_element (h);
  }
  fail_if (picture_same_bytes (first[0], first[1]));
  replace_field (first[0], black, &info, other);
  replace_field (first[1], black, &info, other);
  fail_unless (picture_same_bytes (first[0], first[1]));
  gst_buffer_unref (first[0]);
  gst_buffer_unref (first[1]);
  gst_buffer_unref (black);
}

GST_END_TEST;

/* A request makes a keyframe of the next frame that is processed, and of no other. */
GST_START_TEST (test_retrain)
{
  const GstVideoInfo info = small_info ();
  GstHarness *h = start (&info, AHEAD);

  push (h, &info, 0, AHEAD + 2);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 1);
  g_signal_emit_by_name (h->element, "retrain");
  push (h, &info, AHEAD + 2, 1);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2);
  push (h, &info, AHEAD + 3, 2);
  push_event (h, gst_event_new_eos ());
  pull_all (h, 0, AHEAD + 5);
  fail_unless_equals_uint64 (count_of (h->element, "keyframes"), 2);
  stop_element (h);
}

GST_END_TEST;

/* --- a pipeline --- */

static void
note_time (GstElement * sink G_GNUC_UNUSED, GstBuffer * frame,
    GstPad * pad G_GNUC_UNUSED, gpointer user)
{
  g_array_append_val ((GArray *) user, GST_BUFFER_PTS (frame));
}

/* Frames after a seek, which flushes, are those of the segment, from its first to its last. */
GST_START_TEST (test_seek)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch ("videotestsrc ! video/x-raw,"
      "format=I420,width=64,height=48,framerate=25/1 ! zsdenoise "
      "hidden-channels=16 lookahead=4 ! fakesink name=sink "
      "signal-handoffs=true", &error);
  GstBus *bus = gst_element_get_bus (pipeline);
  GArray *times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  GstMessage *message;
  guint i;

  fail_unless (error == NULL);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL,
          30 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  g_signal_connect (child (pipeline, "sink"), "handoff",
      G_CALLBACK (note_time), times);
  fail_unless (gst_element_seek (pipeline, 1, GST_FORMAT_TIME,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
          50 * FRAME, GST_SEEK_TYPE_SET, 60 * FRAME));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL
      && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless_equals_int (times->len, 10);
  for (i = 0; i < times->len; i++)
    fail_unless_equals_uint64 (g_array_index (times, GstClockTime, i),
        (50 + i) * FRAME);
  g_array_unref (times);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_END_TEST;

static GstPadProbeReturn
count_buffer (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * probe
    G_GNUC_UNUSED, gpointer user)
{
  ++*(guint *) user;
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
check_number (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * probe,
    gpointer user)
{
  const guint arrived = *(guint *) user;
  const guint i =
      GST_BUFFER_PTS (gst_pad_probe_info_get_buffer (probe)) / FRAME;

  fail_unless_equals_int (arrived, MIN (i + 1 + AHEAD, 8));
  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement * element, const gchar * name, GstPadProbeCallback probe,
    guint * arrived)
{
  GstPad *pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, probe, arrived, NULL);
  gst_object_unref (pad);
}

/* Each frame of a pipeline has its later ones: the negotiation of buffers at the start of a
 * stream costs none of them. */
GST_START_TEST (test_pipeline)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc num-buffers=8 ! "
      "video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! zsnoise ! "
      "zsdenoise name=denoise hidden-channels=16 lookahead=3 ! fakesink", NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  guint arrived = 0;

  add_probe (child (pipeline, "denoise"), "sink", count_buffer, &arrived);
  add_probe (child (pipeline, "denoise"), "src", check_number, &arrived);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL
      && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless_equals_int (arrived, 8);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("lookahead");
  TCase *waiting = tcase_create ("waiting");
  TCase *buffers = tcase_create ("buffers");
  TCase *help = tcase_create ("help");

  tcase_add_test (waiting, test_wait);
  tcase_add_test (waiting, test_short_streams);
  tcase_add_test (waiting, test_metadata);
  tcase_add_test (waiting, test_events);
  tcase_add_test (waiting, test_discontinuity);
  tcase_add_test (waiting, test_flush);
  tcase_add_test (waiting, test_stop);
  tcase_add_test (waiting, test_changes);
  tcase_add_test (waiting, test_profiles);
  tcase_add_test (waiting, test_reverse);
  tcase_add_test (waiting, test_latency);
  tcase_add_test (waiting, test_latency_without_rate);
  tcase_add_test (waiting, test_retrain);
  tcase_add_test (waiting, test_seek);
  tcase_add_test (waiting, test_pipeline);
  tcase_add_test (buffers, test_allocation);
  tcase_add_test (buffers, test_small_pool);
  tcase_add_test (buffers, test_shared_frames);
  tcase_add_test (buffers, test_strength_0);
  tcase_add_loop_test (help, test_first_frame, 0, 8);
  tcase_add_test (help, test_tiny_frames);
  tcase_add_loop_test (help, test_fields, 0, 4);
  suite_add_tcase (suite, waiting);
  suite_add_tcase (suite, buffers);
  suite_add_tcase (suite, help);
  return suite;
}
