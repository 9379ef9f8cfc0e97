/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texture in the noise estimate of a single picture. Noise that a camera, a scaler or a codec
 * has spread over neighbouring samples is correlated, and so is fine texture. But such noise is
 * the same everywhere and in all directions, and its correlation soon ends. */
#ifndef ZSD_TEXTURE_H
#define ZSD_TEXTURE_H

#include "noise/noise_estimate.h"

/* Part of the variance in the flattest parts of a picture that may be texture, 0..1. */
double zsd_texture_part(const ZsdNoiseModel *model);

/* Takes that part away. A weak correlation is ascribed to texture beneath white noise. */
void zsd_texture_discount(ZsdNoiseModel *model);

/* Position of x between `low` and `high`, 0..1. */
static inline double zsd_ramp(double x, double low, double high) {
  const double position = (x - low) / (high - low);
  return position < 0 ? 0 : position < 1 ? position : 1;
}

#endif
