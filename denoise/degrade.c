/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise to try a denoiser on. */
#include "random.h"
#include "zsdenoise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ZsdNoise {
  ZsdRandom random;
};

ZsdNoise *zsd_noise_new(uint64_t seed) {
  ZsdNoise *noise = malloc(sizeof *noise);
  if (noise)
    zsd_random_seed(&noise->random, seed);
  return noise;
}

void zsd_noise_free(ZsdNoise *noise) {
  free(noise);
}

/* A Poisson variable: multiplied uniforms (Knuth, TAOCP 2, 3.4.1) for few photons, for many the
 * normal distribution, which is as good then. */
static double poisson(ZsdRandom *random, double mean) {
  if (mean > 60)
    return mean + sqrt(mean) * zsd_random_normal(random);
  const double limit = exp(-mean);
  int n = 0;
  for (double p = zsd_random_uniform(random); p > limit; n++)
    p *= zsd_random_uniform(random);
  return n;
}

/* Rows of normal noise, [1/2 1 1/2] filtered along the row and scaled back to deviation 1. */
static void correlated_row(ZsdRandom *random, float *row, int width) {
  double before = zsd_random_normal(random), here = zsd_random_normal(random);
  for (int x = 0; x < width; x++) {
    const double after = zsd_random_normal(random);
    row[x] = (float)((0.5 * before + here + 0.5 * after) / sqrt(1.5));
    before = here;
    here = after;
  }
}

/* A sample, 0..1. */
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

/* Full scale is 1 / degree^2 photons, so that the deviation there is `degree`. */
static double shot(ZsdRandom *random, double value, double degree) {
  const double photons = 1 / (degree * degree), mean = value * photons;
  return (poisson(random, mean) - mean) / photons;
}

static void add_independent(ZsdNoise *noise, const ZsdImage *image, const ZsdComponent *c,
                            ZsdNoiseKind kind, double degree) {
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++) {
      uint8_t *sample = c->data + y * c->stride + (ptrdiff_t)x * c->step;
      add(image, sample,
          kind == ZSD_NOISE_POISSON ? shot(&noise->random, get(image, sample), degree)
                                    : degree * zsd_random_normal(&noise->random));
    }
}

/* The rows of `rows` are those above, at and below the current one. */
static void add_correlated(ZsdNoise *noise, const ZsdImage *image, const ZsdComponent *c,
                           float *rows, double degree) {
  float *above = rows, *here = above + c->width, *below = here + c->width;
  correlated_row(&noise->random, above, c->width);
  correlated_row(&noise->random, here, c->width);
  for (int y = 0; y < c->height; y++) {
    correlated_row(&noise->random, below, c->width);
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
