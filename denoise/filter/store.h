/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a filtered tile back to a picture. */
#ifndef ZSD_STORE_H
#define ZSD_STORE_H

#include "frame/frame.h"
#include "network/tile.h"
#include "noise/regions.h"

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
 * of the frame's components, clipped to 0..1; 65535 is 1. */
void zsd_store_planes(uint16_t *const planes[], const ZsdFrame *frame, const ZsdLayout *layout,
                      const ZsdKernels *kernels, const ZsdTile *tile);

/* Zeroes the noise in the clean ones of n samples of row y of a component: `first`, and others
 * `step` samples apart. */
void zsd_row_keep_clean(const ZsdRegionMap *map, float *noise, int n, int first, int step,
                        int y);

/* Converts samples and noise to parts of full scale. Samples outside the frame's range have no
 * estimate. */
void zsd_row_to_full_scale(const ZsdFrame *frame, float *samples, float *noise, int n);

/* Part of a row of a component: n samples from (x, y) on, and the noise in them. */
typedef struct {
  int component, x, y, n;
  const float *samples, *noise;
} ZsdStoredRow;

/* Writes the samples, less `strength` times the noise, back to where they came from, but not to
 * the columns before `first_column` (of the image; even). */
void zsd_store_row(const ZsdImage *image, const ZsdStoredRow *row, float strength,
                   int first_column, const ZsdKernels *kernels);

#endif
