/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multiplication of a matrix of weights (output channels x input channels) by vectors of
 * samples (input channels x span). The sums of a group of output channels and a span of vectors
 * stay in registers over all input channels. */
#ifndef ZSD_MATMUL_H
#define ZSD_MATMUL_H

#include "kernels/vector.h"

/* Output channels divided into the fewest groups of at most GROUP, as evenly as possible; zero
 * weights fill up the last group. */
typedef struct {
  int size;     /* channels of a group */
  int channels; /* of all groups, a multiple of `size` */
} Groups;

static inline Groups groups_of(int n_out) {
  const int count = (n_out + GROUP - 1) / GROUP, size = (n_out + count - 1) / count;
  return (Groups){size, (n_out + size - 1) / size * size};
}

/* The product for one group of output channels and one span of vectors. */
typedef struct {
  const float *weights; /* n_in x size of the group */
  const float *bias;    /* of the group's channels; NULL: none */
  const float *in;
  float *out;
  ptrdiff_t in_step, out_step; /* floats from one channel to the next */
  int n_in;
} Matmul;

/* `size` and `span` are constants at each call, so that the loops are unrolled. */
INLINE void matmul(const Matmul *p, int size, int span) {
  Vector sums[GROUP][SPAN];
  UNROLL
  for (int o = 0; o < size; o++)
    UNROLL
  for (int s = 0; s < span; s++)
    sums[o][s] = splat(p->bias ? p->bias[o] : 0);

  const float *w = p->weights, *in = p->in;
  for (int i = 0; i < p->n_in; i++, w += size, in += p->in_step) {
    Vector x[SPAN];
    UNROLL
    for (int s = 0; s < span; s++)
      x[s] = in_register(load(in + s * WIDTH));
    UNROLL
    for (int o = 0; o < size; o++) {
      const Vector weight = splat(w[o]);
      UNROLL
      for (int s = 0; s < span; s++)
        sums[o][s] += weight * x[s];
    }
  }
  UNROLL
  for (int o = 0; o < size; o++)
    UNROLL
  for (int s = 0; s < span; s++)
    store(p->out + o * p->out_step + s * WIDTH, sums[o][s]);
}

/* A function for each group size, so that the sums are in registers. */
#define MATMUL(size)                                                                           \
  static void matmul_##size(const Matmul *p, int span) {                                       \
    if (span == SPAN)                                                                          \
      matmul(p, size, SPAN);                                                                   \
    else if (span == 2)                                                                        \
      matmul(p, size, 2);                                                                      \
    else                                                                                       \
      matmul(p, size, 1);                                                                      \
  }
FOR_GROUP_SIZES(MATMUL)

typedef void (*MatmulKernel)(const Matmul *, int span);

/* Indexed by the group size. */
#define MATMUL_ENTRY(size) [size] = matmul_##size,
static const MatmulKernel matmul_kernels[GROUP + 1] = {FOR_GROUP_SIZES(MATMUL_ENTRY)};

#endif
