/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode-feed.h"
#include "transcode-parts.h"
#include "transcode-steps.h"

/* Pictures of the middle that it learns from. */
#define PICTURES 48
#define FINETUNE_INTERVAL 8

static gboolean
learn (const Manifest * manifest, const gchar * parts, const gchar * file,
    GError ** error)
{
  gchar *unfinished = parts_unfinished (file);
  Feed *feed = feed_new (manifest, parts, manifest->segments->len / 2,
      "fakesink async=false", error);
  GstElement *filter;
  gboolean done = FALSE;

  if (feed) {
    filter = feed_element (feed, "filter");
    g_object_set (filter, "save-model-file", unfinished, "finetune-interval",
        FINETUNE_INTERVAL, NULL);
    gst_object_unref (filter);
    done = feed_run (feed, PICTURES, error);
    feed_free (feed);
  }
  /* Of a picture or two nothing can be learned. */
  done = done && (!g_file_test (unfinished, G_FILE_TEST_EXISTS)
      || parts_publish (unfinished, file, error));
  g_free (unfinished);
  return done;
}

gboolean
step_learn (const gchar * parts, GError ** error)
{
  Manifest *manifest = manifest_read (parts, error);
  gchar *file = g_build_filename (parts, PARTS_MODEL, NULL);
  const gboolean done = manifest && (g_file_test (file, G_FILE_TEST_EXISTS)
      || learn (manifest, parts, file, error));

  g_clear_pointer (&manifest, manifest_free);
  g_free (file);
  return done;
}
