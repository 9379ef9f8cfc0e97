/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The second step of the filter on regions of a frame: block_wiener.h for each component. */
#ifndef ZSD_REFINE_H
#define ZSD_REFINE_H

#include "filter/block_wiener.h"
#include "filter/tile_cache.h"
#include "network/input_features.h"

typedef struct {
  const ZsdView *view;
  uint16_t *const *pilot;  /* planes of the shape of the frame's components; 65535 is 1 */
  ZsdImage *image;         /* output: an image, or */
  uint16_t *const *planes; /* planes like the pilot's */
  float strength;
  int first_column; /* of the image; columns before it keep their samples */
  const ZsdKernels *kernels;
  ZsdBlockWiener wiener[ZSD_MAX_COMPONENTS];
} ZsdRefinement;

/* Sets up the filters of the components; the members before them are set. */
void zsd_refinement_prepare(ZsdRefinement *refinement);

/* Filters a region, at most as large as a region of block_wiener.h in each component. */
void zsd_refine(const ZsdRefinement *refinement, ZsdRegion region,
                ZsdBlockWienerScratch *scratch);

#endif
