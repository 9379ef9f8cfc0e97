/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The least and the largest value of a layer's input, for passes that round to steps of its
 * range. */
#ifndef ZSD_LIMITS_H
#define ZSD_LIMITS_H

#include "kernels/pass/layers.h"

#include <math.h>

#if defined(__ARM_NEON)
#include <arm_neon.h>
#define LIMIT(name, a, b) ((Vector)v##name##nmq_f32((float32x4_t)(a), (float32x4_t)(b)))
#else
#include <immintrin.h>
#if defined(__AVX512F__)
#define LIMIT(name, a, b) ((Vector)_mm512_##name##_ps((__m512)(a), (__m512)(b)))
#elif defined(__AVX2__)
#define LIMIT(name, a, b) ((Vector)_mm256_##name##_ps((__m256)(a), (__m256)(b)))
#else
#define LIMIT(name, a, b) ((Vector)_mm_##name##_ps((__m128)(a), (__m128)(b)))
#endif
#endif

/* The larger, or smaller, one; b where a is NaN. */
INLINE Vector larger(Vector a, Vector b) {
  return LIMIT(max, a, b);
}

INLINE Vector smaller(Vector a, Vector b) {
  return LIMIT(min, a, b);
}

/* The first n floats at p, `fill` in the other lanes. */
INLINE Vector load_part(const float *p, int n, float fill) {
  Vector v = splat(fill);
  memcpy(&v, p, n * sizeof(float));
  return v;
}

/* The least and the largest one of the values of some vectors. Of four vectors each in turn, so
 * that an operation does not wait for the one before it. */
typedef struct {
  Vector low[4], high[4];
} Limits;

static Limits limits_from(float x) {
  const Vector v = splat(x);
  return (Limits){{v, v, v, v}, {v, v, v, v}};
}

INLINE void include(Limits *l, int i, Vector v) {
  l->low[i] = smaller(v, l->low[i]);
  l->high[i] = larger(v, l->high[i]);
}

static float least_of(const Limits *l) {
  const Vector v = smaller(smaller(l->low[0], l->low[1]), smaller(l->low[2], l->low[3]));
  float least = v[0];
  for (int i = 1; i < WIDTH; i++)
    least = fminf(least, v[i]);
  return least;
}

static float largest_of(const Limits *l) {
  const Vector v = larger(larger(l->high[0], l->high[1]), larger(l->high[2], l->high[3]));
  float largest = v[0];
  for (int i = 1; i < WIDTH; i++)
    largest = fmaxf(largest, v[i]);
  return largest;
}

/* Limits of n activations and of 0, the padding. n: a multiple of 4 WIDTH. */
static Limits limits_of_activations(const float *x, ptrdiff_t n) {
  Limits l = limits_from(0);
  for (ptrdiff_t i = 0; i < n; i += 4 * WIDTH) {
    UNROLL
    for (int k = 0; k < 4; k++)
      include(&l, k, load(x + i + k * WIDTH));
  }
  return l;
}

/* Limits of a channel of the tile with its halo of two samples. */
static Limits limits_of(const ZsdPass *p, int channel) {
  const int width = p->width + 4;
  const float *rows = p->in.data + channel * p->in.plane - 2 * p->row - 2;
  Limits l = limits_from(rows[0]);
  for (int y = 0; y < p->height + 4; y++, rows += p->row)
    for (int x = 0; x < width; x += WIDTH) {
      const int at = x + WIDTH <= width ? x : width - WIDTH;
      include(&l, y % 4, at >= 0 ? load(rows + at) : load_part(rows, width, rows[0]));
    }
  return l;
}

#endif
