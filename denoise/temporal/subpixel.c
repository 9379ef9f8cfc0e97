/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/subpixel.h"

#include "base/clamp.h"

#include <math.h>

/* Variance of the displacement from the whole-sample vector that is assumed a priori, samples
 * squared: somewhat above that of an even distribution over half a sample each way, 1 / 12. */
static const double PRIOR_VARIANCE = 1.0 / 8;

/* Reduction of the squared differences, in variances of the noise, from which a block at rest
 * is displaced: noise alone reaches it in one block of 150. */
static const double MIN_EXPLAINED = 10;

typedef struct {
  double x, y;
} Displacement;

/* One step of Lucas' and Kanade's method (An iterative image registration technique, 1981),
 * with a prior: minimises sum (d - g v)^2 / variance + v^2 / PRIOR_VARIANCE. Displacements of
 * less significance than `min_explained` are 0. */
static Displacement solve(const ZsdDisplacementSums *sums, double variance,
                          double min_explained) {
  const double prior = variance / PRIOR_VARIANCE;
  const double xx = sums->xx / 4.0 + prior, yy = sums->yy / 4.0 + prior, xy = sums->xy / 4.0;
  const double xd = sums->xd / 2.0, yd = sums->yd / 2.0, determinant = xx * yy - xy * xy;
  if (determinant <= 0)
    return (Displacement){0, 0}; /* neither noise nor texture */
  const Displacement v = {(yy * xd - xy * yd) / determinant, (xx * yd - xy * xd) / determinant};
  if (v.x * xd + v.y * yd < min_explained * variance)
    return (Displacement){0, 0};
  return (Displacement){fmax(-1, fmin(1, v.x)), fmax(-1, fmin(1, v.y))};
}

/* Adds a displacement to a coordinate of a vector. */
static void add(int16_t *whole, int8_t *eighths, double displacement) {
  const int sum = 8 * *whole + (int)lrint(8 * displacement);
  const int nearest = (sum + 4) >> 3;
  *whole = (int16_t)nearest;
  *eighths = (int8_t)(sum - 8 * nearest);
}

/* Whether the window's surroundings, one sample wide, lie inside the plane and its margin. */
static bool has_gradient(const ZsdGrayPlane *plane, int x, int y) {
  const int margin = ZSD_PYRAMID_MARGIN - 1, size = ZSD_MOTION_WINDOW;
  return x >= -margin && y >= -margin && x + size <= plane->width + margin &&
         y + size <= plane->height + margin;
}

static void refine_block(ZsdMotionField *field, const ZsdGrayPlane *now,
                         const ZsdGrayPlane *before, const ZsdMotionParams *search, int i,
                         int j) {
  const int block = j * field->across + i, around = (ZSD_MOTION_WINDOW - ZSD_BLOCK) / 2;
  const int x = i * ZSD_BLOCK - around, y = j * ZSD_BLOCK - around;
  const double sigma = 255 * search->sigma;
  ZsdMotionVector *v = &field->vector[block];
  ZsdDisplacementSums sums;
  if (!has_gradient(before, x + v->x, y + v->y))
    return;
  search->kernels->displacement16(&sums, now->data + y * now->row + x, now->row,
                                  before->data + (y + v->y) * before->row + x + v->x,
                                  before->row);
  const bool still = v->x == 0 && v->y == 0;
  const Displacement d = solve(&sums, sigma * sigma, still ? MIN_EXPLAINED : 0);
  add(&v->x, &v->eighths_x, d.x);
  add(&v->y, &v->eighths_y, d.y);
  if (still && (d.x != 0 || d.y != 0))
    field->moves[block] = ZSD_MAY_MOVE;
}

void zsd_subpixel_refine(ZsdMotionField *field, const ZsdPyramid *now, const ZsdPyramid *before,
                         const ZsdMotionParams *search) {
#pragma omp parallel for schedule(static) num_threads(search->threads)
  for (int j = 0; j < field->down; j++)
    for (int i = 0; i < field->across; i++)
      refine_block(field, &now->level[0], &before->level[0], search, i, j);
}
