/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors of floats of the width of the instruction set that a source is compiled for, in the
 * vector extension of gcc and clang, and operations that the extension lacks. */
#ifndef ZSD_VECTOR_H
#define ZSD_VECTOR_H

#include "isa.h"
#include "shuffles.h"

#include <string.h>

/* WIDTH: floats of a register. The other sizes are chosen so that the sums fit into the
 * registers: a convolution has GROUP output channels x SPAN registers of samples; its gradient
 * three taps x OUTPUTS output channels x INPUTS input channels. */
#if defined(__AVX512F__)
enum { WIDTH = 16, GROUP = 13, SPAN = 2, INPUTS = 4, OUTPUTS = 2 };
#elif defined(__AVX2__)
enum { WIDTH = 8, GROUP = 4, SPAN = 3, INPUTS = 4, OUTPUTS = 1 };
#elif defined(__SSE4_1__)
enum { WIDTH = 4, GROUP = 4, SPAN = 3, INPUTS = 4, OUTPUTS = 1 };
#elif defined(__ARM_NEON)
enum { WIDTH = 4, GROUP = 8, SPAN = 3, INPUTS = 4, OUTPUTS = 2 };
#elif defined(ZSD_PLAIN_C)
enum { WIDTH = 4 }; /* for the compiler to translate */
#else
#error "no vector instruction set"
#endif

/* X(size) for each number of output channels of a group, for functions of a constant size. */
#define FOR_SIZES_TO_4(X) X(1) X(2) X(3) X(4)
#define FOR_SIZES_TO_8(X) FOR_SIZES_TO_4(X) X(5) X(6) X(7) X(8)
#if defined(__AVX512F__)
#define FOR_GROUP_SIZES(X) FOR_SIZES_TO_8(X) X(9) X(10) X(11) X(12) X(13)
#elif defined(__ARM_NEON)
#define FOR_GROUP_SIZES(X) FOR_SIZES_TO_8(X)
#else
#define FOR_GROUP_SIZES(X) FOR_SIZES_TO_4(X)
#endif

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

typedef float Vector __attribute__((vector_size(WIDTH * sizeof(float))));

INLINE Vector load(const float *p) {
  Vector v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, Vector v) {
  memcpy(p, &v, sizeof v);
}

INLINE Vector splat(float x) {
  return x - (Vector){0};
}

/* x, which the compiler must keep in a register. Otherwise it loads x again for each use,
 * mostly across a cache line, at a higher cost than the multiplications. */
INLINE Vector in_register(Vector x) {
#if defined(__ARM_NEON)
  __asm__("" : "+w"(x));
#elif defined(__AVX2__)
  __asm__("" : "+v"(x));
#else
  __asm__("" : "+x"(x));
#endif
  return x;
}

/* For each lane: x > 0 ? a : b. */
INLINE Vector where_positive(Vector x, Vector a, Vector b) {
  typedef int Mask __attribute__((vector_size(WIDTH * sizeof(float))));
  const Mask mask = x > 0;
  return (Vector)((mask & (Mask)a) | (~mask & (Mask)b));
}

/* Pairwise addition: sums of lanes 2i and 2i + 1, those of a, then those of b. */
INLINE Vector pairwise_sums(Vector a, Vector b) {
  return SHUFFLED(a, b, EVENS) + SHUFFLED(a, b, ODDS);
}

/* Horizontal sums of WIDTH vectors: lane i is the sum of the lanes of v[i]. Overwrites v. */
INLINE Vector horizontal_sums(Vector *v) {
  UNROLL
  for (int n = WIDTH / 2; n > 0; n /= 2)
    UNROLL
  for (int i = 0; i < n; i++)
    v[i] = pairwise_sums(v[2 * i], v[2 * i + 1]);
  return v[0];
}

/* Horizontal sum. */
INLINE float horizontal_sum(Vector v) {
  for (int n = WIDTH; n > 1; n /= 2)
    v = pairwise_sums(v, v);
  return v[0];
}

#endif
