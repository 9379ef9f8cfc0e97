/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/read.h"

#include "picture/vips.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gst/base/gstbytereader.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES "PNG, JPEG, WebP, TIFF, BMP or HEIF"

static gboolean
begins_with (GBytes * bytes, gsize offset, const gchar * magic, gsize length)
{
  gsize size;
  const gchar *data = g_bytes_get_data (bytes, &size);

  return size >= offset + length && memcmp (data + offset, magic, length) == 0;
}

/* HEIF and AVIF, by their brand; "crx " is a raw format of Canon. */
static gboolean
is_heif (GBytes * bytes)
{
  static const gchar *const brands[] = {
    "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1", "avif", "avis"
  };
  gboolean is = FALSE;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (brands); i++)
    is = is || begins_with (bytes, 8, brands[i], 4);
  return is && begins_with (bytes, 4, "ftyp", 4);
}

/* Whether the data start with the magic number of a supported format. libvips alone would accept
 * dozens of other formats. */
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
      || begins_with (bytes, 0, "MM\0+", 4) || begins_with (bytes, 0, "BM", 2)
      || is_heif (bytes);
}

/* An animated PNG has an acTL chunk before its first IDAT chunk. libvips reads its first picture
 * only, without an error. */
static gboolean
is_animated_png (GBytes * bytes)
{
  gsize size, at = 8;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  while (begins_with (bytes, 0, "\x89PNG", 4) && at + 8 <= size
      && !begins_with (bytes, at + 4, "IDAT", 4)) {
    if (begins_with (bytes, at + 4, "acTL", 4))
      return TRUE;
    at += (gsize) GST_READ_UINT32_BE (data + at) + 12;
  }
  return FALSE;
}

/* Tags of TIFF. */
#define NEW_SUBFILE_TYPE 254
#define MAKE 271                /* of the camera */
#define SUB_IFDS 330
#define LAYERS 37724            /* of Photoshop; other programs see a flat picture */
#define DNG_VERSION 50706

#define REDUCED_SIZE 1          /* a value of NEW_SUBFILE_TYPE */

/* Whether the first directory of a TIFF has that tag; gets the first 32 bits of its value. */
static gboolean
tiff_find (GBytes * bytes, guint16 wanted, guint32 * value)
{
  const gboolean big = begins_with (bytes, 0, "MM\0*", 4);
  GstByteReader reader;
  guint32 at = 0;
  guint16 count = 0, tag = 0;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if ((!big && !begins_with (bytes, 0, "II*\0", 4)) || size < 8)
    return FALSE;
  gst_byte_reader_init (&reader, data, (guint) MIN (size, G_MAXUINT));
  at = big ? GST_READ_UINT32_BE (data + 4) : GST_READ_UINT32_LE (data + 4);
  if (!gst_byte_reader_set_pos (&reader, at)
      || !(big ? gst_byte_reader_get_uint16_be (&reader, &count) :
          gst_byte_reader_get_uint16_le (&reader, &count)))
    return FALSE;
  while (count-- > 0)
    if (!(big ? gst_byte_reader_get_uint16_be (&reader, &tag) :
            gst_byte_reader_get_uint16_le (&reader, &tag))
        || !gst_byte_reader_skip (&reader, 6)
        || !(big ? gst_byte_reader_get_uint32_be (&reader, value) :
            gst_byte_reader_get_uint32_le (&reader, value)))
      return FALSE;
    else if (tag == wanted)
      return TRUE;
  return FALSE;
}

static gboolean
is_layered_tiff (GBytes * bytes)
{
  guint32 value;

  return tiff_find (bytes, LAYERS, &value);
}

/* Raw files of cameras. Many are TIFFs whose first picture is a preview, which libvips' loaders of
 * TIFF would take for the picture. */
static gboolean
is_camera_raw (GBytes * bytes)
{
  guint32 value;

  return begins_with (bytes, 4, "ftypcrx ", 8)
      || begins_with (bytes, 0, "FUJIFILMCCD-RAW", 15)
      || begins_with (bytes, 0, "IIRO", 4) || begins_with (bytes, 0, "IIRS", 4)
      || begins_with (bytes, 0, "MMOR", 4) || begins_with (bytes, 0, "IIU\0", 4)
      || (begins_with (bytes, 0, "II*\0", 4)
      && begins_with (bytes, 8, "CR\2", 3))
      || tiff_find (bytes, DNG_VERSION, &value)
      || (tiff_find (bytes, MAKE, &value) && tiff_find (bytes, SUB_IFDS, &value)
      && tiff_find (bytes, NEW_SUBFILE_TYPE, &value)
      && value == REDUCED_SIZE);
}

/* Whether this libvips has a loader for raw files (8.18 and newer). */
static gboolean
raw_is_read (GBytes * bytes)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);
  const gchar *loader = vips_foreign_find_load_buffer (data, size);

  return loader && g_str_has_prefix (loader, "VipsForeignLoadDcRaw");
}

static gint
get_count (VipsImage * image, const gchar * field)
{
  gint count = 0;

  if (vips_image_get_typeof (image, field) != 0)
    vips_image_get_int (image, field, &count);
  return count;
}

/* Pages, frames or pictures of other sizes. vips_image_get_n_pages() answers 1 if there are more
 * than 10,000. */
static gint
count_pictures (VipsImage * image)
{
  return MAX (get_count (image, VIPS_META_N_PAGES), 1)
      + get_count (image, VIPS_META_N_SUBIFDS);
}

static gboolean
has_known_samples (VipsImage * image)
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

/* Checks size, number of pictures and sample type by the header. */
static gboolean
is_accepted (VipsImage * image, guint64 max_pixels, GError ** error)
{
  const gint width = vips_image_get_width (image);
  const gint height = vips_image_get_height (image);

  if (max_pixels && (guint64) width * height > max_pixels)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
        "it has %dx%d pixels, more than the limit of %" G_GUINT64_FORMAT, width,
        height, max_pixels);
  else if (count_pictures (image) > 1)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "it holds %d "
        "pictures; save the one to denoise as a file of its own",
        count_pictures (image));
  else if (!has_known_samples (image))
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

/* libvips's loader of HEIF owns the metadata that its image has. */
static void *
copy_blob (VipsImage * lazy G_GNUC_UNUSED, const gchar * name, GValue * value,
    void *picture)
{
  gsize size;
  const void *data;

  if (G_VALUE_TYPE (value) == VIPS_TYPE_BLOB) {
    data = vips_value_get_blob (value, &size);
    vips_image_set_blob_copy (picture, name, data, size);
  }
  return NULL;
}

/* The picture in memory, independent of the loader. */
static VipsImage *
copy_to_memory (VipsImage * lazy)
{
  VipsImage *picture = vips_image_copy_memory (lazy);

  if (picture)
    vips_image_map (lazy, copy_blob, picture);
  return picture;
}

VipsImage *
picture_read_memory (GBytes * bytes, guint64 max_pixels, GError ** error)
{
  VipsImage *lazy = NULL, *picture = NULL;
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  if (is_animated_png (bytes) || is_layered_tiff (bytes)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        is_layered_tiff (bytes) ? "it has layers; save it without them" :
        "it holds several pictures; save the one to denoise as a file of its "
        "own");
    return NULL;
  }
  if (is_camera_raw (bytes) && !raw_is_read (bytes)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "it is a raw file of a camera, which libvips does not read here; "
        "develop it first, for example with darktable-cli, as a TIFF of 16 "
        "bits");
    return NULL;
  }
  if (!is_camera_raw (bytes) && !is_known (bytes)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        size ? "it is not a " NAMES " picture" :
        "it is empty, not a " NAMES " picture");
    return NULL;
  }
  picture_vips_lock ();
  lazy = vips_image_new_from_buffer (data, size, "", "access",
      VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
  if (lazy == NULL)
    picture_vips_set_error (error, "it cannot be read", "it is damaged");
  else if (is_accepted (lazy, max_pixels, error)
      && (picture = copy_to_memory (lazy)) == NULL)
    picture_vips_set_error (error, "it cannot be read",
        "there is not enough memory");
  picture_vips_unlock ();
  g_clear_object (&lazy);
  return picture;
}

VipsImage *
picture_read (const gchar * file, guint64 max_pixels, GError ** error)
{
  VipsImage *picture = NULL;
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
    picture = picture_read_memory (bytes, max_pixels, error);
    g_bytes_unref (bytes);
  }
  return picture;
}
