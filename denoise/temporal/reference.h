/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a component of the last frame, three bytes a sample, and what it predicts. */
#ifndef ZSD_PAST_H
#define ZSD_PAST_H

#include "frame/frame.h"
#include "temporal/motion.h"

typedef struct {
  int width, height;
  bool half_width, half_height;
  const ZsdKernels *kernels;
  uint16_t *z, *next_z; /* 65535 is 1; next: of the frame that will be the last one */
  uint8_t *k, *next_k;  /* 255 sqrt(k) */
} ZsdPast;

/* Memory for a component of this shape. Returns 0, or -1 without memory. */
int zsd_past_new(ZsdPast *past, const ZsdFrameComponent *shape, const ZsdKernels *kernels);
void zsd_past_clear(ZsdPast *past);

/* Keeps samples [begin, end) of row y of a frame's z and k, until after zsd_past_turn() they
 * are the past. */
void zsd_past_keep(const ZsdPast *past, const ZsdFrameComponent *frame, int y, int begin,
                   int end);
void zsd_past_turn(ZsdPast *past);

/* What the past predicts of row y, moved along the field: values and their k. Chroma moves by
 * half of luma's vector; between two samples it is their mean. */
void zsd_past_predict_row(const ZsdPast *past, const ZsdField *field, int y, float *z,
                          float *k);

/* The same for the kernel `predict`, of any part of the row. */
ZsdPrediction zsd_past_prediction(const ZsdPast *past, const ZsdField *field, int y);

#endif
