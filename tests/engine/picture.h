/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures made up for the tests. */
#ifndef PICTURE_H
#define PICTURE_H

#include "base/tensor.h"
#include "zsdenoise.h"

/* How the samples of a format lie in memory. */
typedef struct {
  const char *name;
  int components, channels; /* of the packed picture */
  bool rgb;
  int depth, shift;
  struct {
    int plane, offset, step; /* bytes */
    bool half_width, half_height;
  } component[ZSD_MAX_COMPONENTS];
} Format;

enum { N_FORMATS = 14 };
extern const Format formats[N_FORMATS];
const Format *format_named(const char *name);

/* A picture in memory of its own, which begins as bytes of 0xaa, those between rows and around
 * the planes included. */
typedef struct {
  ZsdImage image;
  uint8_t *memory;
  size_t size;
} Picture;

void picture_new(Picture *picture, const Format *format, int width, int height);
void picture_free(Picture *picture);
/* Another one with the same contents. */
void picture_copy(Picture *copy, const Picture *picture);

unsigned picture_get(const ZsdImage *image, int component, int x, int y);
void picture_set(const ZsdImage *image, int component, int x, int y, unsigned value);

/* Fills it with random samples. */
void picture_random(const ZsdImage *image, uint64_t seed);
/* Fills it with one value, 0..1. */
void picture_flat(const ZsdImage *image, double value);
/* Something to look at, moved `dx` samples to the left: waves, bars and discs, another one for
 * each `kind`. */
void picture_scene(const ZsdImage *image, int kind, int dx);
/* Brightness of that scene, 0.1 .. 0.9. */
double scene_at(int kind, double x, double y);

/* Adds noise of this deviation on the scale 0..255. */
void picture_noise(ZsdImage *image, ZsdNoiseKind kind, double sigma, uint64_t seed);

/* Of one component, dB. */
double picture_psnr(const ZsdImage *a, const ZsdImage *b, int component);

/* A tensor with the scene in every channel and white noise of this deviation (of 1). */
void tensor_scene(ZsdTensor *tensor, int channels, int height, int width, int kind,
                  double sigma, uint64_t seed);

#endif
