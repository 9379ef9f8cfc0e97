/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of noise and brightness, and the pyramid's filters: identical to the bit in all
 * instruction sets, and equal to loops in double precision within rounding. */
#include "check.h"

#include <math.h>
#include <string.h>

static float uniform(Check *check, float low, float high) {
  return low + (high - low) * (float)check_random(check, 0, 1 << 20) / (1 << 20);
}

static void check_close(Check *check, const char *what, double got, double expected,
                        double tolerance) {
  if (!(fabs(got - expected) <= tolerance))
    check_fail(check, "%s: %.9g, not %.9g", what, got, expected);
}

/* --- noise --- */

enum { SIDE = ZSD_NOISE_BLOCK };

typedef struct {
  double v[SIDE][SIDE];
} Samples;

/* Subtracts the plane of least squares by projection onto 1, x and y, which are orthogonal
 * relative to the block's centre. */
static void subtract_plane(Samples *s) {
  for (int axis = 0; axis < 3; axis++) {
    double product = 0, norm = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
      const double at[] = {1, i % SIDE - 7.5, (int)(i / SIDE) - 7.5};
      product += s->v[i / SIDE][i % SIDE] * at[axis];
      norm += at[axis] * at[axis];
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
      const double at[] = {1, i % SIDE - 7.5, (int)(i / SIDE) - 7.5};
      s->v[i / SIDE][i % SIDE] -= product / norm * at[axis];
    }
  }
}

static double mean_product(const Samples *s, int dx, int dy) {
  double sum = 0;
  for (int y = dy; y < SIDE; y++)
    for (int x = dx; x < SIDE; x++)
      sum += s->v[y][x] * s->v[y - dy][x - dx];
  return sum / ((SIDE - dx) * (SIDE - dy));
}

static double fourth_power(const Samples *s) {
  double sum = 0;
  for (int i = 0; i < SIDE * SIDE; i++)
    sum += pow(s->v[i / SIDE][i % SIDE], 4);
  return sum / (SIDE * SIDE);
}

static double laplacian_square(const Samples *s) {
  static const int mask[3][3] = {{1, -2, 1}, {-2, 4, -2}, {1, -2, 1}};
  double sum = 0;
  for (int y = 1; y < SIDE - 1; y++)
    for (int x = 1; x < SIDE - 1; x++) {
      double l = 0;
      for (int i = 0; i < 9; i++)
        l += mask[i / 3][i % 3] * s->v[y + i / 3 - 1][x + i % 3 - 1];
      sum += l * l;
    }
  return sum / 36 / ((SIDE - 2) * (SIDE - 2));
}

/* Normal noise on a horizontal slope, scaled by `size`. */
static void check_block(Check *check, ptrdiff_t row, double size, bool without_plane) {
  const size_t n = (SIDE - 1) * row + SIDE;
  Buffer samples = buffer_new(check, n * sizeof(float), sizeof(float));
  Buffer brightness = buffer_new(check, n * sizeof(float), sizeof(float));
  float *v = samples.data, *b = brightness.data;
  Samples s;
  double most = 0, sum = 0, clipped = 0;
  const float slope = uniform(check, -0.5f, 0.5f);
  for (size_t i = 0; i < n; i++) {
    v[i] = (float)(size * (check_value(check, NORMAL) + slope * (float)(i % row)));
    b[i] = (float)check_random(check, -30, 285) / 255;
  }
  for (int i = 0; i < SIDE * SIDE; i++) {
    const ptrdiff_t at = i / SIDE * row + i % SIDE;
    s.v[i / SIDE][i % SIDE] = v[at];
    most = fmax(most, fabs(v[at]));
    sum += b[at];
    clipped += b[at] <= 0 || b[at] >= 1;
  }
  if (without_plane)
    subtract_plane(&s);
  ZsdNoiseStats got, plain;
  check->set->noise_stats(&got, v, b, row, without_plane);
  check->plain->noise_stats(&plain, v, b, row, without_plane);
  if (memcmp(&got, &plain, sizeof got) != 0)
    check_fail(check, "row %td, size %g: not as plain C", row, size);
  const double tolerance = 4e-6 * most * most + 1e-44;
  check_close(check, "variance", got.variance, mean_product(&s, 0, 0), tolerance);
  check_close(check, "lag 1", got.lag1, (mean_product(&s, 1, 0) + mean_product(&s, 0, 1)) / 2,
              tolerance);
  check_close(check, "anisotropy", got.anisotropy,
              mean_product(&s, 1, 0) - mean_product(&s, 0, 1), 2 * tolerance);
  check_close(check, "fourth moment", got.fourth, fourth_power(&s),
              1e-5 * most * most * most * most + 1e-44);
  check_close(check, "lag 2", got.lag2, (mean_product(&s, 2, 0) + mean_product(&s, 0, 2)) / 2,
              tolerance);
  check_close(check, "Laplacian variance", got.laplacian_variance, laplacian_square(&s),
              tolerance);
  check_close(check, "brightness", got.brightness, sum / (SIDE * SIDE), 1e-6);
  check_close(check, "clipped", got.clipped, clipped / (SIDE * SIDE), 0);
  buffer_free(check, &samples, "samples");
  buffer_free(check, &brightness, "brightness");
}

void check_noise_stats(Check *check) {
  static const double sizes[] = {0, 1e-30, 1e-4, 0.1, 1, 1e6};
  for (int trial = 0; trial < 600; trial++)
    if (check_wanted(check))
      check_block(check, check_random(check, SIDE, 70), sizes[check_random(check, 0, 5)],
                  check_random(check, 0, 1));
}

/* --- brightness --- */

/* A random row length, mostly short, so that all remainders of a vector's width occur. */
static int random_length(Check *check) {
  return check_random(check, 0, 3) ? check_random(check, 1, 70) : check_random(check, 70, 1300);
}

/* Samples whose distance from the prediction is on either side of `reach`. */
void check_brightness_sums(Check *check) {
  enum { NEARBY = 4 };
  for (int trial = 0; trial < 400; trial++) {
    const int n = random_length(check);
    const ZsdBrightnessChange change = {uniform(check, 0.7f, 1.5f),
                                        uniform(check, -0.1f, 0.1f)};
    const float reach = uniform(check, 0, 0.2f);
    double sums[8] = {0};
    if (!check_wanted(check))
      continue;
    Buffer now = buffer_new(check, n * sizeof(float), sizeof(float));
    Buffer before = buffer_new(check, (n + NEARBY) * sizeof(float), sizeof(float));
    float *y = now.data, *q = before.data, *p = q + NEARBY;
    for (int i = 0; i < n + NEARBY; i++)
      q[i] = uniform(check, -0.1f, 1.1f);
    for (int i = 0; i < n; i++) {
      y[i] = change.gain * p[i] + change.offset + uniform(check, -0.4f, 0.4f);
      const double d = (double)y[i] - p[i];
      if (fabsf(y[i] - change.gain * p[i] - change.offset) > reach)
        continue;
      const double terms[] = {1, p[i], d, q[i], q[i] * p[i], q[i] * q[i], q[i] * d, d * d};
      for (int t = 0; t < 8; t++)
        sums[t] += terms[t];
    }
    ZsdBrightnessSums got, plain;
    check->set->brightness_sums(&got, y, p, q, n, &change, reach);
    check->plain->brightness_sums(&plain, y, p, q, n, &change, reach);
    if (memcmp(&got, &plain, sizeof got) != 0)
      check_fail(check, "n %d: not as plain C", n);
    check_close(check, "n", got.n, sums[0],
                1.5); /* one sample may be on either side by rounding */
    const double tolerance = 1e-6 * n + 3 * fabs(got.n - sums[0]);
    const double found[] = {got.p, got.d, got.q, got.qp, got.qq, got.qd, got.dd};
    for (int t = 0; t < 7; t++)
      check_close(check, "sum", found[t], sums[t + 1], tolerance);
    buffer_free(check, &now, "samples");
    buffer_free(check, &before, "predictions");
  }
}

/* --- pyramid --- */

/* Random samples, one in ten of them far out of range. */
static Buffer random_row(Check *check, int n) {
  Buffer buffer = buffer_new(check, n * sizeof(float), sizeof(float));
  for (int i = 0; i < n; i++)
    ((float *)buffer.data)[i] =
        check_random(check, 0, 9) ? uniform(check, 0, 1) : uniform(check, -40, 40);
  return buffer;
}

static double filtered(const Buffer rows[5], int n, int x) {
  static const int weight[] = {1, 4, 6, 4, 1};
  double sum = 0;
  for (int i = 0; i < 25; i++) {
    const int at = x + i % 5 - 2;
    sum += weight[i / 5] * weight[i % 5] *
           ((const float *)rows[i / 5].data)[at < 0    ? 0
                                             : at >= n ? n - 1
                                                       : at];
  }
  return 255 * fmin(fmax(sum / 256, 0), 1);
}

void check_binomial5x5(Check *check) {
  for (int trial = 0; trial < 400; trial++) {
    const int n = random_length(check);
    if (!check_wanted(check))
      continue;
    Buffer rows[5], out = buffer_new(check, n, 1), plain = buffer_new(check, n, 1);
    const float *row[5];
    for (int i = 0; i < 5; i++) {
      rows[i] = random_row(check, n);
      row[i] = rows[i].data;
    }
    check->set->binomial5x5(out.data, row, n);
    check->plain->binomial5x5(plain.data, row, n);
    if (memcmp(out.data, plain.data, n) != 0)
      check_fail(check, "width %d: not as plain C", n);
    for (int x = 0; x < n; x++) /* either neighbour is right at a tie */
      check_close(check, "filtered", ((uint8_t *)out.data)[x], filtered(rows, n, x), 0.501);
    for (int i = 0; i < 5; i++)
      buffer_free(check, &rows[i], "row");
    buffer_free(check, &out, "filtered row");
    buffer_free(check, &plain, "filtered row of plain C");
  }
}

static Buffer random_bytes(Check *check, int n) {
  Buffer buffer = buffer_new(check, n, 1);
  for (int i = 0; i < n; i++)
    ((uint8_t *)buffer.data)[i] =
        (uint8_t)(check_random(check, 0, 3) ? check_random(check, 0, 255)
                                            : 255 * check_random(check, 0, 1));
  return buffer;
}

void check_downsample2x2(Check *check) {
  for (int trial = 0; trial < 400; trial++) {
    const int n = random_length(check);
    if (!check_wanted(check))
      continue;
    Buffer upper = random_bytes(check, 2 * n), lower = random_bytes(check, 2 * n);
    Buffer out = buffer_new(check, n, 1);
    const uint8_t *a = upper.data, *b = lower.data, *got = out.data;
    check->set->downsample2x2(out.data, a, b, n);
    for (int x = 0; x < n; x++) {
      const int expected = (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2;
      if (got[x] != expected)
        check_fail(check, "n %d: byte %d is %d, not %d", n, x, got[x], expected);
    }
    buffer_free(check, &upper, "upper row");
    buffer_free(check, &lower, "lower row");
    buffer_free(check, &out, "downsampled row");
  }
}
