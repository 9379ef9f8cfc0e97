/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures from files and from memory. */
#ifndef PICTURE_READ_H
#define PICTURE_READ_H

#include <gio/gio.h>
#include <vips/vips.h>

/* Reads a PNG, JPEG, WebP, TIFF or BMP picture, detected by its content. A picture of more than
 * `max_pixels` (0: no limit) is rejected by its header. Files with several pictures, other colour
 * spaces or sample types, and damaged data are errors. */
VipsImage *picture_read (const gchar * file, guint64 max_pixels,
    GError ** error);
VipsImage *picture_read_memory (GBytes * bytes, guint64 max_pixels,
    GError ** error);

#endif
