/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of the kernels of the Wiener filter of blocks (filter/block_wiener.h). The results
 * are identical to the bit in all instruction sets.
 *
 * Rows are deinterleaved into four phases, so that equal samples of neighbouring blocks are
 * neighbours: sample 4 m + j of a row is at [j * ZSD_WIENER_PHASE + m]. */
#ifndef ZSD_KERNELS_WIENER_H
#define ZSD_KERNELS_WIENER_H

#include "rows.h"

enum {
  ZSD_WIENER_SIDE = 8,    /* of a block, samples */
  ZSD_WIENER_BLOCKS = 80, /* of a row of blocks, at most */
  ZSD_WIENER_PHASE = 112, /* floats of a phase: blocks, two more, and a vector */
  ZSD_WIENER_ROW = 4 * ZSD_WIENER_PHASE,
  ZSD_WIENER_OVERLAP = 4, /* rows of blocks that cover a row of samples, two rows apart */
};

/* Variance of the noise relative to its estimate: the pilot lacks some detail. */
#define ZSD_WIENER_FACTOR 0.85f

/* A row of samples. */
typedef struct {
  float *y, *z;     /* the frame, and the fused picture */
  float *p;         /* the pilot */
  float *noise, *v; /* variance of the noise in y, above 0, and in z, not above that in y */
} ZsdWienerRow;

/* A row of blocks, each four samples right of the one before. */
typedef struct {
  ZsdWienerRow row[ZSD_WIENER_SIDE];
  float *sum[ZSD_WIENER_SIDE]; /* rows of weighted estimates, which are added */
  float *weight;               /* output: their weights, the same for all these rows */
  const float *spectrum;       /* 8 x 8: variance of the noise in each coefficient of the DCT,
                                  relative to that in a sample; above 0 */
  int first;                   /* first column of the first block: 0 or 2 */
  int n;                       /* blocks */
} ZsdWienerBlocks;

#endif
