/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/mean_correction.h"

#include <stdlib.h>
#include <string.h>

enum {
  MIN_SAMPLES = 1024, /* of a component: over fewer, the noise itself has a mean */
  UNSETTLED = 8,      /* frames at the start that are filtered twice */
};

/* Weight of a new measurement in the running mean. */
static const float NEW_WEIGHT = 0.5f;

int zsd_mean_correction_resize(ZsdMeanCorrection *correction, int tiles) {
  if (correction->tiles == tiles)
    return 0;
  zsd_mean_correction_clear(correction);
  if (!(correction->sums = malloc((size_t)tiles * ZSD_MAX_CHANNELS * sizeof *correction->sums)))
    return -1;
  correction->tiles = tiles;
  return 0;
}

void zsd_mean_correction_clear(ZsdMeanCorrection *correction) {
  free(correction->sums);
  *correction = (ZsdMeanCorrection){0};
}

void zsd_mean_correction_apply(ZsdMeanCorrection *correction, int number, const ZsdTile *tile,
                               const ZsdLayout *layout, const ZsdKernels *kernels) {
  double *sums = correction->sums + (ptrdiff_t)number * ZSD_MAX_CHANNELS;
  for (int c = 0; c < layout->channels; c++) {
    const float mean = correction->mean[layout->channel[c].component];
    sums[c] = 0;
    for (int y = 0; y < tile->height; y++) {
      float *row = tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y);
      sums[c] += kernels->sum(row, tile->width);
      for (int x = 0; x < tile->width; x++)
        row[x] -= mean;
    }
  }
}

/* Mean noise predicted in a component; 0 with too few samples. */
static float predicted_mean(const ZsdMeanCorrection *correction, const ZsdFrame *frame,
                            const ZsdLayout *layout, int component) {
  const ZsdFrameComponent *c = &frame->component[component];
  double sum = 0;
  int channels = 0;
  for (int i = 0; i < layout->channels; i++) {
    if (layout->channel[i].component != component)
      continue;
    channels++;
    for (int k = 0; k < correction->tiles; k++)
      sum += correction->sums[(ptrdiff_t)k * ZSD_MAX_CHANNELS + i];
  }
  if (zsd_component_size(c) < MIN_SAMPLES)
    return 0;
  return (float)(sum / ((double)channels * layout->width * layout->height));
}

bool zsd_mean_correction_unsettled(const ZsdMeanCorrection *correction) {
  return correction->frames < UNSETTLED;
}

void zsd_mean_correction_measure(ZsdMeanCorrection *correction, const ZsdFrame *frame,
                                 const ZsdLayout *layout) {
  for (int i = 0; i < frame->components; i++) {
    const float now = predicted_mean(correction, frame, layout, i);
    const float weight = zsd_mean_correction_unsettled(correction) ? 1 : NEW_WEIGHT;
    correction->next[i] += weight * (now - correction->next[i]);
  }
  correction->frames++;
}

void zsd_mean_correction_next_frame(ZsdMeanCorrection *correction) {
  memcpy(correction->mean, correction->next, sizeof correction->mean);
}
