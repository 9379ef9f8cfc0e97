/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/reference.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>

int zsd_reference_new(ZsdReference *reference, const ZsdFrameComponent *shape,
                      const ZsdKernels *kernels) {
  const size_t n = (size_t)shape->width * shape->height + 1;
  *reference = (ZsdReference){.width = shape->width,
                              .height = shape->height,
                              .half_width = shape->half_width,
                              .half_height = shape->half_height,
                              .kernels = kernels,
                              .z = malloc(n * sizeof(uint16_t)),
                              .next_z = malloc(n * sizeof(uint16_t)),
                              .k = malloc(n),
                              .next_k = malloc(n)};
  return reference->z && reference->next_z && reference->k && reference->next_k ? 0 : -1;
}

void zsd_reference_clear(ZsdReference *reference) {
  free(reference->z);
  free(reference->next_z);
  free(reference->k);
  free(reference->next_k);
  *reference = (ZsdReference){0};
}

void zsd_reference_store(const ZsdReference *reference, const ZsdFrameComponent *frame, int y,
                         int begin, int end) {
  const ptrdiff_t at = (ptrdiff_t)y * reference->width + begin;
  reference->kernels->store_state(reference->next_z + at, reference->next_k + at, frame->z + at,
                                  frame->k + at, end - begin);
}

void zsd_reference_swap(ZsdReference *reference) {
  uint16_t *z = reference->z;
  uint8_t *k = reference->k;
  reference->z = reference->next_z;
  reference->k = reference->next_k;
  reference->next_z = z;
  reference->next_k = k;
}

double zsd_reference_mean_k(const ZsdReference *reference) {
  const size_t n = (size_t)reference->width * reference->height;
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += reference->k[i] * reference->k[i];
  return n ? sum / (255.0 * 255.0 * (double)n) : 0;
}

void zsd_reference_scale_k(const ZsdReference *reference, double factor) {
  const size_t n = (size_t)reference->width * reference->height;
  const double root = sqrt(factor);
  for (size_t i = 0; i < n; i++)
    reference->k[i] = (uint8_t)fmin(255, root * reference->k[i] + 0.5);
}

ZsdStoredState zsd_reference_row(const ZsdReference *reference, int y) {
  const ptrdiff_t at = (ptrdiff_t)y * reference->width;
  return (ZsdStoredState){reference->z + at, reference->k + at};
}

ZsdPrediction zsd_reference_prediction(const ZsdReference *reference,
                                       const ZsdMotionField *field, int y) {
  const int row = zsd_clamp((y << reference->half_height) / ZSD_BLOCK, 0, field->down - 1);
  return (ZsdPrediction){.z = reference->z,
                         .k = reference->k,
                         .width = reference->width,
                         .height = reference->height,
                         .half_width = reference->half_width,
                         .half_height = reference->half_height,
                         .vectors = field->vector + row * field->across,
                         .n_vectors = field->across,
                         .block_width = ZSD_BLOCK >> reference->half_width,
                         .gain = 1};
}

void zsd_reference_predict_row(const ZsdReference *reference, const ZsdMotionField *field,
                               int y, float *z, float *k) {
  const ZsdPrediction prediction = zsd_reference_prediction(reference, field, y);
  reference->kernels->predict(&prediction, y, 0, reference->width, z, k);
}
