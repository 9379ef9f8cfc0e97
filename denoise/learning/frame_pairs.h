/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training pairs from two successive frames: crops of a frame, as input features, are stored,
 * and the next frame, motion-compensated, is the second observation of each (n2n_loss.h). Noise
 * is independent between frames even if it is correlated within one. */
#ifndef ZSD_FRAME_PAIRS_H
#define ZSD_FRAME_PAIRS_H

#include "network/input_features.h"
#include "learning/n2n_loss.h"
#include "base/random.h"

typedef struct ZsdFramePairs ZsdFramePairs;

/* Memory for pairs for networks of this shape. Returns NULL without memory. */
ZsdFramePairs *zsd_frame_pairs_new(ZsdShape shape);
void zsd_frame_pairs_free(ZsdFramePairs *pairs);

/* Drops the stored crops. */
void zsd_frame_pairs_clear(ZsdFramePairs *pairs);

/* Stores `count` crops of the frame at random positions, 256 at most, in place of those stored
 * before. A share of them, which falls with the strength of temporal fusion, has the input
 * features of a frame without a past. Returns 0, or -1 without memory; then none is stored. */
int zsd_frame_pairs_store(ZsdFramePairs *pairs, const ZsdView *view, int count,
                          ZsdRandom *random);

/* Completes the stored crops with samples of the next frame, where it matches. Returns the
 * number of pairs in `pairs_out`, which the caller may use or exchange for others until the
 * next call of zsd_frame_pairs_store(). */
int zsd_frame_pairs_complete(ZsdFramePairs *pairs, const ZsdView *next, ZsdPair **pairs_out);

/* Sets the margin and the mean weight of a loss for such pairs. */
void zsd_frame_pairs_configure(ZsdN2nLoss *loss);

#endif
