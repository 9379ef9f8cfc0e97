/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_ADAM_H
#define ZSD_ADAM_H

#include <stddef.h>

/* The Adam optimiser (Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015,
 * algorithm 1) with beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8. */
typedef struct {
  size_t n;
  float *mean, *square;  /* first and second moment of the gradient */
  double decay1, decay2; /* beta1 and beta2 to the power of the steps taken */
} ZsdAdam;

/* Allocates and clears the state for n parameters; it begins as {0}. Returns 0, or -1 without
 * memory. */
int zsd_adam_reset(ZsdAdam *adam, size_t n);
void zsd_adam_clear(ZsdAdam *adam);

/* Takes a step: changes `params` along `grads`, n floats each. */
void zsd_adam_step(ZsdAdam *adam, float *params, const float *grads, double learning_rate);

#endif
