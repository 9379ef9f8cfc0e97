/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/hypotheses.h"

#include "base/clamp.h"
#include "temporal/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  RADIUS = 2,                    /* of the window whose differences decide for a sample */
  SPAN = 2 * RADIUS + 1,         /* its side */
  SIDE = ZSD_BLOCK + 2 * RADIUS, /* of a block with the windows of its samples */
};

/* Mean difference that noise of deviation 1 leaves in the pyramid. */
static const double SMOOTHED = 0.27;

/* By how much a sample's mean difference has to be smaller, and a block's gain that counts as
 * a second motion, as a mean over its samples: parts of the block's least mean difference, or
 * of what noise leaves where that is more. */
static const double MARGIN = 0.5, MIN_GAIN = 0.1;

/* Part of the blocks with irregular motion above which they are no edges of objects: the frames
 * have little in common, and what the better of two wrong vectors leaves would pass for noise.
 */
static const double MOST_IRREGULAR = 0.65;

int zsd_hypotheses_resize(ZsdHypotheses *h, int count) {
  h->vector = calloc((size_t)count, sizeof *h->vector);
  h->samples = calloc((size_t)count, sizeof *h->samples);
  return h->vector && h->samples ? 0 : -1;
}

void zsd_hypotheses_clear(ZsdHypotheses *h) {
  free(h->vector);
  free(h->samples);
  *h = (ZsdHypotheses){0};
}

/* Sums of the absolute differences in the windows of a block's samples. */
typedef struct {
  uint16_t sum[ZSD_BLOCK][ZSD_BLOCK];
} Differences;

typedef struct {
  const ZsdMotionField *field;
  const ZsdGrayPlane *now, *before;
  double noise; /* sum of differences in a window that noise leaves */
} Choice;

/* Whether the surroundings of the block at (x, y) lie inside of the plane and its margin. */
static bool is_inside(const ZsdGrayPlane *plane, int x, int y) {
  const int margin = ZSD_PYRAMID_MARGIN - RADIUS;
  return x >= -margin && y >= -margin && x + ZSD_BLOCK <= plane->width + margin &&
         y + ZSD_BLOCK <= plane->height + margin;
}

static void find_differences(const Choice *c, int x, int y, ZsdMotionVector v, Differences *d) {
  uint16_t across[SIDE][ZSD_BLOCK];
  for (int j = 0; j < SIDE; j++) {
    const uint8_t *now = c->now->data + (y + j - RADIUS) * c->now->row + x - RADIUS;
    const uint8_t *before =
        c->before->data + (y + v.y + j - RADIUS) * c->before->row + x + v.x - RADIUS;
    uint16_t difference[SIDE];
    for (int i = 0; i < SIDE; i++)
      difference[i] = (uint16_t)abs(now[i] - before[i]);
    for (int i = 0; i < ZSD_BLOCK; i++) {
      across[j][i] = 0;
      for (int k = 0; k < SPAN; k++)
        across[j][i] = (uint16_t)(across[j][i] + difference[i + k]);
    }
  }
  for (int j = 0; j < ZSD_BLOCK; j++)
    for (int i = 0; i < ZSD_BLOCK; i++) {
      d->sum[j][i] = 0;
      for (int k = 0; k < SPAN; k++)
        d->sum[j][i] = (uint16_t)(d->sum[j][i] + across[j + k][i]);
    }
}

/* Mean over the block's samples of the smaller difference. */
static double least_difference(const Differences *first, const Differences *second) {
  int sum = 0;
  for (int j = 0; j < ZSD_BLOCK; j++)
    for (int i = 0; i < ZSD_BLOCK; i++)
      sum += zsd_smaller(first->sum[j][i], second->sum[j][i]);
  return (double)sum / (ZSD_BLOCK * ZSD_BLOCK);
}

/* Samples that the second hypothesis predicts better, and by how much as a mean over the block.
 */
static uint64_t compare(const Differences *first, const Differences *second, double margin,
                        double *gain) {
  const int least = (int)margin;
  uint64_t samples = 0;
  int sum = 0;
  for (int j = 0; j < ZSD_BLOCK; j++)
    for (int i = 0; i < ZSD_BLOCK; i++) {
      const int less = first->sum[j][i] - second->sum[j][i] - least;
      if (less <= 0)
        continue;
      sum += less;
      samples |= (uint64_t)1 << (ZSD_BLOCK * j + i);
    }
  *gain = (double)sum / (ZSD_BLOCK * ZSD_BLOCK);
  return samples;
}

/* Collects the vectors of the blocks around (i, j) that differ from its own. Returns how many.
 */
static int find_candidates(const ZsdMotionField *field, int i, int j,
                           ZsdMotionVector found[8]) {
  const ZsdMotionVector own = field->vector[j * field->across + i];
  int n = 0;
  for (int k = 0; k < 9; k++) {
    const int row = zsd_clamp(j + k / 3 - 1, 0, field->down - 1);
    const int column = zsd_clamp(i + k % 3 - 1, 0, field->across - 1);
    const ZsdMotionVector v = field->vector[row * field->across + column];
    bool known = v.x == own.x && v.y == own.y;
    for (int m = 0; m < n; m++)
      known |= v.x == found[m].x && v.y == found[m].y;
    if (!known)
      found[n++] = v;
  }
  return n;
}

static void choose(const ZsdHypotheses *h, const Choice *c, int i, int j) {
  const int block = j * c->field->across + i, x = i * ZSD_BLOCK, y = j * ZSD_BLOCK;
  const ZsdMotionVector own = c->field->vector[block];
  ZsdMotionVector candidates[8];
  Differences first, second;
  if (!is_inside(c->before, x + own.x, y + own.y))
    return;
  find_differences(c, x, y, own, &first);
  if (least_difference(&first, &first) <= c->noise)
    return; /* there is nothing to gain */
  const int n = find_candidates(c->field, i, j, candidates);
  double best = 0;
  for (int k = 0; k < n; k++) {
    const ZsdMotionVector v = candidates[k];
    double gain;
    if (!is_inside(c->before, x + v.x, y + v.y))
      continue;
    find_differences(c, x, y, v, &second);
    const double unit = fmax(c->noise, least_difference(&first, &second));
    const uint64_t samples = compare(&first, &second, MARGIN * unit, &gain);
    if (gain > MIN_GAIN * unit && gain > best) {
      best = gain;
      h->samples[block] = samples;
      h->vector[block] = v;
    }
  }
}

void zsd_hypotheses_drop(const ZsdHypotheses *h, const ZsdMotionField *field) {
  memset(h->samples, 0, (size_t)field->across * field->down * sizeof *h->samples);
}

static bool is_irregular_everywhere(const uint8_t *kinds, int blocks) {
  int irregular = 0;
  for (int i = 0; i < blocks; i++)
    irregular += kinds[i] == ZSD_IRREGULAR;
  return irregular > MOST_IRREGULAR * blocks;
}

void zsd_hypotheses_choose(const ZsdHypotheses *h, const ZsdMotionField *field,
                           const uint8_t *kinds, const ZsdPyramid *now,
                           const ZsdPyramid *before, const ZsdMotionParams *search) {
  const Choice c = {field, &now->level[0], &before->level[0],
                    SMOOTHED * 255 * search->sigma * SPAN * SPAN};
  zsd_hypotheses_drop(h, field);
  if (is_irregular_everywhere(kinds, field->across * field->down))
    return;
#pragma omp parallel for schedule(dynamic) num_threads(search->threads)
  for (int j = 0; j < field->down; j++)
    for (int i = 0; i < field->across; i++)
      if (kinds[j * field->across + i] == ZSD_IRREGULAR)
        choose(h, &c, i, j);
}

void zsd_hypotheses_predict(const ZsdHypotheses *h, const ZsdMotionField *field,
                            ZsdPrediction prediction, const ZsdKernels *kernels, int y,
                            int begin, int end, float *z, float *k) {
  const int size = prediction.block_width, row = y << prediction.half_height;
  const ptrdiff_t blocks = (ptrdiff_t)(row / ZSD_BLOCK) * field->across;
  prediction.vectors = h->vector + blocks;
  for (int i = begin / size; i * size < end; i++) {
    const uint64_t samples = h->samples[blocks + i] >> (row % ZSD_BLOCK * ZSD_BLOCK) & 255;
    const int x = i * size, stop = zsd_smaller(x + size, end);
    float second_z[ZSD_BLOCK], second_k[ZSD_BLOCK];
    if (!samples)
      continue;
    kernels->predict(&prediction, y, x, stop, second_z, second_k);
    for (int at = x; at < stop; at++)
      if (samples >> ((at - x) << prediction.half_width) & 1) {
        z[at - begin] = second_z[at - x];
        k[at - begin] = second_k[at - x];
      }
  }
}
