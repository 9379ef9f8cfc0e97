/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning from a picture that has been denoised already: as far as it is known now it is made
 * noisy once more and denoised in the same way. That leaves the same kinds of traces, and this
 * time the picture is known: the network is taught to take them off. */
#ifndef ZSD_SYNTHETIC_PAIRS_H
#define ZSD_SYNTHETIC_PAIRS_H

#include "network/input_features.h"
#include "learning/trainer.h"

enum { ZSD_SYNTHETIC_PAIRS_STEPS = 400 };

/* Begins as {0}. */
typedef struct {
  ZsdImage image; /* the shape of what is rehearsed: all of a picture, or its middle */
  ZsdLayout layout;
  ZsdFrame frame;                   /* y and z: noisy once more */
  float *known[ZSD_MAX_COMPONENTS]; /* what it is made from */
} ZsdSyntheticPairs;

/* Makes the z of the view's frame, which was loaded from an image of this shape, noisy once
 * more; its noise is that which the view's fusion knows of. Returns 0, or -1 without memory. */
int zsd_synthetic_pairs_make(ZsdSyntheticPairs *synthetic, const ZsdView *view,
                             const ZsdImage *image, uint64_t seed);
void zsd_synthetic_pairs_clear(ZsdSyntheticPairs *synthetic);

/* When `view` shows the synthetic's frame, and its z what was made of that: teaches the
 * network, from the parameters that it has. */
ZsdOutcome zsd_synthetic_pairs_train(const ZsdSyntheticPairs *synthetic, const ZsdView *view,
                                     ZsdNetwork *net, uint64_t seed, const ZsdKernels *kernels,
                                     int threads, const ZsdObserver *observer);

#endif
