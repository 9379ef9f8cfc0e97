/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/chapters/write.h"

#include "common/isobmff/box.h"

#include <gst/base/gstbytewriter.h>
#include <string.h>

#define HEADER 8
#define MAX_COUNT 255           /* chapters; many readers use an 8-bit count */
#define MAX_TITLE 255           /* bytes of a title */
#define UNIT 100                /* of times, nanoseconds */

/* --- the chpl box --- */

/* Length in bytes of the title, cut at a character boundary. */
static guint8
fitting (const gchar * title)
{
  const gsize length = strlen (title);

  return (guint8) (length <= MAX_TITLE ? length :
      (gsize) (g_utf8_find_prev_char (title, title + MAX_TITLE + 1) - title));
}

/* FALSE if the title was cut. */
static gboolean
put_chapter (GstByteWriter * writer, GstTocEntry * entry)
{
  GstTagList *tags = gst_toc_entry_get_tags (entry);
  gchar *title = NULL;
  gint64 start = 0;
  guint8 length;
  gboolean whole;

  gst_toc_entry_get_start_stop_times (entry, &start, NULL);
  if (tags)
    gst_tag_list_get_string (tags, GST_TAG_TITLE, &title);
  length = fitting (title ? title : "");
  whole = title == NULL || title[length] == '\0';
  gst_byte_writer_put_uint64_be (writer, (guint64) MAX (start, 0) / UNIT);
  gst_byte_writer_put_uint8 (writer, length);
  gst_byte_writer_put_data (writer, (const guint8 *) (title ? title : ""),
      length);
  g_free (title);
  return whole;
}

/* Chapters of the first edition, without nested ones. */
static GList *
main_chapters (GstToc * toc)
{
  GList *entries = gst_toc_get_entries (toc);

  return entries && gst_toc_entry_is_alternative (entries->data) ?
      gst_toc_entry_get_sub_entries (entries->data) : entries;
}

/* A udta box with chpl version 1: reserved byte, 32-bit count; per chapter start, title length,
 * title. */
static GBytes *
make_boxes (GstToc * toc, const gchar ** lost)
{
  GList *chapter = main_chapters (toc);
  const guint count = g_list_length (chapter);
  GstByteWriter *writer = gst_byte_writer_new ();
  guint8 *data;
  guint i, size;

  if (count > MAX_COUNT)
    *lost = "chapters after the 255th";
  gst_byte_writer_put_data (writer, (const guint8 *) "....udta....chpl", 16);
  gst_byte_writer_put_uint32_be (writer, 1 << 24);
  gst_byte_writer_put_uint8 (writer, 0);
  gst_byte_writer_put_uint32_be (writer, MIN (count, MAX_COUNT));
  for (i = 0; i < MIN (count, MAX_COUNT); i++, chapter = chapter->next)
    if (!put_chapter (writer, chapter->data))
      *lost = "the ends of long titles of chapters";
  size = gst_byte_writer_get_pos (writer);
  data = gst_byte_writer_free_and_get_data (writer);
  GST_WRITE_UINT32_BE (data, size);
  GST_WRITE_UINT32_BE (data + HEADER, size - HEADER);
  return g_bytes_new_take (data, size);
}

/* --- patching moov --- */

/* Adds `by` to all chunk offsets. FALSE if one exceeds 32 bits. */
static gboolean
move_samples (const Box * moov, guint32 by)
{
  Box rest = *moov, trak, stbl;
  Table offsets;
  guint32 i;

  while (box_next (&rest, &trak)) {
    if (!g_str_equal (trak.type, "trak")
        || !box_find (&trak, "mdia/minf/stbl", &stbl))
      continue;
    if (box_table (&stbl, "stco", 8, 4, &offsets))
      for (i = 0; i < offsets.count; i++, offsets.data += 4) {
        const guint32 offset = GST_READ_UINT32_BE (offsets.data);

        if (offset > G_MAXUINT32 - by)
          return FALSE;
        GST_WRITE_UINT32_BE (offsets.data, offset + by);
      }
    if (box_table (&stbl, "co64", 8, 8, &offsets))
      for (i = 0; i < offsets.count; i++, offsets.data += 8)
        GST_WRITE_UINT64_BE (offsets.data, GST_READ_UINT64_BE (offsets.data)
            + by);
  }
  return TRUE;
}

static void
grow_box (guint8 * header, guint32 by)
{
  GST_WRITE_UINT32_BE (header, GST_READ_UINT32_BE (header) + by);
}

/* Inserts chpl at the end of moov's udta, or a new udta at the end of moov. `data` has room for it.
 * Returns the bytes added; 0 if it is impossible. */
static gsize
insert (guint8 * data, gsize size, GBytes * boxes)
{
  const guint8 *added = g_bytes_get_data (boxes, NULL);
  gsize length = g_bytes_get_size (boxes);
  Box rest = {
    .data = data,
    .size = size,
  };
  Box moov, udta;
  guint8 *place = data + size;
  gboolean has_udta;

  if (!box_next (&rest, &moov) || rest.size > 0)
    return 0;
  has_udta = box_find (&moov, "udta", &udta);
  if (has_udta) {
    place = udta.data + udta.size;
    added += HEADER;
    length -= HEADER;
  }
  if (!move_samples (&moov, (guint32) length))
    return 0;
  if (has_udta)
    grow_box (udta.data - HEADER, (guint32) length);
  grow_box (data, (guint32) length);
  memmove (place + length, place, (gsize) (data + size - place));
  memcpy (place, added, length);
  return length;
}

/* Patches moov, which the muxer writes before the samples (faststart). */
static GstPadProbeReturn
on_buffer (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info, gpointer boxes)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const gsize size = gst_buffer_get_size (buffer);
  gchar type[4];
  guint8 *data;
  gsize added;

  if (gst_buffer_extract (buffer, 4, type, sizeof type) != sizeof type
      || memcmp (type, "moov", sizeof type) != 0)
    return GST_PAD_PROBE_OK;
  data = g_malloc (size + g_bytes_get_size (boxes));
  gst_buffer_extract (buffer, 0, data, size);
  added = insert (data, size, boxes);
  GST_PAD_PROBE_INFO_DATA (info) = gst_buffer_new_wrapped (data, size + added);
  gst_buffer_unref (buffer);
  return GST_PAD_PROBE_REMOVE;
}

const gchar *
chapters_write (GstElement * mux, GstToc * toc)
{
  const gchar *lost = NULL;
  GstPad *pad;

  if (GST_IS_TOC_SETTER (mux)) {
    gst_toc_setter_set_toc (GST_TOC_SETTER (mux), toc);
    return NULL;
  }
  pad = gst_element_get_static_pad (mux, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer,
      make_boxes (toc, &lost), (GDestroyNotify) g_bytes_unref);
  gst_object_unref (pad);
  return lost;
}
