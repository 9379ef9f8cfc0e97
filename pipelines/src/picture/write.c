/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/write.h"

#include "common/file.h"
#include "picture/formats.h"
#include "picture/vips.h"

#define JPEG_QUALITY 95

gboolean
picture_fits (VipsImage * picture, const gchar * name, GError ** error)
{
  const gint side = MAX (vips_image_get_width (picture),
      vips_image_get_height (picture));
  PictureFormatId id;

  if (!picture_format_find (name, &id))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "%s: pictures "
        "are written as .png, .jpg, .webp, .tif or .bmp", name);
  else if (vips_image_hasalpha (picture) && !picture_formats[id].alpha)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it has alpha, "
        "which a %s cannot hold; write it as .png", picture_formats[id].name);
  else if (side > picture_formats[id].side)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it has %d "
        "pixels on a side, and a %s holds %d at most; write it as .png", side,
        picture_formats[id].name, picture_formats[id].side);
  else
    return TRUE;
  return FALSE;
}

/* Rounds samples of 16 bits to 8. */
static VipsImage *
to_8_bits (VipsImage * picture)
{
  const gboolean gray = vips_image_get_bands (picture) < 3;
  VipsImage *scaled = NULL, *rounded = NULL, *result = NULL;

  if (vips_linear1 (picture, &scaled, 255.0 / 65535, 0.5, NULL) == 0
      && vips_cast_uchar (scaled, &rounded, NULL) == 0)
    vips_copy (rounded, &result, "interpretation",
        gray ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL);
  g_clear_object (&scaled);
  g_clear_object (&rounded);
  return result;
}

/* The picture as the format can hold it: rounded to 8 bits where the format has no more, and
 * rotated upright where the file cannot hold the orientation tag. */
static VipsImage *
prepare (VipsImage * picture, PictureFormatId id)
{
  const gboolean deep = picture_formats[id].bits == 8
      && vips_image_get_format (picture) == VIPS_FORMAT_USHORT;
  const gboolean no_orientation = id == PICTURE_BMP || (id == PICTURE_PNG
      && vips_image_get_typeof (picture, VIPS_META_EXIF_NAME) == 0);
  VipsImage *fitting = deep ? to_8_bits (picture) : g_object_ref (picture);
  VipsImage *turned = NULL;

  if (fitting == NULL || !no_orientation)
    return fitting;
  vips_autorot (fitting, &turned, NULL);
  g_object_unref (fitting);
  return turned;
}

static gint
encode (VipsImage * picture, PictureFormatId id, void **data, gsize * size)
{
  switch (id) {
    case PICTURE_PNG:
      return vips_pngsave_buffer (picture, data, size, NULL);
    case PICTURE_JPEG:
      return vips_jpegsave_buffer (picture, data, size, "Q", JPEG_QUALITY,
          "optimize_coding", TRUE, NULL);
    case PICTURE_WEBP:
      return vips_webpsave_buffer (picture, data, size, "lossless", TRUE, NULL);
    case PICTURE_TIFF:
      return vips_tiffsave_buffer (picture, data, size, "compression",
          VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
          VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    case PICTURE_BMP:
      return vips_magicksave_buffer (picture, data, size, "format", "BMP",
          NULL);
  }
  return -1;
}

GBytes *
picture_write_memory (VipsImage * picture, const gchar * name, GError ** error)
{
  VipsImage *fitting;
  void *data = NULL;
  gsize size = 0;
  PictureFormatId id;

  if (!picture_fits (picture, name, error) || !picture_format_find (name, &id))
    return NULL;
  picture_vips_lock ();
  fitting = prepare (picture, id);
  if (fitting == NULL || encode (fitting, id, &data, &size) != 0)
    picture_vips_set_error (error, "it cannot be written",
        "there is not enough memory");
  picture_vips_unlock ();
  g_clear_object (&fitting);
  return data ? g_bytes_new_take (data, size) : NULL;
}

gboolean
picture_write (VipsImage * picture, const gchar * file, GError ** error)
{
  GBytes *bytes = picture_write_memory (picture, file, error);
  const gboolean written = bytes
      && file_write (file, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), error);

  if (bytes)
    g_bytes_unref (bytes);
  return written;
}
