/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a filtered tile back to a picture. */
#ifndef ZSD_STORE_H
#define ZSD_STORE_H

#include "frame/frame.h"
#include "network/tile.h"

/* Writes a tile's samples, less `strength` times the noise that the network found, back to
 * where they came from, but not to the columns before `first_column` (of the image; even). */
void zsd_store_tile(const ZsdImage *image, const ZsdLayout *layout, const ZsdKernels *kernels,
                    const ZsdTile *tile, float strength, int first_column);

/* Writes samples that have been denoised, in planes of the shape of the image's components,
 * likewise. `noisy`: the planes as they were before. 65535 is 1. */
void zsd_store_image(const ZsdImage *image, const uint16_t *const noisy[],
                     const uint16_t *const clean[], float strength, int first_column,
                     const ZsdKernels *kernels, int threads);

/* Writes all of a tile's samples, less the noise that the network found, to planes of the shape
 * of the frame's components, clipped to 0..1 and in steps of 1/65535. */
void zsd_store_planes(float *const planes[], const ZsdFrame *frame, const ZsdLayout *layout,
                      const ZsdKernels *kernels, const ZsdTile *tile);

#endif
