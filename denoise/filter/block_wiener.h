/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Second step of the filter: an empirical Wiener filter of the fused picture, in the domain of
 * the DCT of overlapping blocks of 8x8. The network's result is the pilot, which tells how much
 * of each coefficient is signal. It is the second step of BM3D without grouping (Dabov, Foi,
 * Katkovnik, Egiazarian: Image denoising by sparse 3-D transform-domain collaborative
 * filtering, IEEE Transactions on Image Processing 16, 2007). */
#ifndef ZSD_BLOCK_WIENER_H
#define ZSD_BLOCK_WIENER_H

#include "frame/frame.h"
#include "noise/noise_estimate.h"

/* Size of the largest region that is filtered at a time, samples. */
enum { ZSD_BLOCK_WIENER_WIDTH = 304, ZSD_BLOCK_WIENER_HEIGHT = 64 };

/* One component of a picture. */
typedef struct {
  const ZsdFrameComponent *component;                /* with z and k */
  const uint16_t *pilot;                             /* height x width; 65535 is 1 */
  ZsdNoiseVariance noise;                            /* of a sample of y */
  float spectrum[ZSD_WIENER_SIDE * ZSD_WIENER_SIDE]; /* see ZsdWienerBlocks */
} ZsdBlockWiener;

/* Sets the noise and its spectrum from a model. */
void zsd_block_wiener_set_noise(ZsdBlockWiener *wiener, const ZsdNoiseModel *noise,
                                const ZsdNoiseVariance *variance);

/* Memory of one thread. */
typedef struct ZsdBlockWienerScratch ZsdBlockWienerScratch;
ZsdBlockWienerScratch *zsd_block_wiener_scratch_new(void); /* NULL without memory */

/* Filters width x height samples from (x, y) on. The result of a sample does not depend on the
 * region. */
void zsd_block_wiener_run(const ZsdBlockWiener *wiener, int x, int y, int width, int height,
                          ZsdBlockWienerScratch *scratch, const ZsdKernels *kernels);

/* A row of the last result. */
const float *zsd_block_wiener_row(const ZsdBlockWienerScratch *scratch, int row);

#endif
