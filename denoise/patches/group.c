/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patches/group.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>

/* White part of correlated noise, relative to its variance. Covers rounding, and keeps the
 * covariance well-conditioned. */
static const float WHITE_PART = 0.002f;

/* Bounds of the noise's lag-2 correlation, and of the exponent of its decay. */
static const double LEAST_LAG2 = 1e-3, LEAST_EXPONENT = 0.5;

/* Added to each variance, so that none is 0. Samples are 0..1. */
static const float MIN_VARIANCE = 1e-7f;

int zsd_group_row(int samples) {
  return (samples + ZSD_MATRIX_ALIGN - 1) / ZSD_MATRIX_ALIGN * ZSD_MATRIX_ALIGN;
}

/* Hoare, "Algorithm 65: Find", Communications of the ACM 4(7), 1961. */
float zsd_select_smallest(float *a, int n, int k) {
  int low = 0, high = n - 1;
  while (low < high) {
    const float pivot = a[low + (high - low) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot)
        i++;
      while (pivot < a[j])
        j--;
      if (i <= j) {
        const float swap = a[i];
        a[i++] = a[j];
        a[j--] = swap;
      }
    }
    if (k <= j)
      high = j;
    else if (k >= i)
      low = i;
    else
      break;
  }
  return a[k];
}

int zsd_next_reference(int position, int positions, int step, int grid) {
  const int last = (positions - 1) / grid * grid;
  return position < last ? zsd_smaller(position + step, last) : positions;
}

float zsd_patch_variance(const ZsdNoiseVariance *noise, const float *samples, int n) {
  float sum = 0;
  for (int i = 0; i < n; i++)
    sum += samples[i];
  return zsd_noise_variance_at(noise, sum / n) + MIN_VARIANCE;
}

bool zsd_noise_is_white(const ZsdNoiseModel *noise) {
  return noise->lag1 <= 0 && noise->lag2 <= 0;
}

/* Correlation of the noise of samples this far apart in a row or column:
 * exp(-decay distance^exponent), which those one and two apart determine. With exponents up to
 * 2 it is positive definite; the two alone, and 0 for all others, may not be. */
static float correlation(const ZsdNoiseModel *noise, int distance) {
  if (distance == 0 || noise->lag1 <= 0)
    return distance == 0;
  const double decay = -log(noise->lag1);
  const double exponent = log2(-log(fmax(noise->lag2, LEAST_LAG2)) / decay);
  return (float)exp(-decay * pow(distance, fmax(LEAST_EXPONENT, fmin(2, exponent))));
}

void zsd_patch_noise_covariance(float *covariance, ptrdiff_t row, int width, int height,
                                const ZsdNoiseModel *noise) {
  for (int a = 0; a < width * height; a++)
    for (int b = 0; b < width * height; b++) {
      const int dx = abs(a % width - b % width), dy = abs(a / width - b / width);
      covariance[a * row + b] =
          correlation(noise, dx) * correlation(noise, dy) * (1 - WHITE_PART) +
          (a == b ? WHITE_PART : 0);
    }
}

void zsd_wiener_make(const ZsdWiener *w, const float *clean, int n, int degrees) {
  const int row = w->row, samples = w->samples;
  const float scale = 1 / (float)(degrees > 1 ? degrees : 1);
  const ZsdMatrixProduct squares = {.a = clean,
                                    .a_row = 1,
                                    .a_column = row,
                                    .b = clean,
                                    .c = w->covariance,
                                    .row = row,
                                    .rows = samples,
                                    .columns = row,
                                    .depth = n,
                                    .symmetric = true};
  const ZsdMatrixProduct filter = {.a = w->covariance,
                                   .a_row = row,
                                   .a_column = 1,
                                   .b = w->noise,
                                   .c = w->work,
                                   .row = row,
                                   .rows = samples,
                                   .columns = row,
                                   .depth = samples};
  w->kernels->matrix_multiply(&squares);
  for (int i = 0; i < samples * row; i++)
    w->covariance[i] = w->covariance[i] * scale + w->noise[i];
  w->kernels->matrix_invert(w->covariance, row, samples);
  if (!w->white)
    w->kernels->matrix_multiply(&filter);
}

void zsd_wiener_noise(const ZsdWiener *w, const float *noisy, float *noise, int n) {
  const ZsdMatrixProduct found = {.a = noisy,
                                  .a_row = w->row,
                                  .a_column = 1,
                                  .b = w->white ? w->covariance : w->work,
                                  .c = noise,
                                  .row = w->row,
                                  .rows = n,
                                  .columns = w->row,
                                  .depth = w->samples};
  w->kernels->matrix_multiply(&found);
}
