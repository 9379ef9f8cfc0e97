/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wiener filter of blocks of 8x8 in the domain of the DCT, as many blocks at a time as a vector
 * has lanes. */
#include "isa.h"
#include "shuffles.h"

#include <string.h>

enum { SIDE = ZSD_WIENER_SIDE, PHASE = ZSD_WIENER_PHASE, PHASES = 4 };

#if defined(ZSD_PLAIN_C) || !defined(__AVX2__)
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
typedef int Mask __attribute__((vector_size(WIDTH * sizeof(int))));

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

typedef float Rows[SIDE][ZSD_WIENER_ROW];

/* The transform of each column. */
static void transform_columns(Rows to, const float *const rows[SIDE], int columns) {
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
static void add_columns(float *const rows[SIDE], Rows from, int columns) {
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
static void sum_columns(float *to, const float *const rows[SIDE], int columns) {
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
  Rows y, z, p; /* transformed columns; z later: those of the estimates */
  float noise[ZSD_WIENER_ROW], v[ZSD_WIENER_ROW]; /* sums of columns */
} Scratch;

/* Last vectors of a row of blocks: columns 4 to 7 of the estimates, and the weight. */
typedef struct {
  Vector estimate[SIDE][SIDE / 2], weight;
} Carry;

/* For each lane: the larger one. */
INLINE Vector larger(Vector a, Vector b) {
  const Mask mask = a > b;
  return (Vector)((mask & (Mask)a) | (~mask & (Mask)b));
}

INLINE void transform_row(Vector x[SIDE], const float *from, int first) {
  for (int i = 0; i < SIDE; i++)
    x[i] = load(from + column(first, i));
  transform(x);
}

/* Mean over the blocks from number m on, from the sums of their columns. */
INLINE Vector block_mean(const float *sums, int first, int m) {
  Vector sum = load(sums + column(first, 0) + m);
  for (int i = 1; i < SIDE; i++)
    sum += load(sums + column(first, i) + m);
  return sum * (1.0f / (SIDE * SIDE));
}

/* Estimates the coefficients z of a vector of blocks from number m on. Returns the variance of
 * their noise. With d = Y - Z, whose squares are at least `tiny`, and the limit of a square
 * that is trusted whole, l, the trust is t = l / e where e = max(d^2, l). To divide once
 * instead of twice, the formula (ZsdKernels) is expanded by e: the noise times e is w = v e +
 * (n - v) (e - l), the estimate P^2 (e Y - l d) / (P^2 e + ZSD_WIENER_FACTOR w). */
INLINE Vector estimate_coefficients(Vector z[SIDE][SIDE], const ZsdWienerBlocks *f,
                                    const Scratch *s, int m) {
  const float tiny = 1e-15f;
  const Vector noise = block_mean(s->noise, f->first, m);
  const Vector v = block_mean(s->v, f->first, m), one = 1 - (Vector){0};
  const Vector expected = noise - v, limit = expected * (1.2f + 0.6f * expected / v);
  Vector total = {0};
  for (int u = 0; u < SIDE; u++) {
    Vector y[SIDE], p[SIDE];
    transform_row(y, s->y[u] + m, f->first);
    transform_row(p, s->p[u] + m, f->first);
    transform_row(z[u], s->z[u] + m, f->first);
    for (int i = 0; i < SIDE; i++) {
      const float spectrum = f->spectrum[u * SIDE + i];
      const Vector d = y[i] - z[u][i], l = spectrum * limit, e = larger(d * d + tiny, l);
      const Vector w = spectrum * (v * e + expected * (e - l));
      const Vector power = u + i == 0 ? one : p[i] * p[i];
      const Vector factor = power / (u + i == 0 ? e : power * e + ZSD_WIENER_FACTOR * w);
      z[u][i] = factor * (e * y[i] - l * d);
      total += factor * factor * e * w;
    }
  }
  return total;
}

/* Estimates of the vector of blocks from number m on, of which n are wanted. */
INLINE void estimate(const ZsdWienerBlocks *f, Scratch *s, int m, int n, Carry *carry) {
  const int first = f->first;
  Vector blocks[SIDE][SIDE], weight = 1 / estimate_coefficients(blocks, f, s, m);
  for (int i = n; i < WIDTH; i++)
    weight[i] = 0;
  for (int u = 0; u < SIDE; u++) {
    Vector *z = blocks[u];
    for (int i = 0; i < SIDE; i++)
      z[i] *= weight;
    transform_back(z);
    for (int i = 0; i < SIDE / 2; i++) {
      store(s->z[u] + column(first, i) + m,
            z[i] + shifted(carry->estimate[u][i], z[i + SIDE / 2]));
      carry->estimate[u][i] = z[i + SIDE / 2];
    }
  }
  for (int i = 0; i < SIDE / 2; i++)
    store(f->weight + column(first, i) + m, weight + shifted(carry->weight, weight));
  carry->weight = weight;
}

static void wiener_blocks(const ZsdWienerBlocks *f) {
  const int columns = f->n + 2;
  const float *y[SIDE], *z[SIDE], *p[SIDE], *noise[SIDE], *v[SIDE];
  Scratch s;
  Carry carry = {0};
  for (int i = 0; i < SIDE; i++) {
    y[i] = f->row[i].y;
    z[i] = f->row[i].z;
    p[i] = f->row[i].p;
    noise[i] = f->row[i].noise;
    v[i] = f->row[i].v;
  }
  transform_columns(s.y, y, columns);
  transform_columns(s.z, z, columns);
  transform_columns(s.p, p, columns);
  sum_columns(s.noise, noise, columns);
  sum_columns(s.v, v, columns);
  for (int m = 0; m < f->n; m += WIDTH)
    estimate(f, &s, m, f->n - m, &carry);
  add_columns(f->sum, s.z, columns);
}

/* --- rows --- */

INLINE float clamp(float x) {
  const float low = x > 0 ? x : 0;
  return low < 1 ? low : 1;
}

/* Samples and variances of a row, not yet deinterleaved. */
typedef struct {
  float y[ZSD_WIENER_ROW], z[ZSD_WIENER_ROW], p[ZSD_WIENER_ROW], noise[ZSD_WIENER_ROW],
      v[ZSD_WIENER_ROW];
} Samples;

INLINE void convert(Samples *s, const float *restrict y, const float *restrict z,
                    const float *restrict k, const uint16_t *restrict pilot, int n,
                    const ZsdNoiseVariance *noise, float least) {
  const ZsdNoiseVariance variance = *noise;
  for (int x = 0; x < n; x++) {
    const float p = (float)pilot[x] * (1 / 65535.0f);
    const float all = zsd_noise_variance_at(&variance, p), left = k[x] * all;
    s->y[x] = clamp(y[x]);
    s->z[x] = clamp(z[x]);
    s->p[x] = p;
    s->noise[x] = all > least ? all : least;
    s->v[x] = left > least ? left : least;
  }
}

/* Deinterleaves 4 n samples to phases. */
static void deinterleave(float *to, const float *from, int n) {
  int m = 0;
  for (; m + WIDTH <= n; m += WIDTH, from += PHASES * WIDTH) {
    const Vector a = load(from), b = load(from + WIDTH);
    const Vector c = load(from + 2 * WIDTH), d = load(from + 3 * WIDTH);
    const Vector even1 = SHUFFLED(a, b, EVENS), even2 = SHUFFLED(c, d, EVENS);
    const Vector odd1 = SHUFFLED(a, b, ODDS), odd2 = SHUFFLED(c, d, ODDS);
    store(to + m, SHUFFLED(even1, even2, EVENS));
    store(to + PHASE + m, SHUFFLED(odd1, odd2, EVENS));
    store(to + 2 * PHASE + m, SHUFFLED(even1, even2, ODDS));
    store(to + 3 * PHASE + m, SHUFFLED(odd1, odd2, ODDS));
  }
  for (; m < n; m++, from += PHASES)
    for (int j = 0; j < PHASES; j++)
      to[j * PHASE + m] = from[j];
}

static void wiener_load(const ZsdWienerRow *row, const float *y, const float *z, const float *k,
                        const uint16_t *pilot, int n, const ZsdNoiseVariance *noise,
                        float least) {
  Samples s;
  convert(&s, y, z, k, pilot, PHASES * n, noise, least);
  deinterleave(row->y, s.y, n);
  deinterleave(row->z, s.z, n);
  deinterleave(row->p, s.p, n);
  deinterleave(row->noise, s.noise, n);
  deinterleave(row->v, s.v, n);
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
