/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block matching, identical to the bit in all instruction sets, and products and inverses of
 * matrices: equal to loops in double precision within rounding. */
#include "check.h"

#include <math.h>
#include <string.h>

/* --- sums of squared differences --- */

static double ssd(const float *samples, ptrdiff_t row, const ZsdTemplate *t) {
  double sum = 0;
  for (int i = 0; i < t->width * t->height; i++) {
    const double difference =
        (double)samples[i / t->width * row + i % t->width] - (double)t->samples[i];
    sum += difference * difference;
  }
  return t->weight * sum;
}

/* n positions in a plane that ends with the samples of the last one. */
static void check_positions(Check *check, int n, int width, int height) {
  const ptrdiff_t row = n + width - 1 + check_random(check, 0, 9);
  const int samples = (int)((height - 1) * row) + n + width - 1;
  Buffer plane = buffer_new(check, samples * sizeof(float), sizeof(float));
  Buffer patch = buffer_new(check, width * height * sizeof(float), sizeof(float));
  Buffer sums = buffer_new(check, n * sizeof(float), sizeof(float));
  Buffer plain = buffer_new(check, n * sizeof(float), sizeof(float));
  float *v = plane.data, *p = patch.data, *sum = sums.data;
  for (int i = 0; i < samples; i++)
    v[i] = check_value(check, NORMAL);
  for (int i = 0; i < width * height; i++)
    p[i] = check_value(check, NORMAL);
  for (int i = 0; i < n; i++)
    sum[i] = ((float *)plain.data)[i] = fabsf(check_value(check, NORMAL));
  buffer_remember(&sums);
  const ZsdTemplate t = {p, width, height, 0.25f};
  check->set->patch_ssd(sum, v, row, &t, n);
  check->plain->patch_ssd(plain.data, v, row, &t, n);
  if (memcmp(sum, plain.data, n * sizeof(float)) != 0)
    check_fail(check, "%d positions, patch %dx%d: not as plain C", n, width, height);
  for (int i = 0; i < n; i++) {
    float before;
    memcpy(&before, sums.copy + i * sizeof before, sizeof before);
    const double expected = before + ssd(v + i, row, &t);
    if (!(fabs(sum[i] - expected) <= 1e-5 * (1 + expected)))
      check_fail(check, "position %d of %d: %g, not %g", i, n, sum[i], expected);
  }
  buffer_free(check, &plane, "plane");
  buffer_free(check, &patch, "patch");
  buffer_free(check, &sums, "sums");
  buffer_free(check, &plain, "sums of plain C");
}

void check_patch_ssd(Check *check) {
  for (int trial = 0; trial < 400; trial++)
    if (check_wanted(check))
      check_positions(check, check_random(check, 1, 60), check_random(check, 1, 8),
                      check_random(check, 1, 8));
}

/* --- matrices --- */

/* A matrix with rows rounded up to ZSD_MATRIX_ALIGN floats. */
typedef struct {
  Buffer buffer;
  float *at;
  int row;
} Matrix;

static Matrix matrix_new(Check *check, int rows, int columns) {
  Matrix m = {.row = (columns + ZSD_MATRIX_ALIGN - 1) / ZSD_MATRIX_ALIGN * ZSD_MATRIX_ALIGN};
  m.buffer = buffer_new(check, (size_t)rows * m.row * sizeof(float), sizeof(float));
  m.at = m.buffer.data;
  for (int i = 0; i < rows * m.row; i++)
    m.at[i] = check_value(check, NORMAL);
  return m;
}

static void check_centred(Check *check, int rows, int columns) {
  Matrix a = matrix_new(check, rows, columns), before = matrix_new(check, rows, columns);
  Matrix scale = matrix_new(check, 1, columns), mean = matrix_new(check, 1, columns);
  const ZsdMatrixCentre centre = {a.at, a.row, rows, columns, scale.at, mean.at};
  memcpy(before.at, a.at, (size_t)rows * a.row * sizeof(float));
  check->set->matrix_centre(&centre);
  for (int j = 0; j < columns; j++) {
    double sum = 0, size = 0;
    for (int i = 0; i < rows; i++) {
      sum += (double)before.at[i * a.row + j];
      size += fabs((double)before.at[i * a.row + j]);
    }
    for (int i = 0; i < rows; i++) {
      const double wanted =
          ((double)before.at[i * a.row + j] - sum / rows) * (double)scale.at[j];
      if (!(fabs(a.at[i * a.row + j] - wanted) <= 1e-5 * size * fabs((double)scale.at[j])))
        check_fail(check, "%dx%d: element %d, %d", rows, columns, i, j);
    }
    if (!(fabs(mean.at[j] - sum / rows) <= 1e-5 * size))
      check_fail(check, "%dx%d: mean %d", rows, columns, j);
  }
  for (int i = 0; i < rows * a.row; i++)
    if (i % a.row >= columns && a.at[i] != before.at[i])
      check_fail(check, "%dx%d: written past the columns", rows, columns);
  buffer_free(check, &a.buffer, "a");
  buffer_free(check, &before.buffer, "a before");
  buffer_free(check, &scale.buffer, "scale");
  buffer_free(check, &mean.buffer, "mean");
}

void check_matrix_centre(Check *check) {
  for (int trial = 0; trial < 100; trial++)
    if (check_wanted(check))
      check_centred(check, check_random(check, 1, 80), check_random(check, 1, 80));
}

/* `transposed`: a is stored by columns. `symmetric`: it is the transpose of b. */
static void check_matrices(Check *check, int rows, int columns, int depth, bool transposed,
                           bool symmetric) {
  Matrix a = transposed ? matrix_new(check, depth, rows) : matrix_new(check, rows, depth);
  Matrix b = matrix_new(check, depth, columns), c = matrix_new(check, rows, columns);
  const ZsdMatrixProduct product = {.a = symmetric ? b.at : a.at,
                                    .a_row = transposed ? 1 : a.row,
                                    .a_column = transposed ? a.row : 1,
                                    .b = b.at,
                                    .c = c.at,
                                    .row = c.row,
                                    .rows = rows,
                                    .columns = c.row,
                                    .depth = depth,
                                    .symmetric = symmetric};
  check->set->matrix_multiply(&product);
  for (int i = 0; i < rows * columns; i++) {
    const int y = i / columns, x = i % columns;
    double sum = 0, size = 0;
    for (int k = 0; k < depth; k++) {
      const double term = (double)product.a[y * product.a_row + k * product.a_column] *
                          (double)b.at[k * b.row + x];
      sum += term;
      size += fabs(term);
    }
    if (!(fabs(c.at[y * c.row + x] - sum) <= 1e-5 * size))
      check_fail(check, "%dx%dx%d: element %d, %d", rows, columns, depth, y, x);
  }
  buffer_free(check, &a.buffer, "a");
  buffer_free(check, &b.buffer, "b");
  buffer_free(check, &c.buffer, "c");
}

void check_matrix_multiply(Check *check) {
  for (int trial = 0; trial < 200; trial++)
    if (check_wanted(check)) {
      const int rows = check_random(check, 1, 80), depth = check_random(check, 1, 90);
      const bool symmetric = check_random(check, 0, 2) == 0;
      check_matrices(check, rows, symmetric ? rows : check_random(check, 1, 80), depth,
                     symmetric || check_random(check, 0, 1), symmetric);
    }
}

/* Inverts the covariance of n random vectors, plus `least` on its diagonal. The product of the
 * matrix and its inverse must be the identity. */
static void check_inverse(Check *check, int n, float least) {
  Matrix v = matrix_new(check, n, n), a = matrix_new(check, n, n);
  Matrix inverse = matrix_new(check, n, n);
  const size_t size = (size_t)n * a.row * sizeof(float);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double sum = i == j ? least : 0;
      for (int k = 0; k < n; k++)
        sum += (double)v.at[k * v.row + i] * (double)v.at[k * v.row + j] / n;
      a.at[i * a.row + j] = (float)sum;
    }
  memcpy(inverse.at, a.at, size);
  check->set->matrix_invert(inverse.at, a.row, n);
  for (int i = 0; i < n * n; i++) {
    const int y = i / n, x = i % n;
    double sum = 0;
    for (int k = 0; k < n; k++)
      sum += (double)a.at[y * a.row + k] * (double)inverse.at[k * a.row + x];
    if (!(fabs(sum - (y == x)) <= 2e-5 / (double)least))
      check_fail(check, "%dx%d: element %d, %d of a times its inverse is %g", n, n, y, x, sum);
  }
  buffer_free(check, &v.buffer, "vectors");
  buffer_free(check, &a.buffer, "matrix");
  buffer_free(check, &inverse.buffer, "inverse");
}

void check_matrix_invert(Check *check) {
  for (int trial = 0; trial < 100; trial++)
    if (check_wanted(check))
      check_inverse(check, check_random(check, 1, 80), check_random(check, 0, 1) ? 1 : 0.05f);
}
