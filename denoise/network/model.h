/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks learned elsewhere as what learning begins with. */
#ifndef ZSD_MODEL_H
#define ZSD_MODEL_H

#include "network/network.h"
#include "zsdenoise.h"

/* The settings in force where learning begins with the model, whose parameters may be NULL:
 * there is none then. Its width is the network's where none is set, and on a keyframe nothing
 * is learned that is not asked for, as with the built-in weights. */
ZsdSettings zsd_model_resolve(const ZsdModel *model, const ZsdSettings *settings);

/* Whether a network of this shape can begin with the model, or there is none. */
bool zsd_model_fits(const ZsdModel *model, ZsdShape shape);

/* A copy of a network's parameters. Returns 0, or -1 without memory. */
int zsd_model_copy(ZsdModel *model, ZsdShape shape, const float *params);

#endif
