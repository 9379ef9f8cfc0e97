/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Still pictures, with `balanced` or `best`: the network's result is the first estimate for
 * NL-Bayes (nl_bayes.h). With `best` a network is then trained on the picture itself, by
 * synthetic pairs (synthetic_pairs.h), and applied to the result. */
#ifndef ZSD_STILL_H
#define ZSD_STILL_H

#include "filter/filter.h"
#include "zsdenoise.h"

/* Estimates the noise from the correlation between colour components, and passes it to
 * `fusion`, to which the frame has been added. No change if the picture does not allow that
 * estimate. Returns 0, or -1 without memory. */
int zsd_still_estimate_noise(ZsdFusion *fusion, const ZsdFrame *frame,
                             const ZsdKernels *kernels, int threads);

typedef struct {
  ZsdProfile profile; /* balanced or best */
  bool frozen;        /* no training, not even with `best` */
  const ZsdView *view;
  ZsdFilterState *state;         /* is reset */
  const ZsdFilterParams *params; /* its settings for earlier frames are ignored */
  const ZsdNetwork *net;         /* the network with the weights of `params` */
  uint64_t seed;
  const ZsdObserver *observer;
} ZsdStill;

/* Denoises the view's frame, whose z it overwrites, into the image that it was loaded from.
 * Returns ZSD_OK, ZSD_CANCELLED: the image may be filtered in part; or ZSD_NO_MEMORY: it is
 * unchanged.
 * To the observer all of it is one training, whose steps are bands of NL-Bayes and training
 * steps; a band has no loss. `training` receives the last step. */
ZsdResult zsd_still_run(const ZsdStill *still, ZsdFilter *filter, ZsdImage *image,
                        const ZsdKernels *kernels, int threads, ZsdTraining *training);

#endif
