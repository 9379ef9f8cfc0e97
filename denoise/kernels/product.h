/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products of matrices: weights by the channels of a few vectors. A group of output channels by
 * a span of vectors stays in registers while all input channels pass. */
#ifndef ZSD_PRODUCT_H
#define ZSD_PRODUCT_H

#include "vector.h"

/* Output channels are taken in groups that are as even as GROUP allows; weights of 0 fill up
 * the last one. */
typedef struct {
  int size, channels; /* of a group, and of all of them */
} Groups;

static inline Groups groups_of(int n_out) {
  const int count = (n_out + GROUP - 1) / GROUP, size = (n_out + count - 1) / count;
  return (Groups){size, (n_out + size - 1) / size * size};
}

/* A group's weights by the channels of a span of vectors. */
typedef struct {
  const float *weights, *bias; /* bias: NULL for none */
  const float *in;
  float *out;
  ptrdiff_t in_step, out_step; /* floats from one channel to the next */
  int n_in;
} Product;

/* The constants `size` and `span` let the compiler unroll. */
INLINE void product(const Product *p, int size, int span) {
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

/* One function for each size of group, so that each has its sums in registers. */
#define PRODUCT(size)                                                                          \
  static void product_##size(const Product *p, int span) {                                     \
    if (span == SPAN)                                                                          \
      product(p, size, SPAN);                                                                  \
    else if (span == 2)                                                                        \
      product(p, size, 2);                                                                     \
    else                                                                                       \
      product(p, size, 1);                                                                     \
  }
PRODUCT(1)
PRODUCT(2)
PRODUCT(3)
PRODUCT(4)
#if defined(__AVX512F__) || defined(__ARM_NEON)
PRODUCT(5)
PRODUCT(6)
PRODUCT(7)
PRODUCT(8)
#endif
#if defined(__AVX512F__)
PRODUCT(9)
PRODUCT(10)
PRODUCT(11)
PRODUCT(12)
PRODUCT(13)
#endif

/* By the size of the group. */
typedef void (*ProductOf)(const Product *, int span);

static const ProductOf products[GROUP + 1] = {
    NULL,      product_1,  product_2,  product_3,  product_4,
#if defined(__AVX512F__) || defined(__ARM_NEON)
    product_5, product_6,  product_7,  product_8,
#endif
#if defined(__AVX512F__)
    product_9, product_10, product_11, product_12, product_13,
#endif
};

#endif
