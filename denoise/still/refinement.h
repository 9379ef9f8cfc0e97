/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Wiener filter of blocks (filter/block_wiener.h) on a still picture, with the result of
 * NL-Bayes as the pilot. The two err differently, so their mean is better than each. */
#ifndef ZSD_STILL_REFINEMENT_H
#define ZSD_STILL_REFINEMENT_H

#include "frame/frame.h"
#include "network/input_features.h"

/* Replaces z of a component of the view's frame by its mean with the filtered y, other than in
 * clean regions; sets k to 1. Returns 0, or -1 without memory: z is unchanged. */
int zsd_still_refine(const ZsdView *view, int component, int threads);

#endif
