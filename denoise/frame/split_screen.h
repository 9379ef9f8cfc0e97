/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture shown in two parts: the original on the left, and what came of it on the right. */
#ifndef ZSD_SPLIT_H
#define ZSD_SPLIT_H

#include "zsdenoise.h"

/* The column, even, with which the right part begins when the left one is this part of the
 * width, 0..1. */
int zsd_split_column(double split, int width);

/* Draws a line of a white and a black column over the last two columns of the left part, where
 * there are two parts: the right one begins with `column`. */
void zsd_split_draw(const ZsdImage *image, int column);

#endif
