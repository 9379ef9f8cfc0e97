/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/formats.h"

#include <string.h>

const PictureFormat picture_formats[PICTURE_N_FORMATS] = {
  [PICTURE_PNG] = {"PNG", {".png"}, "pngload", 16, TRUE, G_MAXINT},
  [PICTURE_JPEG] = {"JPEG", {".jpg", ".jpeg"}, "jpegload", 8, FALSE, 65535},
  [PICTURE_WEBP] = {"WebP", {".webp"}, "webpload", 8, TRUE, 16383},
  [PICTURE_TIFF] = {"TIFF", {".tif", ".tiff"}, "tiffload", 16, TRUE, G_MAXINT},
  [PICTURE_BMP] = {"BMP", {".bmp"}, "magickload", 8, TRUE, G_MAXINT},
};

gboolean
picture_format_find (const gchar * name, PictureFormatId * id)
{
  gchar *lower = g_ascii_strdown (name, -1);
  gboolean found = FALSE;
  gsize i, s;

  for (i = 0; i < PICTURE_N_FORMATS; i++)
    for (s = 0; picture_formats[i].suffixes[s]; s++)
      if (g_str_has_suffix (lower, picture_formats[i].suffixes[s])) {
        *id = i;
        found = TRUE;
      }
  g_free (lower);
  return found;
}

static const gchar *const heif_suffixes[] = { ".heic", ".heif", ".avif", NULL };

static const gchar *const raw_suffixes[] = {
  ".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".pef", ".raf", ".rw2", NULL
};

static gboolean
has_suffix (const gchar * name, const gchar * const *suffixes)
{
  const gchar *dot = strrchr (name, '.');
  gchar *lower = dot ? g_ascii_strdown (dot, -1) : NULL;
  const gboolean has = lower && g_strv_contains (suffixes, lower);

  g_free (lower);
  return has;
}

gboolean
picture_format_is_read_only (const gchar * name)
{
  return has_suffix (name, heif_suffixes) || has_suffix (name, raw_suffixes);
}

gboolean
picture_format_is_known (const gchar * name)
{
  PictureFormatId id;

  return picture_format_find (name, &id) || has_suffix (name, heif_suffixes);
}

const gchar *
picture_format_suffix (VipsImage * picture)
{
  const gchar *loader = NULL;
  gsize i;

  vips_image_get_string (picture, VIPS_META_LOADER, &loader);
  for (i = 0; i < PICTURE_N_FORMATS; i++)
    if (g_str_has_prefix (loader, picture_formats[i].loader))
      return picture_formats[i].suffixes[0];
  return picture_formats[PICTURE_PNG].suffixes[0];
}
