/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/refine.h"

#include "base/clamp.h"
#include "filter/store.h"

#include <math.h>
#include <string.h>

void zsd_refinement_prepare(ZsdRefinement *r) {
  for (int i = 0; i < r->view->frame->components; i++) {
    const ZsdNoiseModel noise = zsd_view_noise(r->view, i);
    const ZsdNoiseVariance variance = zsd_view_variance(r->view, i);
    r->wiener[i].component = &r->view->frame->component[i];
    r->wiener[i].pilot = r->pilot[i];
    zsd_block_wiener_set_noise(&r->wiener[i], &noise, &variance);
  }
}

/* A row of the result: samples, and the noise in them. */
typedef struct {
  const float *samples;
  float noise[ZSD_BLOCK_WIENER_WIDTH];
} Row;

/* Largest variance of a fused sample, relative to the noise's, that it is held on to with, and
 * by how many deviations the filter may change it. */
static const float SURE = 0.2f, DEVIATIONS = 2;

/* Whether any of n samples is sure. */
static bool is_any_sure(const float *k, int n) {
  int sure = 0;
  for (int i = 0; i < n; i++)
    sure |= k[i] <= SURE;
  return sure;
}

/* Limits the change of sure fused samples: what stands out of a mean of many frames is a
 * detail, however small and alone (a star, a hair), though no block of samples tells it from
 * noise. `clean`: n filtered samples; `z`, `k`: the fused ones and their variances. */
static void hold_details(float *clean, const float *z, const float *k, int n,
                         const ZsdNoiseVariance *noise) {
  for (int i = 0; i < n; i++) {
    const float deviation = sqrtf(k[i] * zsd_noise_variance_at(noise, z[i]));
    const float most = k[i] <= SURE ? DEVIATIONS * deviation : INFINITY;
    const float low = clean[i] > z[i] - most ? clean[i] : z[i] - most;
    clean[i] = low < z[i] + most ? low : z[i] + most;
  }
}

/* Computes the noise in n samples of a component from (x, y) on. `clean`: their filtered
 * values; NULL: the fused ones. `still`: they stand still. */
static void find_noise(const ZsdRefinement *r, int component, int x, int y, int n,
                       const float *clean, bool still, Row *row) {
  const ZsdFrameComponent *c = &r->view->frame->component[component];
  const float most = zsd_view_most(r->view);
  const ptrdiff_t at = (ptrdiff_t)y * c->width + x;
  const float *samples = c->y + at, *estimate = clean ? clean : c->z + at;
  float *noise = row->noise, held[ZSD_BLOCK_WIENER_WIDTH];
  if (clean && still && is_any_sure(c->k + at, n)) {
    memcpy(held, clean, n * sizeof *held);
    hold_details(held, c->z + at, c->k + at, n, &r->wiener[component].noise);
    estimate = held;
  }
  for (int i = 0; i < n; i++) {
    const float found = samples[i] - estimate[i], low = found > -most ? found : -most;
    noise[i] = low < most ? low : most;
  }
  row->samples = samples;
}

static void store_row(const ZsdRefinement *r, int component, int x, int y, int n, Row *row) {
  const ZsdFrame *frame = r->view->frame;
  const ZsdRegions *regions = zsd_fusion_regions(r->view->fusion);
  if (zsd_regions_any(regions, ZSD_CLEAN))
    zsd_row_keep_clean(zsd_regions_map(regions, component), row->noise, n, x, 1, y);
  if (r->planes) {
    uint16_t *to = r->planes[component] + (ptrdiff_t)y * frame->component[component].width + x;
    r->kernels->store16((uint8_t *)to, sizeof *to, row->samples, row->noise, n, 1, 65535, 0);
    return;
  }
  float scaled[ZSD_BLOCK_WIENER_WIDTH];
  if (frame->range < 1) {
    memcpy(scaled, row->samples, n * sizeof *scaled);
    zsd_row_to_full_scale(frame, scaled, row->noise, n);
    row->samples = scaled;
  }
  zsd_store_row(r->image, &(ZsdStoredRow){component, x, y, n, row->samples, row->noise},
                r->strength, r->first_column, r->kernels);
}

void zsd_refine(const ZsdRefinement *r, ZsdRegion region, ZsdBlockWienerScratch *scratch) {
  const ZsdLayout *layout = r->view->layout;
  const int size = layout->channel[0].x_step;
  const bool still = zsd_fusion_is_static(r->view->fusion, region.x * size, region.y * size,
                                          region.width * size, region.height * size);
  for (int n = 0; n < layout->channels; n++) {
    if (layout->channel[n].x || layout->channel[n].y)
      continue; /* a component is filtered with its first channel */
    const int i = layout->channel[n].component;
    const ZsdFrameComponent *c = &r->view->frame->component[i];
    const int x = region.x * layout->channel[n].x_step,
              y = region.y * layout->channel[n].y_step;
    const int width = zsd_smaller(region.width * layout->channel[n].x_step, c->width - x);
    const int height = zsd_smaller(region.height * layout->channel[n].y_step, c->height - y);
    if (width <= 0 || height <= 0)
      continue;
    const bool filtered = zsd_view_has_noise(r->view, i);
    if (filtered)
      zsd_block_wiener_run(&r->wiener[i], x, y, width, height, scratch, r->kernels);
    for (int k = 0; k < height; k++) {
      Row row;
      find_noise(r, i, x, y + k, width, filtered ? zsd_block_wiener_row(scratch, k) : NULL,
                 still, &row);
      store_row(r, i, x, y + k, width, &row);
    }
  }
}
