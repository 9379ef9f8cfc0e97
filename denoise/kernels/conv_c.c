/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions, their gradients, sum and SAD in plain C: the reference for the other
 * instruction sets, and the fallback on processors without them. */
#include "init.h"

#include <stdlib.h>

enum { GROUP = 4 };

static float activate(float x, float old, ZsdEpilogue epilogue) {
  switch (epilogue) {
  case ZSD_LEAKY:
    return x > 0 ? x : ZSD_LEAK * x;
  case ZSD_GATED:
    return old > 0 ? x : ZSD_LEAK * x;
  case ZSD_LINEAR:
    break;
  }
  return x;
}

enum { STRIP = 256 }; /* samples, whose sums stay in the L1 cache while all taps are added */

/* Adds the taps of one input channel to `n` sums. `step`: floats between the weights of two
 * taps. */
static void add_taps(float *sums, const float *in, const float *weights, int step,
                     ptrdiff_t row, int taps, int n) {
  for (int t = 0; t < taps; t++) {
    const float *x = taps == 9 ? in + (t / 3 - 1) * row + (t % 3 - 1) : in;
    const float w = weights[(ptrdiff_t)t * step];
    for (int p = 0; p < n; p++)
      sums[p] += w * x[p];
  }
}

static void conv(const ZsdConv *c, int taps) {
  const int groups = (c->n_out + GROUP - 1) / GROUP, size = (c->n_out + groups - 1) / groups;
  for (int o = 0; o < c->n_out; o++) {
    const float *weights =
        c->weights + (ptrdiff_t)(o / size) * c->n_in * taps * size + o % size;
    float *out = c->out.data + o * c->out.plane;
    for (ptrdiff_t start = 0; start < c->n; start += STRIP) {
      const int n = c->n - start < STRIP ? (int)(c->n - start) : STRIP;
      float sums[STRIP];
      for (int p = 0; p < n; p++)
        sums[p] = c->bias ? c->bias[o] : 0;
      for (int i = 0; i < c->n_in; i++)
        add_taps(sums, c->in.data + i * c->in.plane + start,
                 weights + (ptrdiff_t)i * taps * size, size, c->row, taps, n);
      for (int p = 0; p < n; p++)
        out[start + p] = activate(sums[p], out[start + p], c->epilogue);
    }
  }
}

static void conv3x3(const ZsdConv *c) {
  conv(c, 9);
}

static void conv1x1(const ZsdConv *c) {
  conv(c, 1);
}

static float dot(const float *a, const float *b, ptrdiff_t n) {
  float sum = 0;
  for (ptrdiff_t p = 0; p < n; p++)
    sum += a[p] * b[p];
  return sum;
}

static void conv3x3_grad(const ZsdConvGrad *c) {
  for (int o = 0; o < c->n_out; o++)
    for (int i = 0; i < c->n_in; i++)
      for (int t = 0; t < 9; t++)
        c->weights[((ptrdiff_t)o * c->n_in + i) * 9 + t] +=
            dot(c->grad.data + o * c->grad.plane,
                c->in.data + i * c->in.plane + (t / 3 - 1) * c->row + (t % 3 - 1), c->n);
}

static void conv1x1_grad(const ZsdConvGrad *c) {
  for (int o = 0; o < c->n_out; o++)
    for (int i = 0; i < c->n_in; i++)
      c->weights[(ptrdiff_t)o * c->n_in + i] +=
          dot(c->grad.data + o * c->grad.plane, c->in.data + i * c->in.plane, c->n);
}

static float sum(const float *x, ptrdiff_t n) {
  float total = 0;
  for (ptrdiff_t p = 0; p < n; p++)
    total += x[p];
  return total;
}

static unsigned sad16(const uint8_t *a, ptrdiff_t a_row, const uint8_t *b, ptrdiff_t b_row) {
  unsigned sum = 0;
  for (int y = 0; y < 16; y++, a += a_row, b += b_row)
    for (int x = 0; x < 16; x++)
      sum += (unsigned)abs(a[x] - b[x]);
  return sum;
}

void zsd_conv_init_c(ZsdKernels *k) {
  *k = (ZsdKernels){
      .channel_group = GROUP,
      .conv3x3 = conv3x3,
      .conv1x1 = conv1x1,
      .conv3x3_grad = conv3x3_grad,
      .conv1x1_grad = conv1x1_grad,
      .sum = sum,
      .sad16 = sad16,
  };
}
