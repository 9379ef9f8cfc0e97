/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "past.h"

#include "bounds.h"

#include <math.h>
#include <stdlib.h>

int zsd_past_new(ZsdPast *past, const ZsdFrameComponent *shape) {
  const size_t n = (size_t)shape->width * shape->height + 1;
  *past = (ZsdPast){shape->width,
                    shape->height,
                    shape->half_width,
                    shape->half_height,
                    malloc(n * sizeof(uint16_t)),
                    malloc(n)};
  return past->z && past->k ? 0 : -1;
}

void zsd_past_clear(ZsdPast *past) {
  free(past->z);
  free(past->k);
  *past = (ZsdPast){0};
}

void zsd_past_keep_row(const ZsdPast *past, const ZsdFrameComponent *frame, int y) {
  const ptrdiff_t at = (ptrdiff_t)y * past->width;
  for (int x = 0; x < past->width; x++) {
    const float z = fmaxf(0, fminf(1, frame->z[at + x]));
    past->z[at + x] = (uint16_t)(z * 65535 + 0.5f);
    past->k[at + x] = (uint8_t)(255 * sqrtf(frame->k[at + x]) + 0.5f);
  }
}

void zsd_past_predict_row(const ZsdPast *past, const ZsdField *field, int y, float *z,
                          float *k) {
  const int w = past->width, h = past->height, sx = past->half_width, sy = past->half_height;
  const ZsdVector *vectors =
      field->vector + zsd_clamp((y << sy) / ZSD_BLOCK, 0, field->down - 1) * field->across;
  const int block = ZSD_BLOCK >> sx;
  for (int i = 0; i * block < w; i++) {
    const ZsdVector v = vectors[zsd_clamp(i, 0, field->across - 1)];
    const int dx = v.x >> sx, dy = v.y >> sy;
    const int between_x = sx & v.x & 1, between_y = sy & v.y & 1;
    const ptrdiff_t r0 = (ptrdiff_t)zsd_clamp(y + dy, 0, h - 1) * w;
    const ptrdiff_t r1 = (ptrdiff_t)zsd_clamp(y + dy + between_y, 0, h - 1) * w;
    const int end = (i + 1) * block < w ? (i + 1) * block : w;
    for (int x = i * block; x < end; x++) {
      const int x0 = zsd_clamp(x + dx, 0, w - 1), x1 = zsd_clamp(x + dx + between_x, 0, w - 1);
      const float root = past->k[r0 + x0] * (1 / 255.0f);
      z[x] =
          (float)(past->z[r0 + x0] + past->z[r0 + x1] + past->z[r1 + x0] + past->z[r1 + x1]) *
          (0.25f / 65535);
      k[x] = root * root;
    }
  }
}
