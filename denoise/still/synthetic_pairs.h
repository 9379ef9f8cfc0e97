/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training pairs from a picture that has been denoised: the result is taken for a clean
 * picture, noise is added to it, and it is denoised in the same way. That leaves artefacts like
 * those of the real result, but with a known clean picture, and the network is trained to
 * remove them. */
#ifndef ZSD_SYNTHETIC_PAIRS_H
#define ZSD_SYNTHETIC_PAIRS_H

#include "network/input_features.h"
#include "learning/trainer.h"

enum { ZSD_SYNTHETIC_PAIRS_STEPS = 400 };

/* Begins as {0}. */
typedef struct {
  ZsdImage image; /* shape of the noisy picture: the original's, or that of its centre */
  ZsdLayout layout;
  ZsdFrame frame;                   /* y and z: the clean picture with noise */
  float *clean[ZSD_MAX_COMPONENTS]; /* planes, 0..1 */
} ZsdSyntheticPairs;

/* Takes z of the view's frame for clean, and adds noise of the model that the view's fusion
 * has. `image`: shape of the picture that the frame was loaded from, of which at most the
 * central 1024x1024 samples are used. Returns 0, or -1 without memory. */
int zsd_synthetic_pairs_make(ZsdSyntheticPairs *pairs, const ZsdView *view,
                             const ZsdImage *image, uint64_t seed);
void zsd_synthetic_pairs_clear(ZsdSyntheticPairs *pairs);

/* Whether the noise model that the pairs were made with is right: what denoising has removed
 * from the brightness of the frame that they were made from is as strong and as correlated as
 * what it has removed from the noisy picture of the pairs. z of both frames have been denoised.
 */
bool zsd_synthetic_pairs_fit(const ZsdSyntheticPairs *pairs, const ZsdFrame *frame);

/* Trains the network, from its present parameters, to predict what z of `pairs->frame`, shown
 * by `view`, has in addition to the clean picture. z has been denoised since
 * zsd_synthetic_pairs_make(). */
ZsdOutcome zsd_synthetic_pairs_train(const ZsdSyntheticPairs *pairs, const ZsdView *view,
                                     ZsdNetwork *net, uint64_t seed, const ZsdKernels *kernels,
                                     int threads, const ZsdObserver *observer);

#endif
