/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in files and in memory. */
#include "still.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define JPEG_QUALITY 95

typedef enum
{
  PNG, JPEG, WEBP, TIFF, BMP,
} Format;

static const struct
{
  const gchar *name;
  const gchar *suffixes[3];     /* the first one is that of new names */
  const gchar *loader;          /* how the name of libvips' loader begins */
  gint bits;                    /* of a sample at most */
  gboolean alpha;
  gint side;                    /* pixels at most */
} formats[] = {
  [PNG] = {"PNG", {".png"}, "pngload", 16, TRUE, G_MAXINT},
  [JPEG] = {"JPEG", {".jpg", ".jpeg"}, "jpegload", 8, FALSE, 65535},
  [WEBP] = {"WebP", {".webp"}, "webpload", 8, TRUE, 16383},
  [TIFF] = {"TIFF", {".tif", ".tiff"}, "tiffload", 16, TRUE, G_MAXINT},
  [BMP] = {"BMP", {".bmp"}, "magickload", 8, TRUE, G_MAXINT},
};

#define NAMES "PNG, JPEG, WebP, TIFF or BMP"

/* libvips collects its errors in one place for all threads. */
static GMutex vips_lock;

/* --- libvips --- */

static void
ignore (const gchar * domain G_GNUC_UNUSED, GLogLevelFlags level G_GNUC_UNUSED,
    const gchar * message G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
}

gboolean
still_init (GError ** error)
{
  if (VIPS_INIT ("zsdenoise") != 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "libvips cannot be used: %s", vips_error_buffer ());
    return FALSE;
  }
  /* What is wrong with a picture comes as an error, too. */
  g_log_set_handler ("VIPS", G_LOG_LEVEL_WARNING, ignore, NULL);
  vips_cache_set_max (0);
  vips_concurrency_set (1);
  return TRUE;
}

/* What libvips has to say of the last failure, or `otherwise`: one line. */
static void
set_vips_error (GError ** error, const gchar * what, const gchar * otherwise)
{
  gchar *text = vips_error_buffer_copy ();
  const gchar *colon, *said;

  text[strcspn (text, "\n@")] = '\0';
  g_strchomp (text);
  /* It begins with the name of the function. */
  colon = strstr (text, ": ");
  said = *text == '\0' ? otherwise : colon ? colon + 2 : text;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what, said);
  g_free (text);
}

/* --- reading --- */

static gboolean
begins_with (GBytes * bytes, gsize offset, const gchar * magic, gsize length)
{
  gsize size;
  const gchar *data = g_bytes_get_data (bytes, &size);

  return size >= offset + length && memcmp (data + offset, magic, length) == 0;
}

/* By what the data begin with: libvips itself would take them for any of dozens of formats. */
static gboolean
is_known (GBytes * bytes)
{
  return begins_with (bytes, 0, "\x89PNG\r\n\x1a\n", 8)
      || begins_with (bytes, 0, "\xff\xd8\xff", 3)
      || (begins_with (bytes, 0, "RIFF", 4)
      && begins_with (bytes, 8, "WEBP", 4))
      || begins_with (bytes, 0, "II*\0", 4)
      || begins_with (bytes, 0, "MM\0*", 4)
      || begins_with (bytes, 0, "II+\0", 4)
      || begins_with (bytes, 0, "MM\0+", 4) || begins_with (bytes, 0, "BM", 2);
}

static gboolean
has_kind_of_samples (VipsImage * image)
{
  const gint colours = vips_image_get_bands (image) -
      vips_image_hasalpha (image);

  switch (vips_image_get_interpretation (image)) {
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_sRGB:
      return vips_image_get_format (image) == VIPS_FORMAT_UCHAR
          && (colours == 1 || colours == 3);
    case VIPS_INTERPRETATION_GREY16:
    case VIPS_INTERPRETATION_RGB16:
      return vips_image_get_format (image) == VIPS_FORMAT_USHORT
          && (colours == 1 || colours == 3);
    default:
      return FALSE;
  }
}

/* Looks at the header of a picture. */
static gboolean
is_fit (VipsImage * image, guint64 max_pixels, GError ** error)
{
  const gint width = vips_image_get_width (image);
  const gint height = vips_image_get_height (image);

  if (max_pixels && (guint64) width * height > max_pixels)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "it has %dx%d pixels, "
        "and %" G_GUINT64_FORMAT " in all are the limit", width, height,
        max_pixels);
  else if (vips_image_get_n_pages (image) > 1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it holds %d "
        "pictures; save the one that is to be denoised by itself",
        vips_image_get_n_pages (image));
  else if (!has_kind_of_samples (image))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "its samples "
        "(%s, %s, %d channels) are neither gray nor RGB of 8 or 16 bits; "
        "convert it", vips_enum_nick (VIPS_TYPE_INTERPRETATION,
            vips_image_get_interpretation (image)),
        vips_enum_nick (VIPS_TYPE_BAND_FORMAT, vips_image_get_format (image)),
        vips_image_get_bands (image));
  else
    return TRUE;
  return FALSE;
}

VipsImage *
still_read_memory (GBytes * bytes, guint64 max_pixels, GError ** error)
{
  VipsImage *lazy = NULL, *still = NULL;
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  if (!is_known (bytes)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        size ? "it is no %s picture" : "it is empty, and no %s picture", NAMES);
    return NULL;
  }
  g_mutex_lock (&vips_lock);
  vips_error_clear ();
  lazy = vips_image_new_from_buffer (data, size, "", "access",
      VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
  if (lazy == NULL)
    set_vips_error (error, "it cannot be read", "it is broken");
  else if (is_fit (lazy, max_pixels, error)
      && (still = vips_image_copy_memory (lazy)) == NULL)
    set_vips_error (error, "it cannot be read", "there is not enough memory");
  g_mutex_unlock (&vips_lock);
  g_clear_object (&lazy);
  return still;
}

VipsImage *
still_read (const gchar * file, guint64 max_pixels, GError ** error)
{
  VipsImage *still = NULL;
  GError *fault = NULL;
  GStatBuf status;
  GBytes *bytes;
  gchar *data;
  gsize size;

  if (g_stat (file, &status) != 0) {
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
        "it cannot be read: %s", g_strerror (errno));
  } else if (!S_ISREG (status.st_mode)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "it is not a regular file");
  } else if (!g_file_get_contents (file, &data, &size, &fault)) {
    g_propagate_error (error, fault);
  } else {
    bytes = g_bytes_new_take (data, size);
    still = still_read_memory (bytes, max_pixels, error);
    g_bytes_unref (bytes);
  }
  return still;
}

const gchar *
still_suffix (VipsImage * still)
{
  const gchar *loader = NULL;
  gsize i;

  vips_image_get_string (still, VIPS_META_LOADER, &loader);
  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_has_prefix (loader, formats[i].loader))
      return formats[i].suffixes[0];
  return formats[PNG].suffixes[0];
}

/* --- writing --- */

static gboolean
find_format (const gchar * name, Format * format)
{
  gchar *lower = g_ascii_strdown (name, -1);
  gboolean found = FALSE;
  gsize i, s;

  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    for (s = 0; formats[i].suffixes[s]; s++)
      if (g_str_has_suffix (lower, formats[i].suffixes[s])) {
        *format = i;
        found = TRUE;
      }
  g_free (lower);
  return found;
}

gboolean
still_suffix_is_known (const gchar * name)
{
  Format format;

  return find_format (name, &format);
}

gboolean
still_fits (VipsImage * still, const gchar * name, GError ** error)
{
  const gint side = MAX (vips_image_get_width (still),
      vips_image_get_height (still));
  Format format;

  if (!find_format (name, &format))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME, "%s: pictures "
        "are written as .png, .jpg, .webp, .tif or .bmp", name);
  else if (vips_image_hasalpha (still) && !formats[format].alpha)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it has alpha, "
        "which a %s cannot hold; write it as .png", formats[format].name);
  else if (side > formats[format].side)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it has %d "
        "pixels on a side, and a %s holds %d at most; write it as .png", side,
        formats[format].name, formats[format].side);
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
prepare (VipsImage * still, Format format)
{
  const gboolean deep = formats[format].bits == 8
      && vips_image_get_format (still) == VIPS_FORMAT_USHORT;
  const gboolean mute = format == BMP || (format == PNG
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
encode (VipsImage * still, Format format, void **data, gsize * size)
{
  switch (format) {
    case PNG:
      return vips_pngsave_buffer (still, data, size, NULL);
    case JPEG:
      return vips_jpegsave_buffer (still, data, size, "Q", JPEG_QUALITY,
          "optimize_coding", TRUE, NULL);
    case WEBP:
      return vips_webpsave_buffer (still, data, size, "lossless", TRUE, NULL);
    case TIFF:
      return vips_tiffsave_buffer (still, data, size, "compression",
          VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
          VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL, NULL);
    case BMP:
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
  Format format;

  if (!still_fits (still, name, error) || !find_format (name, &format))
    return NULL;
  g_mutex_lock (&vips_lock);
  vips_error_clear ();
  fitting = prepare (still, format);
  if (fitting == NULL || encode (fitting, format, &data, &size) != 0)
    set_vips_error (error, "it cannot be written",
        "there is not enough memory");
  g_mutex_unlock (&vips_lock);
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
