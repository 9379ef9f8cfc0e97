/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_BOUNDS_H
#define ZSD_BOUNDS_H

static inline int zsd_smaller(int a, int b) {
  return a < b ? a : b;
}

/* The number nearest to x in low..high, which is not empty. */
static inline int zsd_clamp(int x, int low, int high) {
  return x < low ? low : x > high ? high : x;
}

#endif
