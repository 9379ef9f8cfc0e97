/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loss of Zero-Shot Noise2Noise once more: in double precision, whole pictures at a time
 * and as simply as it can be said. */
#ifndef NAIVE_H
#define NAIVE_H

#include "network.h"
#include "tensor.h"

/* Residual and consistency loss of a picture, for the network's shape and these parameters. */
double naive_loss(const ZsdNetwork *shape, const double *params, const ZsdTensor *picture);

#endif
