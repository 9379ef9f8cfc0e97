/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Model files: saving, loading and errors. */
#include "picture.h"
#include "suite.h"

#include "model/gstzsmodelfile.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a folder for each test --- */

static gchar *folder, *file;

static void
make_folder (void)
{
  folder = g_dir_make_tmp ("zsdenoise-models-XXXXXX", NULL);
  fail_unless (folder != NULL);
  file = g_build_filename (folder, "model.safetensors", NULL);
}

static guint
count_files (void)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  g_clear_pointer (&dir, g_dir_close);
  return n;
}

static void
remove_folder (void)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    gchar *path = g_build_filename (folder, name, NULL);

    g_remove (path);
    g_free (path);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_rmdir (folder);
  g_free (folder);
  g_free (file);
}

/* --- models --- */

/* Parameters 0, 1/2, 1, 3/2 ... */
static void
make_pattern (ZsdModel * model, gint inputs, gint hidden, gint outputs)
{
  gsize i;

  fail_unless_equals_int (zsd_model_resize (model, inputs, hidden, outputs), 0);
  for (i = 0; i < model->count; i++)
    model->params[i] = i / 2.0;
}

static void
read_model (ZsdModel * model)
{
  GError *error = NULL;

  fail_unless (gst_zs_model_file_read (model, file, &error), "%s",
      error != NULL ? error->message : "");
}

static void
write_model (const ZsdModel * model)
{
  GError *error = NULL;

  fail_unless (gst_zs_model_file_write (model, file, &error), "%s",
      error != NULL ? error->message : "");
}

static gboolean
same_models (const ZsdModel * a, const ZsdModel * b)
{
  return a->inputs == b->inputs && a->hidden == b->hidden
      && a->outputs == b->outputs && a->count == b->count
      && memcmp (a->params, b->params, a->count * sizeof *a->params) == 0;
}

/* Runs a command of the other program on the file. */
static void
run_program (const gchar * command, const ZsdModel * model, const gchar * more)
{
  gchar *line = g_strdup_printf ("'%s' %s '%s' %d %d %d %s", SAFETENSORS_FILE,
      command, file, model->inputs, model->hidden, model->outputs, more);
  gchar *output = NULL;
  gint status = 0;

  fail_unless (g_spawn_command_line_sync (line, NULL, &output, &status, NULL));
  fail_unless (status == 0, "%s: %s", line, output);
  g_free (output);
  g_free (line);
}

static const gint shapes[][3] = { {15, 52, 6}, {3, 1, 3}, {27, 256, 12} };

GST_START_TEST (test_round_trip)
{
  ZsdModel written = { 0 }, read = { 0 };

  make_pattern (&written, shapes[__i__][0], shapes[__i__][1], shapes[__i__][2]);
  written.params[0] = -0.0f;
  written.params[1] = 1e-42f;   /* denormal */
  write_model (&written);
  write_model (&written);
  read_model (&read);
  fail_unless (same_models (&written, &read));
  fail_unless_equals_int (count_files (), 1);
  zsd_model_clear (&written);
  zsd_model_clear (&read);
}

GST_END_TEST;

GST_START_TEST (test_read_by_another_program)
{
  ZsdModel model = { 0 };

  make_pattern (&model, shapes[__i__][0], shapes[__i__][1], shapes[__i__][2]);
  write_model (&model);
  run_program ("check", &model, "pattern");
  zsd_model_clear (&model);
}

GST_END_TEST;

GST_START_TEST (test_written_by_another_program)
{
  ZsdModel wanted = { 0 }, read = { 0 };
  GstHarness *h;

  make_pattern (&wanted, shapes[__i__][0], shapes[__i__][1], shapes[__i__][2]);
  run_program ("make", &wanted, "");
  read_model (&read);
  fail_unless (same_models (&wanted, &read));
  h = start_element ("zsdenoise", "model-file", file, NULL);
  fail_unless (next_message (h, GST_MESSAGE_ERROR) == NULL);
  stop_element (h);
  zsd_model_clear (&wanted);
  zsd_model_clear (&read);
}

GST_END_TEST;

/* --- bad files --- */

/* Checks that the element does not start, with an error that has the file name and the reason. */
static void
expect_refusal (const gchar * property, const gchar * name,
    const gchar * reason)
{
  GstElement *element = gst_element_factory_make ("zsdenoise", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  gst_element_set_bus (element, bus);
  g_object_set (element, property, name, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL, "no error: %s", reason);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (error->domain == GST_RESOURCE_ERROR);
  fail_unless (strstr (error->message, name) != NULL
      && strstr (error->message, reason) != NULL, "'%s', not '%s'",
      error->message, reason);
  fail_unless (g_str_has_suffix (error->message, "."), "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  gst_element_set_state (element, GST_STATE_NULL);

  /* The element can be started afterwards. */
  g_object_set (element, property, NULL, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

/* A model of 3, 2 and 3 channels with a replacement in its header. */
static const struct
{
  const gchar *from, *to;
  const gchar *reason;
} bad_headers[] = {
  {"{\"__meta", "[\"__meta", "its header is damaged"},
  {"{\"__meta", " {\"__meta", "its header is damaged"},
  {"\"F32\"", "F32", "its header is damaged"},
  {"\"F32\"", "'F32'", "its header is damaged"},
  {"\"F32\",", "\"F32\"/* \" */,", "its header is damaged"},
  {"\"F32\"", "\"F32", "its header is damaged"},
  {"\"F32\"", "\"F\\u00332\"", "its header is damaged"},
  {"\"dtype\":", "\"dtype\",", "its header is damaged"},
  {"[2,3,3,3]", "[2 3,3,3]", "its header is damaged"},
  {"[2,3,3,3]", "[02,3,3,3]", "its header is damaged"},
  {"[2,3,3,3]", "[-2,3,3,3]", "its header is damaged"},
  {"[2,3,3,3]", "[[[[2]]]]", "its header is damaged"},
  {"[2,3,3,3]", "[2,3,3,3", "its header is damaged"},
  {"[400,412]}}", "[400,412]}}{}", "its header is damaged"},
  {"[400,412]}}", "[400,412]}", "its header is damaged"},
  {"zsdenoise", "zs\xff", "its header is damaged"},
  {"zsdenoise", "zs\n", "its header is damaged"},
  {"\"conv1.bias\"", "\"conv2.bias\"", "twice"},
  {"\"F32\"", "\"F16\",\"dtype\":\"F32\"", "twice"},
  {"__metadata__", "metadata", "not of zsdenoise"},
  {"zsdenoise", "pt", "not of zsdenoise"},
  {"\"version\":\"1\"", "\"version\":\"2\"", "version 2"},
  {"\"version\":\"1\"", "\"version\":1", "version unknown"},
  {"\"inputs\":\"3\"", "\"inputs\":\"0\"", "inputs in its metadata"},
  {"\"inputs\":\"3\"", "\"inputs\":\"300\"", "inputs in its metadata"},
  {"\"hidden\":\"2\"", "\"hidden\":\"-2\"", "hidden in its metadata"},
  {"\"hidden\":\"2\"", "\"hidden\":\"3\"", "its shape does not fit"},
  {"\"outputs\":\"3\"", "\"outputs\":3", "outputs in its metadata"},
  {"\"F32\"", "\"F16\"", "conv1.weight: its dtype is not F32"},
  {"[2,3,3,3]", "[2,3,9,1]", "conv1.weight: its shape"},
  {"[2,3,3,3]", "[54]", "conv1.weight: its shape"},
  {"[2,3,3,3]", "\"54\"", "conv1.weight: its shape"},
  {"[216,224]", "[216,228]", "conv1.bias: its data_offsets"},
  {"[216,224]", "[224,216]", "conv1.bias: its data_offsets"},
  {"[216,224]", "[9223372036854775800,9223372036854775808]",
      "conv1.bias: its data_offsets"},
  {"[216,224]", "[220,228]", "overlap or have gaps"},
  {"[216,224]", "[368,376]", "overlap or have gaps"},
  {"conv3.bias", "conv4.bias", "conv3.bias: it is missing"},
  {"\"conv1.bias\"", "\"x\":{\"dtype\":\"F32\",\"shape\":[0],"
        "\"data_offsets\":[0,0]},\"conv1.bias\"", "tensors that no model has"},
};

/* Writes a file of a header and data. */
static void
write_parts (const gchar * header, gsize length, gconstpointer data, gsize size)
{
  const guint64 word = GUINT64_TO_LE (length);
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &word, sizeof word);
  g_byte_array_append (bytes, (const guint8 *) header, strlen (header));
  g_byte_array_append (bytes, data, size);
  fail_unless (g_file_set_contents (file, (const gchar *) bytes->data,
          bytes->len, NULL));
  g_byte_array_unref (bytes);
}

/* The header of a valid model, and its numbers. */
static gchar *
usual_parts (gfloat numbers[104])
{
  ZsdModel model = { 0 };
  GBytes *bytes;
  const gchar *data;
  gchar *header;
  gsize size;

  make_pattern (&model, 3, 2, 3);
  bytes = gst_zs_model_file_to_bytes (&model);
  zsd_model_clear (&model);
  data = g_bytes_get_data (bytes, &size);
  header = g_strndup (data + 8, size - 8 - 412);
  memcpy (numbers, data + size - 412, 412);
  g_bytes_unref (bytes);
  return header;
}

GST_START_TEST (test_bad_header)
{
  gfloat numbers[104];
  gchar *usual = usual_parts (numbers), *header;
  gchar *at = strstr (usual, bad_headers[__i__].from);

  fail_unless (at != NULL);
  header = g_strdup_printf ("%.*s%s%s", (int) (at - usual), usual,
      bad_headers[__i__].to, at + strlen (bad_headers[__i__].from));
  write_parts (header, strlen (header), numbers, 412);
  expect_refusal ("model-file", file, bad_headers[__i__].reason);
  g_free (header);
  g_free (usual);
}

GST_END_TEST;

GST_START_TEST (test_bad_numbers)
{
  static const guint32 specials[] = { 0x7fc00000, 0x7f800000, 0xff800000 };
  gfloat numbers[104] = { 0 };
  gchar *header = usual_parts (numbers);
  const gsize length = strlen (header);
  guint i;

  write_parts (header, length, numbers, 411);
  expect_refusal ("model-file", file, "truncated: 1 bytes are missing");
  write_parts (header, length, numbers, 0);
  expect_refusal ("model-file", file, "truncated: 412 bytes are missing");
  write_parts (header, length, numbers, 413);
  expect_refusal ("model-file", file, "something after its last tensor");
  write_parts (header, length + 413, numbers, 412);
  expect_refusal ("model-file", file, "truncated: it ends within its header");
  write_parts (header, G_MAXUINT64, numbers, 412);
  expect_refusal ("model-file", file, "its header is longer than a model's");
  for (i = 0; i < G_N_ELEMENTS (specials); i++) {
    memcpy (&numbers[i * 51], &specials[i], sizeof *specials);
    write_parts (header, length, numbers, 412);
    expect_refusal ("model-file", file, "not finite");
    numbers[i * 51] = 0;
  }
  g_free (header);
}

GST_END_TEST;

GST_START_TEST (test_bad_file)
{
  gchar *within;

  expect_refusal ("model-file", file, "No such file");
  expect_refusal ("model-file", folder, "it is a folder");
  expect_refusal ("model-file", "/dev/zero", "it is no regular file");
  fail_unless_equals_int (mkfifo (file, 0600), 0);
  expect_refusal ("model-file", file, "it is no regular file");
  g_remove (file);
  fail_unless (g_file_set_contents (file, "", 0, NULL));
  expect_refusal ("model-file", file, "it is empty");
  fail_unless (g_file_set_contents (file, "model", 5, NULL));
  expect_refusal ("model-file", file, "it has no header");
  fail_unless (g_file_set_contents (file, "A text of some length.", -1, NULL));
  expect_refusal ("model-file", file, "it is something else");
  within = g_build_filename (file, "model", NULL);
  expect_refusal ("model-file", within, "Not a directory");
  g_free (within);
  fail_unless_equals_int (truncate (file, 5 * 1024 * 1024), 0);
  expect_refusal ("model-file", file, "larger than a model can be");
  if (geteuid () != 0) {
    fail_unless_equals_int (g_chmod (file, 0), 0);
    expect_refusal ("model-file", file, "Permission denied");
  }
}

GST_END_TEST;

GST_START_TEST (test_bad_place)
{
  gchar *within = g_build_filename (file, "model", NULL);

  expect_refusal ("save-model-file", within, "No such file");
  expect_refusal ("save-model-file", folder, "it is a folder");
  expect_refusal ("save-model-file", "/dev/null", "it is no regular file");
  expect_refusal ("save-model-file", "/proc/model", "No such file");
  fail_unless (g_file_set_contents (file, "", 0, NULL));
  expect_refusal ("save-model-file", within, "Not a directory");
  if (geteuid () != 0) {
    fail_unless_equals_int (g_chmod (folder, 0500), 0);
    expect_refusal ("save-model-file", file, "Permission denied");
    g_chmod (folder, 0700);
  }
  fail_unless_equals_int (count_files (), 1);
  g_free (within);
}

GST_END_TEST;

/* --- from one run to the next --- */

#define ENDLESS 1000000         /* steps, longer than any test */

static GstVideoInfo
usual_info (void)
{
  return picture_info ("I420", 160, 120);
}

static GstHarness *
start_saving (void)
{
  const GstVideoInfo info = usual_info ();
  GstHarness *h = start_element ("zsdenoise", CHEAP, "warm-start", FALSE,
      "temporal", FALSE, "save-model-file", file, NULL);

  set_format (h, &info);
  return h;
}

static void
push_frames (GstHarness * h, guint n)
{
  const GstVideoInfo info = usual_info ();
  guint i;

  for (i = 0; i < n; i++)
    gst_buffer_unref (filtered (h, picture_noisy (&info, i)));
}

/* The first frame of a second run is as in the first run, after training on it. Both runs may
 * use the same file. */
GST_START_TEST (test_next_run)
{
  const GstVideoInfo info = usual_info ();
  GstHarness *h = start_saving ();
  GstBuffer *first = filtered (h, picture_noisy (&info, 0)), *out;
  ZsdModel model = { 0 };
  gint i;

  stop_element (h);
  read_model (&model);
  run_program ("check", &model, "");
  fail_unless_equals_int (model.hidden, 16);
  zsd_model_clear (&model);
  for (i = 0; i < 2; i++) {
    h = start_element ("zsdenoise", "temporal", FALSE, "warm-start", i == 0,
        "model-file", file, "save-model-file", file, NULL);
    set_format (h, &info);
    out = filtered (h, picture_noisy (&info, 0));
    fail_unless (picture_same_bytes (first, out));
    fail_unless_equals_uint64 (count_of (h->element, "trainings"), 0);
    gst_buffer_unref (out);
    stop_element (h);
  }
  gst_buffer_unref (first);
}

GST_END_TEST;

/* A model is saved after a training, by another thread, or at EOS and at the stop, and only if
 * there was a training. */
GST_START_TEST (test_when_it_is_saved)
{
  const GstVideoInfo info = usual_info ();
  GstHarness *h = start_saving ();
  guint i;

  gst_buffer_unref (filtered (h, picture_flat (&info, 0.5)));
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  stop_element (h);
  fail_unless_equals_int (count_files (), 0);

  h = start_saving ();
  push_frames (h, 1);
  for (i = 0; i < 5000 && !g_file_test (file, G_FILE_TEST_EXISTS); i++)
    g_usleep (1000);
  fail_unless (g_file_test (file, G_FILE_TEST_EXISTS));
  stop_element (h);

  /* Training on the first frames has not ended after four of them. */
  for (i = 0; i < 2; i++) {
    g_remove (file);
    h = start_element ("zsdenoise", "save-model-file", file, NULL);
    set_format (h, &info);
    push_frames (h, 4);
    fail_unless_equals_uint64 (count_of (h->element, "trainings"), 0);
    fail_unless_equals_int (count_files (), 0);
    if (i == 0) {
      fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
      fail_unless_equals_int (count_files (), 1);
    }
    stop_element (h);
    fail_unless_equals_int (count_files (), 1);
  }
}

GST_END_TEST;

/* Flushes during the picture's second training. */
static void
flush_in_second (GstBus * bus G_GNUC_UNUSED, GstMessage * message,
    gpointer user)
{
  GstHarness *h = user;
  guint steps;

  if (gst_message_has_name (message, "zsdenoise-progress")
      && gst_structure_get_uint (gst_message_get_structure (message), "steps",
          &steps) && steps != 200)
    gst_harness_push_event (h, gst_event_new_flush_start ());
}

/* A picture's second training, cancelled by a flush, does not hide the end of the first. */
GST_START_TEST (test_flushed_picture_is_saved)
{
  GstVideoInfo info = picture_info ("I420", 640, 480);
  GstHarness *h = start_element ("zsdenoise", CHEAP, "warm-start", FALSE,
      "save-model-file", file, NULL);
  GstBus *bus = gst_element_get_bus (h->element);
  GstBuffer *frame = picture_noisy (&info, 0);
  GstMessage *message;
  guint i;

  gst_bus_enable_sync_message_emission (bus);
  g_signal_connect (bus, "sync-message::element", G_CALLBACK (flush_in_second),
      h);
  GST_VIDEO_INFO_FPS_N (&info) = 0;
  GST_VIDEO_INFO_FPS_D (&info) = 1;
  set_format (h, &info);
  GST_BUFFER_DURATION (frame) = GST_CLOCK_TIME_NONE;
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  fail_if (gst_harness_push_event (h, gst_event_new_eos ()));
  message = next_named (h, "zsdenoise-trained");
  fail_unless (message != NULL);
  gst_message_unref (message);
  for (i = 0; i < 5000 && !g_file_test (file, G_FILE_TEST_EXISTS); i++)
    g_usleep (1000);
  fail_unless (g_file_test (file, G_FILE_TEST_EXISTS));
  gst_bus_disable_sync_message_emission (bus);
  gst_object_unref (bus);
  stop_element (h);
}

GST_END_TEST;

/* At EOS the current model is saved without waiting for background training. */
GST_START_TEST (test_end_while_learning_beside)
{
  GstHarness *h = start_element ("zsdenoise", "save-model-file", file, NULL);
  const GstVideoInfo info = usual_info ();
  ZsdModel model = { 0 };
  GstMessage *message;
  guint steps = 0, i;

  gst_util_set_object_arg (G_OBJECT (h->element), "training", "background");
  set_format (h, &info);
  do {
    push_frames (h, 4);
    g_usleep (2000);
  } while (count_of (h->element, "trainings") == 0);
  g_object_set (h->element, "finetune-interval", 1, "finetune-epochs", ENDLESS,
      NULL);
  while (steps != ENDLESS) {
    push_frames (h, 4);
    g_usleep (2000);
    while ((message = next_named (h, "zsdenoise-progress")) != NULL) {
      gst_structure_get_uint (gst_message_get_structure (message), "steps",
          &steps);
      gst_message_unref (message);
    }
  }
  for (i = 0; i < 5000 && !g_file_test (file, G_FILE_TEST_EXISTS); i++)
    g_usleep (1000);
  fail_unless_equals_int (g_remove (file), 0);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  read_model (&model);
  fail_unless_equals_int (count_files (), 1);
  fail_unless_equals_uint64 (count_of (h->element, "trainings"), 1);
  zsd_model_clear (&model);
  stop_element (h);
}

GST_END_TEST;

/* At the end the file has the last model. */
GST_START_TEST (test_last_one_counts)
{
  ZsdModel models[2] = { {0}
  };
  guint i;

  for (i = 0; i < 2; i++) {
    GstHarness *h = start_saving ();

    g_object_set (h->element, "finetune-interval", 1, "finetune-epochs", 1,
        NULL);
    if (i == 0)
      push_frames (h, 40);
    else {
      const GstVideoInfo info = usual_info ();
      guint frame;

      for (frame = 0; frame < 40; frame++) {
        gst_buffer_unref (filtered (h, picture_noisy (&info, frame)));
        g_usleep (2000);
      }
    }
    fail_unless_equals_uint64 (count_of (h->element, "trainings"), 40);
    stop_element (h);
    read_model (&models[i]);
    fail_unless_equals_int (count_files (), 1);
  }
  fail_unless (same_models (&models[0], &models[1]));
  zsd_model_clear (&models[0]);
  zsd_model_clear (&models[1]);
}

GST_END_TEST;

/* A model for another layout, or of another width. */
GST_START_TEST (test_mismatch)
{
  static const struct
  {
    const gchar *format;
    guint hidden;
    const gchar *profile, *reason;
  } cases[] = {
    {"RGB", 0, "balanced", "is for 4:2:0 frames (15 inputs, 6 outputs), but "
          "these are RGB (9 inputs, 3 outputs)"},
    {"GRAY8", 0, "balanced", "these are GRAY8 (11 inputs, 4 outputs)"},
    {"I420", 0, "paper", "I420 with profile=paper (6 inputs, 6 outputs)"},
    {"I420", 17, "balanced", "has 16 hidden channels, but hidden-channels is "
          "17"},
  };
  ZsdModel model = { 0 };
  guint i;

  make_pattern (&model, 15, 16, 6);
  write_model (&model);
  zsd_model_clear (&model);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GstVideoInfo info = picture_info (cases[i].format, 64, 48);
    GstHarness *h = start_element ("zsdenoise", "model-file", file,
        "hidden-channels", cases[i].hidden, NULL);
    GstMessage *message;
    GError *error;

    gst_util_set_object_arg (G_OBJECT (h->element), "profile",
        cases[i].profile);
    set_format (h, &info);
    fail_unless_equals_int (gst_harness_push (h, picture_noisy (&info, 0)),
        GST_FLOW_ERROR);
    message = next_message (h, GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    gst_message_parse_error (message, &error, NULL);
    fail_unless (strstr (error->message, file) != NULL
        && strstr (error->message, cases[i].reason) != NULL, "%s",
        error->message);
    g_error_free (error);
    gst_message_unref (message);
    stop_element (h);
  }
}

GST_END_TEST;

/* --- when it cannot be saved --- */

/* Checks for one warning that has the file name and the reason. */
static void
expect_warning (GstHarness * h, const gchar * reason)
{
  GstMessage *message = next_message (h, GST_MESSAGE_WARNING);
  GError *error;

  fail_unless (message != NULL, "no warning: %s", reason);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (error->domain == GST_RESOURCE_ERROR);
  fail_unless (strstr (error->message, file) != NULL
      && strstr (error->message, reason) != NULL, "%s", error->message);
  g_error_free (error);
  gst_message_unref (message);
  fail_unless (next_message (h, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR) ==
      NULL);
}

/* The folder is removed and created again: the stream continues, and the model is saved at the
 * end. */
GST_START_TEST (test_folder_goes_away)
{
  GstHarness *h = start_saving ();
  ZsdModel model = { 0 };

  g_object_set (h->element, "finetune-interval", 1, "finetune-epochs", 1, NULL);
  fail_unless_equals_int (g_rmdir (folder), 0);
  push_frames (h, 10);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  expect_warning (h, "No such file");
  fail_unless_equals_int (g_mkdir (folder, 0700), 0);
  stop_element (h);
  read_model (&model);
  zsd_model_clear (&model);
}

GST_END_TEST;

/* Without disk space the old file remains, without a temporary file. */
GST_START_TEST (test_no_room)
{
  struct rlimit before, small;
  ZsdModel model = { 0 }, read = { 0 };
  GstHarness *h;

  make_pattern (&model, 3, 1, 3);
  write_model (&model);
  h = start_saving ();
  signal (SIGXFSZ, SIG_IGN);
  fail_unless_equals_int (getrlimit (RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 5000;
  fail_unless_equals_int (setrlimit (RLIMIT_FSIZE, &small), 0);
  push_frames (h, 3);
  fail_unless (gst_harness_push_event (h, gst_event_new_eos ()));
  setrlimit (RLIMIT_FSIZE, &before);
  expect_warning (h, "File too large");
  fail_unless_equals_int (count_files (), 1);
  read_model (&read);
  fail_unless (same_models (&model, &read));
  zsd_model_clear (&read);
  stop_element (h);             /* now it can be saved */
  read_model (&read);
  fail_unless_equals_int (read.hidden, 16);
  zsd_model_clear (&read);
  zsd_model_clear (&model);
}

GST_END_TEST;

/* A program that saves in a loop is killed at random times, 200 times with ZSDENOISE_LONG=1;
 * the file is complete each time. */
GST_START_TEST (test_killed_while_saving)
{
  const guint kills = g_strcmp0 (g_getenv ("ZSDENOISE_LONG"), "1") ? 20 : 200;
  gchar *arguments[] = { SAVE_LOOP, file, NULL };
  guint i;

  for (i = 0; i < kills; i++) {
    ZsdModel model = { 0 };
    GPid pid;
    gsize p;

    fail_unless (g_spawn_async (NULL, arguments, NULL,
            G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
    while (!g_file_test (file, G_FILE_TEST_EXISTS))
      g_usleep (1000);
    g_usleep (g_random_int_range (0, 40000));
    kill (pid, SIGKILL);
    waitpid (pid, NULL, 0);
    read_model (&model);
    fail_unless_equals_int (model.hidden, 52);
    for (p = 1; p < model.count; p++)
      fail_unless (model.params[p] == model.params[0]);
    zsd_model_clear (&model);
  }
  GST_INFO ("%u of %u kills left a temporary file", count_files () - 1, kills);
}

GST_END_TEST;

Suite *
make_suite (void)
{
  Suite *suite = suite_create ("models");
  TCase *tcase = tcase_create ("models");

  tcase_add_checked_fixture (tcase, make_folder, remove_folder);
  tcase_add_loop_test (tcase, test_round_trip, 0, G_N_ELEMENTS (shapes));
  tcase_add_loop_test (tcase, test_read_by_another_program, 0,
      G_N_ELEMENTS (shapes));
  tcase_add_loop_test (tcase, test_written_by_another_program, 0,
      G_N_ELEMENTS (shapes));
  tcase_add_loop_test (tcase, test_bad_header, 0, G_N_ELEMENTS (bad_headers));
  tcase_add_test (tcase, test_bad_numbers);
  tcase_add_test (tcase, test_bad_file);
  tcase_add_test (tcase, test_bad_place);
  tcase_add_test (tcase, test_next_run);
  tcase_add_test (tcase, test_when_it_is_saved);
  tcase_add_test (tcase, test_flushed_picture_is_saved);
  tcase_add_test (tcase, test_end_while_learning_beside);
  tcase_add_test (tcase, test_last_one_counts);
  tcase_add_test (tcase, test_mismatch);
  tcase_add_test (tcase, test_folder_goes_away);
  tcase_add_test (tcase, test_no_room);
  tcase_add_test (tcase, test_killed_while_saving);
  suite_add_tcase (suite, tcase);
  return suite;
}
