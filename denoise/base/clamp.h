/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_CLAMP_H
#define ZSD_CLAMP_H

static inline int zsd_larger(int a, int b) {
  return a > b ? a : b;
}

static inline int zsd_smaller(int a, int b) {
  return a < b ? a : b;
}

/* x limited to low..high, with low <= high. */
static inline int zsd_clamp(int x, int low, int high) {
  return x < low ? low : x > high ? high : x;
}

#endif
