/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Direct convolution, its gradient, and the sum, in vectors. The sums of a group of output
 * channels and a span of samples stay in registers over all input channels and taps: a sample
 * is loaded once for GROUP channels, a weight once for SPAN vectors. The weights of a group
 * stay in the L1 cache. */
#include "vector.h"

INLINE Vector activate(Vector x, const float *out, ZsdEpilogue epilogue) {
  if (epilogue == ZSD_LEAKY)
    return where_positive(x, x, ZSD_LEAK * x);
  if (epilogue == ZSD_GATED)
    return where_positive(load(out), x, ZSD_LEAK * x);
  return x;
}

/* Output channels [first, first + size). `size` and `taps` are constants at each call, so that
 * the loops are unrolled. */
INLINE void block(const ZsdConv *c, int first, int size, int taps) {
  const float *weights = c->weights + (ptrdiff_t)first * c->n_in * taps;
  const int last = c->n_out - first < size ? c->n_out - first : size;
  for (ptrdiff_t p = 0; p < c->n; p += SPAN * WIDTH) {
    Vector sums[GROUP][SPAN];
    UNROLL
    for (int o = 0; o < size; o++)
      UNROLL
    for (int s = 0; s < SPAN; s++)
      sums[o][s] = splat(c->bias && o < last ? c->bias[first + o] : 0);

    const float *w = weights;
    for (int i = 0; i < c->n_in; i++) {
      const float *in = c->in.data + i * c->in.plane + p;
      for (int y = taps == 9 ? -1 : 0; y <= (taps == 9); y++) {
        const float *line = in + y * c->row;
        UNROLL
        for (int x = taps == 9 ? -1 : 0; x <= (taps == 9); x++, w += size) {
          Vector samples[SPAN];
          UNROLL
          for (int s = 0; s < SPAN; s++)
            samples[s] = load(line + x + s * WIDTH);
          UNROLL
          for (int o = 0; o < size; o++) {
            const Vector weight = splat(w[o]);
            UNROLL
            for (int s = 0; s < SPAN; s++)
              sums[o][s] += weight * samples[s];
          }
        }
      }
    }
    UNROLL
    for (int o = 0; o < size; o++)
      if (o < last) {
        float *out = c->out.data + (first + o) * c->out.plane + p;
        UNROLL
        for (int s = 0; s < SPAN; s++)
          store(out + s * WIDTH, activate(sums[o][s], out + s * WIDTH, c->epilogue));
      }
  }
}

/* A function for each group size, so that the sums are in registers. */
#define BLOCK(size)                                                                            \
  static void block3x3_##size(const ZsdConv *c, int first) {                                   \
    block(c, first, size, 9);                                                                  \
  }                                                                                            \
  static void block1x1_##size(const ZsdConv *c, int first) {                                   \
    block(c, first, size, 1);                                                                  \
  }
FOR_GROUP_SIZES(BLOCK)

typedef void (*Block)(const ZsdConv *, int first);

#define BLOCK3X3_ENTRY(size) [size] = block3x3_##size,
#define BLOCK1X1_ENTRY(size) [size] = block1x1_##size,
static const Block blocks3x3[GROUP + 1] = {FOR_GROUP_SIZES(BLOCK3X3_ENTRY)};
static const Block blocks1x1[GROUP + 1] = {FOR_GROUP_SIZES(BLOCK1X1_ENTRY)};

static void conv(const ZsdConv *c, const Block *blocks) {
  const int groups = (c->n_out + GROUP - 1) / GROUP, size = (c->n_out + groups - 1) / groups;
  for (int first = 0; first < c->n_out; first += size)
    blocks[size](c, first);
}

static void conv3x3(const ZsdConv *c) {
  conv(c, blocks3x3);
}

static void conv1x1(const ZsdConv *c) {
  conv(c, blocks1x1);
}

/* --- gradients --- */

/* The derivative with respect to a weight is the dot product of an output channel's derivatives
 * and an input channel's samples, shifted by the tap's offset. PLANES x INPUTS dot products are
 * accumulated in registers. The bottleneck is loads that cross a cache line. Therefore three
 * copies of the derivatives are made once for all inputs, each shifted by one of a row's taps,
 * and all of them are multiplied by the same load of samples. */
enum {
  TAPS = 3,
  PLANES = TAPS * OUTPUTS,
  CHUNK = 1024, /* samples of a copy, a multiple of WIDTH: the copies stay in the L1 cache */
  SUMS = (PLANES * INPUTS + WIDTH - 1) / WIDTH * WIDTH,
};

typedef struct {
  _Alignas(64) float data[PLANES][CHUNK + 16];
  ptrdiff_t n; /* samples in use, a multiple of WIDTH */
} Shifted;

/* Copies samples [first, first + CHUNK) of a plane of n samples, with zeros outside of it. */
static void copy(float *to, const float *plane, ptrdiff_t first, ptrdiff_t n) {
  const ptrdiff_t begin = first < 0 ? -first : 0, left = n - first < CHUNK ? n - first : CHUNK;
  const ptrdiff_t end = left < begin ? begin : left;
  memset(to, 0, begin * sizeof(float));
  memcpy(to + begin, plane + first + begin, (end - begin) * sizeof(float));
  memset(to + end, 0, (CHUNK - end) * sizeof(float));
}

/* sums[i * planes + p] = dot product of plane p and input i; `step`: floats from one input to
 * the next. */
INLINE void dot(float *sums, const Shifted *shifted, const float *in, ptrdiff_t step,
                int planes, int inputs) {
  Vector all[SUMS], g[PLANES];
  UNROLL
  for (int s = 0; s < SUMS; s++)
    all[s] = splat(0);
  for (ptrdiff_t at = 0; at < shifted->n; at += WIDTH) {
    UNROLL
    for (int p = 0; p < planes; p++)
      g[p] = in_register(load(shifted->data[p] + at));
    UNROLL
    for (int i = 0; i < inputs; i++) {
      const Vector x = in_register(load(in + i * step + at));
      UNROLL
      for (int p = 0; p < planes; p++)
        all[i * planes + p] += g[p] * x;
    }
  }
  UNROLL
  for (int s = 0; s < planes * inputs; s += WIDTH)
    store(sums + s, horizontal_sums(all + s));
}

/* A function for each size, so that the sums are in registers. */
#define DOT(name, planes, inputs)                                                              \
  static __attribute__((noinline)) void name(float *sums, const Shifted *shifted,              \
                                             const float *in, ptrdiff_t step) {                \
    dot(sums, shifted, in, step, planes, inputs);                                              \
  }
DOT(dot_all, PLANES, INPUTS)
DOT(dot_planes, PLANES, 1)
DOT(dot_inputs, TAPS, INPUTS)
DOT(dot_row, TAPS, 1)
DOT(dot_one, 1, 1)

/* Adds the derivatives of output channels [first, first + outputs), all inputs, over the chunk
 * of samples that begins at `from`. */
INLINE void add_grad3x3(const ZsdConvGrad *c, int first, const Shifted *shifted, ptrdiff_t from,
                        int outputs) {
  const ptrdiff_t step = (ptrdiff_t)c->n_in * 9, plane = c->in.plane;
  float sums[SUMS];
  for (int i = 0, inputs; i < c->n_in; i += inputs) {
    inputs = c->n_in - i < INPUTS ? 1 : INPUTS;
    for (int y = 0; y < 3; y++) {
      const float *in = c->in.data + i * plane + (y - 1) * c->row + from;
      float *weights = c->weights + first * step + i * 9 + y * 3;
      if (inputs == INPUTS)
        (outputs == OUTPUTS ? dot_all : dot_inputs)(sums, shifted, in, plane);
      else
        (outputs == OUTPUTS ? dot_planes : dot_row)(sums, shifted, in, plane);
      const float *s = sums;
      for (int k = 0; k < inputs; k++)
        for (int o = 0; o < outputs; o++)
          for (int t = 0; t < TAPS; t++)
            weights[o * step + k * 9 + t] += *s++;
    }
  }
}

static void conv3x3_grad(const ZsdConvGrad *c) {
  Shifted shifted;
  for (int first = 0, outputs; first < c->n_out; first += outputs) {
    outputs = c->n_out - first < OUTPUTS ? 1 : OUTPUTS;
    for (ptrdiff_t from = -1; from <= c->n; from += CHUNK) {
      for (int p = 0; p < TAPS * outputs; p++)
        copy(shifted.data[p], c->grad.data + (first + p / TAPS) * c->grad.plane,
             from - (p % TAPS - 1), c->n);
      shifted.n =
          c->n + 1 - from < CHUNK ? (c->n + 1 - from + WIDTH - 1) / WIDTH * WIDTH : CHUNK;
      if (outputs == OUTPUTS)
        add_grad3x3(c, first, &shifted, from, OUTPUTS);
      else
        add_grad3x3(c, first, &shifted, from, 1);
    }
  }
}

INLINE void add_grad1x1(const ZsdConvGrad *c, int first, const Shifted *shifted, ptrdiff_t from,
                        int outputs) {
  float sums[SUMS];
  for (int i = 0; i < c->n_in; i++) {
    (outputs == PLANES ? dot_planes : dot_one)(sums, shifted,
                                               c->in.data + i * c->in.plane + from, 0);
    for (int o = 0; o < outputs; o++)
      c->weights[(ptrdiff_t)(first + o) * c->n_in + i] += sums[o];
  }
}

static void conv1x1_grad(const ZsdConvGrad *c) {
  Shifted shifted;
  for (int first = 0, outputs; first < c->n_out; first += outputs) {
    outputs = c->n_out - first < PLANES ? 1 : PLANES;
    for (ptrdiff_t from = 0; from < c->n; from += CHUNK) {
      for (int p = 0; p < outputs; p++)
        copy(shifted.data[p], c->grad.data + (first + p) * c->grad.plane, from, c->n);
      shifted.n = c->n - from < CHUNK ? (c->n - from + WIDTH - 1) / WIDTH * WIDTH : CHUNK;
      if (outputs == PLANES)
        add_grad1x1(c, first, &shifted, from, PLANES);
      else
        add_grad1x1(c, first, &shifted, from, 1);
    }
  }
}

/* The `count` floats at p, zeros in the other lanes. */
INLINE Vector load_part(const float *p, ptrdiff_t count) {
  Vector v = splat(0);
  memcpy(&v, p, count * sizeof(float));
  return v;
}

static float sum(const float *x, ptrdiff_t n) {
  Vector sums = splat(0);
  ptrdiff_t p = 0;
  for (; p + WIDTH <= n; p += WIDTH)
    sums += load(x + p);
  return horizontal_sum(sums + load_part(x + p, n - p));
}

void ZSD_ISA_NAME(zsd_conv_init)(ZsdKernels *k) {
  k->channel_group = GROUP;
  k->conv3x3 = conv3x3;
  k->conv1x1 = conv1x1;
  k->conv3x3_grad = conv3x3_grad;
  k->conv1x1_grad = conv1x1_grad;
  k->sum = sum;
}
