/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of the kernels of NL-Bayes: block matching, whose results are identical to the bit
 * in all instruction sets, and products of matrices. */
#ifndef ZSD_PATCHES_H
#define ZSD_PATCHES_H

#include <stdbool.h>
#include <stddef.h>

enum { ZSD_TEMPLATE_LARGEST = 8 };

/* A patch to search for in a plane. */
typedef struct {
  const float *samples; /* height x width, without gaps */
  int width, height;    /* 1..ZSD_TEMPLATE_LARGEST */
  float weight;         /* of a squared difference */
} ZsdTemplate;

/* c = a b. Element (i, j) of a lies at a + i * a_row + j * a_column, so that a may be a
 * transpose; elements of a row of b and of c are contiguous. */
typedef struct {
  const float *a;
  ptrdiff_t a_row, a_column;
  const float *b;
  float *c;
  ptrdiff_t row;     /* floats from one row to the next, in b and in c */
  int rows, columns; /* of c; `columns` is a multiple of ZSD_MATRIX_ALIGN */
  int depth;         /* columns of a, rows of b */
  bool symmetric;    /* c is a symmetric matrix: half of it is computed */
} ZsdMatrixProduct;

/* Rows of a matrix to centre: a = (a - mean of the rows) * scale. */
typedef struct {
  float *a;
  ptrdiff_t row; /* floats from one row to the next */
  int rows, columns;
  const float *scale; /* of each column */
  float *mean;        /* receives that of each column */
} ZsdMatrixCentre;

/* Multiple of the floats from one row to the next, and rows of the largest matrix to invert. */
enum { ZSD_MATRIX_ALIGN = 16, ZSD_MATRIX_LARGEST = 256 };

#endif
