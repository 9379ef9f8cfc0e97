/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/noise_change.h"

#include <math.h>

enum {
  UNSETTLED = 8, /* first frames, in which the noise estimate still improves */
  REFERENCE = 8, /* frames after them, whose mean is the reference */
  LASTING = 64,  /* frames; a codec's noise changes with each picture that it codes by itself */
  DAMAGED = 512, /* instead, where pictures may be damaged: what is concealed has less noise */
};

static const double FACTOR = 1.25; /* of the deviation, up or down, that is a change */

static const double MIN_SIGMA = 1; /* 0..255; below this, rounding dominates */

bool zsd_noise_changed(ZsdNoiseChange *l, double sigma, bool damaged) {
  l->frames++;
  if (l->frames <= UNSETTLED + REFERENCE) {
    l->reference += l->frames > UNSETTLED ? sigma / REFERENCE : 0;
    return false;
  }
  const double now = fmax(sigma, MIN_SIGMA), reference = fmax(l->reference, MIN_SIGMA);
  const bool differs = now > FACTOR * reference || reference > FACTOR * now;
  l->changed = differs ? l->changed + 1 : 0;
  return l->changed >= (damaged ? DAMAGED : LASTING);
}
