/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes of ISO base media files (ISO/IEC 14496-12, 4.2), that is MP4 and QuickTime. All functions
 * check bounds; input is untrusted. */
#ifndef COMMON_ISOBMFF_BOX_H
#define COMMON_ISOBMFF_BOX_H

#include <gst/gst.h>
#include <stdio.h>

/* Payload of a box, or a run of boxes. */
typedef struct
{
  guint8 *data;
  gsize size;
  gchar type[5];
} Box;

/* Array of `count` fixed-size entries in a box. */
typedef struct
{
  guint8 *data;
  guint32 count;
} Table;

/* Takes the next box off the front of `rest`. FALSE if none is complete. */
gboolean box_next (Box * rest, Box * box);

/* Follows a path such as "mdia/mdhd", taking the first box of each type. */
gboolean box_find (const Box * parent, const gchar * path, Box * box);

/* Table in the child box `type`: `header` bytes of version, flags and entry count, then entries of
 * `width` bytes. FALSE if it is missing or incomplete. */
gboolean box_table (const Box * parent, const gchar * type, gsize header,
    gsize width, Table * table);

/* Timescale in units per second (never 0) and length of mvhd or mdhd, version 0 (32 bits) or 1 (64
 * bits). `length` may be NULL. FALSE if the box is missing. */
gboolean box_header (const Box * parent, const gchar * path, guint32 * scale,
    guint64 * length);

/* Loads the first top-level box of a type; free its data. FALSE if there is none or the file is not
 * ISO base media. */
gboolean box_load (FILE * file, const gchar * type, Box * box);

/* Whether the file begins as ISO base media and ends before its index (moov) does. */
gboolean box_is_cut_off (FILE * file);

/* Reads bytes of a file; free them. NULL if they cannot be read. */
guint8 *box_load_bytes (FILE * file, guint64 offset, gsize size);

#endif
