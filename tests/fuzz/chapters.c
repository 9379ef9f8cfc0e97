/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MP4 and QuickTime files, whole and damaged: chapters are in order and have titles in UTF-8, or there
 * is an error; so do those of any part of the film. */
#include "common/isobmff/box.h"
#include "transcode/chapters/read.h"
#include "transcode/chapters/trim.h"

#include <stdlib.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void) argc, (void) argv;
  gst_init (NULL, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
check_title (GstTocEntry * entry)
{
  GstTagList *tags = gst_toc_entry_get_tags (entry);
  gchar *title;

  if (tags == NULL)
    return;
  if (!gst_tag_list_get_string (tags, GST_TAG_TITLE, &title)
      || title[0] == '\0' || !g_utf8_validate (title, -1, NULL))
    abort ();
  g_free (title);
}

static void
check (GstToc * toc)
{
  GList *edition = gst_toc_get_entries (toc), *chapter;
  gint64 last = 0, start, stop;

  if (edition == NULL || edition->next)
    abort ();
  chapter = gst_toc_entry_get_sub_entries (edition->data);
  if (chapter == NULL)
    abort ();
  for (; chapter; chapter = chapter->next) {
    if (!gst_toc_entry_get_start_stop_times (chapter->data, &start, &stop)
        || start < last || (stop >= 0 && stop < start))
      abort ();
    last = start;
    check_title (chapter->data);
  }
}

static void
check_part (GstToc * toc, GstClockTime from, GstClockTime to)
{
  GstToc *part = chapters_trim (toc, from, to);

  if (part) {
    check (part);
    gst_toc_unref (part);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  FILE *stream = fmemopen ((void *) data, size, "rb");
  GError *error = NULL;
  GstToc *toc;

  if (stream == NULL)
    return 0;
  toc = chapters_parse (stream, "film", &error);
  /* A film that is cut off has no index, and so no chapters. */
  if (box_is_cut_off (stream) && (toc || error))
    abort ();
  fclose (stream);
  if (toc) {
    if (error)
      abort ();
    check (toc);
    check_part (toc, GST_SECOND, 2 * GST_SECOND);
    check_part (toc, 1, GST_CLOCK_TIME_NONE);
    gst_toc_unref (toc);
  }
  g_clear_error (&error);
  return 0;
}
