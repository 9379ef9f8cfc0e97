/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/isobmff/box.h"

#include <string.h>

#define MAX_BOXES 100000        /* at top level */
#define MAX_BOX_BYTES (256 << 20)       /* of a box held in memory */
#define MAX_HEADER 16

/* Parses a box header. `front` holds the first `at_hand` bytes of `available`. FALSE if the box is
 * incomplete. */
static gboolean
read_header (const guint8 * front, gsize at_hand, guint64 available,
    gchar type[5], gsize * header, guint64 * size)
{
  if (at_hand < 8)
    return FALSE;
  *header = 8;
  *size = GST_READ_UINT32_BE (front);
  memcpy (type, front + 4, 4);
  type[4] = '\0';
  if (*size == 1 && at_hand >= MAX_HEADER) {
    *header = MAX_HEADER;
    *size = GST_READ_UINT64_BE (front + 8);
  } else if (*size == 0) {
    *size = available;
  }
  return *size >= *header && *size <= available;
}

/* --- in memory --- */

gboolean
box_next (Box * rest, Box * box)
{
  gsize header;
  guint64 size;

  if (!read_header (rest->data, rest->size, rest->size, box->type, &header,
          &size))
    return FALSE;
  box->data = rest->data + header;
  box->size = (gsize) size - header;
  rest->data += size;
  rest->size -= (gsize) size;
  return TRUE;
}

gboolean
box_find (const Box * parent, const gchar * path, Box * box)
{
  Box rest = *parent;

  while (box_next (&rest, box))
    if (strncmp (path, box->type, 4) == 0) {
      const Box found = *box;

      return path[4] == '\0' || box_find (&found, path + 5, box);
    }
  return FALSE;
}

gboolean
box_table (const Box * parent, const gchar * type, gsize header, gsize width,
    Table * table)
{
  Box box;

  if (!box_find (parent, type, &box) || box.size < header)
    return FALSE;
  table->data = box.data + header;
  table->count = GST_READ_UINT32_BE (table->data - 4);
  return (box.size - header) / width >= table->count;
}

gboolean
box_header (const Box * parent, const gchar * path, guint32 * scale,
    guint64 * length)
{
  Box box;
  gboolean wide;

  if (!box_find (parent, path, &box) || box.size < 20)
    return FALSE;
  wide = box.data[0] != 0;
  if (wide && box.size < 32)
    return FALSE;
  *scale = GST_READ_UINT32_BE (box.data + (wide ? 20 : 12));
  if (length)
    *length = wide ? GST_READ_UINT64_BE (box.data + 24) :
        GST_READ_UINT32_BE (box.data + 16);
  return *scale > 0;
}

/* --- in a file --- */

static gboolean
is_first (const gchar * type)
{
  return strstr ("ftyp moov mdat wide free skip pnot", type) != NULL;
}

guint8 *
box_load_bytes (FILE * file, guint64 offset, gsize size)
{
  guint8 *data = offset <= G_MAXINT64 ? g_try_malloc (MAX (size, 1)) : NULL;

  if (data && fseeko (file, (off_t) offset, SEEK_SET) == 0
      && fread (data, 1, size, file) == size)
    return data;
  g_free (data);
  return NULL;
}

/* Finds the first top-level box of a type: its header and size, and where it is. Also FALSE if a box
 * before it is incomplete; `offset` is that of the box then. */
static gboolean
find_box (FILE * file, const gchar * type, guint64 * offset, gsize * header,
    guint64 * size)
{
  guint8 front[MAX_HEADER];
  gchar found[5] = "";
  guint64 end;
  guint i;

  *offset = *size = 0;
  if (fseeko (file, 0, SEEK_END) != 0)
    return FALSE;
  end = (guint64) ftello (file);
  for (i = 0; i < MAX_BOXES; i++, *offset += *size) {
    gsize got;

    if (fseeko (file, (off_t) * offset, SEEK_SET) != 0)
      return FALSE;
    got = fread (front, 1, sizeof front, file);
    if (!read_header (front, got, end - *offset, found, header, size)
        || (i == 0 && !is_first (found)))
      return FALSE;
    if (strcmp (found, type) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
box_load (FILE * file, const gchar * type, Box * box)
{
  guint64 offset, size;
  gsize header;

  if (!find_box (file, type, &offset, &header, &size)
      || size > MAX_BOX_BYTES)
    return FALSE;
  strcpy (box->type, type);
  box->size = (gsize) (size - header);
  box->data = box_load_bytes (file, offset + header, box->size);
  return box->data != NULL;
}

gboolean
box_is_cut_off (FILE * file)
{
  guint8 front[MAX_HEADER];
  gchar type[5] = "";
  guint64 offset, size;
  gsize header;
  gboolean known;

  if (fseeko (file, 0, SEEK_SET) != 0
      || fread (front, 1, sizeof front, file) != sizeof front)
    return FALSE;
  read_header (front, sizeof front, G_MAXUINT64, type, &header, &size);
  known = type[0] != '\0' && is_first (type);
  return known && !find_box (file, "moov", &offset, &header, &size)
      && !ferror (file);
}
