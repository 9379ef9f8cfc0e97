/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wiener filter of blocks of 8x8 in the domain of the DCT, as many blocks at a time as a vector
 * has lanes. */
#include "isa.h"

#include <string.h>

enum { SIDE = ZSD_WIENER_SIDE, PHASE = ZSD_WIENER_PHASE, PHASES = 4 };

#if defined(ZSD_PLAIN_C) || defined(__ARM_NEON)
enum { WIDTH = 4 };
#define SHIFT 3, 4, 5, 6
#elif defined(__AVX512F__)
enum { WIDTH = 16 };
#define SHIFT 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
#else
enum { WIDTH = 8 };
#define SHIFT 7, 8, 9, 10, 11, 12, 13, 14
#endif

typedef float Vector __attribute__((vector_size(WIDTH * sizeof(float))));

_Static_assert((int)PHASE >= (int)ZSD_WIENER_BLOCKS + 2 + 2 * WIDTH - 2,
               "vectors exceed a phase");

INLINE Vector load(const float *p) {
  Vector v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, Vector v) {
  memcpy(p, &v, sizeof v);
}

/* The lanes of `now` moved up by one, after the last lane of `before`. */
INLINE Vector shifted(Vector before, Vector now) {
  return __builtin_shufflevector(before, now, SHIFT);
}

/* cos(k pi / 16) / 2; C4 is also the mean's factor, 1 / sqrt(8). */
#define C1 0.490392640f
#define C2 0.461939766f
#define C3 0.415734806f
#define C4 0.353553391f
#define C5 0.277785117f
#define C6 0.191341716f
#define C7 0.097545161f

/* The orthonormal DCT (DCT-II) of eight values, in place. */
INLINE void transform(Vector x[SIDE]) {
  const Vector s0 = x[0] + x[7], s1 = x[1] + x[6], s2 = x[2] + x[5], s3 = x[3] + x[4];
  const Vector d0 = x[0] - x[7], d1 = x[1] - x[6], d2 = x[2] - x[5], d3 = x[3] - x[4];
  const Vector a = s0 + s3, b = s1 + s2, c = s0 - s3, d = s1 - s2;
  x[0] = C4 * (a + b);
  x[4] = C4 * (a - b);
  x[2] = C2 * c + C6 * d;
  x[6] = C6 * c - C2 * d;
  x[1] = C1 * d0 + C3 * d1 + (C5 * d2 + C7 * d3);
  x[3] = C3 * d0 - C7 * d1 - (C1 * d2 + C5 * d3);
  x[5] = C5 * d0 - C1 * d1 + (C7 * d2 + C3 * d3);
  x[7] = C7 * d0 - C5 * d1 + (C3 * d2 - C1 * d3);
}

/* Its inverse. */
INLINE void transform_back(Vector x[SIDE]) {
  const Vector a = C4 * (x[0] + x[4]), b = C4 * (x[0] - x[4]);
  const Vector c = C2 * x[2] + C6 * x[6], d = C6 * x[2] - C2 * x[6];
  const Vector s0 = a + c, s3 = a - c, s1 = b + d, s2 = b - d;
  const Vector d0 = C1 * x[1] + C3 * x[3] + (C5 * x[5] + C7 * x[7]);
  const Vector d1 = C3 * x[1] - C7 * x[3] - (C1 * x[5] + C5 * x[7]);
  const Vector d2 = C5 * x[1] - C1 * x[3] + (C7 * x[5] + C3 * x[7]);
  const Vector d3 = C7 * x[1] - C5 * x[3] + (C3 * x[5] - C1 * x[7]);
  x[0] = s0 + d0;
  x[7] = s0 - d0;
  x[1] = s1 + d1;
  x[6] = s1 - d1;
  x[2] = s2 + d2;
  x[5] = s2 - d2;
  x[3] = s3 + d3;
  x[4] = s3 - d3;
}

/* Offset of column i of a row of blocks that begins at column `first`. */
INLINE int column(int first, int i) {
  return (first + i) % PHASES * PHASE + (first + i) / PHASES;
}

/* --- columns --- */

/* The transform of each column. */
static void transform_columns(float (*restrict to)[ZSD_WIENER_ROW],
                              const float *const rows[SIDE], int columns) {
  for (int j = 0; j < PHASES; j++)
    for (int m = 0; m < columns; m += WIDTH) {
      const int at = j * PHASE + m;
      Vector x[SIDE];
      for (int i = 0; i < SIDE; i++)
        x[i] = load(rows[i] + at);
      transform(x);
      for (int i = 0; i < SIDE; i++)
        store(to[i] + at, x[i]);
    }
}

/* Adds the inverse transform of each column to the rows. */
static void add_columns(float *const rows[SIDE], float (*restrict from)[ZSD_WIENER_ROW],
                        int columns) {
  for (int j = 0; j < PHASES; j++)
    for (int m = 0; m < columns; m += WIDTH) {
      const int at = j * PHASE + m;
      Vector x[SIDE];
      for (int i = 0; i < SIDE; i++)
        x[i] = load(from[i] + at);
      transform_back(x);
      for (int i = 0; i < SIDE; i++)
        store(rows[i] + at, load(rows[i] + at) + x[i]);
    }
}

/* Sums of each column. */
static void sum_columns(float *restrict to, const float *const rows[SIDE], int columns) {
  for (int j = 0; j < PHASES; j++)
    for (int m = 0; m < columns; m += WIDTH) {
      const int at = j * PHASE + m;
      Vector sum = load(rows[0] + at);
      for (int i = 1; i < SIDE; i++)
        sum += load(rows[i] + at);
      store(to + at, sum);
    }
}

/* --- blocks --- */

typedef struct {
  float z[SIDE][ZSD_WIENER_ROW]; /* transformed columns; then those of the estimates */
  float p[SIDE][ZSD_WIENER_ROW];
  float v[ZSD_WIENER_ROW];
} Scratch;

/* Last vectors of a row of blocks: columns 4 to 7 of the estimates, and the weight. */
typedef struct {
  Vector estimate[SIDE][SIDE / 2], weight;
} Carry;

/* Multiplies the coefficients z by the Wiener filter's factors. Returns their sum of squares,
 * weighted by the noise's spectrum. */
INLINE Vector attenuate(Vector z[SIDE][SIDE], const float (*p)[ZSD_WIENER_ROW], int first,
                        Vector variance, const float *spectrum) {
  Vector total = {0};
  for (int u = 0; u < SIDE; u++) {
    Vector pilot[SIDE];
    for (int i = 0; i < SIDE; i++)
      pilot[i] = load(p[u] + column(first, i));
    transform(pilot);
    for (int i = 0; i < SIDE; i++) {
      const float s = spectrum[u * SIDE + i];
      const Vector power = pilot[i] * pilot[i];
      Vector factor = power / (power + s * variance);
      if (u + i == 0)
        factor = 1 - (Vector){0}; /* the mean is kept */
      z[u][i] *= factor;
      total += s * (factor * factor);
    }
  }
  return total;
}

/* Estimates of the vector of blocks from number m on, of which n are wanted. */
INLINE void estimate(const ZsdWienerBlocks *f, Scratch *s, int m, int n, Carry *carry) {
  const int first = f->first;
  Vector z[SIDE][SIDE], variance = load(s->v + column(first, 0) + m);
  for (int i = 1; i < SIDE; i++)
    variance += load(s->v + column(first, i) + m);
  variance *= 1.0f / (SIDE * SIDE);
  for (int u = 0; u < SIDE; u++) {
    for (int i = 0; i < SIDE; i++)
      z[u][i] = load(s->z[u] + column(first, i) + m);
    transform(z[u]);
  }
  const Vector total =
      attenuate(z, (const float(*)[ZSD_WIENER_ROW])(s->p[0] + m), first, variance, f->spectrum);
  Vector weight = 1 / (variance * total);
  for (int i = n; i < WIDTH; i++)
    weight[i] = 0;
  for (int u = 0; u < SIDE; u++) {
    for (int i = 0; i < SIDE; i++)
      z[u][i] *= weight;
    transform_back(z[u]);
    for (int i = 0; i < SIDE / 2; i++) {
      store(s->z[u] + column(first, i) + m,
            z[u][i] + shifted(carry->estimate[u][i], z[u][i + SIDE / 2]));
      carry->estimate[u][i] = z[u][i + SIDE / 2];
    }
  }
  for (int i = 0; i < SIDE / 2; i++)
    store(f->weight + column(first, i) + m, weight + shifted(carry->weight, weight));
  carry->weight = weight;
}

static void wiener_blocks(const ZsdWienerBlocks *f) {
  const int columns = f->n + 2;
  Scratch s;
  Carry carry = {0};
  transform_columns(s.z, f->z, columns);
  transform_columns(s.p, f->p, columns);
  sum_columns(s.v, f->v, columns);
  for (int m = 0; m < f->n; m += WIDTH)
    estimate(f, &s, m, f->n - m, &carry);
  add_columns(f->sum, s.z, columns);
}

/* --- rows --- */

static void wiener_load(const ZsdWienerRow *row, const float *restrict z,
                        const float *restrict k, const uint16_t *restrict pilot, int n,
                        const ZsdNoiseVariance *noise, float least) {
  const ZsdNoiseVariance v = *noise;
  for (int j = 0; j < PHASES; j++) {
    float *restrict to_z = row->z + j * PHASE, *restrict to_p = row->p + j * PHASE,
                    *restrict to_v = row->v + j * PHASE;
    for (int m = 0; m < n; m++) {
      const float p = (float)pilot[PHASES * m + j] * (1 / 65535.0f);
      const float variance = k[PHASES * m + j] * zsd_noise_variance_at(&v, p);
      to_z[m] = z[PHASES * m + j];
      to_p[m] = p;
      to_v[m] = variance > least ? variance : least;
    }
  }
}

static void wiener_finish(float *restrict out, const float *restrict sum,
                          const float *const weights[ZSD_WIENER_OVERLAP], int n) {
  const float *restrict a = weights[0], *restrict b = weights[1], *restrict c = weights[2],
                        *restrict d = weights[3];
  float rows[ZSD_WIENER_ROW];
  for (int j = 0; j < PHASES; j++)
    for (int m = 0; m < n; m++) {
      const int at = j * PHASE + m;
      rows[at] = sum[at] / (a[at] + b[at] + (c[at] + d[at]));
    }
  for (int m = 0; m < n; m++)
    for (int j = 0; j < PHASES; j++)
      out[PHASES * m + j] = rows[j * PHASE + m];
}

void ZSD_ISA_NAME(zsd_wiener_init)(ZsdKernels *k) {
  k->wiener_load = wiener_load;
  k->wiener_blocks = wiener_blocks;
  k->wiener_finish = wiener_finish;
}
