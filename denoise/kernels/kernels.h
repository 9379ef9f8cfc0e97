/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inner loops. Each instruction set fills a table of function pointers; the plain C table
 * is the twin that all others are tested against.
 *
 * Pictures in here are flat: a plane is one run of floats in which row y begins at y * row, and
 * a filter's neighbour above lies `row` floats before. A kernel works on samples [0, n) of each
 * plane and neither knows nor cares where rows end: what it computes in the columns between two
 * rows is discarded or masked by the caller.
 *
 * A kernel may read, and the convolutions may write, up to ZSD_SLACK floats past sample n of a
 * plane; the convolutions read `row + 1` floats before sample 0 and past the last one. What
 * lies there must be finite. No pointer needs alignment. */
#ifndef ZSD_KERNELS_H
#define ZSD_KERNELS_H

#include "statistics.h"
#include "pass.h"
#include "patches.h"
#include "rows.h"

#include <stddef.h>
#include <stdint.h>

#define ZSD_SLACK 64

/* The slope of LeakyReLU for negative values. */
#define ZSD_LEAK 0.2f

/* What happens to a convolution's sums before they are stored. */
typedef enum {
  ZSD_LINEAR, /* nothing */
  ZSD_LEAKY,  /* LeakyReLU: a value below 0 is multiplied by ZSD_LEAK */
  ZSD_GATED,  /* LeakyReLU's derivative: multiplied by ZSD_LEAK where the activation that is
                 about to be overwritten in the output plane is not above 0 */
} ZsdEpilogue;

typedef struct {
  ZsdPlanes in, out;
  int n_in, n_out;
  ptrdiff_t row;        /* floats from one row to the next */
  ptrdiff_t n;          /* samples to compute */
  const float *weights; /* as zsd_pack_weights() lays them out */
  const float *bias;    /* n_out floats, or NULL for none */
  ZsdEpilogue epilogue;
} ZsdConv;

typedef struct {
  ZsdPlanes in;   /* the layer's input */
  ZsdPlanes grad; /* the loss's derivatives with respect to the layer's sums */
  int n_in, n_out;
  ptrdiff_t row, n;
  float *weights; /* n_out x n_in x taps; added to */
} ZsdConvGrad;

typedef struct {
  unsigned flags; /* ZSD_CPU_*; 0: plain C */

  /* The convolutions take their output channels in groups of at most this many. */
  int channel_group;

  /* out[o][p] = epilogue(bias[o] + sum over i and the taps t of w[o][i][t] in[i][p +
   * offset(t)]). 3x3: nine taps, row by row, centred (cross-correlation, as PyTorch's Conv2d).
   * 1x1: one. */
  void (*conv3x3)(const ZsdConv *);
  void (*conv1x1)(const ZsdConv *);

  /* weights[o][i][t] += sum over p of grad[o][p] in[i][p + offset(t)] */
  void (*conv3x3_grad)(const ZsdConvGrad *);
  void (*conv1x1_grad)(const ZsdConvGrad *);

  /* The network's forward pass over a tile, in each precision. Plain C has them all; an
   * instruction set has those over it that it makes faster. */
  ZsdPassKernel pass[ZSD_PRECISIONS];

  /* The sum of x[0..n). */
  float (*sum)(const float *x, ptrdiff_t n);

  /* dst[i] = scale * sample i, where samples lie `step` bytes apart and are 8 or 16 bits wide
   * and a 16-bit one is shifted right by `shift` first. */
  void (*load8)(float *dst, const uint8_t *src, int step, int n, float scale);
  void (*load16)(float *dst, const uint8_t *src, int step, int n, float scale, int shift);

  /* sample i = round(clamp(x[i] - strength * noise[i], 0, 1) * max), shifted left by `shift`.
   */
  void (*store8)(uint8_t *dst, int step, const float *x, const float *noise, int n,
                 float strength);
  void (*store16)(uint8_t *dst, int step, const float *x, const float *noise, int n,
                  float strength, float max, int shift);

  /* store8() with step 1 of x[0], z[0], x[1], z[1] ...: 2n samples. */
  void (*store8_interleaved)(uint8_t *dst, const float *x, const float *x_noise, const float *z,
                       const float *z_noise, int n, float strength);

  /* The sum of absolute differences of 16x16 bytes. */
  unsigned (*sad16)(const uint8_t *a, ptrdiff_t a_row, const uint8_t *b, ptrdiff_t b_row);

  /* Samples [begin, end) of row y of a prediction: z = gain z' + offset, and k', of the place
   * where the sample was. */
  void (*predict)(const ZsdPrediction *, int y, int begin, int end, float *z, float *k);

  /* Keeps a row for the next frame's prediction; z is clipped to 0..1, k is 0..1. */
  void (*store_state)(uint16_t *stored_z, uint8_t *stored_k, const float *z, const float *k, int n);

  /* d = (y - p) / sqrt((1 + k) noise(p)) */
  void (*innovation)(float *d, const float *y, const float *p, const float *k, int n,
               const ZsdNoiseVariance *noise);

  /* Over the windows around a sample: miss = max(0, mean of d^2 in 7x7 - expected2,
   * 4 ((mean of d in 5x5)^2 - expected1)); P = k + miss (1 + k) + process_noise; gain = P / (P
   * + 1); z = p + gain (y - p). */
  void (*kalman_update)(const ZsdKalmanRow *, int n);

  /* picture = scale (z - 0.5); difference = scale (y - z); deviation += weight sqrt(k noise(z))
   */
  void (*input_features)(const ZsdInputFeatures *, int n);

  /* z = 0.5 + unit (z + d); noise = unit (d + noise), which is held to -most .. most units. */
  void (*denormalise)(float *z, float *noise, const float *d, ptrdiff_t n, float unit, float most);

  /* Adds up the samples y[0..n), predicted as p, that lie within `reach` of what the light
   * makes of p. */
  void (*brightness_sums)(ZsdBrightnessSums *sums, const float *y, const float *p, const float *q, int n,
                     const ZsdBrightnessChange *change, float reach);

  /* A row of the binomial filter of five taps each way over rows of `width` floats, their ends
   * repeated: of 0..1, what lies outside is clipped, to 0..255. */
  void (*binomial5x5)(uint8_t *out, const float *const rows[5], int width);

  /* n means of 2x2 bytes, rounded. */
  void (*downsample2x2)(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int n);

  /* Measures a block of samples, without its plane of best fit or as it is, and that of the
   * brightness there; rows lie `row` floats apart. */
  void (*noise_stats)(ZsdNoiseStats *block, const float *samples, const float *brightness,
                      ptrdiff_t row, bool without_plane);

  /* At each of n places beside each other, the first of which begins at `samples`: adds the
   * weighted sum of squared differences from the template. Rows lie `row` floats apart. */
  void (*patch_ssd)(float *sums, const float *samples, ptrdiff_t row, const ZsdTemplate *, int n);

  void (*matrix_multiply)(const ZsdMatrixProduct *);

  /* Inverts a symmetric, positive definite matrix of n x n in place; rows lie `row` floats
   * apart, a multiple of ZSD_MATRIX_ALIGN; what they have beyond n must be finite. */
  void (*matrix_invert)(float *matrix, ptrdiff_t row, int n);
} ZsdKernels;

/* The table for these instruction sets, which the machine must have. */
const ZsdKernels *zsd_kernels(unsigned flags);

/* The size of the groups in which `n_out` channels are taken: as even as `group` allows. */
int zsd_group_size(const ZsdKernels *k, int n_out);

/* Floats that the packed weights of a layer take. */
size_t zsd_packed_size(const ZsdKernels *k, int n_in, int n_out, int taps);

/* Lays weights (n_out x n_in x taps, PyTorch's order) out for conv3x3 (taps 9) and conv1x1 (1):
 * for each group of output channels n_in x taps rows of that many weights, the last group
 * filled up with zeros. */
void zsd_pack_weights(const ZsdKernels *k, float *packed, const float *weights, int n_in,
                      int n_out, int taps);

/* The same for the layer's transpose, which takes derivatives from its output to its input: in
 * and out exchanged, each filter turned by 180 degrees. `n_in` and `n_out` are the layer's own.
 */
void zsd_pack_transposed(const ZsdKernels *k, float *packed, const float *weights, int n_in,
                         int n_out, int taps);

#endif
