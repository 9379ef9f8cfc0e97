/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Direct convolution: a block of output channels by a span of samples stays in registers while
 * all input channels and taps pass. A sample is loaded once for GROUP channels, a weight once
 * for SPAN vectors; the weights of a group stay in the first cache. */
#include "vector.h"

INLINE Vector finish(Vector x, const float *out, ZsdEpilogue epilogue) {
  if (epilogue == ZSD_LEAKY)
    return where_positive(x, x, ZSD_LEAK * x);
  if (epilogue == ZSD_GATED)
    return where_positive(load(out), x, ZSD_LEAK * x);
  return x;
}

/* `size` channels from `first` on. The constants `size` and `taps` let the compiler unroll. */
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
          store(out + s * WIDTH, finish(sums[o][s], out + s * WIDTH, c->epilogue));
      }
  }
}

/* One function for each size of group, so that each has its sums in registers. */
#define BLOCK(size)                                                                            \
  static void block3x3_##size(const ZsdConv *c, int first) {                                   \
    block(c, first, size, 9);                                                                  \
  }                                                                                            \
  static void block1x1_##size(const ZsdConv *c, int first) {                                   \
    block(c, first, size, 1);                                                                  \
  }
BLOCK(1)
BLOCK(2)
BLOCK(3)
BLOCK(4)
#if defined(__AVX512F__) || defined(__ARM_NEON)
BLOCK(5)
BLOCK(6)
BLOCK(7)
BLOCK(8)
#endif
#if defined(__AVX512F__)
BLOCK(9)
BLOCK(10)
BLOCK(11)
BLOCK(12)
BLOCK(13)
#endif

typedef void (*Block)(const ZsdConv *, int first);

static const Block blocks3x3[GROUP + 1] = {
    NULL,       block3x3_1,  block3x3_2,  block3x3_3,  block3x3_4,
#if defined(__AVX512F__) || defined(__ARM_NEON)
    block3x3_5, block3x3_6,  block3x3_7,  block3x3_8,
#endif
#if defined(__AVX512F__)
    block3x3_9, block3x3_10, block3x3_11, block3x3_12, block3x3_13,
#endif
};

static const Block blocks1x1[GROUP + 1] = {
    NULL,       block1x1_1,  block1x1_2,  block1x1_3,  block1x1_4,
#if defined(__AVX512F__) || defined(__ARM_NEON)
    block1x1_5, block1x1_6,  block1x1_7,  block1x1_8,
#endif
#if defined(__AVX512F__)
    block1x1_9, block1x1_10, block1x1_11, block1x1_12, block1x1_13,
#endif
};

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

/* A block of a layer's weights: `outputs` channels by `inputs` planes, which are nine taps, a
 * row of three, or channels of a 1x1 layer. Plane i begins at in + (i % 3) across + (i / 3)
 * down. */
typedef struct {
  const float *in;
  ptrdiff_t across, down;
  const float *grad;
  float *weights;
  ptrdiff_t weights_step; /* from one output channel's to the next's */
} Derivatives;

/* The first `count` lanes of what lies at p, zeros in the others. */
INLINE Vector load_part(const float *p, ptrdiff_t count) {
  Vector v = splat(0);
  memcpy(&v, p, count * sizeof(float));
  return v;
}

INLINE void add_products(Vector sums[INPUTS][OUTPUTS], const Vector *g, const Derivatives *d,
                         ptrdiff_t p, int inputs, int outputs) {
  UNROLL
  for (int i = 0; i < inputs; i++) {
    const Vector x = in_register(load(d->in + i % 3 * d->across + i / 3 * d->down + p));
    UNROLL
    for (int o = 0; o < outputs; o++)
      sums[i][o] += x * g[o];
  }
}

/* The sums stay in registers for the whole plane. */
INLINE void derive(const ZsdConvGrad *c, const Derivatives *d, int inputs, int outputs) {
  const ptrdiff_t plane = c->grad.plane, n = c->n;
  Vector sums[INPUTS][OUTPUTS], g[OUTPUTS];
  UNROLL
  for (int i = 0; i < inputs; i++)
    UNROLL
  for (int o = 0; o < outputs; o++)
    sums[i][o] = splat(0);

  ptrdiff_t p = 0;
  for (; p + WIDTH <= n; p += WIDTH) {
    UNROLL
    for (int o = 0; o < outputs; o++)
      g[o] = load(d->grad + o * plane + p);
    add_products(sums, g, d, p, inputs, outputs);
  }
  if (p < n) {
    UNROLL
    for (int o = 0; o < outputs; o++)
      g[o] = load_part(d->grad + o * plane + p, n - p);
    add_products(sums, g, d, p, inputs, outputs);
  }
  UNROLL
  for (int o = 0; o < outputs; o++)
    UNROLL
  for (int i = 0; i < inputs; i++)
    d->weights[o * d->weights_step + i] += total(sums[i][o]);
}

/* Channels [first, first + outputs) of a 3x3 layer, all of its inputs. */
INLINE void derive3x3(const ZsdConvGrad *c, int first, int outputs) {
  const ptrdiff_t step = (ptrdiff_t)c->n_in * 9;
  for (int i = 0; i < c->n_in; i++)
    for (int t = 0; t < 9; t += INPUTS)
      derive(c,
             &(Derivatives){.in = c->in.data + i * c->in.plane + (t / 3 - 1) * c->row - 1,
                            .across = 1,
                            .down = c->row,
                            .grad = c->grad.data + first * c->grad.plane,
                            .weights = c->weights + first * step + i * 9 + t,
                            .weights_step = step},
             INPUTS, outputs);
}

static void conv3x3_grad(const ZsdConvGrad *c) {
  int first = 0;
  for (; first + OUTPUTS <= c->n_out; first += OUTPUTS)
    derive3x3(c, first, OUTPUTS);
  for (; first < c->n_out; first++)
    derive3x3(c, first, 1);
}

INLINE void derive1x1(const ZsdConvGrad *c, int first, int outputs) {
  const ptrdiff_t plane = c->in.plane;
  Derivatives d = {.across = plane,
                   .down = 3 * plane,
                   .grad = c->grad.data + first * c->grad.plane,
                   .weights_step = c->n_in};
  for (int i = 0, taken; i < c->n_in; i += taken) {
    taken = i + INPUTS <= c->n_in ? INPUTS : 1;
    d.in = c->in.data + i * plane;
    d.weights = c->weights + first * d.weights_step + i;
    if (taken == INPUTS)
      derive(c, &d, INPUTS, outputs);
    else
      derive(c, &d, 1, outputs);
  }
}

static void conv1x1_grad(const ZsdConvGrad *c) {
  int first = 0;
  for (; first + OUTPUTS <= c->n_out; first += OUTPUTS)
    derive1x1(c, first, OUTPUTS);
  for (; first < c->n_out; first++)
    derive1x1(c, first, 1);
}

static float sum(const float *x, ptrdiff_t n) {
  Vector sums = splat(0);
  ptrdiff_t p = 0;
  for (; p + WIDTH <= n; p += WIDTH)
    sums += load(x + p);
  return total(sums + load_part(x + p, n - p));
}

void JOIN(zsd_conv_fill, SET)(ZsdKernels *k) {
  k->group = GROUP;
  k->conv3x3 = conv3x3;
  k->conv1x1 = conv1x1;
  k->conv3x3_grad = conv3x3_grad;
  k->conv1x1_grad = conv1x1_grad;
  k->sum = sum;
}
