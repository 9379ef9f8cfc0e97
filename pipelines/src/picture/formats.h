/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reading and writing pictures share. */
#ifndef STILL_FORMATS_H
#define STILL_FORMATS_H

#include "picture/filter.h"

typedef enum
{
  STILL_PNG, STILL_JPEG, STILL_WEBP, STILL_TIFF, STILL_BMP,
} StillFormatId;

#define STILL_N_FORMATS 5

typedef struct
{
  const gchar *name;
  const gchar *suffixes[3];     /* the first one is that of new names; ends with NULL */
  const gchar *loader;          /* how the name of libvips' loader begins */
  gint bits;                    /* of a sample at most */
  gboolean alpha;
  gint side;                    /* pixels at most */
} StillFormat;

extern const StillFormat still_formats[STILL_N_FORMATS];

/* That of the name's suffix; FALSE: it has none that is known. */
gboolean still_find_format (const gchar * name, StillFormatId * id);

/* libvips collects its errors in one place for all threads: whoever may have to tell them has it
 * for himself in between. */
void still_lock (void);
void still_unlock (void);

/* Sets an error from what libvips has to say of the last failure, or `otherwise`. */
void still_set_error (GError ** error, const gchar * what,
    const gchar * otherwise);

#endif
