/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reference: the estimate of a component of the last frame, three bytes a sample, and
 * predictions from it. */
#ifndef ZSD_REFERENCE_H
#define ZSD_REFERENCE_H

#include "frame/frame.h"
#include "temporal/motion.h"

typedef struct {
  int width, height;
  bool half_width, half_height;
  const ZsdKernels *kernels;
  uint16_t *z, *next_z; /* 65535 is 1; next: of the current frame */
  uint8_t *k, *next_k;  /* 255 sqrt(k) */
} ZsdReference;

/* Allocates for a component of this shape. Returns 0, or -1 without memory. */
int zsd_reference_new(ZsdReference *reference, const ZsdFrameComponent *shape,
                      const ZsdKernels *kernels);
void zsd_reference_clear(ZsdReference *reference);

/* Stores samples [begin, end) of row y of the current frame's z and k, which are the reference
 * after zsd_reference_swap(). */
void zsd_reference_store(const ZsdReference *reference, const ZsdFrameComponent *frame, int y,
                         int begin, int end);
void zsd_reference_swap(ZsdReference *reference);

/* Mean of the reference's k, and multiplication of k, up to 1, by a factor. */
double zsd_reference_mean_k(const ZsdReference *reference);
void zsd_reference_scale_k(const ZsdReference *reference, double factor);

/* Samples of row y. */
ZsdStoredState zsd_reference_row(const ZsdReference *reference, int y);

/* Predicts row y along the motion field: samples and their k. Chroma vectors are half of
 * luma's; between two samples the prediction is their mean. */
void zsd_reference_predict_row(const ZsdReference *reference, const ZsdMotionField *field,
                               int y, float *z, float *k);

/* Arguments for the kernel `predict`, which predicts any part of a row. */
ZsdPrediction zsd_reference_prediction(const ZsdReference *reference,
                                       const ZsdMotionField *field, int y);

#endif
