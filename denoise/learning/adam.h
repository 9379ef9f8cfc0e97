/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_ADAM_H
#define ZSD_ADAM_H

#include <stddef.h>

/* Adam (Kingma and Ba, ICLR 2015, algorithm 1) with the paper's constants: decay of the means
 * 0.9 and 0.999, epsilon 1e-8. */
typedef struct {
  size_t n;
  float *mean, *square;  /* running means of the gradient and of its square */
  double decay1, decay2; /* 0.9 and 0.999 to the power of the steps taken */
} ZsdAdam;

/* State for n parameters, no step taken. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_adam_reset(ZsdAdam *adam, size_t n);
void zsd_adam_clear(ZsdAdam *adam);

void zsd_adam_step(ZsdAdam *adam, float *params, const float *grads, double learning_rate);

#endif
