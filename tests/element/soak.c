/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many frames with random caps, cuts, flushes and settings: memory does not grow. It is
 * measured after each round, which ends with large frames and the same settings, after unused
 * memory of the C library has been returned. With ZSDENOISE_LONG=1, 100,000 frames. */
#include "suite.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

enum
{
  FIRST = 1000,                 /* frames before the first measurement */
  ROUND = 1000,
};

static guint
soak_length (void)
{
  return g_strcmp0 (g_getenv ("ZSDENOISE_LONG"), "1") == 0 ? 100000 : 4000;
}

static gsize
resident_memory (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  gsize size, resident;

  malloc_trim (0);
  fail_unless (file != NULL
      && fscanf (file, "%" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT, &size,
          &resident) == 2);
  fclose (file);
  return resident * sysconf (_SC_PAGESIZE);
}

static GstBuffer *
random_frame (GRand * random, const GstVideoInfo * info)
{
  GstBuffer *frame = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info),
      NULL);
  const gint level = g_rand_int_range (random, 20, 180);
  GstMapInfo map;
  gsize i;

  fail_unless (gst_buffer_map (frame, &map, GST_MAP_WRITE));
  for (i = 0; i < map.size; i++)
    map.data[i] = level + g_rand_int_range (random, 0, 40);
  gst_buffer_unmap (frame, &map);
  GST_BUFFER_DURATION (frame) = 40 * GST_MSECOND;
  return frame;
}

static void
change_caps (GstHarness * h, GRand * random, GstVideoInfo * info, gint side)
{
  static const gchar *const formats[] = { "I420", "NV12", "YUY2", "RGB",
    "GRAY8", "P010_10LE"
  };
  const gchar *format =
      formats[g_rand_int_range (random, 0, G_N_ELEMENTS (formats))];

  if (side == 0)
    side = g_rand_int_range (random, 1, 64);
  gst_video_info_set_format (info, gst_video_format_from_string (format), side,
      g_rand_int_range (random, 1, side + 1));
  set_format (h, info);
}

static void
change_something (GstHarness * h, GRand * random, GstVideoInfo * info)
{
  GstSegment segment;

  switch (g_rand_int_range (random, 0, 60)) {
    case 0:
      change_caps (h, random, info, 0);
      break;
    case 1:
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_harness_push_event (h, gst_event_new_flush_start ());
      gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
      gst_harness_push_event (h, gst_event_new_segment (&segment));
      break;
    case 2:
      g_signal_emit_by_name (h->element, "retrain");
      break;
    case 3:
      g_object_set (h->element, "hidden-channels", g_rand_int_range (random, 1,
              5), "temporal", g_rand_boolean (random), "finetune-interval",
          g_rand_int_range (random, 0, 20), "finetune-epochs", 2, "strength",
          g_rand_int_range (random, 0, 5) / 4.0, "n-threads",
          g_rand_int_range (random, 1, 3), NULL);
      gst_util_set_object_arg (G_OBJECT (h->element), "training",
          g_rand_boolean (random) ? "blocking" : "background");
      break;
    default:
      break;
  }
}

/* Drops what the harness and the bus keep. */
static void
forget_reports (GstHarness * h)
{
  GstBus *bus = gst_element_get_bus (h->element);
  GstEvent *event;

  gst_bus_set_flushing (bus, TRUE);
  gst_bus_set_flushing (bus, FALSE);
  gst_object_unref (bus);
  while ((event = gst_harness_try_pull_event (h)) != NULL
      || (event = gst_harness_try_pull_upstream_event (h)) != NULL)
    gst_event_unref (event);
}

/* Memory after large frames with fixed settings. */
static gsize
memory_for_large_frames (GstHarness * h, GRand * random)
{
  GstVideoInfo info;
  guint i;

  g_object_set (h->element, "hidden-channels", 4, "n-threads", 1, "temporal",
      TRUE, "strength", 1.0, NULL);
  gst_util_set_object_arg (G_OBJECT (h->element), "training", "blocking");
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_I420, 1280, 720);
  set_format (h, &info);
  for (i = 0; i < 2; i++)
    gst_buffer_unref (filtered (h, random_frame (random, &info)));
  forget_reports (h);
  return resident_memory ();
}

GST_START_TEST (test_soak)
{
  GRand *random = g_rand_new_with_seed (1);
  GstHarness *h = start_element ("zsdenoise", "hidden-channels", 4, "epochs", 3,
      NULL);
  gsize first = 0, now;
  GstVideoInfo info;
  guint i;

  /* Large blocks are mapped and unmapped, so that gaps between them do not count as memory in
   * use. */
  mallopt (M_ARENA_MAX, 1);
  mallopt (M_MMAP_THRESHOLD, 16384);
  change_caps (h, random, &info, 32);
  for (i = 1; i <= soak_length (); i++) {
    change_something (h, random, &info);
    gst_buffer_unref (filtered (h, random_frame (random, &info)));
    forget_reports (h);
    if (i % ROUND == 0) {
      now = memory_for_large_frames (h, random);
      first = i == FIRST ? now : first;
      /* the sanitizers delay the release of memory */
      fail_unless (SANITIZED
          || now <= first * 1.02,
          "%u frames: %" G_GSIZE_FORMAT " bytes, and %" G_GSIZE_FORMAT
          " after %u", i, now, first, FIRST);
      change_caps (h, random, &info, 64);
    }
  }
  g_rand_free (random);
  stop_element (h);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("soak");
  TCase *tcase = tcase_create ("soak");

  tcase_add_test (tcase, test_soak);
  tcase_set_timeout (tcase, 3600);
  suite_add_tcase (suite, tcase);
  return suite;
}
