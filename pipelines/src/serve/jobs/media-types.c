/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/jobs/media-types.h"

#include <string.h>

enum
{ PNG, JPEG, WEBP, TIFF, MP4, MOV, WEBM };

static const MediaType media_types[] = {
  [PNG] = {"image/png", FALSE, "image/png", "png", TRUE},
  [JPEG] = {"image/jpeg", FALSE, "image/jpeg", "jpg", TRUE},
  [WEBP] = {"image/webp", FALSE, "image/webp", "webp", TRUE},
  [TIFF] = {"image/tiff", FALSE, "image/tiff", "tif", FALSE},
  [MP4] = {"video/mp4", TRUE, "video/mp4", "mp4", FALSE},
  [MOV] = {"video/quicktime", TRUE, "video/mp4", "mp4", FALSE},
  [WEBM] = {"video/webm", TRUE, "video/mp4", "mp4", FALSE},
};

/* HEIF and AVIF pictures and Canon raw files use the same container as MP4; these are their
 * brands. */
static gboolean
is_clip_brand (const guint8 * brand)
{
  static const gchar *const pictures[] = {
    "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1", "avif", "avis",
    "crx "
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (pictures); i++)
    if (memcmp (brand, pictures[i], 4) == 0)
      return FALSE;
  return TRUE;
}

const MediaType *
media_type_sniff (const guint8 * head, gsize size)
{
  static const struct
  {
    gsize at;
    const gchar *bytes;
    gsize length;
    guint type;
  } magics[] = {
    {0, "\x89PNG\r\n\x1a\n", 8, PNG},
    {0, "\xff\xd8\xff", 3, JPEG},
    {8, "WEBP", 4, WEBP},
    {0, "II*\0", 4, TIFF},
    {0, "MM\0*", 4, TIFF},
    {4, "ftypqt  ", 8, MOV},
    {4, "ftyp", 4, MP4},
    /* QuickTime files from before the brands begin with any of these. */
    {4, "moov", 4, MOV},
    {4, "mdat", 4, MOV},
    {4, "wide", 4, MOV},
    {4, "free", 4, MOV},
    {0, "\x1a\x45\xdf\xa3", 4, WEBM},
  };
  gsize i;

  if (size < MEDIA_TYPE_HEAD_SIZE)
    return NULL;
  for (i = 0; i < G_N_ELEMENTS (magics); i++)
    if (memcmp (head + magics[i].at, magics[i].bytes, magics[i].length) == 0)
      break;
  if (i == G_N_ELEMENTS (magics)
      || (magics[i].type == WEBP && memcmp (head, "RIFF", 4) != 0)
      || (magics[i].type == MP4 && !is_clip_brand (head + 8)))
    return NULL;
  return &media_types[magics[i].type];
}

const MediaType *
media_type_find (const gchar * type)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (media_types); i++)
    if (g_strcmp0 (type, media_types[i].type) == 0)
      return &media_types[i];
  return NULL;
}

const gchar *const *
media_type_names (void)
{
  static const gchar *names[G_N_ELEMENTS (media_types) + 1];
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (media_types); i++)
    names[i] = media_types[i].type;
  return names;
}
