/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the code that the programs for pictures share: pictures in memory, limits, progress,
 * models. Prints TAP.
 *
 *   stills SAMPLE --tap */
#include "common/pipeline/launch.h"
#include "picture/filter.h"
#include "picture/formats.h"
#include "picture/read.h"
#include "picture/vips.h"
#include "picture/write.h"

#include <glib/gstdio.h>
#include <string.h>

static const gchar *sample;

static GstElement *
element (const gchar * line)
{
  GError *error = NULL;
  GstElement *made = launch (line, GST_PARSE_FLAG_NONE, &error);

  g_assert_no_error (error);
  return gst_object_ref_sink (made);
}

/* A corner of the sample, with noise. */
static VipsImage *
noisy_picture (void)
{
  GstElement *noise = element ("zsnoise degree=0.1");
  VipsImage *clean, *corner, *noisy;
  GError *error = NULL;

  clean = picture_read (sample, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (vips_extract_area (clean, &corner, 40, 40, 128, 96, NULL),
      ==, 0);
  noisy = picture_filter (corner, noise, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (clean);
  g_object_unref (corner);
  gst_object_unref (noise);
  return noisy;
}

static gboolean
same (VipsImage * a, VipsImage * b)
{
  gsize size_a, size_b;
  void *samples_a = vips_image_write_to_memory (a, &size_a);
  void *samples_b = vips_image_write_to_memory (b, &size_b);
  const gboolean equal = size_a == size_b
      && memcmp (samples_a, samples_b, size_a) == 0;

  g_free (samples_a);
  g_free (samples_b);
  return equal;
}

static VipsImage *
denoise (VipsImage * noisy, GstElement * denoise,
    const PictureObserver * observer)
{
  GError *error = NULL;
  VipsImage *result = picture_filter (noisy, denoise, observer, &error);

  g_assert_no_error (error);
  g_assert_false (same (result, noisy));
  return result;
}

/* --- memory --- */

static void
test_memory (void)
{
  VipsImage *noisy = noisy_picture (), *again;
  GError *error = NULL;
  GBytes *bytes = picture_write_memory (noisy, "a.PNG", &error);

  g_assert_no_error (error);
  again = picture_read_memory (bytes, 128 * 96, &error);
  g_assert_no_error (error);
  g_assert_true (same (noisy, again));
  g_assert_cmpstr (picture_format_suffix (again), ==, ".png");
  g_object_unref (again);
  again = picture_read_memory (bytes, 128 * 96 - 1, &error);
  g_assert_null (again);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
  g_assert_cmpstr (error->message, ==,
      "it has 128x96 pixels, more than the limit of 12287");
  g_error_free (error);
  g_bytes_unref (bytes);
  g_object_unref (noisy);
}

/* The header tells of more pixels than there is memory for: it is all that is read. */
static void
test_bomb (void)
{
  static const guint8 bomb[] = {
    0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D',
    'R', 0, 1, 0, 0, 0, 1, 0, 0, 8, 2, 0, 0, 0, 0xe3, 0xe6, 0xa7, 0xb4, 0, 0, 0,
    0, 'I', 'D', 'A', 'T', 0x35, 0xaf, 0x06, 0x1e
  };
  GBytes *bytes = g_bytes_new_static (bomb, sizeof bomb);
  GError *error = NULL;

  g_assert_null (picture_read_memory (bytes, 100000000, &error));
  g_assert_cmpstr (error->message, ==,
      "it has 65536x65536 pixels, more than the limit of 100000000");
  g_error_free (error);
  g_bytes_unref (bytes);
}

/* --- learning --- */

static void
on_progress (const PictureProgress * progress, gpointer user)
{
  GArray *told = user;

  g_array_append_vals (told, progress, 1);
}

/* Steps of learning, which have a loss, and then bands of the picture, which have none. */
static void
test_progress (void)
{
  GArray *told = g_array_new (FALSE, FALSE, sizeof (PictureProgress));
  const PictureObserver observer = { on_progress, told };
  GstElement *learner = element ("zsdenoise temporal=false epochs=40");
  VipsImage *noisy = noisy_picture ();
  PictureProgress last = {
    .steps = 40,
  };
  guint i;

  g_object_unref (denoise (noisy, learner, &observer));
  g_assert_cmpuint (told->len, >, 0);
  for (i = 0; i < told->len; i++) {
    const PictureProgress *progress = &g_array_index (told, PictureProgress, i);

    if (i == 0 || progress->steps == last.steps) {
      g_assert_cmpuint (progress->step, >=, last.step);
      g_assert_cmpuint (progress->steps, ==, last.steps);
    }
    g_assert_cmpuint (progress->step, <=, progress->steps);
    g_assert_true (progress->steps == 40 ? progress->loss > 0 :
        progress->loss == -1);
    g_assert_cmpfloat (progress->eta, >=, 0);
    last = *progress;
  }
  g_array_unref (told);
  g_object_unref (noisy);
  gst_object_unref (learner);
}

/* A saved model gives the same picture again, and another one with another strength. */
static void
test_model (void)
{
  gchar *folder = g_dir_make_tmp (NULL, NULL);
  gchar *model = g_build_filename (folder, "model", NULL);
  GstElement *learner = element ("zsdenoise temporal=false epochs=40");
  GstElement *user = element ("zsdenoise temporal=false");
  VipsImage *noisy = noisy_picture (), *first, *second, *half;

  g_object_set (learner, "save-model-file", model, NULL);
  first = denoise (noisy, learner, NULL);
  g_object_set (user, "model-file", model, NULL);
  second = denoise (noisy, user, NULL);
  g_assert_true (same (first, second));
  g_object_set (user, "strength", 0.5, NULL);
  half = denoise (noisy, user, NULL);
  g_assert_false (same (first, half));
  g_object_unref (first);
  g_object_unref (second);
  g_object_unref (half);
  g_object_unref (noisy);
  gst_object_unref (learner);
  gst_object_unref (user);
  g_remove (model);
  g_rmdir (folder);
  g_free (model);
  g_free (folder);
}

static void
test_error (void)
{
  GstElement *broken = element ("zsdenoise model-file=/nowhere/model");
  VipsImage *noisy = noisy_picture ();
  GError *error = NULL;

  g_assert_null (picture_filter (noisy, broken, NULL, &error));
  g_assert_true (g_str_has_prefix (error->message,
          "The model-file /nowhere/model cannot be used: No such file"));
  g_error_free (error);
  g_object_unref (noisy);
  gst_object_unref (broken);
}

int
main (int argc, char **argv)
{
  GError *error = NULL;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  sample = argv[1];
  if (!picture_vips_init (&error))
    g_error ("%s", error->message);
  g_test_add_func ("/stills/memory", test_memory);
  g_test_add_func ("/stills/bomb", test_bomb);
  g_test_add_func ("/stills/progress", test_progress);
  g_test_add_func ("/stills/model", test_model);
  g_test_add_func ("/stills/error", test_error);
  return g_test_run ();
}
