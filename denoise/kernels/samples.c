/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion between samples of 8 or 16 bits and floats. */
#include "isa.h"

#include <string.h>

/* `step` is constant where samples are contiguous, so that the loop is vectorised. */
INLINE void load_bytes(float *restrict dst, const uint8_t *restrict src, int step, int n,
                       float scale) {
  for (int i = 0; i < n; i++)
    dst[i] = scale * (float)src[(ptrdiff_t)i * step];
}

static void load8(float *dst, const uint8_t *src, int step, int n, float scale) {
  if (step == 1)
    load_bytes(dst, src, 1, n, scale);
  else
    load_bytes(dst, src, step, n, scale);
}

INLINE void load_words(float *restrict dst, const uint8_t *restrict src, int step, int n,
                       float scale, int shift) {
  for (int i = 0; i < n; i++) {
    uint16_t sample;
    memcpy(&sample, src + (ptrdiff_t)i * step, sizeof sample);
    dst[i] = scale * (float)(sample >> shift);
  }
}

static void load16(float *dst, const uint8_t *src, int step, int n, float scale, int shift) {
  if (step == 2)
    load_words(dst, src, 2, n, scale, shift);
  else
    load_words(dst, src, step, n, scale, shift);
}

/* The comparisons turn NaN into 0, so that the conversion to an integer is always defined.
 * (Training rejects weights that produce NaN.) */
INLINE int quantise(float x, float noise, float strength, float max) {
  float clean = x - strength * noise;
  clean = clean > 0 ? clean : 0;
  clean = clean < 1 ? clean : 1;
  return (int)(clean * max + 0.5f);
}

INLINE void store_bytes(uint8_t *restrict dst, int step, const float *restrict x,
                        const float *restrict noise, int n, float strength) {
  for (int i = 0; i < n; i++)
    dst[(ptrdiff_t)i * step] = (uint8_t)quantise(x[i], noise[i], strength, 255);
}

static void store8(uint8_t *dst, int step, const float *x, const float *noise, int n,
                   float strength) {
  if (step == 1)
    store_bytes(dst, 1, x, noise, n, strength);
  else
    store_bytes(dst, step, x, noise, n, strength);
}

INLINE void store_words(uint8_t *restrict dst, int step, const float *restrict x,
                        const float *restrict noise, int n, float strength, float max,
                        int shift) {
  for (int i = 0; i < n; i++) {
    const uint16_t sample = (uint16_t)(quantise(x[i], noise[i], strength, max) << shift);
    memcpy(dst + (ptrdiff_t)i * step, &sample, sizeof sample);
  }
}

static void store16(uint8_t *dst, int step, const float *x, const float *noise, int n,
                    float strength, float max, int shift) {
  if (step == 2)
    store_words(dst, 2, x, noise, n, strength, max, shift);
  else
    store_words(dst, step, x, noise, n, strength, max, shift);
}

static void store8_interleaved(uint8_t *restrict dst, const float *restrict x,
                               const float *restrict x_noise, const float *restrict z,
                               const float *restrict z_noise, int n, float strength) {
  for (int i = 0; i < n; i++) {
    dst[2 * i] = (uint8_t)quantise(x[i], x_noise[i], strength, 255);
    dst[2 * i + 1] = (uint8_t)quantise(z[i], z_noise[i], strength, 255);
  }
}

void ZSD_ISA_NAME(zsd_samples_init)(ZsdKernels *k) {
  k->load8 = load8;
  k->load16 = load16;
  k->store8 = store8;
  k->store16 = store16;
  k->store8_interleaved = store8_interleaved;
}
