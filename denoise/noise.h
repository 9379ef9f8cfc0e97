/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_NOISE_H
#define ZSD_NOISE_H

#include "zsdenoise.h"

/* The deviation of a picture's noise, 0..255 scale, estimated from its flattest places; 0 for a
 * picture without any, -1 for one too small to tell (less than 16x16). It takes the noise for
 * white: of noise that is correlated between neighbours it sees too little, of a picture that
 * is fine texture everywhere too much. */
double zsd_noise_sigma(const ZsdImage *image);

#endif
