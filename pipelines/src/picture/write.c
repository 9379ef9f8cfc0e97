/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures to files and to memory. */
#include "picture/formats.h"

#define JPEG_QUALITY 95

gboolean
still_fits (VipsImage * still, const gchar * name, GError ** error)
{
  const gint side = MAX (vips_image_get_width (still),
      vips_image_get_height (still));
  StillFormatId id;

  if (!still_find_format (name, &id))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "%s: pictures "
        "are written as .png, .jpg, .webp, .tif or .bmp", name);
  else if (vips_image_hasalpha (still) && !still_formats[id].alpha)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it has alpha, "
        "which a %s cannot hold; write it as .png", still_formats[id].name);
  else if (side > still_formats[id].side)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it has %d "
        "pixels on a side, and a %s holds %d at most; write it as .png", side,
        still_formats[id].name, still_formats[id].side);
  else
    return TRUE;
  return FALSE;
}

/* Rounds samples of 16 bits to 8. */
static VipsImage *
to_8_bits (VipsImage * still)
{
  const gboolean gray = vips_image_get_bands (still) < 3;
  VipsImage *scaled = NULL, *rounded = NULL, *result = NULL;

  if (vips_linear1 (still, &scaled, 255.0 / 65535, 0.5, NULL) == 0
      && vips_cast_uchar (scaled, &rounded, NULL) == 0)
    vips_copy (rounded, &result, "interpretation",
        gray ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL);
  g_clear_object (&scaled);
  g_clear_object (&rounded);
  return result;
}

/* What can be written as it is: with 8 bits where the format has no more, and turned where the file
 * could not say how it is to be turned. */
static VipsImage *
prepare (VipsImage * still, StillFormatId id)
{
  const gboolean deep = still_formats[id].bits == 8
      && vips_image_get_format (still) == VIPS_FORMAT_USHORT;
  const gboolean mute = id == STILL_BMP || (id == STILL_PNG
      && vips_image_get_typeof (still, VIPS_META_EXIF_NAME) == 0);
  VipsImage *fitting = deep ? to_8_bits (still) : g_object_ref (still);
  VipsImage *turned = NULL;

  if (fitting == NULL || !mute)
    return fitting;
  vips_autorot (fitting, &turned, NULL);
  g_object_unref (fitting);
  return turned;
}

static gint
encode (VipsImage * still, StillFormatId id, void **data, gsize * size)
{
  switch (id) {
    case STILL_PNG:
      return vips_pngsave_buffer (still, data, size, NULL);
    case STILL_JPEG:
      return vips_jpegsave_buffer (still, data, size, "Q", JPEG_QUALITY,
          "optimize_coding", TRUE, NULL);
    case STILL_WEBP:
      return vips_webpsave_buffer (still, data, size, "lossless", TRUE, NULL);
    case STILL_TIFF:
      return vips_tiffsave_buffer (still, data, size, "compression",
          VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
          VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    case STILL_BMP:
      return vips_magicksave_buffer (still, data, size, "format", "BMP", NULL);
  }
  return -1;
}

GBytes *
still_write_memory (VipsImage * still, const gchar * name, GError ** error)
{
  VipsImage *fitting;
  void *data = NULL;
  gsize size = 0;
  StillFormatId id;

  if (!still_fits (still, name, error) || !still_find_format (name, &id))
    return NULL;
  still_lock ();
  fitting = prepare (still, id);
  if (fitting == NULL || encode (fitting, id, &data, &size) != 0)
    still_set_error (error, "it cannot be written",
        "there is not enough memory");
  still_unlock ();
  g_clear_object (&fitting);
  return data ? g_bytes_new_take (data, size) : NULL;
}

gboolean
still_write (VipsImage * still, const gchar * file, GError ** error)
{
  GBytes *bytes = still_write_memory (still, file, error);
  GError *fault = NULL;
  gboolean written;

  if (bytes == NULL)
    return FALSE;
  written = g_file_set_contents_full (file, g_bytes_get_data (bytes, NULL),
      g_bytes_get_size (bytes), G_FILE_SET_CONTENTS_CONSISTENT, 0666, &fault);
  if (fault)
    g_propagate_error (error, fault);
  g_bytes_unref (bytes);
  return written;
}
