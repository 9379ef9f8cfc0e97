/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far one picture is from another. */
#ifndef IMAGE_METRICS_H
#define IMAGE_METRICS_H

#include <vips/vips.h>

typedef struct
{
  gdouble psnr;                 /* dB, of all colour samples; infinite where they are the same */
  gdouble ssim;                 /* the mean of the colours'; NAN for pictures below 11x11 */
} Metrics;

/* Compares the colours of two pictures of the same size and format. The structural similarity is
 * that of Z. Wang et al., "Image Quality Assessment: From Error Visibility to Structural
 * Similarity", IEEE Trans. Image Processing 13 (2004): a Gaussian window of 11x11 with a deviation
 * of 1.5, where it lies in the picture as a whole; K1 = 0.01, K2 = 0.03. FALSE: no memory. */
gboolean metrics_compute (VipsImage * picture, VipsImage * clean,
    Metrics * metrics);

#endif
