/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patches/trajectories.h"

#include "base/clamp.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void zsd_trajectories_clear(ZsdTrajectories *t) {
  free(t->vector);
  free(t->distance);
  *t = (ZsdTrajectories){0};
}

int zsd_trajectories_new(ZsdTrajectories *t, int width, int height, int patch) {
  t->columns = width - patch + 1;
  t->rows = height - patch + 1;
  t->across = (t->columns - 1) / ZSD_TRAJECTORY_GRID + 2;
  t->down = (t->rows - 1) / ZSD_TRAJECTORY_GRID + 2;
  const size_t n = (size_t)t->across * t->down;
  t->vector = malloc(n * sizeof *t->vector);
  t->distance = malloc(n * sizeof *t->distance);
  if (t->vector && t->distance)
    return 0;
  zsd_trajectories_clear(t);
  return -1;
}

/* Search for one patch. */
typedef struct {
  const ZsdTrajectories *trajectories;
  const ZsdTrajectoryPlanes *planes;
  const ZsdKernels *kernels;
  ZsdTemplate patch;
  int x, y;       /* best position so far */
  float distance; /* there */
} Search;

/* Compares the patches at columns [left, right] of a row of positions. */
static void try_row(Search *s, int left, int right, int y) {
  const ZsdTrajectoryPlanes *planes = s->planes;
  float distance[3] = {0};
  s->kernels->patch_ssd(distance, planes->other + (ptrdiff_t)y * planes->width + left,
                        planes->width, &s->patch, right - left + 1);
  for (int x = left; x <= right; x++)
    if (distance[x - left] < s->distance) {
      s->distance = distance[x - left];
      s->x = x;
      s->y = y;
    }
}

static void try_position(Search *s, int x, int y) {
  x = zsd_clamp(x, 0, s->trajectories->columns - 1);
  y = zsd_clamp(y, 0, s->trajectories->rows - 1);
  if (x != s->x || y != s->y)
    try_row(s, x, x, y);
}

static void try_around(Search *s) {
  const int left = s->x > 0 ? s->x - 1 : 0, top = s->y > 0 ? s->y - 1 : 0;
  const int right = zsd_smaller(s->x + 1, s->trajectories->columns - 1);
  const int bottom = zsd_smaller(s->y + 1, s->trajectories->rows - 1);
  for (int y = top; y <= bottom; y++)
    try_row(s, left, right, y);
}

/* Tries the vectors of the block that contains the middle of the patch and of the four blocks
 * around it, the zero vector, and the positions around the best of them. */
static void find(const ZsdTrajectories *t, const ZsdTrajectoryPlanes *planes,
                 const ZsdMotionField *field, const ZsdKernels *kernels, int i, int j) {
  static const int around[5][2] = {{0, 0}, {0, -1}, {-1, 0}, {1, 0}, {0, 1}};
  const int x = zsd_smaller(i * ZSD_TRAJECTORY_GRID, t->columns - 1);
  const int y = zsd_smaller(j * ZSD_TRAJECTORY_GRID, t->rows - 1);
  const int size = planes->patch;
  float samples[ZSD_BLOCK * ZSD_BLOCK];
  Search s = {t, planes, kernels, {samples, size, size, 1}, -1, -1, INFINITY};

  for (int r = 0; r < size; r++)
    memcpy(samples + r * size, planes->now + (ptrdiff_t)(y + r) * planes->width + x,
           size * sizeof(float));
  for (int k = 0; k < 5; k++) {
    const int bi = zsd_clamp((x + size / 2) / ZSD_BLOCK + around[k][0], 0, field->across - 1);
    const int bj = zsd_clamp((y + size / 2) / ZSD_BLOCK + around[k][1], 0, field->down - 1);
    const ZsdMotionVector v = field->vector[bj * field->across + bi];
    try_position(&s, x + v.x, y + v.y);
  }
  try_position(&s, x, y);
  try_around(&s);
  t->vector[j * t->across + i] =
      (ZsdMotionVector){.x = (int16_t)(s.x - x), .y = (int16_t)(s.y - y)};
  t->distance[j * t->across + i] = s.distance;
}

void zsd_trajectories_find(const ZsdTrajectories *t, const ZsdTrajectoryPlanes *planes,
                           const ZsdMotionField *field, const ZsdKernels *kernels,
                           int threads) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int j = 0; j < t->down; j++)
    for (int i = 0; i < t->across; i++)
      find(t, planes, field, kernels, i, j);
}
