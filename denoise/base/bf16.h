/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bfloat16: the upper half of an IEEE 754 single-precision number. */
#ifndef ZSD_BF16_H
#define ZSD_BF16_H

#include <stdint.h>
#include <string.h>

typedef uint16_t ZsdBf16;

/* Rounds to nearest, ties to even; NaN stays NaN (quiet). */
static inline ZsdBf16 zsd_bf16_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (x != x)
    return (ZsdBf16)(bits >> 16 | 0x40);
  return (ZsdBf16)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float zsd_bf16_round(float x) {
  const uint32_t bits = (uint32_t)zsd_bf16_of(x) << 16;
  memcpy(&x, &bits, sizeof x);
  return x;
}

#endif
