/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The convolutions, their gradients and the sum. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tolerance: relative to the sum of the products' magnitudes, and absolute for denormals. */
static const double RELATIVE = 1e-5, ABSOLUTE = 1e-41;

typedef struct {
  int n_in, n_out, taps;
  ptrdiff_t row, n;
  Values values;
  ZsdEpilogue epilogue;
  bool bias, transposed;
} Trial;

static const int channels[] = {1, 2, 3, 5, 6, 7, 8, 12, 13, 14, 24, 26, 27, 48, 52, 53};
enum { N_CHANNELS = sizeof channels / sizeof *channels };

/* --- planes --- */

/* n planes in a buffer, each with `before` floats before sample 0, `after` floats past the last
 * sample, and then up to 9 NaN. The last plane ends with the buffer. */
static ZsdPlanes new_planes(Check *check, Buffer *buffer, int n, ptrdiff_t before,
                            ptrdiff_t samples, ptrdiff_t after, Values values) {
  const ptrdiff_t length = before + samples + after, plane = length + check_random(check, 0, 9);
  *buffer = buffer_new(check, ((n - 1) * plane + length) * sizeof(float), sizeof(float));
  float *data = buffer->data;
  for (int c = 0; c < n; c++) {
    for (ptrdiff_t p = 0; p < plane && c * plane + p < (n - 1) * plane + length; p++)
      data[c * plane + p] = p < length ? check_value(check, values) : NAN;
  }
  return (ZsdPlanes){data + before, plane};
}

static Buffer new_floats(Check *check, size_t n, Values values) {
  Buffer buffer = buffer_new(check, n * sizeof(float), sizeof(float));
  for (size_t i = 0; i < n; i++)
    ((float *)buffer.data)[i] = check_value(check, values);
  return buffer;
}

static ptrdiff_t offset_of_tap(int tap, int taps, ptrdiff_t row) {
  return taps == 9 ? (tap / 3 - 1) * row + tap % 3 - 1 : 0;
}

static double *new_doubles(ptrdiff_t n) {
  double *x = calloc((size_t)n, sizeof *x);
  if (!x)
    abort();
  return x;
}

/* --- the convolutions --- */

/* A weight of the layer; if `transposed`, from the weights before transposition. */
static float weight_of(const Trial *t, const float *weights, int o, int i, int tap) {
  return t->transposed ? weights[((ptrdiff_t)i * t->n_out + o) * t->taps + t->taps - 1 - tap]
                       : weights[((ptrdiff_t)o * t->n_in + i) * t->taps + tap];
}

/* Sums of one channel and their tolerances. */
static void convolve(const Trial *t, const ZsdConv *conv, const float *weights, int o,
                     double *sums, double *tolerance) {
  for (ptrdiff_t p = 0; p < t->n; p++) {
    sums[p] = conv->bias ? conv->bias[o] : 0;
    tolerance[p] = fabs(sums[p]);
  }
  for (int i = 0; i < t->n_in; i++)
    for (int tap = 0; tap < t->taps; tap++) {
      const double w = weight_of(t, weights, o, i, tap);
      const float *in =
          conv->in.data + i * conv->in.plane + offset_of_tap(tap, t->taps, t->row);
      for (ptrdiff_t p = 0; p < t->n; p++) {
        sums[p] += w * in[p];
        tolerance[p] += fabs(w * in[p]);
      }
    }
  for (ptrdiff_t p = 0; p < t->n; p++)
    tolerance[p] = RELATIVE * tolerance[p] + ABSOLUTE;
}

static double activate(double sum, float old, ZsdEpilogue epilogue) {
  const bool leaks = epilogue == ZSD_LEAKY   ? sum < 0
                     : epilogue == ZSD_GATED ? !(old > 0)
                                             : false;
  return leaks ? (double)ZSD_LEAK * sum : sum;
}

/* Calls a table's kernel with weights packed for that table. */
static void call(Check *check, const ZsdKernels *k, const Trial *t, ZsdConv conv,
                 const float *weights) {
  Buffer packed = new_floats(check, zsd_packed_size(k, t->n_in, t->n_out, t->taps), NORMAL);
  if (t->transposed)
    zsd_pack_transposed(k, packed.data, weights, t->n_out, t->n_in, t->taps);
  else
    zsd_pack_weights(k, packed.data, weights, t->n_in, t->n_out, t->taps);
  conv.weights = packed.data;
  (t->taps == 9 ? k->conv3x3 : k->conv1x1)(&conv);
  buffer_free(check, &packed, "packed weights");
}

/* Fails if anything but the samples and the slack past them was written. */
static void check_gaps(Check *check, const Trial *t, const Buffer *out, ptrdiff_t plane) {
  const uint8_t *bytes = out->data;
  const size_t free_to_write = (t->n + ZSD_SLACK) * sizeof(float);
  for (size_t i = 0; i < out->size; i++)
    if (i % (plane * sizeof(float)) >= free_to_write && bytes[i] != buffer_was(out, i)) {
      check_fail(check, "byte %zu written, the planes being %td floats apart", i, plane);
      return;
    }
}

static void compare_channel(Check *check, const Trial *t, int o, const float *out,
                            const float *plain, const double *sums, const double *tolerance,
                            const float *before) {
  for (ptrdiff_t p = 0; p < t->n; p++) {
    const double expected =
        check->set == check->plain ? activate(sums[p], before[p], t->epilogue) : plain[p];
    if (!(fabs(out[p] - expected) <= tolerance[p])) {
      check_fail(check,
                 "%d->%d, n %td, row %td, values %d, epilogue %d, bias %d, transposed %d: "
                 "channel %d, sample %td is %g, not %g",
                 t->n_in, t->n_out, t->n, t->row, t->values, t->epilogue, t->bias,
                 t->transposed, o, p, out[p], expected);
      return;
    }
  }
}

static void check_trial(Check *check, const Trial *t) {
  const ptrdiff_t around = t->row + 1;
  Buffer in, out, plain_out;
  ZsdConv conv = {
      .n_in = t->n_in, .n_out = t->n_out, .row = t->row, .n = t->n, .epilogue = t->epilogue};
  conv.in = new_planes(check, &in, t->n_in, around, t->n, ZSD_SLACK + around, t->values);
  conv.out = new_planes(check, &out, t->n_out, 0, t->n, ZSD_SLACK, ZEROS);
  Buffer bias = new_floats(check, t->n_out, t->values);
  Buffer weights = new_floats(check, (size_t)t->n_in * t->n_out * t->taps, NORMAL);
  conv.bias = t->bias ? bias.data : NULL;
  buffer_remember(&out);
  plain_out = buffer_new(check, out.size, sizeof(float));
  memcpy(plain_out.data, out.data, out.size);

  call(check, check->set, t, conv, weights.data);
  check_gaps(check, t, &out, conv.out.plane);
  ZsdConv plain = conv;
  plain.out.data = plain_out.data;
  if (check->set != check->plain)
    call(check, check->plain, t, plain, weights.data);

  double *sums = new_doubles(t->n), *tolerance = new_doubles(t->n);
  for (int o = 0; o < t->n_out; o++) {
    convolve(t, &conv, weights.data, o, sums, tolerance);
    compare_channel(check, t, o, conv.out.data + o * conv.out.plane,
                    plain.out.data + o * conv.out.plane, sums, tolerance,
                    (const float *)(const void *)out.copy + o * conv.out.plane);
  }
  free(sums);
  free(tolerance);
  buffer_free(check, &in, "input");
  buffer_free(check, &out, "output");
  buffer_free(check, &plain_out, "output of plain C");
  buffer_free(check, &bias, "bias");
  buffer_free(check, &weights, "weights");
}

static void check_shape(Check *check, int taps, int n_in, int n_out, ptrdiff_t n,
                        Values values) {
  if (check_wanted(check))
    check_trial(check, &(Trial){.n_in = n_in,
                                .n_out = n_out,
                                .taps = taps,
                                .row = check_random(check, 1, 80),
                                .n = n,
                                .values = values,
                                .epilogue = (ZsdEpilogue)check_random(check, 0, 2),
                                .bias = check_random(check, 0, 1),
                                .transposed = check_random(check, 0, 1)});
}

/* All pairs of channel counts, all small numbers of samples, all kinds of values, and some
 * large planes. */
static void check_shapes(Check *check, int taps,
                         void (*shape)(Check *, int, int, int, ptrdiff_t, Values)) {
  static const int large[][3] = {{52, 52, 1360}, {6, 52, 1360}, {52, 6, 1361},
                                 {53, 27, 771},  {3, 3, 5000},  {1, 1, 1023}};
  for (int i = 0; i < N_CHANNELS; i++)
    for (int o = 0; o < N_CHANNELS; o++)
      shape(check, taps, channels[i], channels[o], check_random(check, 1, 70), NORMAL);
  for (int n = 1; n <= 70; n++)
    for (int trial = 0; trial < 4; trial++)
      shape(check, taps, channels[check_random(check, 0, 9)],
            channels[check_random(check, 0, 9)], n, ZEROS);
  for (int values = 0; values < N_VALUES; values++)
    for (int trial = 0; trial < 60; trial++)
      shape(check, taps, channels[check_random(check, 0, N_CHANNELS - 1)],
            channels[check_random(check, 0, N_CHANNELS - 1)], check_random(check, 1, 70),
            (Values)values);
  for (size_t i = 0; i < sizeof large / sizeof *large; i++)
    shape(check, taps, large[i][0], large[i][1], large[i][2], NORMAL);
}

void check_conv3x3(Check *check) {
  check_shapes(check, 9, check_shape);
}

void check_conv1x1(Check *check) {
  check_shapes(check, 1, check_shape);
}

/* --- the gradients --- */

static void compare_weights(Check *check, const ZsdConvGrad *g, int taps, const float *plain,
                            const Buffer *weights) {
  const float *got = weights->data, *before = (const float *)(const void *)weights->copy;
  for (ptrdiff_t w = 0; w < (ptrdiff_t)g->n_in * g->n_out * taps; w++) {
    const float *grad = g->grad.data + w / taps / g->n_in * g->grad.plane;
    const float *in = g->in.data + w / taps % g->n_in * g->in.plane +
                      offset_of_tap((int)(w % taps), taps, g->row);
    double sum = before[w], tolerance = fabs(before[w]);
    for (ptrdiff_t p = 0; p < g->n; p++) {
      sum += (double)grad[p] * in[p];
      tolerance += fabs((double)grad[p] * in[p]);
    }
    const double expected = check->set == check->plain ? sum : plain[w];
    if (!(fabs(got[w] - expected) <= RELATIVE * tolerance + ABSOLUTE)) {
      check_fail(check, "%d->%d, n %td, row %td: weight %td is %g, not %g", g->n_in, g->n_out,
                 g->n, g->row, w, got[w], expected);
      return;
    }
  }
}

/* Fills the slack past the last derivative, whose contents must not matter. */
static void fill_slack(Check *check, ZsdPlanes planes, int n, ptrdiff_t samples) {
  for (int c = 0; c < n; c++)
    for (ptrdiff_t p = samples; p < samples + ZSD_SLACK; p++)
      planes.data[c * planes.plane + p] = check_junk(check);
}

static void check_grad_shape(Check *check, int taps, int n_in, int n_out, ptrdiff_t n,
                             Values values) {
  if (!check_wanted(check))
    return;
  const ptrdiff_t row = check_random(check, 1, 80), around = row + 1;
  const size_t n_weights = (size_t)n_in * n_out * taps;
  Buffer in, grad;
  ZsdConvGrad g = {.n_in = n_in, .n_out = n_out, .row = row, .n = n};
  g.in = new_planes(check, &in, n_in, around, n, ZSD_SLACK + around, values);
  g.grad = new_planes(check, &grad, n_out, 0, n, ZSD_SLACK, NORMAL);
  fill_slack(check, g.grad, n_out, n);
  Buffer weights = new_floats(check, n_weights, values);
  Buffer plain = buffer_new(check, weights.size, sizeof(float));
  buffer_remember(&weights);
  memcpy(plain.data, weights.data, weights.size);

  g.weights = weights.data;
  (taps == 9 ? check->set->conv3x3_grad : check->set->conv1x1_grad)(&g);
  g.weights = plain.data;
  if (check->set != check->plain)
    (taps == 9 ? check->plain->conv3x3_grad : check->plain->conv1x1_grad)(&g);
  compare_weights(check, &g, taps, plain.data, &weights);
  buffer_free(check, &in, "input");
  buffer_free(check, &grad, "derivatives");
  buffer_free(check, &weights, "weights");
  buffer_free(check, &plain, "weights of plain C");
}

/* The shapes above, and planes about as long as the chunks of the vectorised kernel. */
static void check_grad(Check *check, int taps) {
  check_shapes(check, taps, check_grad_shape);
  for (int n = 1020; n <= 1028; n++)
    check_grad_shape(check, taps, 5, 3, n, NORMAL);
  check_grad_shape(check, taps, 5, 7, 2047, EXTREME);
}

void check_conv3x3_grad(Check *check) {
  check_grad(check, 9);
}

void check_conv1x1_grad(Check *check) {
  check_grad(check, 1);
}

/* --- the sum --- */

static void check_one_sum(Check *check, int n, Values values) {
  Buffer buffer = new_floats(check, n + ZSD_SLACK, values);
  float *x = buffer.data;
  double sum = 0, tolerance = 0;
  for (int i = 0; i < n; i++) {
    sum += x[i];
    tolerance += fabs(x[i]);
  }
  for (int i = n; i < n + ZSD_SLACK; i++)
    x[i] = check_junk(check);
  const double got = check->set->sum(x, n);
  const double expected = check->set == check->plain ? sum : check->plain->sum(x, n);
  if (!(fabs(got - expected) <= RELATIVE * tolerance + ABSOLUTE))
    check_fail(check, "the sum of %d values %d is %g, not %g", n, values, got, expected);
  buffer_free(check, &buffer, "input");
}

void check_sum(Check *check) {
  for (int values = 0; values < N_VALUES; values++)
    for (int n = 1; n <= 70; n++)
      for (int trial = 0; trial < 8; trial++)
        check_one_sum(check, n, (Values)values);
  for (int n = 1000; n < 6000; n += 333)
    check_one_sum(check, n, NORMAL);
}
