/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quality metrics of a picture with a reference. */
#ifndef PICTURE_METRICS_H
#define PICTURE_METRICS_H

#include <vips/vips.h>

typedef struct
{
  gdouble psnr;                 /* dB, over all colour samples; infinite if equal */
  gdouble ssim;                 /* mean of the colour channels; NAN for pictures below 11x11 */
} Metrics;

/* Compares two pictures of the same size and format, without alpha. SSIM is that of Z. Wang et
 * al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE Trans.
 * Image Processing 13 (2004): Gaussian window of 11x11, standard deviation 1.5, at positions
 * where it lies completely in the picture; K1 = 0.01, K2 = 0.03. FALSE: out of memory. */
gboolean metrics_compute (VipsImage * picture, VipsImage * clean,
    Metrics * metrics);

#endif
