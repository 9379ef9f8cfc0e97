/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vectors of floats as wide as the instruction set that this file is compiled for has them. The
 * compiler's vector extension writes the arithmetic; what it cannot say stands here. */
#ifndef ZSD_VECTOR_H
#define ZSD_VECTOR_H

#include "isa.h"

#include <string.h>

/* WIDTH floats fill a register. The blocks are what the register file holds: a convolution
 * keeps GROUP output channels x SPAN registers of samples; its gradient the sums of a row's
 * three taps for OUTPUTS channels x INPUTS. */
#if defined(__AVX512F__)
enum { WIDTH = 16, GROUP = 13, SPAN = 2, INPUTS = 4, OUTPUTS = 2 };
#elif defined(__AVX2__)
enum { WIDTH = 8, GROUP = 4, SPAN = 3, INPUTS = 4, OUTPUTS = 1 };
#elif defined(__ARM_NEON)
enum { WIDTH = 4, GROUP = 8, SPAN = 3, INPUTS = 4, OUTPUTS = 2 };
#else
#error "no vector instruction set"
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

/* Keeps the compiler from loading x again for each use: most of these loads cross a cache line
 * and would cost more than the multiplications. */
INLINE Vector in_register(Vector x) {
#if defined(__ARM_NEON)
  __asm__("" : "+w"(x));
#else
  __asm__("" : "+v"(x));
#endif
  return x;
}

/* a where x > 0, b elsewhere */
INLINE Vector where_positive(Vector x, Vector a, Vector b) {
  typedef int Mask __attribute__((vector_size(WIDTH * sizeof(float))));
  const Mask mask = x > 0;
  return (Vector)((mask & (Mask)a) | (~mask & (Mask)b));
}

/* Every second lane of a and then of b, from the first on and from the second on; and what
 * undoes that: lanes of a and b in turn, of their lower and of their upper halves. */
#if defined(__AVX512F__)
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif defined(__AVX2__)
#define EVENS 0, 2, 4, 6, 8, 10, 12, 14
#define ODDS 1, 3, 5, 7, 9, 11, 13, 15
#define LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER 4, 12, 5, 13, 6, 14, 7, 15
#else
#define EVENS 0, 2, 4, 6
#define ODDS 1, 3, 5, 7
#define LOWER 0, 4, 1, 5
#define UPPER 2, 6, 3, 7
#endif
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/* The sums of two neighbouring lanes each: those of a, then those of b. */
INLINE Vector pairs(Vector a, Vector b) {
  return SHUFFLED(a, b, EVENS) + SHUFFLED(a, b, ODDS);
}

/* The sums of all lanes of WIDTH vectors, which are overwritten. */
INLINE Vector totals(Vector *v) {
  UNROLL
  for (int n = WIDTH / 2; n > 0; n /= 2)
    UNROLL
  for (int i = 0; i < n; i++)
    v[i] = pairs(v[2 * i], v[2 * i + 1]);
  return v[0];
}

/* The sum of all lanes. */
INLINE float total(Vector v) {
  for (int n = WIDTH; n > 1; n /= 2)
    v = pairs(v, v);
  return v[0];
}

#endif
