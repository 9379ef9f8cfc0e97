/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass in plain C, layer by layer, a row of an output channel at a time. In bf16,
 * factors are rounded to it first; in int16, inputs and the first layer's activations are
 * rounded to steps of their range, in fp16 to 11 bits; in int8, the weights are rounded, too.
 */
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

/* Rounds n values, less their centre, to the steps of int8. Returns the centre and the step. */
static void round_to_int8(float *x, size_t n, Limits l, float *centre, float *step) {
  *centre = (l.low + l.high) / 2;
  *step = fmaxf(l.high - l.low, ZSD_MIN_RANGE) / (2 * ZSD_INT8_LARGEST);
  for (size_t i = 0; i < n; i++)
    x[i] = *step * rintf((x[i] - *centre) / *step);
}

/* Rounds an output channel's weights to integers, for inputs in integers, and adds the products
 * of the centres to its bias. */
static void round_weights(float *to, const float *weights, int n_in, const float *centres,
                          const float *steps, float *bias) {
  float largest = 0;
  for (int i = 0; i < 9 * n_in; i++)
    largest = fmaxf(largest, fabsf(weights[i] * steps[i / 9]));
  const float factor = largest / ZSD_INT8_LARGEST;
  for (int i = 0; i < 9 * n_in; i++) {
    const float unit = factor / steps[i / 9];
    to[i] = unit > 0 ? unit * rintf(weights[i] / unit) : 0;
    *bias += weights[i] * centres[i / 9];
  }
}

/* Rounds planes of n inputs of a 3x3 layer, or of activations, whose ranges include the
 * padding, 0, less their centres. Returns the layer's parameters for them, in `params`, which
 * has room for 2 `n_in` more. */
static const float *round_layer(float *planes, int n_in, size_t n, bool activations, int n_out,
                                const float *from, float *params) {
  const ptrdiff_t n_weights = (ptrdiff_t)n_in * 9;
  float *biases = params + n_out * n_weights, *centres = biases + n_out,
        *steps = centres + n_in;
  for (int c = 0; c < n_in; c++) {
    Limits l = limits_of(planes + c * n, n);
    l.low = activations ? fminf(l.low, 0) : l.low;
    l.high = activations ? fmaxf(l.high, 0) : l.high;
    round_to_int8(planes + c * n, n, l, &centres[c], &steps[c]);
  }
  memcpy(biases, from + n_out * n_weights, n_out * sizeof *biases);
  for (int o = 0; o < n_out; o++)
    round_weights(params + o * n_weights, from + o * n_weights, n_in, centres, steps,
                  &biases[o]);
  return params;
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

/* In int8, in addition, a layer's parameters, and the centres and steps of its input. */
static size_t scratch_size_int8(ZsdShape shape, int max_width, int max_height) {
  return scratch_size_rounded(shape, max_width, max_height) +
         aligned(params_count(shape) + 2 * (shape.inputs + shape.hidden));
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

/* The layers' outputs; `inner` is the first one's without its halo. */
typedef struct {
  Activations h1, inner, h2, out;
} Outputs;

static Outputs outputs_of(const ZsdPass *p, float *scratch) {
  const int hidden = p->shape.hidden;
  const ptrdiff_t row = p->width + 2, tile = (ptrdiff_t)p->width * p->height;
  const ptrdiff_t grid = row * (p->height + 2);
  return (Outputs){.h1 = {{scratch, grid}, row, hidden},
                   .inner = {{scratch + row + 1, grid}, row, hidden},
                   .h2 = {{scratch + hidden * grid, tile}, p->width, hidden},
                   .out = {p->out, p->row, p->shape.outputs}};
}

/* Samples of all planes of an output without gaps. */
static size_t count(const Activations *a) {
  return (size_t)a->channels * a->planes.plane;
}

/* `in` begins at the first sample of the first layer, which lies at (-1, -1) of the tile. */
static void forward(const ZsdPass *p, const Activations *in, float *scratch,
                    ZsdPrecision precision) {
  const Outputs a = outputs_of(p, scratch);
  float *h1 = a.h1.planes.data, *h2 = a.h2.planes.data;
  const float *params = convolve(in, &a.h1, p->width + 2, p->height + 2, 9, p->weights);
  leaky_relu(h1, count(&a.h1));
  if (precision == ZSD_BF16)
    round_to_bf16(h1, count(&a.h1));
  pad(p, &a.h1);
  if (precision == ZSD_INT16 || precision == ZSD_FP16)
    round_activations(h1, count(&a.h1), precision);
  params = convolve(&a.inner, &a.h2, p->width, p->height, 9, params);
  leaky_relu(h2, count(&a.h2));
  if (precision == ZSD_BF16)
    round_to_bf16(h2, count(&a.h2));
  convolve(&a.h2, &a.out, p->width, p->height, 1, params);
}

static void run(const ZsdPass *p) {
  const Activations in = {{p->in.data - p->row - 1, p->in.plane}, p->row, p->shape.inputs};
  forward(p, &in, p->scratch, ZSD_FP32);
}

/* Copies the inputs with their halo of two samples to planes without gaps. */
static Activations copy_inputs(const ZsdPass *p, float *to) {
  const ptrdiff_t row = p->width + 4, plane = row * (p->height + 4);
  for (int c = 0; c < p->shape.inputs; c++)
    for (int y = 0; y < p->height + 4; y++)
      memcpy(to + c * plane + y * row, p->in.data + c * p->in.plane + (y - 2) * p->row - 2,
             row * sizeof(float));
  return (Activations){{to + row + 1, plane}, row, p->shape.inputs};
}

/* A pass with rounded inputs. */
static void run_rounded(const ZsdPass *p, ZsdPrecision precision) {
  float *inputs = p->scratch;
  const Activations in = copy_inputs(p, inputs);
  if (precision == ZSD_BF16)
    round_to_bf16(inputs, count(&in));
  else
    round_inputs(inputs, in.channels, in.planes.plane, precision);
  forward(p, &in, inputs + count(&in), precision);
}

static void run_int8(const ZsdPass *p) {
  const ZsdShape s = p->shape;
  const float *first = p->weights, *second = first + s.hidden * (9 * (size_t)s.inputs + 1),
              *last = second + s.hidden * (9 * (size_t)s.hidden + 1);
  float *inputs = p->scratch;
  const Activations in = copy_inputs(p, inputs);
  const Outputs a = outputs_of(p, inputs + count(&in));
  float *h1 = a.h1.planes.data, *h2 = a.h2.planes.data, *params = h2 + count(&a.h2);
  convolve(&in, &a.h1, p->width + 2, p->height + 2, 9,
           round_layer(inputs, s.inputs, in.planes.plane, false, s.hidden, first, params));
  leaky_relu(h1, count(&a.h1));
  pad(p, &a.h1);
  convolve(&a.inner, &a.h2, p->width, p->height, 9,
           round_layer(h1, s.hidden, a.h1.planes.plane, true, s.hidden, second, params));
  leaky_relu(h2, count(&a.h2));
  convolve(&a.h2, &a.out, p->width, p->height, 1, last);
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
  k->pass[ZSD_INT8] = (ZsdPassKernel){weights_size, scratch_size_int8, pack, run_int8, 64, 16};
}
