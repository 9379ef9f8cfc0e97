/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Motion by fractions of a sample. */
#ifndef ZSD_SUBPIXEL_H
#define ZSD_SUBPIXEL_H

#include "temporal/motion.h"

/* Refines the vectors that a search has found to an eighth of a sample, by at most a sample
 * each way, with the same arguments. */
void zsd_subpixel_refine(ZsdMotionField *field, const ZsdPyramid *now, const ZsdPyramid *before,
                         const ZsdMotionParams *search);

#endif
