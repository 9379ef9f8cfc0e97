/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Second hypotheses: at the edge of a moving object a block shows two motions. Samples that the
 * vector of a neighbouring block predicts better than their own block's are predicted by it. */
#ifndef ZSD_HYPOTHESES_H
#define ZSD_HYPOTHESES_H

#include "temporal/motion.h"

/* Arrays have an element for each block of the motion field. */
typedef struct {
  ZsdMotionVector *vector;
  uint64_t *samples; /* bit ZSD_BLOCK y + x is set where sample (x, y) of the block is predicted
                        by this vector */
} ZsdHypotheses;

/* Allocates for this many blocks. Returns 0, or -1 without memory. Initialized with {0}. */
int zsd_hypotheses_resize(ZsdHypotheses *hypotheses, int count);
void zsd_hypotheses_clear(ZsdHypotheses *hypotheses);

/* Chooses vectors and samples of all blocks. `kinds`: of each block (gate.h). */
void zsd_hypotheses_choose(const ZsdHypotheses *hypotheses, const ZsdMotionField *field,
                           const uint8_t *kinds, const ZsdPyramid *now,
                           const ZsdPyramid *before, const ZsdMotionParams *search);

/* Leaves all blocks with one vector. */
void zsd_hypotheses_drop(const ZsdHypotheses *hypotheses, const ZsdMotionField *field);

/* Predicts those of the samples [begin, end) of row y that have a second hypothesis: replaces
 * samples z and variances k, both of which begin at `begin`, the start of a block.
 * `prediction`: of the row (reference.h). */
void zsd_hypotheses_predict(const ZsdHypotheses *hypotheses, const ZsdMotionField *field,
                            ZsdPrediction prediction, const ZsdKernels *kernels, int y,
                            int begin, int end, float *z, float *k);

#endif
