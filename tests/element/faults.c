/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failing allocations and thread starts in the engine and the elements, one by one and lasting
 * (GLib's own abort the program by design). The stream gets its frame or an error, and the
 * next stream is not affected. */
#include "failing.h"
#include "picture.h"
#include "suite.h"

#include <glib/gstdio.h>
#include <string.h>

void gst_plugin_zsdenoise_register (void);

#define FRAMES 4                /* of a stream */
#define SECOND 2                /* the frame with new caps */

/* Steps between the allocations that fail: single failures at each one; lasting failures,
 * which soon have the same effect, at one in several; fewer under the thread sanitizer. */
#define NEXT (THREAD_SANITIZER ? 13 : 1)
#define NEXT_LASTING (THREAD_SANITIZER ? 91 : 7)

/* The least training that changes frames. */
#define COLD "zsdenoise warm-start=false hidden-channels=4 epochs=40 " \
    "learning-rate=0.03 finetune-interval=1 finetune-epochs=2 "
#define WARM "zsdenoise profile=realtime scene-threshold=0 hidden-channels=16 "

typedef struct
{
  const gchar *element;         /* with properties, as for gst-launch-1.0 */
  const gchar *formats[2];
  gboolean background;          /* background training: results depend on timing */
  gboolean loads, saves;        /* a model file */
} Story;

static const Story stories[] = {
  {COLD "training=blocking n-threads=1", {"I420", "RGB"}, FALSE, FALSE, FALSE},
  {COLD "training=blocking n-threads=3", {"GRAY8", "RGB"}, FALSE, FALSE, FALSE},
  {COLD "training=background n-threads=1", {"I420", "RGB"}, TRUE, FALSE, FALSE},
  {WARM "training=blocking n-threads=1", {"I420", "NV12"}, FALSE, TRUE, TRUE},
  {COLD "training=blocking n-threads=1", {"I420", "I420"}, FALSE, FALSE, TRUE},
  {"zsnoise kind=gaussian", {"I420", "RGB"}, FALSE, FALSE, FALSE},
  {"zsnoise kind=correlated", {"I420", "RGB"}, FALSE, FALSE, FALSE},
};

/* --- a stream --- */

static gchar *folder, *given, *saved;

/* Results of a stream: frames, NULL for those that did not come out. */
typedef struct
{
  gboolean started;
  GstBuffer *frames[FRAMES];
  guint errors, warnings;       /* messages */
  guint allocations;
} Stream;

static GstElement *
new_element (const Story * story)
{
  GstElement *element = gst_parse_launch (story->element, NULL);
  GstBus *bus = gst_bus_new ();

  fail_unless (element != NULL);
  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  gst_object_unref (bus);
  if (story->loads)
    g_object_set (element, "model-file", given, NULL);
  if (story->saves)
    g_object_set (element, "save-model-file", saved, NULL);
  return element;
}

static void
free_element (GstElement * element)
{
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
}

/* Counts errors and warnings, which have to mention memory. Drops all other messages, as they
 * hold references to pads. Not gst_bus_pop_filtered(): since GStreamer 1.26 it drops messages with
 * the bus locked, and a harness's pad posts a message when it is freed. */
static void
count_messages (GstElement * element, Stream * stream)
{
  GstBus *bus = gst_element_get_bus (element);
  GstMessage *message;
  GError *error;

  while ((message = gst_bus_pop (bus)) != NULL) {
    error = NULL;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      stream->errors++;
    } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
      gst_message_parse_warning (message, &error, NULL);
      stream->warnings++;
    }
    fail_unless (error == NULL
        || strstr (error->message, "not enough memory") != NULL, "%s",
        error ? error->message : "");
    g_clear_error (&error);
    gst_message_unref (message);
  }
  gst_object_unref (bus);
}

static GstBuffer *
frame_of (const Story * story, guint i, GstVideoInfo * info)
{
  *info = picture_info (story->formats[i / SECOND], 20 + i / SECOND, 18);
  return picture_noisy (info, i);
}

static void
push_frames (GstHarness * h, const Story * story, Stream * stream)
{
  GstVideoInfo info;
  GstBuffer *frame;
  GstFlowReturn flow;
  guint i;

  for (i = 0; i < FRAMES; i++) {
    frame = frame_of (story, i, &info);
    if (i % SECOND == 0)
      set_format (h, &info);
    flow = gst_harness_push (h, frame);
    stream->frames[i] = gst_harness_try_pull (h);
    fail_unless_equals_int (flow,
        stream->frames[i] != NULL ? GST_FLOW_OK : GST_FLOW_ERROR);
    if (story->background)
      g_usleep (1000);
  }
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
}

/* Runs a stream from start to EOS and stop, while allocation n fails, or all from n on; 0:
 * none. */
static Stream
play (GstElement * element, const Story * story, guint n, gboolean lasting)
{
  Stream stream = { 0 };
  GstHarness *h;

  failing_begin (n, lasting);
  stream.started = gst_element_set_state (element, GST_STATE_PAUSED)
      == GST_STATE_CHANGE_SUCCESS;
  if (stream.started) {
    h = gst_harness_new_with_element (element, "sink", "src");
    gst_harness_set_live (h, FALSE);
    push_frames (h, story, &stream);
    gst_harness_teardown (h);
  }
  gst_element_set_state (element, GST_STATE_NULL);
  stream.allocations = failing_end ();
  count_messages (element, &stream);
  return stream;
}

static void
clear_stream (Stream * stream)
{
  guint i;

  for (i = 0; i < FRAMES; i++)
    g_clear_pointer (&stream->frames[i], gst_buffer_unref);
}

static guint
lost_frames (const Stream * stream)
{
  guint i, n = 0;

  for (i = 0; i < FRAMES; i++)
    n += stream->frames[i] == NULL;
  return n;
}

/* Whether the frames are these, up to the first one that did not come out. */
static void
check_frames (const Stream * stream, const Stream * expected)
{
  guint i;

  for (i = 0; i < FRAMES && stream->frames[i] != NULL; i++)
    fail_unless (picture_same_bytes (stream->frames[i], expected->frames[i]),
        "frame %u is another one", i);
}

static gboolean
changes_frames (const Stream * stream, const Story * story)
{
  gboolean changed = TRUE;
  GstVideoInfo info;
  GstBuffer *in;
  guint i;

  for (i = 0; i < FRAMES; i++) {
    in = frame_of (story, i, &info);
    changed &= !picture_same_bytes (in, stream->frames[i]);
    gst_buffer_unref (in);
  }
  return changed;
}

/* --- faults --- */

/* Runs a stream while allocation n fails, or all from n on, and a stream after it. Returns
 * whether there were n allocations. */
static gboolean
play_with_fault (const Story * story, const Stream * expected, guint n,
    gboolean lasting)
{
  GstElement *element = new_element (story);
  Stream stream;
  gboolean enough;

  g_remove (saved);
  stream = play (element, story, n, lasting);
  enough = stream.allocations >= n;
  fail_unless_equals_int (stream.errors,
      stream.started ? lost_frames (&stream) : 1);
  fail_unless (lasting || stream.errors + stream.warnings <= 1,
      "%u errors and %u warnings of fault %u", stream.errors, stream.warnings,
      n);
  fail_unless (failing_allocations () > 0
      || stream.errors + stream.warnings == 0 || story->background);
  fail_unless (!story->saves || stream.errors + stream.warnings > 0
      || g_file_test (saved, G_FILE_TEST_EXISTS), "fault %u loses the model",
      n);
  if (!story->background)
    check_frames (&stream, expected);
  clear_stream (&stream);

  stream = play (element, story, 0, FALSE);
  fail_unless (stream.started && lost_frames (&stream) == 0);
  fail_unless_equals_int (stream.errors + stream.warnings, 0);
  if (!story->background)
    check_frames (&stream, expected);
  clear_stream (&stream);
  free_element (element);
  return enough;
}

static void
check_story (const Story * story, gboolean lasting)
{
  GstElement *element = new_element (story);
  Stream expected = play (element, story, 0, FALSE);
  guint n = 0;

  fail_unless (expected.started && lost_frames (&expected) == 0);
  fail_unless_equals_int (expected.errors + expected.warnings, 0);
  fail_unless (story->background || changes_frames (&expected, story));
  free_element (element);
  while (play_with_fault (story, &expected, n + 1, lasting))
    n += lasting ? NEXT_LASTING : NEXT;
  fail_unless (n >= 2, "it asks for no more than %u", n);
  clear_stream (&expected);
}

GST_START_TEST (test_one_fault)
{
  check_story (&stories[__i__], FALSE);
}

GST_END_TEST;

GST_START_TEST (test_no_more_memory)
{
  check_story (&stories[__i__], TRUE);
}

GST_END_TEST;

/* --- folders --- */

static void
setup (void)
{
  static const Story source = {
    WARM "training=blocking", {"I420", "I420"}, FALSE, FALSE, TRUE
  };
  GstElement *element;
  Stream stream;

  gst_plugin_zsdenoise_register ();
  folder = g_dir_make_tmp ("zsdenoise-faults-XXXXXX", NULL);
  fail_unless (folder != NULL);
  given = g_build_filename (folder, "given.safetensors", NULL);
  saved = g_build_filename (folder, "saved.safetensors", NULL);
  element = new_element (&source);
  stream = play (element, &source, 0, FALSE);
  clear_stream (&stream);
  free_element (element);
  fail_unless_equals_int (g_rename (saved, given), 0);
}

static void
teardown (void)
{
  g_remove (saved);
  g_remove (given);
  g_rmdir (folder);
  g_free (saved);
  g_free (given);
  g_free (folder);
}

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("faults");
  TCase *tcase = tcase_create ("faults");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, test_one_fault, 0, G_N_ELEMENTS (stories));
  tcase_add_loop_test (tcase, test_no_more_memory, 0, G_N_ELEMENTS (stories));
  suite_add_tcase (suite, tcase);
  return suite;
}
