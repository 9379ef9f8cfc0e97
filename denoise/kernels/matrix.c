/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Product and inverse of matrices. */
#include "isa.h"

#include <string.h>

/* Rows and columns of a product that are accumulated in registers. The compiler splits a vector
 * into as many registers as it needs. */
enum { ROWS = 4, SIDE = ZSD_MATRIX_ALIGN };
typedef float Vector __attribute__((vector_size(SIDE * sizeof(float))));

/* Rows [i, i + rows), columns [j, j + SIDE) of the product. `rows` is constant at each call. */
INLINE void multiply(const ZsdMatrixProduct *p, int i, int j, int rows) {
  const float *a = p->a + i * p->a_row, *b = p->b + j;
  Vector sum[ROWS] = {{0}}, right;
  for (int k = 0; k < p->depth; k++, a += p->a_column, b += p->row) {
    memcpy(&right, b, sizeof right);
    for (int r = 0; r < rows; r++)
      sum[r] += a[r * p->a_row] * right;
  }
  for (int r = 0; r < rows; r++)
    memcpy(p->c + (i + r) * p->row + j, &sum[r], sizeof right);
}

static void matrix_multiply(const ZsdMatrixProduct *p) {
  for (int j = 0; j < p->columns; j += SIDE) {
    int i = 0;
    for (; i + ROWS <= p->rows; i += ROWS)
      multiply(p, i, j, ROWS);
    for (; i < p->rows; i++)
      multiply(p, i, j, 1);
  }
}

/* Gauss-Jordan elimination within a block of rows [first, first + rows), whose first row is
 * `block`. A symmetric, positive definite matrix needs no pivoting. */
static void invert_block(float *block, ptrdiff_t row, int first, int rows, int columns) {
  for (int p = 0; p < rows; p++) {
    float *restrict pivot = block + p * row;
    const float scale = 1 / pivot[first + p];
    pivot[first + p] = 1;
    for (int j = 0; j < columns; j++)
      pivot[j] *= scale;
    for (int r = 0; r < rows; r++) {
      float *restrict other = block + r * row;
      const float part = other[first + p];
      if (r == p)
        continue;
      other[first + p] = 0;
      for (int j = 0; j < columns; j++)
        other[j] -= part * pivot[j];
    }
  }
}

/* Eliminates a block's columns from another row, all of the block's steps at once. */
INLINE void eliminate(float *other, const float *block, ptrdiff_t row, int first, int rows,
                      int columns) {
  float part[ROWS];
  Vector sum, pivot;
  memcpy(part, other + first, rows * sizeof(float));
  memset(other + first, 0, rows * sizeof(float));
  for (int j = 0; j < columns; j += SIDE) {
    memcpy(&sum, other + j, sizeof sum);
    for (int r = 0; r < rows; r++) {
      memcpy(&pivot, block + r * row + j, sizeof pivot);
      sum -= part[r] * pivot;
    }
    memcpy(other + j, &sum, sizeof sum);
  }
}

static void matrix_invert(float *a, ptrdiff_t row, int n) {
  const int columns = (n + SIDE - 1) / SIDE * SIDE;
  for (int p = 0; p < n; p += ROWS) {
    const int rows = n - p < ROWS ? n - p : ROWS;
    float *block = a + p * row;
    invert_block(block, row, p, rows, columns);
    for (int i = 0; i < n; i++)
      if (i >= p && i < p + rows)
        continue;
      else if (rows == ROWS)
        eliminate(a + i * row, block, row, p, ROWS, columns);
      else
        eliminate(a + i * row, block, row, p, rows, columns);
  }
}

void ZSD_ISA_NAME(zsd_matrix_init)(ZsdKernels *k) {
  k->matrix_multiply = matrix_multiply;
  k->matrix_invert = matrix_invert;
}
