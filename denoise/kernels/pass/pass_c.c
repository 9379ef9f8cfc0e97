/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass in plain C, layer by layer, a row of an output channel at a time. In bf16,
 * factors are rounded to it first; in int16, inputs and the first layer's activations are
 * rounded to steps of their range, in fp16 to 11 bits. */
#include "base/bf16.h"
#include "kernels/init.h"

#include <math.h>
#include <string.h>

/* Parameters of the network, which are packed in its own order. */
static size_t params_count(ZsdShape s) {
  const size_t hidden = s.hidden;
  return hidden * (9 * s.inputs + 1) + hidden * (9 * hidden + 1) + s.outputs * (hidden + 1);
}

/* Bytes of so many floats, rounded up to the alignment. */
static size_t aligned(size_t floats) {
  const size_t unit = ZSD_PASS_ALIGNMENT;
  return (floats * sizeof(float) + unit - 1) / unit * unit;
}

static size_t weights_size(ZsdShape shape) {
  return aligned(params_count(shape));
}

static void pack(void *weights, ZsdShape shape, const float *params) {
  memcpy(weights, params, params_count(shape) * sizeof(float));
}

static void round_to_bf16(float *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    x[i] = zsd_bf16_round(x[i]);
}

/* The least and the largest one of n values. */
typedef struct {
  float low, high;
} Limits;

static Limits limits_of(const float *x, size_t n) {
  Limits l = {x[0], x[0]};
  for (size_t i = 1; i < n; i++) {
    l.low = x[i] < l.low ? x[i] : l.low;
    l.high = x[i] > l.high ? x[i] : l.high;
  }
  return l;
}

/* Rounds to 11 significant bits, or to a multiple of the smallest half. */
static float round_to_half(float x) {
  int exponent;
  const float fraction = frexpf(x, &exponent);
  const int bits = exponent > -14 ? 11 : 25 + exponent;
  return ldexpf(rintf(ldexpf(fraction, bits)), exponent - bits);
}

/* Rounds values, less their centre and in steps, of which `range` has ZSD_INT16_STEPS: to whole
 * steps, or to halves. */
static void round_to_steps(float *x, size_t n, float centre, float range,
                           ZsdPrecision precision) {
  const float step = fmaxf(range, ZSD_MIN_RANGE) / ZSD_INT16_STEPS;
  for (size_t i = 0; i < n; i++) {
    const float steps = (x[i] - centre) / step;
    x[i] = centre + step * (precision == ZSD_FP16 ? round_to_half(steps) : rintf(steps));
  }
}

/* Rounds planes of n inputs. */
static void round_inputs(float *x, int channels, size_t n, ZsdPrecision precision) {
  float range = 0;
  for (int c = 0; c < channels; c++) {
    const Limits l = limits_of(x + c * n, n);
    range = fmaxf(range, l.high - l.low);
  }
  for (int c = 0; c < channels; c++) {
    const Limits l = limits_of(x + c * n, n);
    round_to_steps(x + c * n, n, (l.low + l.high) / 2, range, precision);
  }
}

/* Rounds n activations. */
static void round_activations(float *x, size_t n, ZsdPrecision precision) {
  const Limits l = limits_of(x, n);
  const float low = fminf(l.low, 0), high = fmaxf(l.high, 0);
  round_to_steps(x, n, (low + high) / 2, high - low, precision);
}

static void pack_bf16(void *weights, ZsdShape shape, const float *params) {
  /* Biases are added, not multiplied, and stay in fp32. */
  const size_t hidden = shape.hidden;
  const size_t layers[][2] = {{hidden * shape.inputs * 9, hidden},
                              {hidden * hidden * 9, hidden},
                              {hidden * shape.outputs, shape.outputs}};
  float *layer = weights;
  pack(weights, shape, params);
  for (int i = 0; i < 3; i++) {
    round_to_bf16(layer, layers[i][0]);
    layer += layers[i][0] + layers[i][1];
  }
}

/* The activations of both hidden layers, those of the first one with a halo of one sample. */
static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  const size_t tile = (size_t)max_width * max_height;
  return aligned(shape.hidden * ((size_t)(max_width + 2) * (max_height + 2) + tile));
}

/* In addition the rounded inputs with a halo of two samples. */
static size_t scratch_size_rounded(ZsdShape shape, int max_width, int max_height) {
  return scratch_size(shape, max_width, max_height) +
         aligned(shape.inputs * (size_t)(max_width + 4) * (max_height + 4));
}

typedef struct {
  ZsdPlanes planes; /* from the first sample that is computed, or that is the centre of one */
  ptrdiff_t row;    /* floats from one row to the next */
  int channels;
} Activations;

/* Computes width x height samples of a layer. Returns the next layer's parameters. */
static const float *convolve(const Activations *in, const Activations *out, int width,
                             int height, int taps, const float *params) {
  const float *bias = params + (ptrdiff_t)out->channels * in->channels * taps;
  for (int o = 0; o < out->channels; o++)
    for (int y = 0; y < height; y++) {
      const float *weights = params + (ptrdiff_t)o * in->channels * taps;
      float *sums = out->planes.data + o * out->planes.plane + y * out->row;
      for (int x = 0; x < width; x++)
        sums[x] = bias[o];
      for (int i = 0; i < in->channels; i++)
        for (int t = 0; t < taps; t++, weights++) {
          const float *samples = in->planes.data + i * in->planes.plane +
                                 (y + (taps == 9 ? t / 3 - 1 : 0)) * in->row +
                                 (taps == 9 ? t % 3 - 1 : 0);
          for (int x = 0; x < width; x++)
            sums[x] += *weights * samples[x];
        }
    }
  return bias + out->channels;
}

static void leaky_relu(float *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    x[i] = x[i] > 0 ? x[i] : ZSD_LEAK * x[i];
}

/* Zeroes the first layer's activations outside the picture, the second layer's padding. */
static void pad(const ZsdPass *p, const Activations *h1) {
  const int width = p->width + 2, height = p->height + 2;
  for (int c = 0; c < h1->channels; c++) {
    float *plane = h1->planes.data + c * h1->planes.plane;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        if ((p->top && y == 0) || (p->bottom && y == height - 1) || (p->left && x == 0) ||
            (p->right && x == width - 1))
          plane[y * h1->row + x] = 0;
  }
}

/* `in` begins at the first sample of the first layer, which lies at (-1, -1) of the tile. */
static void forward(const ZsdPass *p, const Activations *in, float *scratch,
                    ZsdPrecision precision) {
  const int hidden = p->shape.hidden;
  const ptrdiff_t row = p->width + 2, tile = (ptrdiff_t)p->width * p->height;
  const ptrdiff_t grid = row * (p->height + 2);
  const Activations h1 = {{scratch, grid}, row, hidden};
  const Activations inner = {{h1.planes.data + row + 1, grid}, row, hidden};
  const Activations h2 = {{h1.planes.data + hidden * grid, tile}, p->width, hidden};
  const Activations out = {p->out, p->row, p->shape.outputs};

  const float *params = convolve(in, &h1, p->width + 2, p->height + 2, 9, p->weights);
  leaky_relu(h1.planes.data, hidden * grid);
  if (precision == ZSD_BF16)
    round_to_bf16(h1.planes.data, hidden * grid);
  pad(p, &h1);
  if (precision == ZSD_INT16 || precision == ZSD_FP16)
    round_activations(h1.planes.data, hidden * grid, precision);
  params = convolve(&inner, &h2, p->width, p->height, 9, params);
  leaky_relu(h2.planes.data, hidden * tile);
  if (precision == ZSD_BF16)
    round_to_bf16(h2.planes.data, hidden * tile);
  convolve(&h2, &out, p->width, p->height, 1, params);
}

static void run(const ZsdPass *p) {
  const Activations in = {{p->in.data - p->row - 1, p->in.plane}, p->row, p->shape.inputs};
  forward(p, &in, p->scratch, ZSD_FP32);
}

/* A pass with rounded inputs. */
static void run_rounded(const ZsdPass *p, ZsdPrecision precision) {
  const ptrdiff_t row = p->width + 4, plane = row * (p->height + 4);
  const int channels = p->shape.inputs;
  float *inputs = p->scratch;
  for (int c = 0; c < channels; c++)
    for (int y = 0; y < p->height + 4; y++)
      memcpy(inputs + c * plane + y * row, p->in.data + c * p->in.plane + (y - 2) * p->row - 2,
             row * sizeof(float));
  if (precision == ZSD_BF16)
    round_to_bf16(inputs, channels * plane);
  else
    round_inputs(inputs, channels, plane, precision);
  const Activations in = {{inputs + row + 1, plane}, row, channels};
  forward(p, &in, inputs + channels * plane, precision);
}

static void run_bf16(const ZsdPass *p) {
  run_rounded(p, ZSD_BF16);
}

static void run_int16(const ZsdPass *p) {
  run_rounded(p, ZSD_INT16);
}

static void run_fp16(const ZsdPass *p) {
  run_rounded(p, ZSD_FP16);
}

void zsd_pass_init_c(ZsdKernels *k) {
  k->pass[ZSD_FP32] = (ZsdPassKernel){weights_size, scratch_size, pack, run, 64, 16};
  k->pass[ZSD_BF16] =
      (ZsdPassKernel){weights_size, scratch_size_rounded, pack_bf16, run_bf16, 64, 16};
  k->pass[ZSD_INT16] =
      (ZsdPassKernel){weights_size, scratch_size_rounded, pack, run_int16, 64, 16};
  k->pass[ZSD_FP16] =
      (ZsdPassKernel){weights_size, scratch_size_rounded, pack, run_fp16, 64, 16};
}
