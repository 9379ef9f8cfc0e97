/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference implementations of the losses: double precision, whole pictures, direct loops. */
#ifndef NAIVE_H
#define NAIVE_H

#include "network/network.h"
#include "base/tensor.h"

/* Sum of residual and consistency loss (zsn2n_loss.h) of a picture, for a network of this shape
 * with parameters `params`. */
double naive_zsn2n_loss(const ZsdNetwork *shape, const double *params,
                        const ZsdTensor *picture);

/* Residual loss (n2n_loss.h) of a pair, with the mean error taken over patches of `patch_size`
 * samples each way. Not divided by the number of samples. */
double naive_n2n_loss(const ZsdNetwork *shape, const double *params, const ZsdTensor *input,
                      const ZsdTensor *target, const ZsdTensor *weight, int patch_size,
                      double mean_weight);

#endif
