/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers that are the same on every machine. */
#include "base/random.h"

#include <math.h>

/* SplitMix64 fills the state, as xoshiro's authors advise. */
void zsd_random_seed(ZsdRandom *r, uint64_t seed) {
  for (int i = 0; i < 4; i++) {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    r->state[i] = z ^ (z >> 31);
  }
}

static uint64_t rotate(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

uint64_t zsd_random_next(ZsdRandom *r) {
  uint64_t *s = r->state, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

double zsd_random_uniform(ZsdRandom *r) {
  return (zsd_random_next(r) >> 11) * 0x1p-53;
}

uint32_t zsd_random_below(ZsdRandom *r, uint32_t n) {
  return (uint32_t)(((zsd_random_next(r) >> 32) * n) >> 32);
}

/* Box and Muller's transform, its second value left unused to keep the generator without a
 * memory of its own. */
double zsd_random_normal(ZsdRandom *r) {
  double u = 1 - zsd_random_uniform(r); /* (0, 1] */
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * zsd_random_uniform(r));
}
