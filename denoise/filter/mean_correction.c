/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/mean_correction.h"

#include <stdlib.h>
#include <string.h>

enum {
  ENOUGH = 1024, /* samples of a component, that noise has no mean over them */
  TWICE = 8,     /* frames at the start that are looked at twice */
};

/* The share of a new measurement in the mean that is given back. */
static const float NEW_SHARE = 0.5f;

int zsd_tint_resize(ZsdTint *tint, int tiles) {
  if (tint->tiles == tiles)
    return 0;
  zsd_tint_clear(tint);
  if (!(tint->sums = malloc((size_t)tiles * ZSD_MAX_CHANNELS * sizeof *tint->sums)))
    return -1;
  tint->tiles = tiles;
  return 0;
}

void zsd_tint_clear(ZsdTint *tint) {
  free(tint->sums);
  *tint = (ZsdTint){0};
}

void zsd_tint_take(ZsdTint *tint, int number, const ZsdTile *tile, const ZsdLayout *layout,
                   const ZsdKernels *kernels) {
  double *sums = tint->sums + (ptrdiff_t)number * ZSD_MAX_CHANNELS;
  for (int c = 0; c < layout->channels; c++) {
    const float mean = tint->mean[layout->channel[c].component];
    sums[c] = 0;
    for (int y = 0; y < tile->height; y++) {
      float *row = tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y);
      sums[c] += kernels->sum(row, tile->width);
      for (int x = 0; x < tile->width; x++)
        row[x] -= mean;
    }
  }
}

/* The mean of what was found in a component; 0 where there are too few samples to tell. */
static float found(const ZsdTint *tint, const ZsdFrame *frame, const ZsdLayout *layout,
                   int component) {
  const ZsdFrameComponent *c = &frame->component[component];
  double sum = 0;
  int channels = 0;
  for (int i = 0; i < layout->channels; i++) {
    if (layout->channel[i].component != component)
      continue;
    channels++;
    for (int k = 0; k < tint->tiles; k++)
      sum += tint->sums[(ptrdiff_t)k * ZSD_MAX_CHANNELS + i];
  }
  if (zsd_component_size(c) < ENOUGH)
    return 0;
  return (float)(sum / ((double)channels * layout->width * layout->height));
}

bool zsd_tint_unknown(const ZsdTint *tint) {
  return tint->frames < TWICE;
}

void zsd_tint_measure(ZsdTint *tint, const ZsdFrame *frame, const ZsdLayout *layout) {
  for (int i = 0; i < frame->components; i++) {
    const float now = found(tint, frame, layout, i);
    const float share = zsd_tint_unknown(tint) ? 1 : NEW_SHARE;
    tint->next[i] += share * (now - tint->next[i]);
  }
  tint->frames++;
}

void zsd_tint_next(ZsdTint *tint) {
  memcpy(tint->mean, tint->next, sizeof tint->mean);
}
