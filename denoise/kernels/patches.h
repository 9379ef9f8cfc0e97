/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What similar patches are found with, and the arithmetic of matrices that they make. The
 * results are the same in every instruction set, to the bit. */
#ifndef ZSD_PATCHES_H
#define ZSD_PATCHES_H

#include <stddef.h>

/* A part of a plane to look for: width x height samples without gaps. */
typedef struct {
  const float *samples;
  int width, height;
  float weight; /* of a squared difference */
} ZsdTemplate;

/* c = a b, of matrices whose element in row i and column j lies at i row + j column; in b and c
 * columns lie side by side. */
typedef struct {
  const float *a;
  ptrdiff_t a_row, a_column;
  const float *b;
  float *c;
  ptrdiff_t row;            /* of b and c */
  int rows, columns, depth; /* of c, and how many products make an element; `columns` is a
                               multiple of ZSD_MATRIX_ALIGN */
} ZsdMatrixProduct;

enum { ZSD_MATRIX_ALIGN = 16 };

#endif
