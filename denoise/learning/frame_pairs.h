/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning from one frame to the next: parts of a frame are remembered as the network saw them,
 * and the next frame, where it shows the same, is the second look (looks.h) at them. The noise
 * of two frames is independent, whatever it is within one. */
#ifndef ZSD_FRAME_PAIRS_H
#define ZSD_FRAME_PAIRS_H

#include "network/input_features.h"
#include "learning/n2n_loss.h"
#include "base/random.h"

typedef struct ZsdFramePairs ZsdFramePairs;

/* For networks of this shape. NULL: no memory. */
ZsdFramePairs *zsd_frame_pairs_new(ZsdShape shape);
void zsd_frame_pairs_free(ZsdFramePairs *pairs);
void zsd_frame_pairs_clear(ZsdFramePairs *pairs);

/* Remembers `count` parts of the frame, at random places. Some of them as if the frame were the
 * first one: the more, the less of it is fused. Returns 0, or -1 without memory: none is
 * remembered. */
int zsd_frame_pairs_store(ZsdFramePairs *pairs, const ZsdView *view, int count,
                          ZsdRandom *random);

/* Gives the parts that were remembered last their second looks. Returns how many looks there
 * are in `looks`, for the caller to take or to swap for others. */
int zsd_frame_pairs_complete(ZsdFramePairs *pairs, const ZsdView *next, ZsdPair **looks);

/* Makes a objective of such looks what they ask for. */
void zsd_frame_pairs_configure(ZsdN2nLoss *looks);

#endif
