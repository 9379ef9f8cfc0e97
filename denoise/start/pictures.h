/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Still pictures, sampled at fractional positions. */
#ifndef ZSD_START_PICTURES_H
#define ZSD_START_PICTURES_H

#include <stdint.h>

enum { PICTURE_PHASES = 64, PICTURE_TAPS = 6 };

typedef struct {
  int width, height;
  uint8_t *rgb; /* height x width x 3, 0..255 */
} Picture;

typedef struct {
  int n;
  Picture *picture;
  float kernel[PICTURE_PHASES][PICTURE_TAPS]; /* each phase's taps add up to 1 */
} Pictures;

/* Reads binary PPM files of 8 bits. Returns 0, or -1 after a line on standard error. */
int pictures_read(Pictures *pictures, char **files, int n);
void pictures_clear(Pictures *pictures);

/* Red, green and blue (0..255) of a picture at (x, y) samples, rounded to a phase and
 * interpolated by the Lanczos kernel of three lobes: a blurring interpolation would train the
 * network to blur. Beyond its edges a picture is mirrored. */
void picture_sample(const Pictures *pictures, int which, double x, double y, float rgb[3]);

#endif
