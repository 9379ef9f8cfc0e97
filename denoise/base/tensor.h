/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_TENSOR_H
#define ZSD_TENSOR_H

#include <stddef.h>

/* Planes of floats: channels x height x width, rows without padding. Samples of pictures are
 * 0..1. */
typedef struct {
  int channels, height, width; /* 0: the tensor is empty */
  float *data;
} ZsdTensor;

/* Sets the shape; the contents are undefined. Returns 0, or -1 without memory: the tensor is
 * empty. Initialized with {0}. */
int zsd_tensor_resize(ZsdTensor *t, int channels, int height, int width);
void zsd_tensor_clear(ZsdTensor *t);

static inline float *zsd_tensor_row(const ZsdTensor *t, int channel, int y) {
  return t->data + ((ptrdiff_t)channel * t->height + y) * t->width;
}

#endif
