/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise for tests and demonstrations. */
#define _DEFAULT_SOURCE /* M_PI */
#include "base/random.h"
#include "zsdenoise.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Entries of the table of normal numbers, all of equal probability. A table is fast enough for
 * live video, which takes 1.5 million numbers a frame. The largest entry is 4.2 deviations. */
enum { VALUES = 65536 };

struct ZsdNoise {
  ZsdRandom random;
  uint64_t bits; /* unused random bits, 16 for each number */
  int left;      /* numbers left in `bits`, 0..4 */
};

static float normal[VALUES];

/* Inverts the normal distribution function by Newton's method, each value starting from the
 * previous one. The function is concave above 0, so that no step overshoots. */
static void make_normal(void) {
  enum { STEPS = 6 };
  double x = 0;
  for (int i = VALUES / 2; i < VALUES; i++) {
    const double p = (i + 0.5) / VALUES;
    for (int k = 0; k < STEPS; k++)
      x += (p - 1 + 0.5 * erfc(x * M_SQRT1_2)) * sqrt(2 * M_PI) * exp(x * x / 2);
    normal[i] = (float)x;
    normal[VALUES - 1 - i] = (float)-x;
  }
}

ZsdNoise *zsd_noise_new(uint64_t seed) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  ZsdNoise *noise = malloc(sizeof *noise);
  if (!noise)
    return NULL;
  zsd_random_seed(&noise->random, seed);
  noise->left = 0;
  pthread_once(&once, make_normal);
  return noise;
}

void zsd_noise_free(ZsdNoise *noise) {
  free(noise);
}

static double draw_normal(ZsdNoise *noise) {
  if (noise->left == 0) {
    noise->bits = zsd_random_next(&noise->random);
    noise->left = 4;
  }
  const uint16_t index = (uint16_t)noise->bits;
  noise->bits >>= 16;
  noise->left--;
  return normal[index];
}

/* A Poisson variable: by multiplication of uniform variables (Knuth, TAOCP volume 2, 3.4.1) up
 * to a mean of 60, above by the normal approximation. */
static double poisson(ZsdNoise *noise, double mean) {
  if (mean > 60)
    return mean + sqrt(mean) * draw_normal(noise);
  const double limit = exp(-mean);
  int n = 0;
  for (double p = zsd_random_uniform(&noise->random); p > limit; n++)
    p *= zsd_random_uniform(&noise->random);
  return n;
}

/* A row of normal noise, filtered by [1/2 1 1/2] and scaled back to deviation 1. */
static void correlated_row(ZsdNoise *noise, float *row, int width) {
  double before = draw_normal(noise), here = draw_normal(noise);
  for (int x = 0; x < width; x++) {
    const double after = draw_normal(noise);
    row[x] = (float)((0.5 * before + here + 0.5 * after) / sqrt(1.5));
    before = here;
    here = after;
  }
}

/* The value of a sample, 0..1. */
static double get(const ZsdImage *image, const uint8_t *sample) {
  uint16_t word = *sample;
  if (image->depth > 8)
    memcpy(&word, sample, sizeof word);
  return (double)(word >> image->shift) / ((1 << image->depth) - 1);
}

static void add(const ZsdImage *image, uint8_t *sample, double noise) {
  const double sum = get(image, sample) + noise, max = (1 << image->depth) - 1;
  const double clipped = sum < 0 ? 0 : sum > 1 ? 1 : sum;
  const uint16_t word = (uint16_t)((uint16_t)(clipped * max + 0.5) << image->shift);
  if (image->depth > 8)
    memcpy(sample, &word, sizeof word);
  else
    *sample = (uint8_t)word;
}

/* Shot noise at a value of 0..1. Full scale is 1 / degree^2 photons, where the relative
 * deviation is `degree`. */
static double shot(ZsdNoise *noise, double value, double degree) {
  const double photons = 1 / (degree * degree), mean = value * photons;
  return (poisson(noise, mean) - mean) / photons;
}

static void add_independent(ZsdNoise *noise, const ZsdImage *image, const ZsdComponent *c,
                            ZsdNoiseKind kind, double degree) {
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++) {
      uint8_t *sample = c->data + y * c->stride + (ptrdiff_t)x * c->step;
      add(image, sample,
          kind == ZSD_NOISE_POISSON ? shot(noise, get(image, sample), degree)
                                    : degree * draw_normal(noise));
    }
}

/* `rows`: scratch memory for the rows above, at and below the current one. */
static void add_correlated(ZsdNoise *noise, const ZsdImage *image, const ZsdComponent *c,
                           float *rows, double degree) {
  float *above = rows, *here = above + c->width, *below = here + c->width;
  correlated_row(noise, above, c->width);
  correlated_row(noise, here, c->width);
  for (int y = 0; y < c->height; y++) {
    correlated_row(noise, below, c->width);
    for (int x = 0; x < c->width; x++)
      add(image, c->data + y * c->stride + (ptrdiff_t)x * c->step,
          degree * (0.5 * above[x] + here[x] + 0.5 * below[x]) / sqrt(1.5));
    float *oldest = above;
    above = here;
    here = below;
    below = oldest;
  }
}

int zsd_noise_add(ZsdNoise *noise, ZsdImage *image, ZsdNoiseKind kind, double degree) {
  if (degree <= 0)
    return 0;
  float *rows = malloc(3 * (size_t)image->width * sizeof *rows);
  if (!rows)
    return -1;
  for (int i = 0; i < image->components; i++)
    if (kind == ZSD_NOISE_CORRELATED)
      add_correlated(noise, image, &image->component[i], rows, degree);
    else
      add_independent(noise, image, &image->component[i], kind, degree);
  free(rows);
  return 0;
}
