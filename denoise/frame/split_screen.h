/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Split screen: the original on the left, the denoised picture on the right. */
#ifndef ZSD_SPLIT_H
#define ZSD_SPLIT_H

#include "zsdenoise.h"

/* First column of the right part, even. `split`: width of the left part, relative, 0..1. */
int zsd_split_column(double split, int width);

/* Draws a line, one white and one black column, over the last two columns of the left part.
 * `column`: first column of the right part. Draws nothing where one of the parts is empty. */
void zsd_split_draw(const ZsdImage *image, int column);

#endif
