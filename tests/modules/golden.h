/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The golden vectors that tests/reference/reference.py makes: see there. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "network/network.h"
#include "base/tensor.h"

enum { GOLDEN_CASES = 5 };

typedef struct {
  int every, steps;
  ZsdTensor picture, output;
  ZsdNetwork net;
  float residual, consistency;
  float *gradient, *learned; /* every `every`-th parameter's */
} Golden;

/* Reads case number `index`. A file that is not as it should be fails the test. */
void golden_read(Golden *golden, const char *file, int index);
void golden_clear(Golden *golden);

#endif
