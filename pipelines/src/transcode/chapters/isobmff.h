/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes of ISO base media files (ISO/IEC 14496-12, 4.2), that is, of MP4 and QuickTime: size, type,
 * content, which may be boxes in turn. Whatever is in the bytes, nothing outside is read. */
#ifndef TRANSCODE_CHAPTERS_ISOBMFF_H
#define TRANSCODE_CHAPTERS_ISOBMFF_H

#include <gst/gst.h>
#include <stdio.h>

/* A box's content; or some bytes that boxes are in. */
typedef struct
{
  guint8 *data;
  gsize size;
  gchar type[5];
} Box;

/* A table in a box: `count` entries of so many bytes each. */
typedef struct
{
  guint8 *data;
  guint32 count;
} Table;

/* Takes the first box from the front of `rest`. FALSE: there is no whole one. */
gboolean box_next (Box * rest, Box * box);

/* The first box of each type on the way from the parent's content, as in "mdia/mdhd". */
gboolean box_find (const Box * parent, const gchar * path, Box * box);

/* The table in the parent's child of that type, where version, flags and the number of entries make
 * `header` bytes. FALSE: there is none, or its entries are not all in it. */
gboolean box_table (const Box * parent, const gchar * type, gsize header,
    gsize width, Table * table);

/* From the header of a film or a medium, mvhd or mdhd, whose times are of 32 bits in version 0 and
 * of 64 in version 1: units in a second, never 0; its length in them, or NULL. FALSE: there is
 * none. */
gboolean box_header (const Box * parent, const gchar * path, guint32 * scale,
    guint64 * length);

/* The first box of that type that is in no other one; its data are to be freed. FALSE: there is
 * none, or the file is of another kind. */
gboolean box_load (FILE * file, const gchar * type, Box * box);

/* So many bytes from there on, to be freed; NULL: they cannot be read. */
guint8 *box_load_bytes (FILE * file, guint64 offset, gsize size);

#endif
