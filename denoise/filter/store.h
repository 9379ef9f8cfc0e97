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

/* Samples of an image before and after they were denoised: planes of the shape of its
 * components, 65535 is 1. */
typedef struct {
  const uint16_t *noisy[ZSD_MAX_COMPONENTS], *clean[ZSD_MAX_COMPONENTS];
  float range; /* of the frame that the planes are from */
} ZsdDenoisedPlanes;

/* Subtracts `strength` times the difference of these planes from the image's samples, likewise.
 * Samples outside the range stay as they are. */
void zsd_store_image(const ZsdImage *image, const ZsdDenoisedPlanes *planes, float strength,
                     int first_column, const ZsdKernels *kernels, int threads);

/* Writes all of a tile's samples, less the noise that the network found, to planes of the shape
 * of the frame's components, clipped to 0..1 and in steps of 1/65535. */
void zsd_store_planes(float *const planes[], const ZsdFrame *frame, const ZsdLayout *layout,
                      const ZsdKernels *kernels, const ZsdTile *tile);

#endif
