/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvips, and the formats that it is used for. */
#include "picture/formats.h"

#include <string.h>

const PictureFormat picture_formats[PICTURE_N_FORMATS] = {
  [PICTURE_PNG] = {"PNG", {".png"}, "pngload", 16, TRUE, G_MAXINT},
  [PICTURE_JPEG] = {"JPEG", {".jpg", ".jpeg"}, "jpegload", 8, FALSE, 65535},
  [PICTURE_WEBP] = {"WebP", {".webp"}, "webpload", 8, TRUE, 16383},
  [PICTURE_TIFF] = {"TIFF", {".tif", ".tiff"}, "tiffload", 16, TRUE, G_MAXINT},
  [PICTURE_BMP] = {"BMP", {".bmp"}, "magickload", 8, TRUE, G_MAXINT},
};

static GMutex vips_lock;

static void
ignore (const gchar * domain G_GNUC_UNUSED, GLogLevelFlags level G_GNUC_UNUSED,
    const gchar * message G_GNUC_UNUSED, gpointer user G_GNUC_UNUSED)
{
}

gboolean
picture_init (GError ** error)
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

void
picture_vips_lock (void)
{
  g_mutex_lock (&vips_lock);
  vips_error_clear ();
}

void
picture_vips_unlock (void)
{
  g_mutex_unlock (&vips_lock);
}

void
picture_vips_set_error (GError ** error, const gchar * what,
    const gchar * otherwise)
{
  gchar *text = vips_error_buffer_copy ();
  const gchar *colon, *said;

  text[strcspn (text, "\n@")] = '\0';
  g_strchomp (text);
  /* It begins with the name of the function. */
  colon = strstr (text, ": ");
  said =
      *text == '\0' ? otherwise : colon ? colon + strspn (colon, ": ") : text;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", what, said);
  g_free (text);
}

gboolean
picture_find_format (const gchar * name, PictureFormatId * id)
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

gboolean
picture_suffix_is_known (const gchar * name)
{
  PictureFormatId id;

  return picture_find_format (name, &id);
}

const gchar *
picture_suffix (VipsImage * picture)
{
  const gchar *loader = NULL;
  gsize i;

  vips_image_get_string (picture, VIPS_META_LOADER, &loader);
  for (i = 0; i < PICTURE_N_FORMATS; i++)
    if (g_str_has_prefix (loader, picture_formats[i].loader))
      return picture_formats[i].suffixes[0];
  return picture_formats[PICTURE_PNG].suffixes[0];
}
