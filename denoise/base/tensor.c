/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/tensor.h"

#include <stdlib.h>

int zsd_tensor_resize(ZsdTensor *t, int channels, int height, int width) {
  const size_t size = (size_t)channels * height * width;
  if (size != (size_t)t->channels * t->height * t->width) {
    zsd_tensor_clear(t);
    if (size && !(t->data = malloc(size * sizeof(float))))
      return -1;
  }
  t->channels = channels;
  t->height = height;
  t->width = width;
  return 0;
}

void zsd_tensor_clear(ZsdTensor *t) {
  free(t->data);
  *t = (ZsdTensor){0};
}
