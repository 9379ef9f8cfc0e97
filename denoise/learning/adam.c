/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/adam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float BETA1 = 0.9f, BETA2 = 0.999f, EPSILON = 1e-8f;

int zsd_adam_reset(ZsdAdam *adam, size_t n) {
  if (adam->n != n) {
    zsd_adam_clear(adam);
    if (!(adam->mean = malloc(2 * n * sizeof(float))))
      return -1;
    adam->square = adam->mean + n;
    adam->n = n;
  }
  memset(adam->mean, 0, 2 * n * sizeof(float));
  adam->decay1 = adam->decay2 = 1;
  return 0;
}

void zsd_adam_clear(ZsdAdam *adam) {
  free(adam->mean);
  *adam = (ZsdAdam){0};
}

void zsd_adam_step(ZsdAdam *adam, float *params, const float *grads, double learning_rate) {
  adam->decay1 *= BETA1;
  adam->decay2 *= BETA2;
  const float rate = (float)(learning_rate / (1 - adam->decay1));
  const float unbias = (float)(1 / sqrt(1 - adam->decay2));
  for (size_t i = 0; i < adam->n; i++) {
    const float g = grads[i];
    adam->mean[i] = BETA1 * adam->mean[i] + (1 - BETA1) * g;
    adam->square[i] = BETA2 * adam->square[i] + (1 - BETA2) * g * g;
    params[i] -= rate * adam->mean[i] / (sqrtf(adam->square[i]) * unbias + EPSILON);
  }
}
