/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/refinement.h"

#include "base/clamp.h"
#include "filter/block_wiener.h"

#include <stdbool.h>
#include <stdlib.h>

enum { REGION_WIDTH = ZSD_BLOCK_WIENER_WIDTH, REGION_HEIGHT = ZSD_BLOCK_WIENER_HEIGHT };

/* Blends a region of the result into z. */
static void blend(const ZsdFrameComponent *c, const ZsdRegionMap *map, int x, int y, int width,
                  int height, const ZsdBlockWienerScratch *scratch) {
  for (int j = 0; j < height; j++) {
    const float *row = zsd_block_wiener_row(scratch, j);
    float *z = c->z + (ptrdiff_t)(y + j) * c->width + x;
    for (int i = 0; i < width; i++)
      if (!(zsd_region_at(map, x + i, y + j) & ZSD_CLEAN))
        z[i] = (z[i] + row[i]) / 2;
  }
}

/* Filters and blends a row of regions. */
static void refine_row(const ZsdFrameComponent *c, const ZsdBlockWiener *wiener,
                       const ZsdFusion *fusion, const ZsdRegionMap *map, int y,
                       ZsdBlockWienerScratch *scratch) {
  const int height = zsd_smaller(REGION_HEIGHT, c->height - y);
  for (int x = 0; x < c->width; x += REGION_WIDTH) {
    const int width = zsd_smaller(REGION_WIDTH, c->width - x);
    zsd_block_wiener_run(wiener, x, y, width, height, scratch, zsd_fusion_kernels(fusion));
    blend(c, map, x, y, width, height, scratch);
  }
}

int zsd_still_refine(const ZsdView *view, int component, int threads) {
  const ZsdFrameComponent *c = &view->frame->component[component];
  const ZsdFusion *fusion = view->fusion;
  const ZsdNoiseModel noise = zsd_view_noise(view, component);
  const ZsdRegionMap *map = zsd_regions_map(zsd_fusion_regions(fusion), component);
  const ZsdNoiseVariance variance = zsd_view_variance(view, component);
  const size_t n = zsd_component_size(c);
  ZsdFrameComponent noisy = *c;
  ZsdBlockWiener wiener = {.component = &noisy};
  bool failed = false;
  uint16_t *pilot = malloc(n * sizeof *pilot + 1);
  if (!pilot)
    return -1;
  noisy.z = noisy.y;
  wiener.pilot = pilot;
  zsd_block_wiener_set_noise(&wiener, &noise, &variance);
  for (size_t i = 0; i < n; i++) {
    const float low = c->z[i] > 0 ? c->z[i] : 0;
    pilot[i] = (uint16_t)(65535 * (low < 1 ? low : 1) + 0.5f);
    c->k[i] = 1;
  }
#pragma omp parallel num_threads(threads)
  {
    ZsdBlockWienerScratch *scratch = zsd_block_wiener_scratch_new();
#pragma omp atomic
    failed |= !scratch;
#pragma omp barrier
#pragma omp for schedule(dynamic)
    for (int y = 0; y < c->height; y += REGION_HEIGHT)
      if (!failed)
        refine_row(c, &wiener, fusion, map, y, scratch);
    free(scratch);
  }
  free(pilot);
  return failed ? -1 : 0;
}
