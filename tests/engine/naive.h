/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference implementations of the losses, in double precision, on whole pictures. */
#ifndef NAIVE_H
#define NAIVE_H

#include "network/network.h"
#include "base/tensor.h"

/* Residual and consistency loss of a picture, for the network's shape and these parameters. */
double naive_loss(const ZsdNetwork *shape, const double *params, const ZsdTensor *picture);

/* The sum of weight (f(input) - target)^2 over all samples; and for each patch and channel
 * `level` times the square of the sum of weight (f(input) - target) over the sum of weights. */
double naive_looks(const ZsdNetwork *shape, const double *params, const ZsdTensor *input,
                   const ZsdTensor *target, const ZsdTensor *weight, int patch, double level);

#endif
