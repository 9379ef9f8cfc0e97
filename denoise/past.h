/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a component of the last frame, three bytes a sample, and what it predicts. */
#ifndef ZSD_PAST_H
#define ZSD_PAST_H

#include "frame.h"
#include "motion.h"

typedef struct {
  int width, height;
  bool half_width, half_height;
  uint16_t *z; /* 65535 is 1 */
  uint8_t *k;  /* 255 sqrt(k) */
} ZsdPast;

/* Memory for a component of this shape. Returns 0, or -1 without memory. */
int zsd_past_new(ZsdPast *past, const ZsdFrameComponent *shape);
void zsd_past_clear(ZsdPast *past);

/* Keeps row y of a frame's z and k. */
void zsd_past_keep_row(const ZsdPast *past, const ZsdFrameComponent *frame, int y);

/* What the past predicts of row y, moved along the field: values and their k. Chroma moves by
 * half of luma's vector; between two samples it is their mean. */
void zsd_past_predict_row(const ZsdPast *past, const ZsdField *field, int y, float *z,
                          float *k);

#endif
