/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/chapters/read.h"

#include "transcode/chapters/text-track.h"

#include <glib/gstdio.h>
#include <gst/base/gstbytereader.h>
#include <string.h>

#define UNIT 100                /* of chpl times, nanoseconds */

/* --- Nero's list: moov/udta/chpl --- */

static gboolean
read_entry (GstByteReader * reader, Chapter * chapter)
{
  const guint8 *title;
  guint64 start;
  guint8 length;

  if (!gst_byte_reader_get_uint64_be (reader, &start)
      || start > MAX_START / UNIT
      || !gst_byte_reader_get_uint8 (reader, &length)
      || !gst_byte_reader_get_data (reader, length, &title))
    return FALSE;
  chapter->start = start * UNIT;
  chapter->title = g_utf8_make_valid ((const gchar *) title,
      (gssize) strnlen ((const gchar *) title, length));
  return TRUE;
}

/* The count has 8 bits in version 0; a reserved byte and 32 bits in version 1. */
static gboolean
read_list (const Box * box, GArray * chapters)
{
  GstByteReader reader;
  guint32 flags, count, i;
  guint8 few = 0;
  Chapter chapter;

  gst_byte_reader_init (&reader, box->data, (guint) box->size);
  if (!gst_byte_reader_get_uint32_be (&reader, &flags)
      || !gst_byte_reader_get_uint8 (&reader, &few))
    return FALSE;
  count = few;
  if (flags >> 24 != 0 && !gst_byte_reader_get_uint32_be (&reader, &count))
    return FALSE;
  for (i = 0; i < count; i++) {
    if (i == MAX_CHAPTERS || !read_entry (&reader, &chapter))
      return FALSE;
    g_array_append_val (chapters, chapter);
  }
  return TRUE;
}

/* --- both kinds --- */

static void
clear_chapter (gpointer data)
{
  g_free (((Chapter *) data)->title);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const GstClockTime x = ((const Chapter *) a)->start;
  const GstClockTime y = ((const Chapter *) b)->start;

  return (x > y) - (x < y);
}

static GstClockTime
film_length (const Box * moov)
{
  guint32 scale;
  guint64 length;

  return box_header (moov, "mvhd", &scale, &length) ?
      MIN (gst_util_uint64_scale (length, GST_SECOND, scale), G_MAXINT64) : 0;
}

static GstToc *
make_toc (GArray * chapters, GstClockTime end)
{
  GstToc *toc = gst_toc_new (GST_TOC_SCOPE_GLOBAL);
  GstTocEntry *edition = gst_toc_entry_new (GST_TOC_ENTRY_TYPE_EDITION, "1");
  guint i;

  g_array_sort (chapters, compare);
  for (i = 0; i < chapters->len; i++) {
    const Chapter *chapter = &g_array_index (chapters, Chapter, i);
    const GstClockTime stop = i + 1 < chapters->len ? (chapter + 1)->start :
        MAX (end, chapter->start);
    gchar *number = g_strdup_printf ("%u", i + 1);
    GstTocEntry *entry = gst_toc_entry_new (GST_TOC_ENTRY_TYPE_CHAPTER, number);

    gst_toc_entry_set_start_stop_times (entry, (gint64) chapter->start,
        (gint64) stop);
    if (chapter->title[0] != '\0')
      gst_toc_entry_set_tags (entry, gst_tag_list_new (GST_TAG_TITLE,
              chapter->title, NULL));
    gst_toc_entry_append_sub_entry (edition, entry);
    g_free (number);
  }
  gst_toc_append_entry (toc, edition);
  return toc;
}

/* Finds chpl. A chpl box of impossible size is returned empty, to be reported as damaged. */
static gboolean
find_list (const Box * moov, Box * list)
{
  Box rest;

  if (!box_find (moov, "udta", &rest))
    return FALSE;
  while (box_next (&rest, list))
    if (g_str_equal (list->type, "chpl"))
      return TRUE;
  list->size = 0;
  return rest.size >= 8 && memcmp (rest.data + 4, "chpl", 4) == 0;
}

static gboolean
read_chapters (FILE * file, const Box * moov, GArray * chapters)
{
  Box list;

  if (find_list (moov, &list) && !read_list (&list, chapters))
    return FALSE;
  return chapters->len > 0 || text_track_read (file, moov, chapters);
}

GstToc *
chapters_parse (FILE * stream, const gchar * name, GError ** error)
{
  GArray *chapters = g_array_new (FALSE, FALSE, sizeof (Chapter));
  GstToc *toc = NULL;
  Box moov;

  g_array_set_clear_func (chapters, clear_chapter);
  if (box_load (stream, "moov", &moov)) {
    if (!read_chapters (stream, &moov, chapters))
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX,
          "%s: its list of chapters is damaged", name);
    else if (chapters->len > 0)
      toc = make_toc (chapters, film_length (&moov));
    g_free (moov.data);
  }
  g_array_unref (chapters);
  return toc;
}

GstToc *
chapters_read (const gchar * file, GError ** error)
{
  FILE *stream = g_fopen (file, "rb");
  GstToc *toc = stream ? chapters_parse (stream, file, error) : NULL;

  if (stream)
    fclose (stream);
  return toc;
}
