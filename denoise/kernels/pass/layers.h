/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes of memory, and layers of 1x1 filters, common to the passes in vectors. */
#ifndef ZSD_LAYERS_H
#define ZSD_LAYERS_H

#include "kernels/pass/matmul.h"

enum { LANES = SPAN * WIDTH }; /* samples, or blocks of them, that are processed at a time */

static inline int rounded_up(int n, int unit) {
  return (n + unit - 1) / unit * unit;
}

/* Bytes of so many floats, rounded up to the alignment. */
static inline size_t bytes(size_t floats) {
  const size_t unit = ZSD_PASS_ALIGNMENT;
  return (floats * sizeof(float) + unit - 1) / unit * unit;
}

/* The size of the next span when the remaining vectors are divided into the fewest spans of at
 * most SPAN, as evenly as possible. */
static inline int next_span(ptrdiff_t vectors) {
  const ptrdiff_t spans = (vectors + SPAN - 1) / SPAN;
  return (int)((vectors + spans - 1) / spans);
}

/* Floats of a layer's packed weights, [point][group][n_in][channel of the group], and biases.
 * Zeros fill up the last group. `points`: POINTS, or 1 for a 1x1 layer. */
static inline size_t layer_size(int n_in, int n_out, int points) {
  return (size_t)groups_of(n_out).channels * ((size_t)points * n_in + 1);
}

/* Packs a 1x1 layer. */
static inline void pack1x1(float *packed, const float *params, int n_in, int n_out) {
  const int size = groups_of(n_out).size, all = groups_of(n_out).channels;
  memset(packed, 0, layer_size(n_in, n_out, 1) * sizeof *packed);
  for (int o = 0; o < n_out; o++) {
    for (int i = 0; i < n_in; i++)
      packed[o / size * size * n_in + o % size + i * size] = params[(ptrdiff_t)o * n_in + i];
    packed[(ptrdiff_t)all * n_in + o] = params[(ptrdiff_t)n_out * n_in + o];
  }
}

/* Multiplies all groups of output channels; `p` describes the first group. */
static inline void multiply(Matmul p, Groups groups, int span) {
  for (int first = 0; first < groups.channels; first += groups.size) {
    matmul_kernels[groups.size](&p, span);
    p.weights += (ptrdiff_t)groups.size * p.n_in;
    p.bias = p.bias ? p.bias + groups.size : NULL;
    p.out += groups.size * p.out_step;
  }
}

#endif
