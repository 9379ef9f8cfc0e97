/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/pair_downsample.h"

void zsd_pair_downsample(ZsdPlane d1, ZsdPlane d2, ZsdPlane x, int width, int height) {
  for (int j = 0; j < height; j++) {
    const float *upper = x.data + 2 * j * x.row, *lower = upper + x.row;
    for (int i = 0; i < width; i++) {
      d1.data[j * d1.row + i] = 0.5f * (upper[2 * i + 1] + lower[2 * i]);
      d2.data[j * d2.row + i] = 0.5f * (upper[2 * i] + lower[2 * i + 1]);
    }
  }
}

void zsd_pair_downsample_adjoint(ZsdPlane x, ZsdPlane d1, ZsdPlane d2, int width, int height) {
  for (int j = 0; j < height; j++) {
    float *upper = x.data + 2 * j * x.row, *lower = upper + x.row;
    for (int i = 0; i < width; i++) {
      upper[2 * i + 1] = lower[2 * i] = 0.5f * d1.data[j * d1.row + i];
      upper[2 * i] = lower[2 * i + 1] = 0.5f * d2.data[j * d2.row + i];
    }
  }
}

int zsd_pair_downsample_picture(ZsdTensor *d1, ZsdTensor *d2, const ZsdTensor *picture) {
  const int height = picture->height / 2, width = picture->width / 2;
  if (zsd_tensor_resize(d1, picture->channels, height, width) ||
      zsd_tensor_resize(d2, picture->channels, height, width))
    return -1;
  const int channels = d1->data ? picture->channels : 0; /* 0: too small to have halves */
  for (int c = 0; c < channels; c++)
    zsd_pair_downsample((ZsdPlane){zsd_tensor_row(d1, c, 0), width},
                        (ZsdPlane){zsd_tensor_row(d2, c, 0), width},
                        (ZsdPlane){zsd_tensor_row(picture, c, 0), picture->width}, width,
                        height);
  return 0;
}
