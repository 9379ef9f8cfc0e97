/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/gate.h"

#include "base/clamp.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
  RADIUS = ZSD_KALMAN_RADIUS,
  MEAN_RADIUS = 2, /* of the 5x5 window of the mean innovation */
  REGULAR = 2,     /* largest difference from the neighbours' vectors, samples */
  AROUND = 2,      /* blocks each way, of which */
  MIN_MOVING = 3,  /* or more move where motion is */
};

/* Standard deviations from which the mean of five innovations in a line is no noise, but a thin
 * object, such as a streak of rain. */
static const double LINE = 3.7;

/* Standard deviations by which the mean square, and the squared mean, of a window may exceed
 * their expectation, and process noise: growth of the estimate's variance from frame to frame,
 * relative to the noise's, which bounds the gain from below. Moving texture is never predicted
 * exactly. */
static const struct {
  double mean_square, squared_mean, process_noise;
} margins[ZSD_MOTION_KINDS] = {
    [ZSD_STILL] = {1.5, 8, 0.002},
    [ZSD_REGULAR] = {0.8, 8, 0.1},
    [ZSD_IRREGULAR] = {0, 4, 0.5},
};

/* The mean over n x n samples of correlated noise varies like the mean over fewer independent
 * samples. */
void zsd_gates_set(ZsdGate gates[ZSD_MOTION_KINDS], const ZsdNoiseModel *noise, double age) {
  const double a = noise->lag1, b = noise->lag2;
  const int n2 = 2 * RADIUS + 1, n1 = 2 * MEAN_RADIUS + 1;
  const double along2 = 1 + 2 * (a * a * (n2 - 1) / n2 + b * b * (n2 - 2) / n2);
  const double along1 = 1 + 2 * (a * (n1 - 1) / n1 + b * (n1 - 2) / n1);
  for (int i = 0; i < ZSD_MOTION_KINDS; i++)
    gates[i] = (ZsdGate){
        .max_mean_square = (float)(1 + margins[i].mean_square * sqrt(2.0 / (n2 * n2)) * along2),
        .max_squared_mean = (float)(margins[i].squared_mean * along1 * along1 / (n1 * n1)),
        .max_squared_line = (float)(LINE * LINE * along1 / n1),
        .process_noise = (float)(age * margins[i].process_noise),
    };
}

static int block_at(const ZsdMotionField *field, int i, int j) {
  return zsd_clamp(j, 0, field->down - 1) * field->across + zsd_clamp(i, 0, field->across - 1);
}

/* Whether enough of the blocks around move that a vector, though it may be no better than zero
 * but for noise, is a true one. */
static bool is_amid_motion(const ZsdMotionField *field, int i, int j) {
  const int left = zsd_clamp(i - AROUND, 0, i),
            right = zsd_smaller(i + AROUND + 1, field->across);
  const int top = zsd_clamp(j - AROUND, 0, j),
            bottom = zsd_smaller(j + AROUND + 1, field->down);
  int moving = 0;
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++)
      moving += field->moves[y * field->across + x] != ZSD_RESTS;
  return moving >= MIN_MOVING;
}

static bool differs(ZsdMotionVector v, ZsdMotionVector w) {
  return abs(w.x - v.x) + abs(w.y - v.y) > REGULAR;
}

static ZsdMotionKind kind_of(const ZsdMotionField *field, int i, int j) {
  const ZsdMotionVector *vector = field->vector, v = vector[block_at(field, i, j)];
  if (!(v.x || v.y || v.eighths_x || v.eighths_y) || !is_amid_motion(field, i, j))
    return ZSD_STILL;
  if (differs(v, vector[block_at(field, i - 1, j)]) ||
      differs(v, vector[block_at(field, i + 1, j)]) ||
      differs(v, vector[block_at(field, i, j - 1)]) ||
      differs(v, vector[block_at(field, i, j + 1)]))
    return ZSD_IRREGULAR;
  return ZSD_REGULAR;
}

/* Isolated displacements are noise. */
static void confirm(ZsdMotionField *field, int block, ZsdMotionKind kind) {
  if (field->moves[block] != ZSD_MAY_MOVE)
    return;
  field->moves[block] = kind == ZSD_STILL ? ZSD_RESTS : ZSD_MOVES;
  if (kind == ZSD_STILL)
    field->vector[block] = (ZsdMotionVector){0};
}

void zsd_motion_kinds(uint8_t *kinds, ZsdMotionField *field, int threads) {
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static)
    for (int j = 0; j < field->down; j++)
      for (int i = 0; i < field->across; i++)
        kinds[j * field->across + i] = (uint8_t)kind_of(field, i, j);
#pragma omp for schedule(static)
    for (int i = 0; i < field->across * field->down; i++)
      confirm(field, i, kinds[i]);
  }
}
