/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trained networks of the caller's, as initial weights of the training. */
#ifndef ZSD_MODEL_H
#define ZSD_MODEL_H

#include "network/network.h"
#include "zsdenoise.h"

/* The effective settings where training starts from the model. The number of hidden channels is
 * the model's unless set, and keyframes are trained on only if `epochs` is set, as with the
 * built-in weights. A model without parameters (NULL) is no model and changes nothing. */
ZsdSettings zsd_model_resolve(const ZsdModel *model, const ZsdSettings *settings);

/* Whether the model has this shape, or has no parameters. */
bool zsd_model_fits(const ZsdModel *model, ZsdShape shape);

/* Copies a network's parameters to the model. Returns 0, or -1 without memory. */
int zsd_model_copy(ZsdModel *model, ZsdShape shape, const float *params);

#endif
