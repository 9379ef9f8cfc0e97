/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures to files and to memory. */
#ifndef PICTURE_WRITE_H
#define PICTURE_WRITE_H

#include <gio/gio.h>
#include <vips/vips.h>

/* Whether the picture can be written to a file of that name: the suffix is known and the format
 * supports the size and the alpha channel. 16-bit samples are rounded where the format has 8 bits. */
gboolean picture_fits (VipsImage * picture, const gchar * name,
    GError ** error);

/* Writes the picture in the format of the suffix, JPEG at quality 95, the others lossless. The file
 * is replaced atomically. */
gboolean picture_write (VipsImage * picture, const gchar * file,
    GError ** error);
GBytes *picture_write_memory (VipsImage * picture, const gchar * name,
    GError ** error);

#endif
