/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/scene_change.h"

#include <math.h>
#include <stddef.h>

enum { MIN_CELL = 16 }; /* samples, each way: enough to average noise out */

static int cells(int size) {
  const int n = size / MIN_CELL;
  return n < 1 ? 1 : n > ZSD_SCENE_CELLS ? ZSD_SCENE_CELLS : n;
}

/* Sums of several columns, so that the compiler vectorises the loop. */
static float mean_of(const float *plane, int width, int left, int right, int top, int bottom) {
  enum { SIDE = 4 };
  double sum = 0;
  for (int y = top; y < bottom; y++) {
    const float *row = plane + (ptrdiff_t)y * width;
    float part[SIDE] = {0};
    int x = left;
    for (; x + SIDE <= right; x += SIDE)
      for (int i = 0; i < SIDE; i++)
        part[i] += row[x + i];
    for (; x < right; x++)
      part[0] += row[x];
    sum += (part[0] + part[1]) + (part[2] + part[3]);
  }
  return (float)(sum / ((double)(right - left) * (bottom - top)));
}

void zsd_scene_measure(ZsdScene *scene, const float *plane, int w, int h) {
  const int across = scene->across = cells(w), down = scene->down = cells(h);
  double sum = 0;
  for (int j = 0; j < down; j++)
    for (int i = 0; i < across; i++)
      sum += scene->cell[j][i] = mean_of(plane, w, w * i / across, w * (i + 1) / across,
                                         h * j / down, h * (j + 1) / down);
  for (int j = 0; j < down; j++)
    for (int i = 0; i < across; i++)
      scene->cell[j][i] -= (float)(sum / (across * down));
}

/* The smallest difference from the 3x3 cells around (i, j). */
static float nearest(const ZsdScene *scene, int i, int j, float value) {
  float best = INFINITY;
  for (int y = j - 1; y <= j + 1; y++)
    for (int x = i - 1; x <= i + 1; x++)
      if (x >= 0 && x < scene->across && y >= 0 && y < scene->down)
        best = fminf(best, fabsf(scene->cell[y][x] - value));
  return best;
}

double zsd_scene_change(const ZsdScene *before, const ZsdScene *now) {
  const double tolerance = 4.0 / 255; /* of each cell, so that flat pictures are alike */
  double difference = 0, most = 0;

  if (before->across == 0)
    return 0;
  if (before->across != now->across || before->down != now->down)
    return 1;
  for (int j = 0; j < now->down; j++)
    for (int i = 0; i < now->across; i++) {
      difference += nearest(before, i, j, now->cell[j][i]);
      most += tolerance + fabsf(before->cell[j][i]) + fabsf(now->cell[j][i]);
    }
  return difference / most;
}

bool zsd_scene_is_cut(ZsdScene *last, const float *plane, int w, int h, double threshold) {
  ZsdScene now;
  zsd_scene_measure(&now, plane, w, h);
  const bool cut = threshold > 0 && zsd_scene_change(last, &now) > threshold;
  *last = now;
  return cut;
}
