/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NL-Bayes along the motion: patches that are similar to each other in a first estimate of a
 * frame, the pilot, are followed into the frames before and after it, and denoised together.
 *
 * The patches of a trajectory are split into their mean over time and the deviations from it.
 * Means and deviations are two groups with covariances of their own, taken from the pilots, and
 * each has a Wiener filter (patches/group.h): where the content stands still along the
 * trajectory, the deviations are noise and nothing remains of them; where it changes, the
 * filter lets the change pass. The noise in a mean over T frames has 1/T of the variance. The
 * idea of grouping volumes along the motion is that of V-BM4D (Maggioni, Boracchi, Foi and
 * Egiazarian, IEEE Transactions on Image Processing 21(9), 2012), and the Wiener filter from a
 * pilot that of VNLB (Arias and Morel, Journal of Mathematical Imaging and Vision 60, 2018). */
#ifndef ZSD_VIDEO_NL_BAYES_H
#define ZSD_VIDEO_NL_BAYES_H

#include "frame/frame.h"
#include "noise/noise_estimate.h"
#include "zsdenoise.h"

enum { ZSD_VIDEO_NL_BAYES_MAX_FRAMES = 9 };

/* A frame of the window. The planes of each component are height x width samples without gaps;
 * 65535 is 1. */
typedef struct {
  const uint16_t *noisy[ZSD_MAX_COMPONENTS];
  const uint16_t *pilot[ZSD_MAX_COMPONENTS]; /* of the same frame, already clean */
} ZsdVideoFrame;

typedef struct {
  const ZsdVideoFrame *frames; /* in presentation order */
  int n_frames;                /* 1..ZSD_VIDEO_NL_BAYES_MAX_FRAMES */
  int current;                 /* index of the frame to denoise */
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  const ZsdObserver *observer; /* may cancel; or NULL */
} ZsdVideoWindow;

/* Working memory for frames of one shape, to be reused. */
typedef struct ZsdVideoNlBayes ZsdVideoNlBayes;

/* `shape`: components and their sizes; its planes are not used. NULL without memory. */
ZsdVideoNlBayes *zsd_video_nl_bayes_new(const ZsdFrame *shape, const ZsdKernels *kernels);
void zsd_video_nl_bayes_free(ZsdVideoNlBayes *nl_bayes);

/* Denoises the current frame of a window into the planes `out`, which may be its pilot's. The
 * pilot remains in frames smaller than a patch of 8x8 luma samples, and in the last row and
 * column of chroma where no patch reaches them. The result does not depend on the number of
 * threads. Returns ZSD_OK, ZSD_CANCELLED or ZSD_NO_MEMORY; in the last two cases `out` is
 * unchanged. */
ZsdResult zsd_video_nl_bayes_run(ZsdVideoNlBayes *nl_bayes, const ZsdVideoWindow *window,
                                 uint16_t *const out[ZSD_MAX_COMPONENTS], int threads);

#endif
