/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOCK = 16,
  MAX_BLOCKS = 4096, /* of a large picture only so many are looked at */
};

static float value(const ZsdImage *image, const ZsdComponent *c, int x, int y) {
  const uint8_t *p = c->data + y * c->stride + (ptrdiff_t)x * c->step;
  if (image->depth == 8)
    return *p;
  uint16_t word;
  memcpy(&word, p, sizeof word);
  return (float)(word >> image->shift) * 255 / ((1 << image->depth) - 1);
}

/* The mean square over a block of the mask
 *    1 -2  1
 *   -2  4 -2     which planes and edges along the axes pass, and which turns white noise of
 *    1 -2  1     deviation 1 into deviation 6
 * (Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996). -1 for a block with more
 * than `clipped` samples at an end of the range, where noise is cut off. */
static float block_energy(const ZsdImage *image, const ZsdComponent *c, int left, int top,
                          int clipped) {
  float v[BLOCK][BLOCK];
  double sum = 0;
  for (int y = 0; y < BLOCK; y++)
    for (int x = 0; x < BLOCK; x++) {
      v[y][x] = value(image, c, left + x, top + y);
      if ((v[y][x] <= 0 || v[y][x] >= 255) && --clipped < 0)
        return -1;
    }
  for (int y = 1; y < BLOCK - 1; y++)
    for (int x = 1; x < BLOCK - 1; x++) {
      const float corners =
          v[y - 1][x - 1] + v[y - 1][x + 1] + v[y + 1][x - 1] + v[y + 1][x + 1];
      const float sides = v[y - 1][x] + v[y + 1][x] + v[y][x - 1] + v[y][x + 1];
      const double response = corners - 2 * sides + 4 * v[y][x];
      sum += response * response;
    }
  return (float)(sum / ((BLOCK - 2) * (BLOCK - 2)));
}

static int ascending(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* The energies of the picture's blocks that may be used; how many there are. */
static int block_energies(float energy[MAX_BLOCKS], const ZsdImage *image, int clipped) {
  const ZsdComponent *c = &image->component[image->rgb ? 1 : 0];
  const int across = c->width / BLOCK, down = c->height / BLOCK;
  const int every = across * down / MAX_BLOCKS + 1;
  int n = 0;
  for (int i = 0; i < across * down; i += every) {
    const float e = block_energy(image, c, i % across * BLOCK, i / across * BLOCK, clipped);
    if (e >= 0)
      energy[n++] = e;
  }
  return n;
}

double zsd_noise_sigma(const ZsdImage *image) {
  /* The mean of the flattest fifth of the blocks is this part of the mean of all in a picture
   * of nothing but white noise (simulated). */
  const double flattest = 0.2, of_mean = 0.755;
  float energy[MAX_BLOCKS];
  int n = block_energies(energy, image, BLOCK * BLOCK / 8);

  if (n == 0)
    n = block_energies(energy, image, BLOCK * BLOCK);
  if (n == 0)
    return -1;
  qsort(energy, n, sizeof *energy, ascending);
  const int taken = (int)ceil(flattest * n);
  double sum = 0;
  for (int i = 0; i < taken; i++)
    sum += energy[i];
  return sqrt(sum / taken / of_mean) / 6;
}
