/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random changes of state, caps and position while another thread sets properties; a thousand
 * of each with ZSDENOISE_LONG=1. */
#include "suite.h"

#define DENOISE "zsdenoise name=denoise hidden-channels=4 epochs=3 n-threads=2 "

static const gchar *const trainings[] = { "blocking", "background" };

static guint
storm_length (void)
{
  return g_strcmp0 (g_getenv ("ZSDENOISE_LONG"), "1") == 0 ? 1000 : 100;
}

static GstElement *
launch (const gchar * source, const gchar * training)
{
  GError *error = NULL;
  gchar *line = g_strdup_printf ("%s ! zsnoise ! " DENOISE "training=%s ! "
      "fakesink name=sink signal-handoffs=true", source, training);
  GstElement *pipeline = gst_parse_launch (line, &error);

  fail_unless (error == NULL, "%s", error != NULL ? error->message : "");
  g_free (line);
  return pipeline;
}

static void
count (GstElement * sink G_GNUC_UNUSED, GstBuffer * buffer G_GNUC_UNUSED,
    GstPad * pad G_GNUC_UNUSED, gpointer user)
{
  g_atomic_int_inc ((gint *) user);
}

static void
fail_on_errors (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error;

  if (message != NULL) {
    gst_message_parse_error (message, &error, NULL);
    ck_abort_msg ("%s", error->message);
  }
  gst_object_unref (bus);
}

/* Plays a few more frames and stops. */
static void
end (GstElement * pipeline)
{
  gint frames = 0;

  g_signal_connect (child (pipeline, "sink"), "handoff", G_CALLBACK (count),
      &frames);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (g_atomic_int_get (&frames) < 3) {
    fail_on_errors (pipeline);
    g_usleep (1000);
  }
  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  gst_object_unref (pipeline);
}

/* --- properties from another thread --- */

typedef struct
{
  GstElement *element;
  GThread *thread;
  gint quit;
} Writer;

static gpointer
write_properties (gpointer user)
{
  static const gchar *const profiles[] = { "realtime", "balanced", "best",
    "paper"
  };
  Writer *writer = user;
  GRand *random = g_rand_new_with_seed (1);
  GstStructure *stats;

  while (!g_atomic_int_get (&writer->quit)) {
    const guint n = g_rand_int (random);

    g_object_set (writer->element, "strength", n % 5 / 4.0, "split",
        n % 7 / 6.0, "temporal", n % 3 > 0, "warm-start", n % 4 == 0,
        "scene-threshold", n % 11 / 10.0, "finetune-interval", n % 4,
        "finetune-epochs", n % 3, "epochs", 1 + n % 5, "hidden-channels",
        4 + n / 64 % 2, "n-threads", 1 + n / 16 % 3, "seed", (guint64) n,
        "lookahead", n / 8 % 6, NULL);
    if (n % 16 == 0)
      gst_util_set_object_arg (G_OBJECT (writer->element), "profile",
          profiles[n / 16 % G_N_ELEMENTS (profiles)]);
    if (n % 32 == 0)
      g_signal_emit_by_name (writer->element, "retrain");
    g_object_get (writer->element, "stats", &stats, NULL);
    gst_structure_free (stats);
    g_usleep (n % 3000);
  }
  g_rand_free (random);
  return NULL;
}

static void
start_writing (Writer * writer, GstElement * pipeline)
{
  writer->element = child (pipeline, "denoise");
  writer->quit = FALSE;
  writer->thread = g_thread_new ("writer", write_properties, writer);
}

static void
stop_writing (Writer * writer)
{
  g_atomic_int_set (&writer->quit, TRUE);
  g_thread_join (writer->thread);
}

/* --- storms --- */

GST_START_TEST (test_states)
{
  static const GstState states[] = { GST_STATE_NULL, GST_STATE_READY,
    GST_STATE_PAUSED, GST_STATE_PLAYING
  };
  GstElement *pipeline =
      launch ("videotestsrc ! video/x-raw,format=I420,width=64,height=48",
      trainings[__i__]);
  GRand *random = g_rand_new_with_seed (__i__);
  Writer writer;
  guint i;

  start_writing (&writer, pipeline);
  for (i = 0; i < storm_length (); i++) {
    fail_if (gst_element_set_state (pipeline, states[g_rand_int_range (random,
                    0, 4)]) == GST_STATE_CHANGE_FAILURE);
    if (i % 2)
      g_usleep (g_rand_int_range (random, 0, 20000));
    fail_on_errors (pipeline);
  }
  stop_writing (&writer);
  g_rand_free (random);
  end (pipeline);
}

GST_END_TEST;

GST_START_TEST (test_seeks)
{
  GstElement *pipeline =
      launch ("videotestsrc ! video/x-raw,format=NV12,width=64,height=48",
      trainings[__i__]);
  GRand *random = g_rand_new_with_seed (__i__);
  Writer writer;
  guint i;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  start_writing (&writer, pipeline);
  for (i = 0; i < storm_length (); i++) {
    const gboolean backwards = g_rand_int_range (random, 0, 4) == 0;

    gst_element_seek (pipeline, backwards ? -1 : 1, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, backwards ? 0 :
        i % 100 * GST_SECOND, GST_SEEK_TYPE_SET, 100 * GST_SECOND);
    g_usleep (g_rand_int_range (random, 0, 10000));
    fail_on_errors (pipeline);
  }
  stop_writing (&writer);
  g_rand_free (random);
  gst_element_seek_simple (pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0);
  end (pipeline);
}

GST_END_TEST;

/* A random frame, format and size, with noise around mid-gray. */
static GstBuffer *
random_frame (GRand * random, GstVideoInfo * info)
{
  static const gchar *const formats[] = { "I420", "NV12", "YUY2", "RGB",
    "GRAY8", "P010_10LE", "BGRA"
  };
  GstBuffer *frame;
  GstMapInfo map;
  gsize i;

  gst_video_info_set_format (info, gst_video_format_from_string (formats
          [g_rand_int_range (random, 0, G_N_ELEMENTS (formats))]),
      g_rand_int_range (random, 1, 100), g_rand_int_range (random, 1, 100));
  frame = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  fail_unless (gst_buffer_map (frame, &map, GST_MAP_WRITE));
  for (i = 0; i < map.size; i++)
    map.data[i] = g_rand_int_range (random, 100, 150);
  gst_buffer_unmap (frame, &map);
  return frame;
}

/* Every second frame has another size and format. All come out, in any number at a time. */
GST_START_TEST (test_caps)
{
  GRand *random = g_rand_new_with_seed (__i__);
  GstHarness *h = start_element ("zsdenoise", "hidden-channels", 4, "epochs", 3,
      NULL);
  Writer writer = { h->element, NULL, FALSE };
  guint frames = 0, i;

  gst_util_set_object_arg (G_OBJECT (h->element), "training", trainings[__i__]);
  writer.thread = g_thread_new ("writer", write_properties, &writer);
  for (i = 0; i < storm_length (); i++) {
    GstVideoInfo info;
    GstBuffer *frame = random_frame (random, &info);

    set_format (h, &info);
    fail_unless_equals_int (gst_harness_push (h, gst_buffer_ref (frame)),
        GST_FLOW_OK);
    fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
    while ((frame = gst_harness_try_pull (h)) != NULL) {
      gst_buffer_unref (frame);
      frames++;
    }
  }
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  frames += gst_harness_buffers_in_queue (h);
  fail_unless_equals_int (frames, 2 * storm_length ());
  g_atomic_int_set (&writer.quit, TRUE);
  g_thread_join (writer.thread);
  g_rand_free (random);
  stop_element (h);
}

GST_END_TEST;

/* A stop or EOS before, during and after training. */
GST_START_TEST (test_ends)
{
  GstElement *pipeline = launch ("videotestsrc num-buffers=3 ! "
      "video/x-raw,format=I420,width=160,height=120", trainings[__i__]);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  guint i;

  g_object_set (child (pipeline, "denoise"), "epochs", 40, NULL);
  for (i = 0; i < storm_length (); i++) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (i % 2) {
      g_usleep (i % 40 * 1000);
    } else {
      message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND,
          GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
      fail_unless (message != NULL
          && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
      gst_message_unref (message);
    }
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  gst_object_unref (bus);
  end (pipeline);
}

GST_END_TEST;

GST_START_TEST (test_many_instances)
{
  GstElement *pipelines[16];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (pipelines); i++) {
    pipelines[i] =
        launch ("videotestsrc ! video/x-raw,format=I420,width=64,height=48",
        trainings[i % 2]);
    gst_element_set_state (pipelines[i], GST_STATE_PLAYING);
  }
  for (i = 0; i < G_N_ELEMENTS (pipelines); i++)
    end (pipelines[i]);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("storms");
  TCase *changes = tcase_create ("changes"), *ends = tcase_create ("ends");
  const gint n = G_N_ELEMENTS (trainings);

  tcase_add_loop_test (changes, test_states, 0, n);
  tcase_add_loop_test (changes, test_seeks, 0, n);
  tcase_add_loop_test (changes, test_caps, 0, n);
  suite_add_tcase (suite, changes);
  tcase_add_loop_test (ends, test_ends, 0, n);
  tcase_add_test (ends, test_many_instances);
  suite_add_tcase (suite, ends);
  return suite;
}
