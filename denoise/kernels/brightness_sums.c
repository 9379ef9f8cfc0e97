/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums for the regression of brightness. There is a sum for each of SIDE columns, so that the
 * order of additions is the same in all instruction sets. */
#include "isa.h"

#include <math.h>

enum { SIDE = 16 }; /* samples that are added at a time */

typedef struct {
  float n[SIDE], p[SIDE], d[SIDE], q[SIDE], qp[SIDE], qq[SIDE], qd[SIDE], dd[SIDE];
} Columns;

INLINE void add(Columns *s, const float *y, const float *p, const float *q,
                const ZsdBrightnessChange *c, float reach, int n) {
#if !defined(__clang__)
#pragma GCC unroll 1
#endif
  for (int x = 0; x < n; x++) {
    const float weight = fabsf(y[x] - c->gain * p[x] - c->offset) <= reach ? 1.0f : 0.0f;
    const float d = y[x] - p[x], wd = weight * d, wq = weight * q[x];
    s->n[x] += weight;
    s->p[x] += weight * p[x];
    s->d[x] += wd;
    s->q[x] += wq;
    s->qp[x] += wq * p[x];
    s->qq[x] += wq * q[x];
    s->qd[x] += wq * d;
    s->dd[x] += wd * d;
  }
}

INLINE float total(const float *c) {
  float sum = 0;
  for (int x = 0; x < SIDE; x++)
    sum += c[x];
  return sum;
}

static void brightness_sums(ZsdBrightnessSums *sums, const float *y, const float *p,
                            const float *q, int n, const ZsdBrightnessChange *change,
                            float reach) {
  Columns s = {0};
  const ZsdBrightnessChange c = *change;
  int x = 0;
  for (; x + SIDE <= n; x += SIDE)
    add(&s, y + x, p + x, q + x, &c, reach, SIDE);
  add(&s, y + x, p + x, q + x, &c, reach, n - x);
  *sums = (ZsdBrightnessSums){.n = total(s.n),
                              .p = total(s.p),
                              .d = total(s.d),
                              .q = total(s.q),
                              .qp = total(s.qp),
                              .qq = total(s.qq),
                              .qd = total(s.qd),
                              .dd = total(s.dd)};
}

void ZSD_ISA_NAME(zsd_brightness_sums_init)(ZsdKernels *k) {
  k->brightness_sums = brightness_sums;
}
