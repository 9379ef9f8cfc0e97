/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that go through a denoiser. */
#ifndef FRAMES_H
#define FRAMES_H

#include "picture.h"

enum { WIDTH = 128, HEIGHT = 96 };

ZsdDenoiser *new_denoiser(void);
/* Little learning, but enough for a picture in gray. */
ZsdSettings quick_settings(void);
ZsdStatus status_of(const ZsdDenoiser *d);

/* A picture of WIDTH x HEIGHT samples. */
void new_scene(Picture *p, const char *format, int kind, double sigma, uint64_t seed);

void process(ZsdDenoiser *d, Picture *p, const ZsdSettings *s);
/* Field by field. */
void process_fields(ZsdDenoiser *d, const Picture *p, const ZsdSettings *s);

/* A noisy frame of a scene goes through; how many dB it gains in its least component. */
double gain_of_frame(ZsdDenoiser *d, const char *format, int kind, uint64_t seed,
                     const ZsdSettings *s);

#endif
