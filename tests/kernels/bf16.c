/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass in bf16. The last bits of a sum depend on the order of additions, and an
 * activation about halfway between two bf16 numbers may be rounded to either. The expected
 * values are therefore intervals, propagated in double precision from layer to layer. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tolerance of a sum: relative to the sum of the products' magnitudes; and absolute for each
 * product, because denormal operands and products may be flushed to 0. */
static const double RELATIVE = 1e-5, DENORMAL_LIMIT = 1.2e-38;

enum { HALO = 2 };

typedef struct {
  ZsdShape shape;
  int width, height, row;
  unsigned edges; /* 1 left, 2 top, 4 right, 8 bottom */
  Values values;
} Trial;

/* A number between `low` and `high`. */
typedef struct {
  double low, high;
} Interval;

/* --- numbers --- */

/* Rounds to bf16: 8 significant bits, fewer for denormals, ties to even. */
static double round_to_bf16(double x) {
  int exponent;
  const double fraction = frexp(x, &exponent);
  const int bits = exponent < -125 ? 8 - (-125 - exponent) : 8;
  return ldexp(nearbyint(ldexp(fraction, bits)), exponent - bits);
}

static Interval activation(Interval x) {
  const double leak = (double)ZSD_LEAK;
  return (Interval){round_to_bf16(x.low < 0 ? leak * x.low : x.low),
                    round_to_bf16(x.high < 0 ? leak * x.high : x.high)};
}

/* An unfinished sum and its tolerance. */
typedef struct {
  Interval value;
  double tolerance;
} Sum;

static void add_product(Sum *s, double w, Interval x) {
  const double a = w * x.low, b = w * x.high;
  s->value.low += fmin(a, b);
  s->value.high += fmax(a, b);
  s->tolerance += RELATIVE * fmax(fabs(a), fabs(b)) + DENORMAL_LIMIT * (fabs(w) + 1);
}

static Interval result(const Sum *s) {
  return (Interval){s->value.low - s->tolerance, s->value.high + s->tolerance};
}

/* --- expected output --- */

static Interval *intervals_new(size_t n) {
  Interval *x = calloc(n, sizeof *x);
  if (!x)
    abort();
  return x;
}

/* Parameters of a layer. */
typedef struct {
  const float *w, *b;
  int n_in, n_out;
} Layer;

static Layer layer_of(const ZsdShape *s, const float *params, int i) {
  const ptrdiff_t first = 9 * (ptrdiff_t)s->inputs * s->hidden, hidden = s->hidden;
  const float *second = params + first + hidden, *last = second + (9 * hidden + 1) * hidden;
  return i == 0   ? (Layer){params, params + first, s->inputs, s->hidden}
         : i == 1 ? (Layer){second, second + 9 * hidden * hidden, s->hidden, s->hidden}
                  : (Layer){last, last + hidden * s->outputs, s->hidden, s->outputs};
}

/* Applies a layer to planes of width x height. A 3x3 layer computes no samples at their edges:
 * the output is two samples smaller, each way. */
static Interval *apply(const Layer *l, const Interval *in, int width, int height, int taps) {
  const int around = taps == 9, out_width = width - 2 * around,
            out_height = height - 2 * around;
  Interval *out = intervals_new((size_t)l->n_out * out_width * out_height), *to = out;
  for (int o = 0; o < l->n_out; o++)
    for (int y = 0; y < out_height; y++)
      for (int x = 0; x < out_width; x++, to++) {
        Sum s = {{l->b[o], l->b[o]}, RELATIVE * fabs((double)l->b[o])};
        const float *w = l->w + (ptrdiff_t)o * l->n_in * taps;
        for (int i = 0; i < l->n_in; i++)
          for (int t = 0; t < taps; t++, w++)
            add_product(&s, round_to_bf16(*w),
                        in[((ptrdiff_t)i * height + y + (taps == 9 ? t / 3 : 0)) * width + x +
                           (taps == 9 ? t % 3 : 0)]);
        *to = result(&s);
      }
  return out;
}

static bool outside(const Trial *t, int x, int y) {
  return ((t->edges & 1) && x < 0) || ((t->edges & 2) && y < 0) ||
         ((t->edges & 4) && x >= t->width) || ((t->edges & 8) && y >= t->height);
}

static Interval *expect(const Trial *t, const float *params, ZsdPlanes planes) {
  const int width = t->width + 2 * HALO, height = t->height + 2 * HALO;
  const Layer layers[] = {layer_of(&t->shape, params, 0), layer_of(&t->shape, params, 1),
                          layer_of(&t->shape, params, 2)};
  const int hidden = t->shape.hidden, tile = t->width * t->height;
  Interval *in = intervals_new((size_t)t->shape.inputs * width * height), *to = in;
  for (int c = 0; c < t->shape.inputs; c++)
    for (int y = -HALO; y < t->height + HALO; y++)
      for (int x = -HALO; x < t->width + HALO; x++, to++)
        to->low = to->high = round_to_bf16(planes.data[c * planes.plane + y * t->row + x]);

  Interval *h1 = apply(&layers[0], in, width, height, 9);
  to = h1;
  for (int c = 0; c < hidden; c++)
    for (int y = -1; y <= t->height; y++)
      for (int x = -1; x <= t->width; x++, to++)
        *to = outside(t, x, y) ? (Interval){0, 0} : activation(*to);
  Interval *h2 = apply(&layers[1], h1, width - 2, height - 2, 9);
  for (int i = 0; i < hidden * tile; i++)
    h2[i] = activation(h2[i]);
  Interval *out = apply(&layers[2], h2, t->width, t->height, 1);
  free(in);
  free(h1);
  free(h2);
  return out;
}

/* --- planes --- */

/* Inputs with their halo: zeros outside the picture, junk between rows and past the end. */
static ZsdPlanes new_inputs(Check *check, Buffer *buffer, const Trial *t) {
  const ptrdiff_t before = HALO * t->row + HALO;
  const ptrdiff_t plane = before + (t->height + 1) * t->row + t->width + HALO + ZSD_SLACK;
  *buffer = buffer_new(check, t->shape.inputs * plane * sizeof(float), sizeof(float));
  const ZsdPlanes planes = {(float *)buffer->data + before, plane};
  for (ptrdiff_t i = 0; i < t->shape.inputs * plane; i++)
    ((float *)buffer->data)[i] = check_junk(check);
  for (int c = 0; c < t->shape.inputs; c++)
    for (int y = -HALO; y < t->height + HALO; y++)
      for (int x = -HALO; x < t->width + HALO; x++)
        planes.data[c * plane + y * t->row + x] =
            outside(t, x, y) ? 0 : check_value(check, t->values);
  return planes;
}

/* Fails if anything but the tile, the space between its rows and the slack was written. */
static void check_gaps(Check *check, const Trial *t, const Buffer *out, ptrdiff_t plane) {
  const ptrdiff_t end = (t->height - 1) * t->row + t->width + ZSD_SLACK;
  for (size_t i = 0; i < out->size; i++)
    if ((ptrdiff_t)(i / sizeof(float)) % plane >= end &&
        ((const uint8_t *)out->data)[i] != buffer_was(out, i)) {
      check_fail(check, "byte %zu written, the planes being %td floats apart", i, plane);
      return;
    }
}

static void compare(Check *check, const Trial *t, const Interval *expected, ZsdPlanes out) {
  for (int o = 0; o < t->shape.outputs; o++)
    for (int y = 0; y < t->height; y++)
      for (int x = 0; x < t->width; x++, expected++) {
        const float got = out.data[o * out.plane + y * t->row + x];
        if (!(got >= expected->low && got <= expected->high)) {
          check_fail(
              check,
              "%d->%d->%d, %dx%d, edges %u, values %d: channel %d, sample %d, %d is %.9g, "
              "not %.9g to %.9g",
              t->shape.inputs, t->shape.hidden, t->shape.outputs, t->width, t->height, t->edges,
              t->values, o, x, y, got, expected->low, expected->high);
          return;
        }
      }
}

/* --- trials --- */

/* Runs a pass over NaN and infinities. It must not crash, nor affect the next pass through the
 * scratch memory. */
static void run_spoiled(Check *check, const ZsdPass *pass, Buffer *in) {
  float *data = in->data;
  const size_t n = in->size / sizeof *data;
  buffer_remember(in);
  for (size_t i = 0; i < n; i++)
    if (check_random(check, 0, 9) == 0)
      data[i] = check_random(check, 0, 1)   ? NAN
                : check_random(check, 0, 1) ? INFINITY
                                            : -INFINITY;
  check->set->pass[ZSD_BF16].run(pass);
  memcpy(data, in->copy, in->size);
}

static void check_trial(Check *check, const Trial *t) {
  const ZsdPassKernel *kernel = &check->set->pass[ZSD_BF16];
  const ZsdShape s = t->shape;
  const size_t n = (9 * (size_t)s.inputs + 1) * s.hidden +
                   (9 * (size_t)s.hidden + 1) * s.hidden + ((size_t)s.hidden + 1) * s.outputs;
  const ptrdiff_t out_plane =
      (t->height - 1) * t->row + t->width + ZSD_SLACK + check_random(check, 0, 9);
  Buffer in, out = buffer_new(check, s.outputs * out_plane * sizeof(float), sizeof(float));
  Buffer params = buffer_new(check, n * sizeof(float), sizeof(float));
  Buffer weights = buffer_new(check, kernel->weights_size(s), ZSD_PASS_ALIGNMENT);
  Buffer scratch =
      buffer_new(check, kernel->scratch_size(s, t->width, t->height), ZSD_PASS_ALIGNMENT);
  for (size_t i = 0; i < n; i++)
    ((float *)params.data)[i] = 0.3f * check_value(check, NORMAL);
  memset(scratch.data, 0xff, scratch.size); /* NaN */
  buffer_remember(&out);

  const ZsdPass pass = {.shape = s,
                        .in = new_inputs(check, &in, t),
                        .out = {out.data, out_plane},
                        .row = t->row,
                        .width = t->width,
                        .height = t->height,
                        .left = t->edges & 1,
                        .top = t->edges & 2,
                        .right = t->edges & 4,
                        .bottom = t->edges & 8,
                        .weights = weights.data,
                        .scratch = scratch.data};
  kernel->pack(weights.data, s, params.data);
  if (check_random(check, 0, 3) == 0)
    run_spoiled(check, &pass, &in);
  kernel->run(&pass);
  check_gaps(check, t, &out, out_plane);
  Interval *expected = expect(t, params.data, pass.in);
  compare(check, t, expected, pass.out);

  free(expected);
  buffer_free(check, &in, "input");
  buffer_free(check, &out, "output");
  buffer_free(check, &params, "parameters");
  buffer_free(check, &weights, "weights");
  buffer_free(check, &scratch, "scratch");
}

static void check_size(Check *check, ZsdShape shape, int width, int height, Values values) {
  if (check_wanted(check))
    check_trial(check, &(Trial){.shape = shape,
                                .width = width,
                                .height = height,
                                .row = width + 2 * HALO + check_random(check, 0, 9),
                                .edges = (unsigned)check_random(check, 0, 15),
                                .values = values});
}

static ZsdShape random_shape(Check *check) {
  return (ZsdShape){check_random(check, 1, 27), check_random(check, 1, 40),
                    check_random(check, 1, 12)};
}

/* Shapes in use and extreme ones, all small sizes, all kinds of values. */
void check_pass_bf16(Check *check) {
  static const ZsdShape shapes[] = {{15, 52, 6}, {15, 24, 6},  {3, 52, 3}, {11, 48, 4},
                                    {19, 64, 8}, {27, 52, 12}, {1, 1, 1},  {1, 1, 12},
                                    {27, 16, 1}, {2, 33, 5},   {9, 8, 3},  {27, 128, 12}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int trial = 0; trial < 4; trial++)
      check_size(check, shapes[i], check_random(check, 1, 20), check_random(check, 1, 5),
                 NORMAL);
  for (int width = 1; width <= 70; width++)
    check_size(check, random_shape(check), width, check_random(check, 1, 3), NORMAL);
  for (int height = 1; height <= 20; height++)
    check_size(check, random_shape(check), check_random(check, 1, 5), height, NORMAL);
  for (int values = 0; values < N_VALUES; values++)
    for (int trial = 0; trial < 40; trial++)
      check_size(check, random_shape(check), check_random(check, 1, 20),
                 check_random(check, 1, 5), (Values)values);
  check_size(check, shapes[0], 64, 16, NORMAL);
  check_size(check, shapes[1], 131, 3, NORMAL);
}
