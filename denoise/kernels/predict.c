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
  MAX_COLUMNS = COLUMNS / LANES,
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

/* Stores the first n lanes, or all. */
INLINE void store_lanes(float *to, const Floats *from, int n) {
  if (n >= LANES)
    memcpy(to, from, sizeof *from);
  else
    memcpy(to, from, n * sizeof *to);
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
 * rounded to 1 / 16384; the sum of each row is 1. */
#define W(integer) ((integer) / 16384.0f)
static const float taps[PHASES][TAPS] = {
    {0, 0, 0, W(16384), 0, 0, 0, 0},
    {W(-93), W(304), W(-850), W(16271), W(990), W(-345), W(111), W(-4)},
    {W(-165), W(560), W(-1551), W(15933), W(2105), W(-719), W(238), W(-17)},
    {W(-216), W(762), W(-2100), W(15385), W(3326), W(-1110), W(374), W(-37)},
    {W(-247), W(908), W(-2495), W(14638), W(4631), W(-1502), W(516), W(-65)},
    {W(-258), W(1000), W(-2744), W(13711), W(5995), W(-1877), W(655), W(-98)},
    {W(-253), W(1039), W(-2856), W(12635), W(7388), W(-2218), W(784), W(-135)},
    {W(-235), W(1030), W(-2842), W(11435), W(8780), W(-2506), W(894), W(-172)},
    {W(-207), W(979), W(-2720), W(10140), W(10140), W(-2720), W(979), W(-207)},
    {W(-172), W(894), W(-2506), W(8780), W(11435), W(-2842), W(1030), W(-235)},
    {W(-135), W(784), W(-2218), W(7388), W(12635), W(-2856), W(1039), W(-253)},
    {W(-98), W(655), W(-1877), W(5995), W(13711), W(-2744), W(1000), W(-258)},
    {W(-65), W(516), W(-1502), W(4631), W(14638), W(-2495), W(908), W(-247)},
    {W(-37), W(374), W(-1110), W(3326), W(15385), W(-2100), W(762), W(-216)},
    {W(-17), W(238), W(-719), W(2105), W(15933), W(-1551), W(560), W(-165)},
    {W(-4), W(111), W(-345), W(990), W(16271), W(-850), W(304), W(-93)},
};
#undef W

/* Samples from which a span is interpolated: TAPS rows, from BEFORE samples left of it on. */
typedef struct {
  const uint16_t *row[TAPS];
  uint16_t copy[TAPS][COLUMNS]; /* of rows that reach beyond the picture */
} Surroundings;

static void copy_surroundings(const ZsdPrediction *p, Surroundings *s, int y, int x,
                              int columns) {
  const int left = x - BEFORE, first = clamp(-left, 0, columns); /* inside the picture */
  const int end = clamp(p->width - left, first, columns);
  for (int j = 0; j < TAPS; j++) {
    const uint16_t *row = p->z + (ptrdiff_t)clamp(y + j - BEFORE, 0, p->height - 1) * p->width;
    uint16_t *copy = s->copy[j];
    for (int i = 0; i < first; i++)
      copy[i] = row[0];
    if (first < end)
      memcpy(copy + first, row + left + first, (end - first) * sizeof *copy);
    for (int i = end; i < columns; i++)
      copy[i] = row[p->width - 1];
    s->row[j] = copy;
  }
}

INLINE void find_surroundings(const ZsdPrediction *p, Surroundings *s, int y, int x,
                              int columns) {
  if (x < BEFORE || x - BEFORE + columns > p->width) {
    copy_surroundings(p, s, y, x, columns);
    return;
  }
  for (int j = 0; j < TAPS; j++)
    s->row[j] =
        p->z + (ptrdiff_t)clamp(y + j - BEFORE, 0, p->height - 1) * p->width + x - BEFORE;
}

/* Interpolates `count` vectors of columns of the surroundings vertically; `count` is constant
 * at each call. */
INLINE void add_columns(const Surroundings *s, const float *tap, int first, int end, int count,
                        Floats *columns) {
  for (int i = 0; i < count; i++)
    columns[i] = (Floats){0};
  for (int j = first; j < end; j++)
    for (int i = 0; i < count; i++) {
      Ints samples;
      widen_words(&samples, s->row[j] + i * LANES);
      columns[i] += tap[j] * __builtin_convertvector(samples, Floats);
    }
}

static void interpolate_columns(const Surroundings *s, const float *tap, bool between,
                                int count, Floats columns[MAX_COLUMNS]) {
  const int first = between ? 0 : BEFORE, end = between ? TAPS : BEFORE + 1;
  if (count == 2)
    add_columns(s, tap, first, end, 2, columns);
  else if (count == 3)
    add_columns(s, tap, first, end, 3, columns);
  else if (count == 4)
    add_columns(s, tap, first, end, 4, columns);
  else
    add_columns(s, tap, first, end, MAX_COLUMNS, columns);
}

/* Lanes i .. i + LANES - 1 of two vectors, one after the other. */
#define SHIFTED(a, b, i)                                                                       \
  __builtin_shufflevector(a, b, i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7)

/* Interpolates LANES samples horizontally, from columns `a` and those after them, `b`. */
INLINE void interpolate_row(const ZsdPrediction *p, const Floats *a, const Floats *b,
                            const float *tap, Floats *z) {
  const Floats sum = tap[0] * *a + tap[1] * SHIFTED(*a, *b, 1) + tap[2] * SHIFTED(*a, *b, 2) +
                     tap[3] * SHIFTED(*a, *b, 3) + tap[4] * SHIFTED(*a, *b, 4) +
                     tap[5] * SHIFTED(*a, *b, 5) + tap[6] * SHIFTED(*a, *b, 6) +
                     tap[7] * SHIFTED(*a, *b, 7);
  *z = p->gain * (sum * SAMPLE) + p->offset;
}

/* Variance of white noise after the filter, relative to that before: the sum of the squared
 * weights. */
static const float filtered[PHASES] = {
    1,          0.9934622f, 0.9745800f, 0.9468613f, 0.9140156f, 0.8809917f,
    0.8533837f, 0.8350222f, 0.8286483f, 0.8350222f, 0.8533837f, 0.8809917f,
    0.9140156f, 0.9468613f, 0.9745800f, 0.9934622f,
};

/* n samples of k from roots x on, some of which may lie outside the picture. */
static void filter_variance(const ZsdPrediction *p, const uint8_t *roots, int x, int n,
                            float scale, float *k) {
  int i = 0;
  for (; i < n && x >= 0 && x + i + LANES <= p->width; i += LANES) {
    Ints root;
    widen_bytes(&root, roots + x + i);
    const Floats r = __builtin_convertvector(root, Floats) * ROOT, variance = r * r * scale;
    store_lanes(k + i, &variance, n - i);
  }
  for (; i < n; i++) {
    const float root = (float)roots[clamp(x + i, 0, p->width - 1)] * ROOT;
    k[i] = root * root * scale;
  }
}

/* n <= SPAN samples of which the first lies right of column x and below row y by these phases;
 * k is that of the nearest sample, less what the filter averages out. */
static void predict_span(const ZsdPrediction *p, int y, int phase_y, int x, int phase_x, int n,
                         float *z, float *k) {
  const int columns = (n + LANES - 1) / LANES * LANES + LANES;
  const int near_y = clamp(y + (phase_y >= PHASES / 2), 0, p->height - 1);
  Floats interpolated, column[MAX_COLUMNS];
  Surroundings s;
  find_surroundings(p, &s, y, x, columns);
  interpolate_columns(&s, taps[phase_y], phase_y, columns / LANES, column);
  for (int i = 0; i < n; i += LANES) {
    interpolate_row(p, &column[i / LANES], &column[i / LANES + 1], taps[phase_x],
                    &interpolated);
    store_lanes(z + i, &interpolated, n - i);
  }
  filter_variance(p, p->k + (ptrdiff_t)near_y * p->width, x + (phase_x >= PHASES / 2), n,
                  filtered[phase_x] * filtered[phase_y], k);
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
