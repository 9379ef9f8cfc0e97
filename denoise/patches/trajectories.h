/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trajectories: for patches on a grid of a frame, the position of their content in another
 * frame. The motion field of blocks is refined by matching the patches themselves. */
#ifndef ZSD_TRAJECTORIES_H
#define ZSD_TRAJECTORIES_H

#include "temporal/motion.h"

enum { ZSD_TRAJECTORY_GRID = 4 }; /* samples from one patch to the next */

typedef struct {
  int columns, rows; /* positions of patches in a frame */
  int across, down;  /* patches of the grid; the last ones are those at the frame's edge */
  ZsdMotionVector *vector; /* to positions inside the frame */
  float *distance;         /* sum of squared differences of the two patches */
} ZsdTrajectories;

/* Allocates for frames of width x height samples, at least `patch`. Returns 0, or -1 without
 * memory. Initialise with {0}. */
int zsd_trajectories_new(ZsdTrajectories *trajectories, int width, int height, int patch);
void zsd_trajectories_clear(ZsdTrajectories *trajectories);

/* A plane of a frame, and one of another frame. */
typedef struct {
  const float *now, *other;
  int width, height;
  int patch; /* width and height of a patch, at most ZSD_BLOCK */
} ZsdTrajectoryPlanes;

/* Finds the patches of `now` in `other`. `field`: motion from `now` to `other`. */
void zsd_trajectories_find(const ZsdTrajectories *trajectories,
                           const ZsdTrajectoryPlanes *planes, const ZsdMotionField *field,
                           const ZsdKernels *kernels, int threads);

/* Index of the grid's patch nearest to (x, y). */
static inline int zsd_trajectory_at(const ZsdTrajectories *t, int x, int y) {
  const int i = (x + ZSD_TRAJECTORY_GRID / 2) / ZSD_TRAJECTORY_GRID;
  const int j = (y + ZSD_TRAJECTORY_GRID / 2) / ZSD_TRAJECTORY_GRID;
  return j * t->across + i;
}

#endif
