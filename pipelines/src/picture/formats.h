/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reading and writing pictures share. */
#ifndef PICTURE_FORMATS_H
#define PICTURE_FORMATS_H

#include "picture/filter.h"

typedef enum
{
  PICTURE_PNG, PICTURE_JPEG, PICTURE_WEBP, PICTURE_TIFF, PICTURE_BMP,
} PictureFormatId;

#define PICTURE_N_FORMATS 5

typedef struct
{
  const gchar *name;
  const gchar *suffixes[3];     /* the first one is that of new names; ends with NULL */
  const gchar *loader;          /* how the name of libvips' loader begins */
  gint bits;                    /* of a sample at most */
  gboolean alpha;
  gint side;                    /* pixels at most */
} PictureFormat;

extern const PictureFormat picture_formats[PICTURE_N_FORMATS];

/* That of the name's suffix; FALSE: it has none that is known. */
gboolean picture_find_format (const gchar * name, PictureFormatId * id);

/* libvips collects its errors in one place for all threads: whoever may have to tell them has it
 * for himself in between. */
void picture_vips_lock (void);
void picture_vips_unlock (void);

/* Sets an error from what libvips has to say of the last failure, or `otherwise`. */
void picture_vips_set_error (GError ** error, const gchar * what,
    const gchar * otherwise);

#endif
