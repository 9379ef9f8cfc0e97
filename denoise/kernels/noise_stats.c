/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of a block for the noise estimate. There is a sum for each column, so that the
 * order of additions is the same in all instruction sets. */
#include "isa.h"

enum {
  SIDE = ZSD_NOISE_BLOCK,
  SAMPLES = SIDE * SIDE,
  PADDED = 2 * SIDE, /* floats of a row; the zeros past the block serve lags and Laplacian */
};

/* A loop over columns that the compiler vectorises: it would not, had it unrolled the loop
 * first. */
#if defined(__clang__)
#define COLUMNS _Pragma("clang loop unroll(disable)") for (int x = 0; x < SIDE; x++)
#else
#define COLUMNS _Pragma("GCC unroll 1") for (int x = 0; x < SIDE; x++)
#endif

typedef float Columns[SIDE];

/* The sum of all columns, by halves. */
INLINE float total(const Columns c) {
  float half[SIDE / 2], quarter[SIDE / 4];
  for (int x = 0; x < SIDE / 2; x++)
    half[x] = c[x] + c[x + SIDE / 2];
  for (int x = 0; x < SIDE / 4; x++)
    quarter[x] = half[x] + half[x + SIDE / 4];
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

/* Position of row or column i relative to the block's centre. */
INLINE float from_centre(int i) {
  return (float)i - (SIDE - 1) / 2.0f;
}

/* Subtracts the plane of least squares. With coordinates relative to the block's centre the
 * normal equations are diagonal. */
INLINE void detrend(float v[][PADDED]) {
  const float moment = SAMPLES * (SIDE * SIDE - 1) / 12.0f;
  Columns sum = {0}, down = {0}, across;
  for (int y = 0; y < SIDE; y++)
    COLUMNS {
      sum[x] += v[y][x];
      down[x] += from_centre(y) * v[y][x];
    }
  COLUMNS across[x] = from_centre(x) * sum[x];
  const float mean = total(sum) / SAMPLES;
  const float slope_x = total(across) / moment, slope_y = total(down) / moment;
  for (int y = 0; y < SIDE; y++) {
    const float row = mean + slope_y * from_centre(y);
    COLUMNS v[y][x] -= row + slope_x * from_centre(x);
  }
}

/* Variance, autocovariances and fourth moment. */
INLINE void correlate(ZsdNoiseStats *block, float v[][PADDED]) {
  Columns square = {0}, right1 = {0}, right2 = {0}, below1 = {0}, below2 = {0}, fourth = {0};
  for (int y = 0; y < SIDE; y++)
    COLUMNS {
      const float here = v[y][x];
      square[x] += here * here;
      fourth[x] += here * here * (here * here);
      right1[x] += here * v[y][x + 1];
      right2[x] += here * v[y][x + 2];
      below1[x] += here * v[y + 1][x];
      below2[x] += here * v[y + 2][x];
    }
  block->variance = total(square) / SAMPLES;
  block->lag1 = (total(right1) + total(below1)) / (2 * SIDE * (SIDE - 1));
  block->anisotropy = (total(right1) - total(below1)) / (SIDE * (SIDE - 1));
  block->fourth = total(fourth) / SAMPLES;
  block->lag2 = (total(right2) + total(below2)) / (2 * SIDE * (SIDE - 2));
}

/* Mean square of the block after Immerkaer's mask (1 -2 1)' (1 -2 1), divided by 36, the mask's
 * gain for white noise. The mask is separable: down, then across, where the result has two
 * columns less. */
INLINE float laplacian_variance(float v[][PADDED]) {
  Columns square = {0};
  float down[PADDED] = {0};
  for (int y = 0; y < SIDE - 2; y++) {
    COLUMNS down[x] = v[y][x] - 2 * v[y + 1][x] + v[y + 2][x];
    COLUMNS {
      const float l = down[x] - 2 * down[x + 1] + down[x + 2];
      square[x] += l * l;
    }
  }
  square[SIDE - 2] = square[SIDE - 1] = 0;
  return total(square) / (36 * (SIDE - 2) * (SIDE - 2));
}

INLINE void brightness_stats(ZsdNoiseStats *block, const float *b, ptrdiff_t row) {
  Columns sum = {0}, clipped = {0};
  for (int y = 0; y < SIDE; y++, b += row)
    COLUMNS {
      sum[x] += b[x];
      clipped[x] += b[x] > 0 && b[x] < 1 ? 0.0f : 1.0f;
    }
  block->brightness = total(sum) / SAMPLES;
  block->clipped = total(clipped) / SAMPLES;
}

static void noise_stats(ZsdNoiseStats *block, const float *samples, const float *brightness,
                        ptrdiff_t row, bool without_plane) {
  float v[SIDE + 2][PADDED] = {{0}};
  for (int y = 0; y < SIDE; y++)
    COLUMNS v[y][x] = samples[y * row + x];
  if (without_plane)
    detrend(v);
  correlate(block, v);
  block->laplacian_variance = laplacian_variance(v);
  brightness_stats(block, brightness, row);
}

void ZSD_ISA_NAME(zsd_noise_stats_init)(ZsdKernels *k) {
  k->noise_stats = noise_stats;
}
