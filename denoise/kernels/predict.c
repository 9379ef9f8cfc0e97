/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage of a frame's Kalman state, the motion-compensated prediction from it, and the joining
 * of two states. */
#include "isa.h"

#include <math.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* Source samples of a run. Between two samples of a subsampled component the value is the mean
 * of the neighbours: samples x and x + right of the upper and the lower row. */
typedef struct {
  const uint16_t *upper, *lower; /* rows of z; the same row at a whole vertical position */
  const uint8_t *root;           /* upper row of 255 sqrt(k) */
  int right;                     /* 0, or 1 at half a horizontal position */
} Source;

enum { LANES = 8 };
typedef uint16_t Words __attribute__((vector_size(LANES * sizeof(uint16_t))));
typedef uint8_t Bytes __attribute__((vector_size(LANES)));
typedef int32_t Ints __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef float Floats __attribute__((vector_size(LANES * sizeof(float))));

static const float FOURTH = 0.25f / 65535; /* of a sum of four values */
static const float ROOT = 1 / 255.0f;

INLINE void predict_sample(const ZsdPrediction *p, const Source *s, int left, int right,
                           float *z, float *k) {
  const int sum = s->upper[left] + s->upper[right] + s->lower[left] + s->lower[right];
  const float root = (float)s->root[left] * ROOT;
  *z = p->gain * ((float)sum * FOURTH) + p->offset;
  *k = root * root;
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

INLINE void predict_lanes(const ZsdPrediction *p, const Source *s, ptrdiff_t at, bool between,
                          float *z, float *k) {
  Ints sum, root;
  widen_words(&sum, s->upper + at);
  if (between) {
    Ints b, c, d;
    widen_words(&b, s->upper + at + s->right);
    widen_words(&c, s->lower + at);
    widen_words(&d, s->lower + at + s->right);
    sum += b + c + d;
  } else {
    sum *= 4;
  }
  widen_bytes(&root, s->root + at);
  const Floats roots = __builtin_convertvector(root, Floats) * ROOT;
  const Floats values = p->gain * (__builtin_convertvector(sum, Floats) * FOURTH) + p->offset;
  const Floats squares = roots * roots;
  memcpy(z, &values, sizeof values);
  memcpy(k, &squares, sizeof squares);
}

/* n source samples from x on, all inside the picture. `between`: means of neighbours are
 * needed. */
INLINE void predict_inside(const ZsdPrediction *p, const Source *s, int x, int n, bool between,
                           float *z, float *k) {
  int i = 0;
  for (; i + LANES <= n; i += LANES)
    predict_lanes(p, s, x + i, between, z + i, k + i);
  for (; i < n; i++)
    predict_sample(p, s, x + i, x + i + s->right, z + i, k + i);
}

INLINE int clamp(int x, int low, int high) {
  return x < low ? low : x > high ? high : x;
}

/* n source samples from x on that may lie outside the picture. */
static void predict_outside(const ZsdPrediction *p, const Source *s, int x, int n, float *z,
                            float *k) {
  for (int i = 0; i < n; i++)
    predict_sample(p, s, clamp(x + i, 0, p->width - 1),
                   clamp(x + i + s->right, 0, p->width - 1), z + i, k + i);
}

/* n samples of row y from x on, all of motion vector v; z and k begin at x. Up to `room`
 * samples may be written: those past the run's end are overwritten by the next run. */
static void predict_run(const ZsdPrediction *p, int y, int x, int n, int room,
                        ZsdMotionVector v, float *z, float *k) {
  const int dy = v.y >> p->half_height, from = x + (v.x >> p->half_width);
  const int right = p->half_width & v.x & 1, down = p->half_height & v.y & 1;
  const ptrdiff_t upper = (ptrdiff_t)clamp(y + dy, 0, p->height - 1) * p->width;
  const ptrdiff_t lower = (ptrdiff_t)clamp(y + dy + down, 0, p->height - 1) * p->width;
  const Source s = {p->z + upper, p->z + lower, p->k + upper, right};
  const int before = clamp(-from, 0, n), lanes = (n + LANES - 1) / LANES * LANES;
  const int last = p->width - right - from; /* the first sample from past the row's end */
  const bool spill = before < n && lanes <= room && lanes <= last;
  const int end = spill ? lanes : clamp(last, before, n);

  predict_outside(p, &s, from, before, z, k);
  if (right | down)
    predict_inside(p, &s, from + before, end - before, true, z + before, k + before);
  else
    predict_inside(p, &s, from + before, end - before, false, z + before, k + before);
  predict_outside(p, &s, from + end, n - end, z + end, k + end);
}

static ZsdMotionVector vector_at(const ZsdPrediction *p, int block) {
  return p->vectors[block < p->n_vectors ? block : p->n_vectors - 1];
}

/* The end of the run of blocks that have the motion vector v of sample x. */
static int end_of_run(const ZsdPrediction *p, int x, int end, ZsdMotionVector v) {
  for (int block = x / p->block_width + 1; block * p->block_width < end; block++) {
    const ZsdMotionVector w = vector_at(p, block);
    if (w.x != v.x || w.y != v.y)
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
