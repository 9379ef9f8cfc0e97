/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inner loops, as a table of function pointers for each instruction set. The table of plain
 * C is the reference that all others are tested against (tests/kernels).
 *
 * Planes are contiguous floats: row y of a plane begins at y * row, so that the sample above
 * another lies `row` floats before it. The convolutions process samples [0, n) of each plane
 * without regard to row ends; the caller discards or masks the results between two rows.
 *
 * Convolutions may write, and convolutions and sum() may read, up to ZSD_SLACK floats past
 * sample n of a plane; 3x3 convolutions also read `row + 1` floats before sample 0 and past the
 * last sample. All floats in these ranges must be finite. No pointer needs alignment, other
 * than a pass's weights and scratch memory. */
#ifndef ZSD_KERNELS_H
#define ZSD_KERNELS_H

#include "kernels/pass/pass.h"
#include "patches.h"
#include "rows.h"
#include "statistics.h"
#include "wiener.h"

#include <stddef.h>
#include <stdint.h>

#define ZSD_SLACK 64 /* floats; at least those that any kernel processes at a time */

#define ZSD_LEAK 0.2f /* slope of LeakyReLU for negative values */

/* The function that is applied to a convolution's sums. */
typedef enum {
  ZSD_LINEAR, /* identity */
  ZSD_LEAKY,  /* LeakyReLU: x > 0 ? x : ZSD_LEAK * x */
  ZSD_GATED,  /* derivative of LeakyReLU, in back-propagation: x times 1 where the activation
                 that  the output overwrites is above 0, times ZSD_LEAK elsewhere */
} ZsdEpilogue;

typedef struct {
  ZsdPlanes in, out;
  int n_in, n_out;      /* channels */
  ptrdiff_t row;        /* floats from one row to the next */
  ptrdiff_t n;          /* samples of each output plane */
  const float *weights; /* packed by zsd_pack_weights() or zsd_pack_transposed() */
  const float *bias;    /* n_out floats; NULL: no bias */
  ZsdEpilogue epilogue;
} ZsdConv;

typedef struct {
  ZsdPlanes in;    /* n_in planes: the layer's input */
  ZsdPlanes grad;  /* n_out planes: the loss's derivatives with respect to the layer's sums */
  int n_in, n_out; /* channels */
  ptrdiff_t row;   /* floats from one row to the next */
  ptrdiff_t n;     /* samples of each plane */
  float *weights;  /* n_out x n_in x taps; the derivatives are added */
} ZsdConvGrad;

typedef struct {
  unsigned flags; /* ZSD_CPU_*; 0: plain C */

  /* Maximum number of output channels that a convolution computes at a time. */
  int channel_group;

  /* out[o][p] = epilogue(bias[o] + sum over i, t of w[o][i][t] in[i][p + offset(t)]).
   * 3x3: cross-correlation with nine taps in raster order around p, as PyTorch's Conv2d. 1x1:
   * one tap, offset 0. */
  void (*conv3x3)(const ZsdConv *);
  void (*conv1x1)(const ZsdConv *);

  /* weights[o][i][t] += sum over p of grad[o][p] in[i][p + offset(t)] */
  void (*conv3x3_grad)(const ZsdConvGrad *);
  void (*conv1x1_grad)(const ZsdConvGrad *);

  /* The network's forward pass over a tile, in each precision. An instruction set without a
   * faster one has that of plain C. */
  ZsdPassKernel pass[ZSD_PRECISIONS];

  /* The fastest of them. */
  ZsdPrecision fastest_pass;

  /* The sum of x[0..n). */
  float (*sum)(const float *x, ptrdiff_t n);

  /* dst[i] = scale * (sample i >> shift), i in [0, n). Samples of 8 or 16 bits (native byte
   * order) lie `step` bytes apart. */
  void (*load8)(float *dst, const uint8_t *src, int step, int n, float scale);
  void (*load16)(float *dst, const uint8_t *src, int step, int n, float scale, int shift);

  /* sample i = round(clamp(x[i] - strength * noise[i], 0, 1) * max) << shift, i in [0, n).
   * `max`: full scale, which is 255 for store8(). */
  void (*store8)(uint8_t *dst, int step, const float *x, const float *noise, int n,
                 float strength);
  void (*store16)(uint8_t *dst, int step, const float *x, const float *noise, int n,
                  float strength, float max, int shift);

  /* store8() of two planes, interleaved: x[0], z[0], x[1], z[1] ..., 2n bytes. */
  void (*store8_interleaved)(uint8_t *dst, const float *x, const float *x_noise, const float *z,
                             const float *z_noise, int n, float strength);

  /* The sum of absolute differences of two blocks of 16x16 bytes, 0..65280. `a_row` and
   * `b_row`: bytes from one row to the next. */
  unsigned (*sad16)(const uint8_t *a, ptrdiff_t a_row, const uint8_t *b, ptrdiff_t b_row);

  /* Sums over a block of 16x16 bytes, from its differences and the gradient of `before`, of
   * which one more row or column on each side is read. */
  void (*displacement16)(ZsdDisplacementSums *sums, const uint8_t *now, ptrdiff_t now_row,
                         const uint8_t *before, ptrdiff_t before_row);

  /* Motion-compensated prediction of samples [begin, end) of row y of a component:
   * z = gain z' + offset, k = k', where z' and k' are those of the previous frame at the
   * position that the motion vector points to. */
  void (*predict)(const ZsdPrediction *, int y, int begin, int end, float *z, float *k);

  /* Stores the Kalman state of n samples for the next frame's prediction:
   * stored_z = round(65535 clamp(z, 0, 1)), stored_k = round(255 sqrt(k)), k in 0..1. */
  void (*store_state)(uint16_t *stored_z, uint8_t *stored_k, const float *z, const float *k,
                      int n);

  /* Joins n samples of two stored states of a frame, both of which include the frame itself, y:
   * 1 / k = 1 / k' + 1 / k" - 1; z = y + k ((z' - y) / k' + (z" - y) / k"). Roots of k that are
   * stored as 0 count as 1. */
  void (*join_states)(float *z, float *k, const float *y, const ZsdStoredState *first,
                      const ZsdStoredState *second, int n);

  /* Normalised innovation of n samples: d = (y - p) / sqrt((1 + k) noise(p)). */
  void (*innovation)(float *d, const float *y, const float *p, const float *k, int n,
                     const ZsdNoiseVariance *noise);

  /* Kalman update of n samples. With means of the normalised innovation d in windows around a
   * sample, excess = max(0, mean of d^2 in 7x7 - max_mean_square,
   * 4 ((mean of d in 5x5)^2 - max_squared_mean), and, where it is above max_squared_line,
   * 4 (mean of d in 5x1 or in 1x5)^2); P = k + excess (1 + k) + process_noise;
   * gain = P / (P + 1); z = p + gain (y - p). Variances are relative to the noise's. */
  void (*kalman_update)(const ZsdKalmanRow *, int n);

  /* The network's input features for n samples of a channel, in units of the noise's deviation:
   * picture = scale (z - 0.5); difference = scale (y - z);
   * deviation += weight sqrt(k noise(z)). */
  void (*input_features)(const ZsdInputFeatures *, int n);

  /* From the network's units back to samples, in place: z = 0.5 + unit (z + d), the frame as it
   * came; noise = unit clamp(d + clamp(noise, -left, left), -most, most), the noise in it, with
   * left = deviation (most_fused + (most - most_fused) deviation^2). On entry z, d and
   * `deviation` are the features `picture`, `difference` and `deviation`, and `noise` is the
   * network's output. */
  void (*denormalise)(float *z, float *noise, const float *d, const float *deviation,
                      ptrdiff_t n, float unit, const ZsdNoiseLimits *limits);

  /* Sums over the samples y[0..n) with |y - (gain p + offset)| <= reach, for the regression of
   * brightness on its prediction p. `q`: predictions nearby, see ZsdBrightnessSums. */
  void (*brightness_sums)(ZsdBrightnessSums *sums, const float *y, const float *p,
                          const float *q, int n, const ZsdBrightnessChange *change,
                          float reach);

  /* Deinterleaves 4 n samples, clipped to 0..1, of a frame y, of the fused picture z with the
   * relative variance k, and of a pilot (65535 is 1). The variance of the noise is noise(pilot)
   * in y, and k times that in z, but at least `least` in both. */
  void (*wiener_load)(const ZsdWienerRow *row, const float *y, const float *z, const float *k,
                      const uint16_t *pilot, int n, const ZsdNoiseVariance *noise, float least);

  /* Wiener filter of the blocks of a row, for each coefficient of their DCT. Y, Z and P are
   * those of the frame, of the fused picture and of the pilot; n and v are the variances of the
   * noise in Y and in Z: means over the block, times the spectrum. Where the past is right, the
   * variance of Y - Z is n - v. So the trust in it is t = min(1, 2 (n - v) / (Y - Z)^2), the
   * trusted estimate is Y - t (Y - Z), and its noise has the variance w = n - t (n - v). It is
   * multiplied by P^2 / (P^2 + ZSD_WIENER_FACTOR w); only the mean of the block is not.
   *
   * The estimates are weighted by the inverse of the variance of their noise. Complete from
   * column first + 4 up to column first + 4 n - 1; what is written outside of these is
   * undefined. */
  void (*wiener_blocks)(const ZsdWienerBlocks *);

  /* Interleaves 4 n weighted means: the sums, divided by the sum of the weights. */
  void (*wiener_finish)(float *out, const float *sum,
                        const float *const weights[ZSD_WIENER_OVERLAP], int n);

  /* One row of `width` samples, filtered by the binomial kernel (1 4 6 4 1) / 16 across and
   * down, clamped to 0..1 and scaled to 0..255. `rows`: the two rows above, the row itself and
   * the two rows below, `width` floats each; the first and last samples are repeated. */
  void (*binomial5x5)(uint8_t *out, const float *const rows[5], int width);

  /* n rounded means of 2x2 bytes; both rows have 2n bytes. */
  void (*downsample2x2)(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int n);

  /* Statistics of a block of ZSD_NOISE_BLOCK x ZSD_NOISE_BLOCK samples and of the brightness
   * (0..1) there. `row`: floats from one row to the next, in both. `without_plane`: the plane
   * of least squares is subtracted from the samples first. */
  void (*noise_stats)(ZsdNoiseStats *stats, const float *samples, const float *brightness,
                      ptrdiff_t row, bool without_plane);

  /* sums[i] += weight * sum of squared differences between the template and the samples at
   * samples + i, i in [0, n). `row`: floats from one row of samples to the next. */
  void (*patch_ssd)(float *sums, const float *samples, ptrdiff_t row, const ZsdTemplate *,
                    int n);

  /* Subtracts the mean of a matrix's rows from each, and scales its columns. */
  void (*matrix_centre)(const ZsdMatrixCentre *);

  /* The product of two matrices. */
  void (*matrix_multiply)(const ZsdMatrixProduct *);

  /* Inverts a symmetric, positive definite matrix of n x n in place. `row`: floats from one row
   * to the next, a multiple of ZSD_MATRIX_ALIGN and at most ZSD_MATRIX_LARGEST; the floats past
   * column n must be finite. */
  void (*matrix_invert)(float *matrix, ptrdiff_t row, int n);
} ZsdKernels;

/* The table of the best instruction set among `flags` (ZSD_CPU_*), which the processor must
 * have. */
const ZsdKernels *zsd_kernels(unsigned flags);

/* "fp32", "bf16", "int16", "fp16" or "int8". */
const char *zsd_precision_name(ZsdPrecision precision);

/* Output channels of a group: n_out divided into the fewest groups of at most channel_group, as
 * evenly as possible. */
int zsd_group_size(const ZsdKernels *k, int n_out);

/* Floats of a layer's packed weights. */
size_t zsd_packed_size(const ZsdKernels *k, int n_in, int n_out, int taps);

/* Packs weights (n_out x n_in x taps, PyTorch's order) for conv3x3 (taps 9) or conv1x1 (taps 1)
 * to [group][n_in][tap][channel of the group]. Zeros fill up the last group. */
void zsd_pack_weights(const ZsdKernels *k, float *packed, const float *weights, int n_in,
                      int n_out, int taps);

/* Packs the transposed layer, which propagates derivatives from the layer's output to its
 * input: input and output channels exchanged, filters rotated by 180 degrees. `n_in` and
 * `n_out` are those of the layer before transposition. */
void zsd_pack_transposed(const ZsdKernels *k, float *packed, const float *weights, int n_in,
                         int n_out, int taps);

#endif
