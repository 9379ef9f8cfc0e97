/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File formats of pictures. */
#ifndef PICTURE_FORMATS_H
#define PICTURE_FORMATS_H

#include <vips/vips.h>

typedef enum
{
  PICTURE_PNG, PICTURE_JPEG, PICTURE_WEBP, PICTURE_TIFF, PICTURE_BMP,
} PictureFormatId;

#define PICTURE_N_FORMATS 5

typedef struct
{
  const gchar *name;
  const gchar *suffixes[3];     /* default suffix first, NULL-terminated */
  const gchar *loader;          /* prefix of the name of the libvips loader */
  gint bits;                    /* maximum per sample */
  gboolean alpha;
  gint side;                    /* maximum width and height, pixels */
} PictureFormat;

extern const PictureFormat picture_formats[PICTURE_N_FORMATS];

/* Finds the format by the suffix of a file name, ignoring case: .png, .jpg, .jpeg, .webp, .tif,
 * .tiff or .bmp. FALSE if the suffix is unknown. */
gboolean picture_format_find (const gchar * name, PictureFormatId * id);

/* Whether the suffix of the file name is that of a format that is read but not written: HEIF, AVIF
 * or a camera's raw format. */
gboolean picture_format_is_read_only (const gchar * name);

/* Whether files of this name are taken from folders: one of the formats above, but raw files. */
gboolean picture_format_is_known (const gchar * name);

/* Default suffix, such as ".png", of the format that the picture was read from. */
const gchar *picture_format_suffix (VipsImage * picture);

#endif
