/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A page that shows pictures before and after, and how they were learned from. */
#ifndef IMAGE_REPORT_H
#define IMAGE_REPORT_H

#include "image/metrics.h"

/* What came of a picture. */
typedef struct
{
  const gchar *name;
  VipsImage *before, *after;
  gboolean has_clean;           /* what it looks like without noise; then: */
  Metrics noisy, denoised;
  gdouble sigma;                /* the noise found, of 255 */
  gdouble seconds;
  GArray *training;             /* of PictureProgress */
} DenoiseResult;

typedef struct _Report Report;

/* A report of so many pictures in a folder, which is made. NULL and an error if it cannot be. */
Report *report_new (const gchar * folder, guint pictures, GError ** error);
void report_free (Report * report);

/* Writes the pictures and the curve of the loss (with gnuplot) of the picture at that place. By
 * any thread. */
gboolean report_add (Report * report, guint index, const DenoiseResult * result,
    GError ** error);

/* Writes index.html, with those pictures that were added. */
gboolean report_write (Report * report, GError ** error);

#endif
