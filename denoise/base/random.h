/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_RANDOM_H
#define ZSD_RANDOM_H

#include <stdint.h>

/* xoshiro256++ 1.0 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators",
 * 2021). */
typedef struct {
  uint64_t state[4];
} ZsdRandom;

/* Every seed is valid, 0 too. */
void zsd_random_seed(ZsdRandom *r, uint64_t seed);

uint64_t zsd_random_next(ZsdRandom *r);

/* Uniform in [0, 1). */
double zsd_random_uniform(ZsdRandom *r);

/* Uniform in 0..n-1; n is at least 1. */
uint32_t zsd_random_below(ZsdRandom *r, uint32_t n);

/* Normal, mean 0 and deviation 1. */
double zsd_random_normal(ZsdRandom *r);

#endif
