/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/reference.h"

#include "base/clamp.h"

#include <stdlib.h>

int zsd_past_new(ZsdPast *past, const ZsdFrameComponent *shape, const ZsdKernels *kernels) {
  const size_t n = (size_t)shape->width * shape->height + 1;
  *past = (ZsdPast){.width = shape->width,
                    .height = shape->height,
                    .half_width = shape->half_width,
                    .half_height = shape->half_height,
                    .kernels = kernels,
                    .z = malloc(n * sizeof(uint16_t)),
                    .next_z = malloc(n * sizeof(uint16_t)),
                    .k = malloc(n),
                    .next_k = malloc(n)};
  return past->z && past->next_z && past->k && past->next_k ? 0 : -1;
}

void zsd_past_clear(ZsdPast *past) {
  free(past->z);
  free(past->next_z);
  free(past->k);
  free(past->next_k);
  *past = (ZsdPast){0};
}

void zsd_past_keep(const ZsdPast *past, const ZsdFrameComponent *frame, int y, int begin,
                   int end) {
  const ptrdiff_t at = (ptrdiff_t)y * past->width + begin;
  past->kernels->store_state(past->next_z + at, past->next_k + at, frame->z + at, frame->k + at,
                      end - begin);
}

void zsd_past_turn(ZsdPast *past) {
  uint16_t *z = past->z;
  uint8_t *k = past->k;
  past->z = past->next_z;
  past->k = past->next_k;
  past->next_z = z;
  past->next_k = k;
}

ZsdPrediction zsd_past_prediction(const ZsdPast *past, const ZsdField *field, int y) {
  const int row = zsd_clamp((y << past->half_height) / ZSD_BLOCK, 0, field->down - 1);
  return (ZsdPrediction){.z = past->z,
                         .k = past->k,
                         .width = past->width,
                         .height = past->height,
                         .half_width = past->half_width,
                         .half_height = past->half_height,
                         .vectors = field->vector + row * field->across,
                         .n_vectors = field->across,
                         .block_width = ZSD_BLOCK >> past->half_width,
                         .gain = 1};
}

void zsd_past_predict_row(const ZsdPast *past, const ZsdField *field, int y, float *z,
                          float *k) {
  const ZsdPrediction prediction = zsd_past_prediction(past, field, y);
  past->kernels->predict(&prediction, y, 0, past->width, z, k);
}
