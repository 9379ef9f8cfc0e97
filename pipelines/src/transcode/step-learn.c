/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/file.h"
#include "film/workdir.h"
#include "transcode/media/decode.h"
#include "transcode/steps.h"

/* Frames from the middle of the film for training. */
#define TRAINING_FRAMES 48
#define FINETUNE_INTERVAL 8

/* Segment with the middle frame of the film, and the place of that frame in it. Independent of how
 * the film is cut. */
static guint
find_middle (const Manifest * manifest, guint * place)
{
  guint number = 0;

  *place = manifest_frames (manifest) / 2;
  while (*place >= g_array_index (manifest->segments, Segment, number).frames)
    *place -= g_array_index (manifest->segments, Segment, number++).frames;
  return number;
}

static gboolean
learn (const Manifest * manifest, const gchar * workdir, const gchar * file,
    GError ** error)
{
  gchar *unfinished = file_temporary_name (file);
  guint place;
  const guint number = find_middle (manifest, &place);
  Decoder *decoder =
      decoder_new (manifest, workdir, number, "fakesink async=false",
      error);
  GstElement *filter;
  gboolean done = FALSE;

  if (decoder) {
    filter = decoder_element (decoder, "filter");
    g_object_set (filter, "save-model-file", unfinished, "finetune-interval",
        FINETUNE_INTERVAL, NULL);
    gst_object_unref (filter);
    done = decoder_run_range (decoder, place, TRAINING_FRAMES, error);
    decoder_free (decoder);
  }
  /* There is no model if the film has only one or two frames. */
  done = done && (!g_file_test (unfinished, G_FILE_TEST_EXISTS)
      || file_publish (unfinished, file, error));
  g_free (unfinished);
  return done;
}

gboolean
step_learn (const gchar * workdir, GError ** error)
{
  Manifest *manifest = manifest_read (workdir, error);
  gchar *file = g_build_filename (workdir, WORKDIR_MODEL, NULL);
  const gboolean done = manifest && (g_file_test (file, G_FILE_TEST_EXISTS)
      || learn (manifest, workdir, file, error));

  g_clear_pointer (&manifest, manifest_free);
  g_free (file);
  return done;
}
