/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detection of a lasting change of the noise level, as by another gain of the camera: the
 * network was trained for the former noise. */
#ifndef ZSD_NOISE_CHANGE_H
#define ZSD_NOISE_CHANGE_H

#include <stdbool.h>

/* Reset to {0} at each keyframe. */
typedef struct {
  double reference; /* mean deviation of the noise in frames 9 to 16, on the scale of 0..255 */
  unsigned frames;  /* since the keyframe */
  unsigned changed; /* latest consecutive frames with another noise level */
} ZsdNoiseChange;

/* Adds a frame's noise deviation, on the scale of 0..255. Returns whether it differs from the
 * reference by more than a quarter, and has for 64 frames; for 512 if pictures may be
 * `damaged`. */
bool zsd_noise_changed(ZsdNoiseChange *level, double sigma, bool damaged);

#endif
