/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise2Noise loss (Lehtinen et al., "Noise2Noise: Learning Image Restoration without Clean
 * Data", ICML 2018) for a network that predicts noise. With x the input features, which include
 * a noisy picture, t that picture less another noisy observation of it, w a weight, and f the
 * network:
 *
 *   residual = sum of w (f(x) - t)^2
 *
 * The noise of the two observations is independent, so the minimum is where f predicts the
 * noise in the first one. A network with a field of view of 5x5 samples underestimates the mean
 * of the noise within it, and colours fade. A term for the mean error of each patch and channel
 * counters that:
 *
 *   residual += mean_weight (sum of w (f(x) - t))^2 / sum of w */
#ifndef ZSD_N2N_LOSS_H
#define ZSD_N2N_LOSS_H

#include "learning/objective.h"
#include "base/tensor.h"

/* A training pair; the tensors have the same height and width. Its memory is mapped: a network
 * learns for a second and plays for hours, and a heap would keep what many pairs had. */
typedef struct {
  float *memory;    /* of the tensors; NULL: the pair is empty */
  size_t size;      /* of it, in bytes */
  ZsdTensor input;  /* the network's input features */
  ZsdTensor target; /* first observation less the second, one channel for each output */
  ZsdTensor weight; /* one channel, 0..1; 0 where the two show different things */
} ZsdPair;

/* Allocates a pair for networks of this shape; a pair begins as {0}. Returns 0, or -1 without
 * memory. */
int zsd_pair_resize(ZsdPair *pair, ZsdShape shape, int height, int width);
void zsd_pair_clear(ZsdPair *pair);

/* The loss over a ring buffer of training pairs, all of the same size. */
typedef struct ZsdN2nLoss ZsdN2nLoss;

/* A loss over up to `capacity` pairs, with scratch memory for `threads` threads. Returns NULL
 * without memory. */
ZsdN2nLoss *zsd_n2n_loss_new(ZsdShape shape, int capacity, int threads);
void zsd_n2n_loss_free(ZsdN2nLoss *loss);

/* Adds a pair, in place of the oldest if the buffer is full, and returns it to be filled.
 * Returns NULL without memory; then all pairs are dropped. */
ZsdPair *zsd_n2n_loss_next_pair(ZsdN2nLoss *loss, int height, int width);

/* Adds `pair`, and gives in exchange the pair that was in its place, or an empty one. */
void zsd_n2n_loss_swap_pair(ZsdN2nLoss *loss, ZsdPair *pair);

/* Excludes a margin of the pairs from the loss, in samples; initially 0. Inputs in the margin
 * still count as neighbours; beyond the pair's edge they are 0. */
void zsd_n2n_loss_set_margin(ZsdN2nLoss *loss, int margin);

/* Sets `mean_weight`; initially 0. */
void zsd_n2n_loss_set_mean_weight(ZsdN2nLoss *loss, float mean_weight);

/* Drops all pairs. */
void zsd_n2n_loss_clear(ZsdN2nLoss *loss);

/* The objective over the pairs added so far, valid until one is added. */
ZsdObjective zsd_n2n_loss_objective(ZsdN2nLoss *loss);

#endif
