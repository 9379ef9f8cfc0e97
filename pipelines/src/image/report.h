/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTML page with pictures before and after denoising and training curves. */
#ifndef IMAGE_REPORT_H
#define IMAGE_REPORT_H

#include "picture/metrics.h"

/* Result of one picture. */
typedef struct
{
  const gchar *name;
  VipsImage *before, *after;
  gboolean has_clean;           /* the clean picture is known; then: */
  Metrics noisy, denoised;
  gdouble sigma;                /* estimated standard deviation of the noise, 0..255 */
  gdouble seconds;
  GArray *training;             /* of PictureProgress */
} DenoiseResult;

typedef struct _Report Report;

/* A report on that number of pictures in a folder, which is created. Returns NULL and an error
 * on failure. */
Report *report_new (const gchar * folder, guint pictures, GError ** error);
void report_free (Report * report);

/* Writes pictures and training curve (drawn by gnuplot) of one picture. Thread-safe for
 * different indices. */
gboolean report_add (Report * report, guint index, const DenoiseResult * result,
    GError ** error);

/* Writes index.html with all added pictures. */
gboolean report_write (Report * report, GError ** error);

#endif
