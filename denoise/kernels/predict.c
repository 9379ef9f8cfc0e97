/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage of a frame's Kalman state, the motion-compensated prediction from it, and the joining
 * of two states. */
#include "isa.h"

#include <math.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

enum {
  LANES = 8,
  TAPS = 8,               /* of the interpolation filter */
  BEFORE = 3,             /* taps to the left of, or above, a position's whole part */
  PHASES = 16,            /* positions between two samples */
  SPAN = 32,              /* samples of a row that are interpolated together */
  COLUMNS = SPAN + LANES, /* from which they are: TAPS - 1 more, in whole vectors */
};
typedef uint16_t Words __attribute__((vector_size(LANES * sizeof(uint16_t))));
typedef uint8_t Bytes __attribute__((vector_size(LANES)));
typedef int32_t Ints __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef float Floats __attribute__((vector_size(LANES * sizeof(float))));

static const float SAMPLE = 1 / 65535.0f, ROOT = 1 / 255.0f;

INLINE int clamp(int x, int low, int high) {
  return x < low ? low : x > high ? high : x;
}

INLINE void predict_sample(const ZsdPrediction *p, uint16_t sample, uint8_t root, float *z,
                           float *k) {
  const float r = (float)root * ROOT;
  *z = p->gain * ((float)sample * SAMPLE) + p->offset;
  *k = r * r;
}

/* Explicit vectors of eight lanes, because most runs are short: an automatically vectorised
 * loop would process them sample by sample. The intrinsics widen integers in one instruction,
 * the compilers in several. */
INLINE void widen_words(Ints *to, const uint16_t *from) {
#if defined(__AVX2__)
  *to = (Ints)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)from));
#else
  Words words;
  memcpy(&words, from, sizeof words);
  *to = __builtin_convertvector(words, Ints);
#endif
}

INLINE void widen_bytes(Ints *to, const uint8_t *from) {
#if defined(__AVX2__)
  *to = (Ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)from));
#else
  Bytes bytes;
  memcpy(&bytes, from, sizeof bytes);
  *to = __builtin_convertvector(bytes, Ints);
#endif
}

/* --- at whole positions --- */

INLINE void predict_lanes(const ZsdPrediction *p, const uint16_t *samples, const uint8_t *roots,
                          float *z, float *k) {
  Ints sample, root;
  widen_words(&sample, samples);
  widen_bytes(&root, roots);
  const Floats r = __builtin_convertvector(root, Floats) * ROOT, squares = r * r;
  const Floats values =
      p->gain * (__builtin_convertvector(sample, Floats) * SAMPLE) + p->offset;
  memcpy(z, &values, sizeof values);
  memcpy(k, &squares, sizeof squares);
}

/* n source samples, all inside the picture. */
static void predict_inside(const ZsdPrediction *p, const uint16_t *samples,
                           const uint8_t *roots, int n, float *z, float *k) {
  int i = 0;
  for (; i + LANES <= n; i += LANES)
    predict_lanes(p, samples + i, roots + i, z + i, k + i);
  for (; i < n; i++)
    predict_sample(p, samples[i], roots[i], z + i, k + i);
}

/* n source samples from x on of a row that may lie outside the picture. */
static void predict_outside(const ZsdPrediction *p, const uint16_t *samples,
                            const uint8_t *roots, int x, int n, float *z, float *k) {
  for (int i = 0; i < n; i++) {
    const int at = clamp(x + i, 0, p->width - 1);
    predict_sample(p, samples[at], roots[at], z + i, k + i);
  }
}

/* n samples from column x of row y of the previous frame on; z and k begin at x. Up to `room`
 * samples may be written: those past the run's end are overwritten by the next run. */
static void predict_whole(const ZsdPrediction *p, int y, int x, int n, int room, float *z,
                          float *k) {
  const ptrdiff_t row = (ptrdiff_t)clamp(y, 0, p->height - 1) * p->width;
  const uint16_t *samples = p->z + row;
  const uint8_t *roots = p->k + row;
  const int before = clamp(-x, 0, n), lanes = (n + LANES - 1) / LANES * LANES;
  const int last = p->width - x; /* the first sample from past the row's end */
  const bool spill = before < n && lanes <= room && lanes <= last;
  const int end = spill ? lanes : clamp(last, before, n);

  predict_outside(p, samples, roots, x, before, z, k);
  if (before < end)
    predict_inside(p, samples + x + before, roots + x + before, end - before, z + before,
                   k + before);
  predict_outside(p, samples, roots, x + end, n - end, z + end, k + end);
}

/* --- between samples --- */

/* Lanczos interpolation: sinc(t) sinc(t / 4) at distances t = tap - BEFORE - phase / PHASES,
 * in units of 1 / UNITY; the sum of each row is UNITY. */
enum { UNITY = 16384 };
static const int16_t taps[PHASES][TAPS] = {
    {0, 0, 0, 16384, 0, 0, 0, 0},
    {-93, 304, -850, 16271, 990, -345, 111, -4},
    {-165, 560, -1551, 15933, 2105, -719, 238, -17},
    {-216, 762, -2100, 15385, 3326, -1110, 374, -37},
    {-247, 908, -2495, 14638, 4631, -1502, 516, -65},
    {-258, 1000, -2744, 13711, 5995, -1877, 655, -98},
    {-253, 1039, -2856, 12635, 7388, -2218, 784, -135},
    {-235, 1030, -2842, 11435, 8780, -2506, 894, -172},
    {-207, 979, -2720, 10140, 10140, -2720, 979, -207},
    {-172, 894, -2506, 8780, 11435, -2842, 1030, -235},
    {-135, 784, -2218, 7388, 12635, -2856, 1039, -253},
    {-98, 655, -1877, 5995, 13711, -2744, 1000, -258},
    {-65, 516, -1502, 4631, 14638, -2495, 908, -247},
    {-37, 374, -1110, 3326, 15385, -2100, 762, -216},
    {-17, 238, -719, 2105, 15933, -1551, 560, -165},
    {-4, 111, -345, 990, 16271, -850, 304, -93},
};

/* Samples from which a span is interpolated: TAPS rows, from BEFORE samples left of it on. */
typedef struct {
  const uint16_t *row[TAPS];
  uint16_t copy[TAPS][COLUMNS]; /* of rows that reach beyond the picture */
} Surroundings;

static void find_surroundings(const ZsdPrediction *p, Surroundings *s, int y, int x,
                              int columns) {
  const int left = x - BEFORE;
  const bool inside = left >= 0 && left + columns <= p->width;
  for (int j = 0; j < TAPS; j++) {
    const uint16_t *row = p->z + (ptrdiff_t)clamp(y + j - BEFORE, 0, p->height - 1) * p->width;
    for (int i = 0; i < columns && !inside; i++)
      s->copy[j][i] = row[clamp(left + i, 0, p->width - 1)];
    s->row[j] = inside ? row + left : s->copy[j];
  }
}

/* Interpolates LANES columns of the surroundings vertically. */
INLINE void interpolate_columns(const Surroundings *s, const int16_t *tap, int first, int end,
                                int at, float *column) {
  Floats sum = {0};
  for (int j = first; j < end; j++) {
    Ints samples;
    widen_words(&samples, s->row[j] + at);
    sum += (float)tap[j] * __builtin_convertvector(samples, Floats);
  }
  memcpy(column, &sum, sizeof sum);
}

/* Interpolates LANES samples horizontally. */
INLINE void interpolate_row(const ZsdPrediction *p, const float *column, const int16_t *tap,
                            float *z) {
  const float scale = SAMPLE / UNITY / UNITY;
  Floats sum = {0};
  for (int i = 0; i < TAPS; i++) {
    Floats values;
    memcpy(&values, column + i, sizeof values);
    sum += (float)tap[i] * values;
  }
  sum = p->gain * (sum * scale) + p->offset;
  memcpy(z, &sum, sizeof sum);
}

/* Variance of white noise after the filter, relative to that before. */
static float filtered_variance(const int16_t *tap) {
  int sum = 0;
  for (int i = 0; i < TAPS; i++)
    sum += tap[i] * tap[i];
  return (float)sum * (1.0f / UNITY / UNITY);
}

/* n <= SPAN samples of which the first lies right of column x and below row y by these phases;
 * k is that of the nearest sample, less what the filter averages out. */
static void predict_span(const ZsdPrediction *p, int y, int phase_y, int x, int phase_x, int n,
                         float *z, float *k) {
  const int columns = (n + LANES - 1) / LANES * LANES + LANES;
  const int first = phase_y ? 0 : BEFORE, end = phase_y ? TAPS : BEFORE + 1;
  const int near_x = x + (phase_x >= PHASES / 2);
  const int near_y = clamp(y + (phase_y >= PHASES / 2), 0, p->height - 1);
  const uint8_t *roots = p->k + (ptrdiff_t)near_y * p->width;
  float column[COLUMNS], interpolated[SPAN];
  Surroundings s;
  find_surroundings(p, &s, y, x, columns);
  for (int i = 0; i < columns; i += LANES)
    interpolate_columns(&s, taps[phase_y], first, end, i, column + i);
  for (int i = 0; i < n; i += LANES)
    interpolate_row(p, column + i, taps[phase_x], interpolated + i);
  memcpy(z, interpolated, (size_t)n * sizeof *z);
  const float filtered = filtered_variance(taps[phase_x]) * filtered_variance(taps[phase_y]);
  for (int i = 0; i < n; i++) {
    const float root = (float)roots[clamp(near_x + i, 0, p->width - 1)] * ROOT;
    k[i] = root * root * filtered;
  }
}

/* --- rows --- */

/* n samples of row y from x on, all of motion vector v; z and k begin at x. */
static void predict_run(const ZsdPrediction *p, int y, int x, int n, int room,
                        ZsdMotionVector v, float *z, float *k) {
  const int dx = (8 * v.x + v.eighths_x) * (p->half_width ? 1 : 2); /* sixteenths */
  const int dy = (8 * v.y + v.eighths_y) * (p->half_height ? 1 : 2);
  const int phase_x = dx & (PHASES - 1), phase_y = dy & (PHASES - 1);
  const int from_x = x + (dx - phase_x) / PHASES, from_y = y + (dy - phase_y) / PHASES;
  if (!phase_x && !phase_y) {
    predict_whole(p, from_y, from_x, n, room, z, k);
    return;
  }
  for (int i = 0; i < n; i += SPAN)
    predict_span(p, from_y, phase_y, from_x + i, phase_x, n - i < SPAN ? n - i : SPAN, z + i,
                 k + i);
}

static ZsdMotionVector vector_at(const ZsdPrediction *p, int block) {
  return p->vectors[block < p->n_vectors ? block : p->n_vectors - 1];
}

/* The end of the run of blocks that have the motion vector v of sample x. */
static int end_of_run(const ZsdPrediction *p, int x, int end, ZsdMotionVector v) {
  for (int block = x / p->block_width + 1; block * p->block_width < end; block++) {
    const ZsdMotionVector w = vector_at(p, block);
    if (w.x != v.x || w.y != v.y || w.eighths_x != v.eighths_x || w.eighths_y != v.eighths_y)
      return block * p->block_width;
  }
  return end;
}

static void predict(const ZsdPrediction *p, int y, int begin, int end, float *z, float *k) {
  for (int x = begin, stop; x < end; x = stop) {
    const ZsdMotionVector v = vector_at(p, x / p->block_width);
    stop = end_of_run(p, x, end, v);
    predict_run(p, y, x, stop - x, end - x, v, z + (x - begin), k + (x - begin));
  }
}

static void store_state(uint16_t *restrict stored_z, uint8_t *restrict stored_k,
                        const float *restrict z, const float *restrict k, int n) {
  for (int x = 0; x < n; x++) {
    const float low = z[x] > 0 ? z[x] : 0;
    const float value = low < 1 ? low : 1;
    stored_z[x] = (uint16_t)(int)(value * 65535 + 0.5f);
  }
  for (int x = 0; x < n; x++)
    stored_k[x] = (uint8_t)(int)(255 * sqrtf(k[x]) + 0.5f);
}

static void join_states(float *restrict z, float *restrict k, const float *restrict y,
                        const ZsdStoredState *first, const ZsdStoredState *second, int n) {
  const uint16_t *restrict z1 = first->z, *restrict z2 = second->z;
  const uint8_t *restrict k1 = first->k, *restrict k2 = second->k;
  for (int x = 0; x < n; x++) {
    const float root1 = (float)(k1[x] > 0 ? k1[x] : 1), root2 = (float)(k2[x] > 0 ? k2[x] : 1);
    const float weight1 = 65025 / (root1 * root1), weight2 = 65025 / (root2 * root2);
    const float joined = 1 / (weight1 + weight2 - 1);
    const float d1 = (float)z1[x] * (1 / 65535.0f) - y[x];
    const float d2 = (float)z2[x] * (1 / 65535.0f) - y[x];
    z[x] = y[x] + joined * (weight1 * d1 + weight2 * d2);
    k[x] = joined;
  }
}

void ZSD_ISA_NAME(zsd_predict_init)(ZsdKernels *k) {
  k->predict = predict;
  k->store_state = store_state;
  k->join_states = join_states;
}
