/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Centring, product and inverse of matrices. */
#include "vector.h"

#include "base/clamp.h"

static void matrix_centre(const ZsdMatrixCentre *c) {
  const float *restrict scale = c->scale;
  float *restrict mean = c->mean;
  memset(mean, 0, c->columns * sizeof(float));
  for (int i = 0; i < c->rows; i++) {
    const float *restrict a = c->a + i * c->row;
    for (int j = 0; j < c->columns; j++)
      mean[j] += a[j];
  }
  for (int j = 0; j < c->columns; j++)
    mean[j] /= (float)c->rows;
  for (int i = 0; i < c->rows; i++) {
    float *restrict a = c->a + i * c->row;
    for (int j = 0; j < c->columns; j++)
      a[j] = (a[j] - mean[j]) * scale[j];
  }
}

/* --- product --- */

/* Rows and vectors of a product that are accumulated in registers: of the 16 of SSE2 and AVX2,
 * and of the 32 of AVX-512 and NEON. */
#if defined(__AVX512F__) || defined(__ARM_NEON)
enum { ROWS = 8, VECTORS = 2 };
#else
enum { ROWS = 6, VECTORS = 2 };
#endif

/* Rows and columns of a matrix that are swept at a time. */
enum { BLOCK = 4 };

/* Rows [i, i + rows), columns [j, j + vectors * WIDTH) of the product, added to what is there
 * if `add`. `rows`, `vectors` and `add` are constant at each call. */
INLINE void multiply(const ZsdMatrixProduct *p, int i, int j, int rows, int vectors, bool add) {
  const float *a = p->a + i * p->a_row, *b = p->b + j;
  float *c = p->c + i * p->row + j;
  Vector sum[ROWS][VECTORS] = {{{0}}}, right[VECTORS];
  UNROLL
  for (int r = 0; r < rows && add; r++)
    UNROLL
  for (int v = 0; v < vectors; v++)
    sum[r][v] = load(c + r * p->row + v * WIDTH);
  for (int k = 0; k < p->depth; k++, a += p->a_column, b += p->row) {
    UNROLL
    for (int v = 0; v < vectors; v++)
      right[v] = load(b + v * WIDTH);
    UNROLL
    for (int r = 0; r < rows; r++) {
      const Vector left = splat(a[r * p->a_row]);
      UNROLL
      for (int v = 0; v < vectors; v++)
        sum[r][v] += left * right[v];
    }
  }
  UNROLL
  for (int r = 0; r < rows; r++)
    UNROLL
  for (int v = 0; v < vectors; v++)
    store(c + r * p->row + v * WIDTH, sum[r][v]);
}

/* Columns [j, j + vectors * WIDTH) of the product. */
INLINE void multiply_columns(const ZsdMatrixProduct *p, int j, int vectors, bool add) {
  const int below = j + vectors * WIDTH; /* rows from here on follow from symmetry */
  const int rows = p->symmetric ? zsd_smaller(below, p->rows) : p->rows;
  int i = 0;
  for (; i + ROWS <= rows; i += ROWS)
    multiply(p, i, j, ROWS, vectors, add);
  for (; i < rows; i++)
    multiply(p, i, j, 1, vectors, add);
}

/* All of the product, or its upper triangle if it is symmetric. */
INLINE void multiply_all(const ZsdMatrixProduct *p, bool add) {
  int j = 0;
  for (; j + VECTORS * WIDTH <= p->columns; j += VECTORS * WIDTH)
    multiply_columns(p, j, VECTORS, add);
  for (; j < p->columns; j += WIDTH)
    multiply_columns(p, j, 1, add);
}

static void matrix_multiply(const ZsdMatrixProduct *p) {
  multiply_all(p, false);
  for (int i = 1; i < p->rows && p->symmetric; i++)
    for (int j = 0; j < i; j++)
      p->c[i * p->row + j] = p->c[j * p->row + i];
}

/* --- inverse --- */

/* Sweep of the rows and columns [first, first + rows) of a symmetric matrix, whose upper
 * triangle is stored. D is their block on the diagonal. `row`: floats from one row to the next,
 * in all but `inverse`. */
typedef struct {
  float *a;
  ptrdiff_t row;
  int n, first, rows;
  float pivots[BLOCK * ZSD_MATRIX_LARGEST]; /* the rows */
  float scaled[BLOCK * ZSD_MATRIX_LARGEST]; /* D^-1 times them */
  float inverse[BLOCK * BLOCK];             /* D^-1 */
} Sweep;

static void load_pivots(Sweep *s) {
  memset(s->pivots, 0, s->rows * s->row * sizeof(float));
  for (int r = 0; r < s->rows; r++) {
    float *pivot = s->pivots + r * s->row;
    const int diagonal = s->first + r;
    for (int j = 0; j < diagonal; j++)
      pivot[j] = s->a[j * s->row + diagonal];
    memcpy(pivot + diagonal, s->a + diagonal * s->row + diagonal,
           (s->n - diagonal) * sizeof(float));
  }
}

/* Gauss-Jordan elimination. A positive definite matrix needs no pivoting. */
static void invert_block(Sweep *s) {
  for (int r = 0; r < s->rows; r++)
    memcpy(s->inverse + r * BLOCK, s->pivots + r * s->row + s->first, s->rows * sizeof(float));
  for (int p = 0; p < s->rows; p++) {
    float *pivot = s->inverse + p * BLOCK;
    const float scale = 1 / pivot[p];
    pivot[p] = 1;
    for (int j = 0; j < s->rows; j++)
      pivot[j] *= scale;
    for (int r = 0; r < s->rows; r++) {
      float *other = s->inverse + r * BLOCK;
      const float part = other[p];
      if (r == p)
        continue;
      other[p] = 0;
      for (int j = 0; j < s->rows; j++)
        other[j] -= part * pivot[j];
    }
  }
}

/* Sets the rows and columns themselves. */
static void store_pivots(Sweep *s) {
  for (int r = 0; r < s->rows; r++) {
    const float *scaled = s->scaled + r * s->row;
    const int diagonal = s->first + r, after = s->first + s->rows;
    for (int j = 0; j < s->first; j++)
      s->a[j * s->row + diagonal] = scaled[j];
    for (int j = r; j < s->rows; j++)
      s->a[diagonal * s->row + s->first + j] = -s->inverse[r * BLOCK + j];
    memcpy(s->a + diagonal * s->row + after, scaled + after, (s->n - after) * sizeof(float));
  }
}

/* The sweep operator, which keeps a matrix symmetric: J. H. Goodnight, "A Tutorial on the SWEEP
 * Operator", The American Statistician 33(3), 1979. */
static void sweep(Sweep *s) {
  const int columns = (s->n + WIDTH - 1) / WIDTH * WIDTH;
  const ZsdMatrixProduct scale = {.a = s->inverse,
                                  .a_row = BLOCK,
                                  .a_column = 1,
                                  .b = s->pivots,
                                  .c = s->scaled,
                                  .row = s->row,
                                  .rows = s->rows,
                                  .columns = columns,
                                  .depth = s->rows};
  const ZsdMatrixProduct eliminate = {.a = s->pivots,
                                      .a_row = 1,
                                      .a_column = s->row,
                                      .b = s->scaled,
                                      .c = s->a,
                                      .row = s->row,
                                      .rows = s->n,
                                      .columns = columns,
                                      .depth = s->rows,
                                      .symmetric = true};
  load_pivots(s);
  invert_block(s);
  multiply_all(&scale, false);
  for (int i = 0; i < s->rows * s->row; i++)
    s->pivots[i] *= -1;
  multiply_all(&eliminate, true);
  store_pivots(s);
}

/* The sweep of all rows leaves the inverse with the opposite sign. */
static void matrix_invert(float *a, ptrdiff_t row, int n) {
  Sweep s;
  s.a = a;
  s.row = row;
  s.n = n;
  for (s.first = 0; s.first < n; s.first += BLOCK) {
    s.rows = zsd_smaller(n - s.first, BLOCK);
    sweep(&s);
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++)
      a[i * row + j] = a[j * row + i] = -a[j * row + i];
}

void ZSD_ISA_NAME(zsd_matrix_init)(ZsdKernels *k) {
  k->matrix_centre = matrix_centre;
  k->matrix_multiply = matrix_multiply;
  k->matrix_invert = matrix_invert;
}
