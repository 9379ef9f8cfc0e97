/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's forward pass over a tile, in fp32, int16, fp16 and int8. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tolerance of a layer's sum: relative to the largest sum of the products' magnitudes in its
 * channel of the tile, because Winograd's filtering shares intermediate values between
 * neighbours; and absolute for denormals. */
static const double RELATIVE[ZSD_PRECISIONS] = {
    [ZSD_FP32] = 2e-6, [ZSD_INT16] = 2e-3, [ZSD_FP16] = 5e-3, [ZSD_INT8] = 2e-6};
static const double ABSOLUTE[ZSD_PRECISIONS] = {
    [ZSD_FP32] = 1e-40, [ZSD_INT16] = 1e-32, [ZSD_FP16] = 1e-32, [ZSD_INT8] = 1e-32};

/* The largest mean squared error of a tile in integers, relative to that which rounding
 * explains.
 */
static const double MOST = 1.7;

/* The same in int8, where each rounded weight affects all samples of a tile; and the largest
 * mean square of the difference from plain C, which rounds the same but for ties. */
static const double MOST_INT8 = 4, MOST_INT8_PLAIN = 0.01;

/* The same in fp16, where sums are rounded, too: relative to the mean square. */
static const double MOST_FP16 = 2e-4;

enum { HALO = 2 };

typedef struct {
  ZsdPrecision precision;
  ZsdShape shape;
  int width, height;
  bool left, top, right, bottom;
  ptrdiff_t row;
  Values values;
} Trial;

/* --- expected output --- */

/* Samples of one layer; for each channel, the tolerance and the variance of what rounding to
 * integers adds, if the errors are independent and half of the sums negative; and in int8 the
 * size of a step and the mean square of the samples less their centre, in steps. */
typedef struct {
  int channels, width, height, halo; /* width and height include the halo */
  double *data, *tolerance, *variance, *step, *power;
} Layer;

static Layer new_layer(const Trial *t, int channels, int halo) {
  Layer l = {.channels = channels,
             .width = t->width + 2 * halo,
             .height = t->height + 2 * halo,
             .halo = halo};
  l.data = calloc((size_t)channels * l.width * l.height, sizeof *l.data);
  l.tolerance = calloc(channels, sizeof *l.tolerance);
  l.variance = calloc(channels, sizeof *l.variance);
  l.step = calloc(channels, sizeof *l.step);
  l.power = calloc(channels, sizeof *l.power);
  if (!l.data || !l.tolerance || !l.variance || !l.step || !l.power)
    abort();
  return l;
}

static void free_layer(Layer *l) {
  free(l->data);
  free(l->tolerance);
  free(l->variance);
  free(l->step);
  free(l->power);
}

/* Sample (x, y) of the tile or its halo. */
static double *sample(const Layer *l, int c, int x, int y) {
  return &l->data[((ptrdiff_t)c * l->height + y + l->halo) * l->width + x + l->halo];
}

static bool in_picture(const Trial *t, int x, int y) {
  return !(t->left && x < 0) && !(t->top && y < 0) && !(t->right && x >= t->width) &&
         !(t->bottom && y >= t->height);
}

/* The sum of a sample's products, and the sum of their magnitudes. */
static double sum_of(const Layer *in, const float *weights, double bias, int taps, int x, int y,
                     double *magnitude) {
  const int reach = taps == 9;
  double sum = bias;
  *magnitude = fabs(bias);
  for (int c = 0; c < in->channels; c++)
    for (int j = -reach; j <= reach; j++)
      for (int i = -reach; i <= reach; i++) {
        const double product = *weights++ * *sample(in, c, x + i, y + j);
        sum += product;
        *magnitude += fabs(product);
      }
  return sum;
}

/* Adds to the tolerance of channel o of a 3x3 layer the rounding of its weights to integers in
 * int8: to 127 steps, times those of the input. */
static void expect_rounded_weights(const Layer *in, const Layer *out, int o,
                                   const float *weights) {
  double largest = 0;
  for (ptrdiff_t i = 0; i < 9 * in->channels; i++)
    largest = fmax(largest, fabs(weights[i]) * in->step[i / 9]);
  const double factor = largest / ZSD_INT8_LARGEST;
  for (int c = 0; c < in->channels; c++) {
    out->tolerance[o] += 9 * 0.501 * factor * ZSD_INT8_LARGEST;
    out->variance[o] += (1 + ZSD_LEAK * ZSD_LEAK) / 2 * 9 * factor * factor / 12 * in->power[c];
  }
}

/* Computes a layer. Returns the next layer's parameters. */
static const float *expect(const Trial *t, const Layer *in, const Layer *out, int taps,
                           double leak, const float *params) {
  const ptrdiff_t n_weights = (ptrdiff_t)in->channels * taps;
  const float *bias = params + out->channels * n_weights;
  for (int o = 0; o < out->channels; o++) {
    const float *weights = params + o * n_weights;
    double largest = 0;
    for (int y = -out->halo; y < t->height + out->halo; y++)
      for (int x = -out->halo; x < t->width + out->halo; x++) {
        double magnitude;
        const double sum = sum_of(in, weights, bias[o], taps, x, y, &magnitude);
        if (in_picture(t, x, y))
          *sample(out, o, x, y) = sum < 0 ? leak * sum : sum;
        largest = fmax(largest, magnitude);
      }
    out->tolerance[o] = RELATIVE[t->precision] * largest + ABSOLUTE[t->precision];
    for (ptrdiff_t i = 0; i < n_weights; i++) {
      out->tolerance[o] += fabs(weights[i]) * in->tolerance[i / taps];
      out->variance[o] +=
          (1 + leak * leak) / 2 * weights[i] * weights[i] * in->variance[i / taps];
    }
    if (t->precision == ZSD_INT8 && taps == 9)
      expect_rounded_weights(in, out, o, weights);
  }
  return bias + out->channels;
}

/* The least and the largest sample of a channel and, of activations, the padding, 0. */
static void limits_of(const Layer *l, int c, bool activations, double *low, double *high) {
  const ptrdiff_t n = (ptrdiff_t)l->width * l->height;
  *low = *high = activations ? 0 : l->data[c * n];
  for (ptrdiff_t i = c * n; i < (c + 1) * n; i++) {
    *low = fmin(*low, l->data[i]);
    *high = fmax(*high, l->data[i]);
  }
}

/* Sets the steps of the input of a 3x3 layer in int8: of the range of each channel. */
static void set_steps(const Layer *in, bool activations) {
  const ptrdiff_t n = (ptrdiff_t)in->width * in->height;
  for (int c = 0; c < in->channels; c++) {
    double low, high;
    limits_of(in, c, activations, &low, &high);
    in->step[c] = (high - low) / (2 * ZSD_INT8_LARGEST);
    for (ptrdiff_t i = c * n; i < (c + 1) * n && in->step[c] > 0; i++)
      in->power[c] += pow((in->data[i] - (low + high) / 2) / in->step[c], 2) / n;
  }
}

/* The same in the other precisions: of the largest range of a channel; of `activations`, of
 * that of all channels. */
static void set_equal_steps(const Layer *in, bool activations) {
  double range = 0, least = 0, largest = 0;
  for (int c = 0; c < in->channels; c++) {
    double low, high;
    limits_of(in, c, activations, &low, &high);
    least = fmin(least, low);
    largest = fmax(largest, high);
    range = fmax(range, activations ? largest - least : high - low);
  }
  for (int c = 0; c < in->channels; c++)
    in->step[c] = range / ZSD_INT16_STEPS;
}

/* Adds to the tolerance of a 3x3 layer's input the rounding to steps. */
static void expect_rounding(const Trial *t, const Layer *in, bool activations) {
  if (t->precision == ZSD_FP32)
    return;
  if (t->precision == ZSD_INT8)
    set_steps(in, activations);
  else
    set_equal_steps(in, activations);
  for (int c = 0; c < in->channels; c++) {
    in->tolerance[c] += 0.501 * in->step[c];
    in->variance[c] += in->step[c] * in->step[c] / 12;
  }
}

/* --- memory --- */

/* n planes of `length` floats, the one at `before` being sample (0, 0), each followed by up to
 * 9 NaN. The last plane ends with the buffer. */
static ZsdPlanes new_planes(Check *check, Buffer *buffer, int n, ptrdiff_t before,
                            ptrdiff_t length) {
  const ptrdiff_t plane = length + check_random(check, 0, 9);
  *buffer = buffer_new(check, ((n - 1) * plane + length) * sizeof(float), sizeof(float));
  float *data = buffer->data;
  for (ptrdiff_t i = 0; i < (n - 1) * plane + length; i++)
    data[i] = i % plane < length ? check_junk(check) : NAN;
  return (ZsdPlanes){data + before, plane};
}

/* Fills the tile and its halo, with zeros outside the picture. Returns the same as a layer. */
static Layer fill_input(Check *check, const Trial *t, ZsdPlanes in) {
  Layer layer = new_layer(t, t->shape.inputs, HALO);
  for (int c = 0; c < t->shape.inputs; c++)
    for (int y = -HALO; y < t->height + HALO; y++)
      for (int x = -HALO; x < t->width + HALO; x++) {
        const float value = in_picture(t, x, y) ? check_value(check, t->values) : 0;
        in.data[c * in.plane + y * t->row + x] = value;
        *sample(&layer, c, x, y) = value;
      }
  return layer;
}

static float *new_params(Check *check, const Trial *t) {
  const int counts[][2] = {{t->shape.inputs * 9, t->shape.hidden},
                           {t->shape.hidden * 9, t->shape.hidden},
                           {t->shape.hidden, t->shape.outputs}};
  size_t n = 0;
  for (int l = 0; l < 3; l++)
    n += (counts[l][0] + 1) * (size_t)counts[l][1];
  float *params = malloc(n * sizeof *params), *next = params;
  if (!params)
    abort();
  for (int l = 0; l < 3; l++) {
    for (int i = 0; i < counts[l][0] * counts[l][1]; i++)
      *next++ = check_value(check, NORMAL);
    for (int o = 0; o < counts[l][1]; o++)
      *next++ = check_value(check, t->values);
  }
  return params;
}

/* --- trials --- */

/* Runs a kernel with scratch memory full of the byte `junk`. */
static void call(Check *check, const ZsdPassKernel *kernel, ZsdPass pass, const float *params,
                 int junk) {
  Buffer weights = buffer_new(check, kernel->weights_size(pass.shape), ZSD_PASS_ALIGNMENT);
  Buffer scratch = buffer_new(check, kernel->scratch_size(pass.shape, pass.width, pass.height),
                              ZSD_PASS_ALIGNMENT);
  kernel->pack(weights.data, pass.shape, params);
  buffer_remember(&weights);
  memset(scratch.data, junk, scratch.size);
  pass.weights = weights.data;
  pass.scratch = scratch.data;
  kernel->run(&pass);
  if (memcmp(weights.data, weights.copy, weights.size) != 0)
    check_fail(check, "the weights were changed");
  buffer_free(check, &weights, "weights");
  buffer_free(check, &scratch, "scratch");
}

/* Fails if anything past a plane's slack was written. */
static void check_gaps(Check *check, const Trial *t, const Buffer *out, ptrdiff_t plane) {
  const uint8_t *bytes = out->data;
  const ptrdiff_t free_to_write = (t->height - 1) * t->row + t->width + ZSD_SLACK;
  for (size_t i = 0; i < out->size; i++)
    if ((ptrdiff_t)(i / sizeof(float)) % plane >= free_to_write &&
        bytes[i] != buffer_was(out, i)) {
      check_fail(check, "byte %zu of the output written, the planes being %td floats apart", i,
                 plane);
      return;
    }
}

/* Whether a sample is within its tolerance and identical to `again`, which was computed with
 * other scratch memory. */
static bool compare_sample(Check *check, const Trial *t, int o, int x, int y, float got,
                           float again, double expected, double tolerance) {
  const ZsdShape s = t->shape;
  if (memcmp(&got, &again, sizeof got) == 0 && fabs(got - expected) <= tolerance)
    return true;
  return check_fail(
      check,
      "precision %d, %d->%d->%d, %dx%d, edges %d%d%d%d, row %td, values %d: channel %d, sample "
      "(%d, %d) is %g, then %g, not %g +- %g",
      t->precision, s.inputs, s.hidden, s.outputs, t->width, t->height, t->left, t->top,
      t->right, t->bottom, t->row, t->values, o, x, y, got, again, expected, tolerance);
}

/* Fails if the rms error of the tile is larger than rounding explains. */
static void compare_mean(Check *check, const Trial *t, const Layer *expected, ZsdPlanes got,
                         const float *plain) {
  const double n = t->width * t->height;
  for (int o = 0; o < t->shape.outputs; o++) {
    double squares = 0, output = 0, differences = 0;
    for (int y = 0; y < t->height; y++)
      for (int x = 0; x < t->width; x++) {
        const double correct = *sample(expected, o, x, y);
        const ptrdiff_t at = o * got.plane + y * t->row + x;
        squares += pow(got.data[at] - correct, 2);
        differences += pow(got.data[at] - plain[at], 2);
        output += pow(correct, 2);
      }
    const double variance = expected->variance[o];
    const double most = t->precision == ZSD_FP16   ? MOST_FP16 * output / n
                        : t->precision == ZSD_INT8 ? MOST_INT8 * variance
                                                   : MOST * variance;
    if (!(squares / n <= most))
      check_fail(check, "%dx%d, channel %d: mean squared error %g, at most %g expected",
                 t->width, t->height, o, squares / n, most);
    if (t->precision == ZSD_INT8 && !(differences / n <= MOST_INT8_PLAIN * variance))
      check_fail(check, "%dx%d, channel %d: mean squared difference from plain C %g of %g",
                 t->width, t->height, o, differences / n, variance);
  }
}

/* The kernels in fp32 are compared with plain C, which is compared with the expected output, as
 * are those in all other precisions. */
static void compare(Check *check, const Trial *t, const Layer *expected, ZsdPlanes got,
                    const float *again, const float *plain) {
  const bool direct = check->set == check->plain || t->precision != ZSD_FP32;
  for (int o = 0; o < t->shape.outputs; o++)
    for (int y = 0; y < t->height; y++)
      for (int x = 0; x < t->width; x++) {
        const ptrdiff_t at = o * got.plane + y * t->row + x;
        if (!compare_sample(check, t, o, x, y, got.data[at], again[at],
                            direct ? *sample(expected, o, x, y) : plain[at],
                            expected->tolerance[o]))
          return;
      }
}

static void check_trial(Check *check, const Trial *t) {
  const ptrdiff_t before = HALO * t->row + HALO;
  const ptrdiff_t tile = (t->height - 1) * t->row + t->width;
  Buffer in, out[3]; /* the set; the set with other scratch memory; plain C */
  ZsdPlanes planes[3];
  ZsdPass pass = {.shape = t->shape,
                  .row = t->row,
                  .width = t->width,
                  .height = t->height,
                  .left = t->left,
                  .top = t->top,
                  .right = t->right,
                  .bottom = t->bottom};
  pass.in = new_planes(check, &in, t->shape.inputs, before, 2 * before + tile + ZSD_SLACK);
  Layer input = fill_input(check, t, pass.in);
  float *params = new_params(check, t);
  planes[0] = new_planes(check, &out[0], t->shape.outputs, 0, tile + ZSD_SLACK);
  buffer_remember(&out[0]);
  for (int i = 1; i < 3; i++) {
    out[i] = buffer_new(check, out[0].size, sizeof(float));
    planes[i] = (ZsdPlanes){out[i].data, planes[0].plane};
  }
  for (int i = 0; i < 3; i++) {
    pass.out = planes[i];
    call(check, &(i == 2 ? check->plain : check->set)->pass[t->precision], pass, params,
         i == 0 ? 0xff : 0);
  }
  check_gaps(check, t, &out[0], planes[0].plane);

  Layer h1 = new_layer(t, t->shape.hidden, 1), h2 = new_layer(t, t->shape.hidden, 0);
  Layer output = new_layer(t, t->shape.outputs, 0);
  expect_rounding(t, &input, false);
  const float *next = expect(t, &input, &h1, 9, ZSD_LEAK, params);
  expect_rounding(t, &h1, true);
  next = expect(t, &h1, &h2, 9, ZSD_LEAK, next);
  expect(t, &h2, &output, 1, 1, next);
  compare(check, t, &output, planes[0], planes[1].data, planes[2].data);
  if (t->precision != ZSD_FP32 && t->shape.hidden > 50 && t->width * t->height > 500)
    compare_mean(check, t, &output, planes[0], planes[2].data);

  Layer *const layers[] = {&input, &h1, &h2, &output};
  for (int i = 0; i < 4; i++)
    free_layer(layers[i]);
  for (int i = 0; i < 3; i++)
    buffer_free(check, &out[i], "output");
  buffer_free(check, &in, "input");
  free(params);
}

static void check_tile(Check *check, ZsdPrecision precision, ZsdShape shape, int width,
                       int height, int edges, Values values) {
  if (check_wanted(check))
    check_trial(check, &(Trial){.precision = precision,
                                .shape = shape,
                                .width = width,
                                .height = height,
                                .left = edges & 1,
                                .top = edges & 2,
                                .right = edges & 4,
                                .bottom = edges & 8,
                                .row = width + 2 * HALO +
                                       check_random(check, 0, 1) * check_random(check, 0, 9),
                                .values = values});
}

/* All kinds of shapes, all small sizes at all edges of the picture, all kinds of values, and
 * some tiles of the sizes that the filter uses. */
static void check_precision(Check *check, ZsdPrecision precision) {
  static const int inputs[] = {1, 2, 3, 4, 6, 9, 11, 12, 15, 19, 27};
  static const int hidden[] = {1, 2, 3, 4, 5, 8, 13, 14, 16, 27, 32, 52, 53, 64, 65};
  enum { N_INPUTS = sizeof inputs / sizeof *inputs, N_HIDDEN = sizeof hidden / sizeof *hidden };
  static const ZsdShape usual = {15, 52, 6}, small = {3, 5, 3};
  static const int large[][2] = {{38, 30}, {64, 16}, {70, 3}, {2, 67}, {30, 31}, {33, 32}};

  for (int i = 0; i < N_INPUTS * N_HIDDEN; i++)
    check_tile(
        check, precision,
        (ZsdShape){inputs[i % N_INPUTS], hidden[i / N_INPUTS], check_random(check, 1, 14)},
        check_random(check, 1, 11), check_random(check, 1, 11), check_random(check, 0, 15),
        NORMAL);
  for (int size = 0; size < 10 * 10; size++)
    for (int edges = 0; edges < 16; edges++)
      check_tile(check, precision, small, 1 + size % 10, 1 + size / 10, edges, ZEROS);
  for (int values = 0; values < N_VALUES; values++)
    for (int trial = 0; trial < 20; trial++)
      check_tile(check, precision, small, check_random(check, 1, 40),
                 check_random(check, 1, 20), check_random(check, 0, 15), (Values)values);
  for (size_t i = 0; i < sizeof large / sizeof *large; i++)
    check_tile(check, precision, usual, large[i][0], large[i][1], check_random(check, 0, 15),
               NORMAL);
}

void check_pass(Check *check) {
  check_precision(check, ZSD_FP32);
}

void check_pass_int16(Check *check) {
  check_precision(check, ZSD_INT16);
}

void check_pass_fp16(Check *check) {
  check_precision(check, ZSD_FP16);
}

void check_pass_int8(Check *check) {
  check_precision(check, ZSD_INT8);
}
