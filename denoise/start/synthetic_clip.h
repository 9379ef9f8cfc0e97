/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short clips made from still pictures: how a picture moves, what passes before it, how its
 * light changes, and which noise lies on it, all drawn at random. */
#ifndef ZSD_START_SYNTHETIC_CLIP_H
#define ZSD_START_SYNTHETIC_CLIP_H

#include "pictures.h"
#include "base/random.h"
#include "zsdenoise.h"

enum { CLIP_WIDTH = 256, CLIP_HEIGHT = 192, CLIP_FRAMES = 7 };

typedef struct {
  double x, y;
} Point;

typedef struct {
  int picture;
  Point place, velocity; /* of what is seen in the middle; samples, and samples a frame */
  double angle, rotation;    /* radians, and radians a frame */
  double zoom;           /* factor a frame */
} Scene;

/* A disc of another picture, with a motion of its own. */
typedef struct {
  int picture; /* -1: none */
  Point centre, place, velocity;
  double radius;
} Disc;

/* Noise of zero mean, the same in all frames. */
typedef struct {
  double sigma;  /* deviation at mid-gray, 0..255 */
  double shot;   /* the part of its variance there that is proportional to brightness */
  double chroma; /* deviation in chroma, or red and blue, as a part of `sigma` */
  double blur;  /* it is filtered by [blur 1 blur] across and down */
  double correlation; /* correlation between the components, as what a camera computes from one
                    mosaic of red, green and blue samples has */
} ClipNoise;

typedef struct {
  ZsdImage image; /* what its frames are like; it has no data */
  Scene scene;
  Disc disc;
  double gain; /* of the light, a frame */
  bool flipped;
  ClipNoise noise;
} Clip;

/* Draws a clip for a network of `channels` channels of picture (3, 4, 6 or 8). */
void clip_random(Clip *clip, const Pictures *pictures, int channels, ZsdRandom *random);

/* Renders frame `t` without noise, 0..255: components one after the other in `frame`, which has
 * room for three components of full size. Returns 0, or -1 without memory. */
int clip_render(const Clip *clip, const Pictures *pictures, int t, float *frame);

/* The mean of `looks` noisy looks at a frame: components one after the other. Returns 0, or -1
 * without memory. */
int clip_add_noise(const Clip *clip, const float *clean, int count, ZsdRandom *random, float *noisy);

/* Where a component begins in a frame. */
const float *clip_component(const Clip *clip, const float *frame, int component);

#endif
