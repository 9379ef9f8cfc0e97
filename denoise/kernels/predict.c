/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeping what a frame showed, and taking it along the motion to the next one. */
#include "set.h"

#include <math.h>
#include <string.h>

/* Between two samples of a component that is subsampled stands their mean: of those that lie
 * 0 or 1 across and 0 or 1 row down. */
typedef struct {
  const uint16_t *upper, *lower; /* rows of z */
  const uint8_t *root;           /* row of roots of k */
  int right;                     /* 0 or 1 */
} Source;

enum { LANES = 8 };
typedef uint16_t Words __attribute__((vector_size(LANES * sizeof(uint16_t))));
typedef uint8_t Bytes __attribute__((vector_size(LANES)));
typedef int32_t Ints __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef float Floats __attribute__((vector_size(LANES * sizeof(float))));

static const float FOURTH = 0.25f / 65535, ROOT = 1 / 255.0f;

INLINE void predict_sample(const ZsdPrediction *p, const Source *s, int left, int right,
                           float *z, float *k) {
  const int sum = s->upper[left] + s->upper[right] + s->lower[left] + s->lower[right];
  const float root = (float)s->root[left] * ROOT;
  *z = p->gain * ((float)sum * FOURTH) + p->offset;
  *k = root * root;
}

/* The compilers' own vectors of a longer loop would leave most runs, which are short, to single
 * samples. */
INLINE void predict_lanes(const ZsdPrediction *p, const Source *s, ptrdiff_t at, bool between,
                          float *z, float *k) {
  Words a, b, c, d;
  Bytes root;
  memcpy(&a, s->upper + at, sizeof a);
  Ints sum = __builtin_convertvector(a, Ints);
  if (between) {
    memcpy(&b, s->upper + at + s->right, sizeof b);
    memcpy(&c, s->lower + at, sizeof c);
    memcpy(&d, s->lower + at + s->right, sizeof d);
    sum += __builtin_convertvector(b, Ints) + __builtin_convertvector(c, Ints) +
           __builtin_convertvector(d, Ints);
  } else {
    sum *= 4;
  }
  memcpy(&root, s->root + at, sizeof root);
  const Floats roots =
      __builtin_convertvector(__builtin_convertvector(root, Ints), Floats) * ROOT;
  const Floats values = p->gain * (__builtin_convertvector(sum, Floats) * FOURTH) + p->offset;
  const Floats squares = roots * roots;
  memcpy(z, &values, sizeof values);
  memcpy(k, &squares, sizeof squares);
}

/* `n` samples from x on, which is where z and k begin; they come from `dx` beside them, and lie
 * in the picture there. */
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

/* The same of samples that do not. */
static void predict_outside(const ZsdPrediction *p, const Source *s, int x, int n, float *z,
                            float *k) {
  for (int i = 0; i < n; i++)
    predict_sample(p, s, clamp(x + i, 0, p->width - 1),
                   clamp(x + i + s->right, 0, p->width - 1), z + i, k + i);
}

/* `n` samples of row y from x on, which is where z and k begin; all move by v. */
static void predict_run(const ZsdPrediction *p, int y, int x, int n, ZsdVector v, float *z,
                        float *k) {
  const int dy = v.y >> p->half_height, from = x + (v.x >> p->half_width);
  const int right = p->half_width & v.x & 1, down = p->half_height & v.y & 1;
  const ptrdiff_t upper = (ptrdiff_t)clamp(y + dy, 0, p->height - 1) * p->width;
  const ptrdiff_t lower = (ptrdiff_t)clamp(y + dy + down, 0, p->height - 1) * p->width;
  const Source s = {p->z + upper, p->z + lower, p->k + upper, right};
  const int inside = clamp(-from, 0, n), outside = clamp(p->width - right - from, inside, n);

  predict_outside(p, &s, from, inside, z, k);
  if (right | down)
    predict_inside(p, &s, from + inside, outside - inside, true, z + inside, k + inside);
  else
    predict_inside(p, &s, from + inside, outside - inside, false, z + inside, k + inside);
  predict_outside(p, &s, from + outside, n - outside, z + outside, k + outside);
}

static ZsdVector vector_at(const ZsdPrediction *p, int block) {
  return p->vector[block < p->vectors ? block : p->vectors - 1];
}

/* The end of the run of blocks that move as that of sample x does. */
static int end_of_run(const ZsdPrediction *p, int x, int end, ZsdVector v) {
  for (int block = x / p->block + 1; block * p->block < end; block++) {
    const ZsdVector w = vector_at(p, block);
    if (w.x != v.x || w.y != v.y)
      return block * p->block;
  }
  return end;
}

static void predict(const ZsdPrediction *p, int y, int begin, int end, float *z, float *k) {
  for (int x = begin, stop; x < end; x = stop) {
    const ZsdVector v = vector_at(p, x / p->block);
    stop = end_of_run(p, x, end, v);
    predict_run(p, y, x, stop - x, v, z + (x - begin), k + (x - begin));
  }
}

static void keep(uint16_t *restrict kept_z, uint8_t *restrict kept_k, const float *restrict z,
                 const float *restrict k, int n) {
  for (int x = 0; x < n; x++) {
    const float low = z[x] > 0 ? z[x] : 0;
    const float value = low < 1 ? low : 1;
    kept_z[x] = (uint16_t)(int)(value * 65535 + 0.5f);
  }
  for (int x = 0; x < n; x++)
    kept_k[x] = (uint8_t)(int)(255 * sqrtf(k[x]) + 0.5f);
}

void JOIN(zsd_predict_fill, SET)(ZsdKernels *k) {
  k->predict = predict;
  k->keep = keep;
}
