/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short clips made from still pictures. The motion of a picture, a disc that passes before it,
 * the change of brightness and the noise are random. */
#ifndef ZSD_START_SYNTHETIC_CLIP_H
#define ZSD_START_SYNTHETIC_CLIP_H

#include "pictures.h"
#include "base/random.h"
#include "zsdenoise.h"

enum { CLIP_WIDTH = 256, CLIP_HEIGHT = 192, CLIP_FRAMES = 7 };

typedef struct {
  double x, y;
} Point;

/* The picture as a camera sees it. */
typedef struct {
  int picture;
  Point place, velocity; /* of the frame's centre in the picture: samples, samples a frame */
  double angle;          /* of the first frame, radians */
  double rotation;       /* radians a frame */
  double zoom;           /* factor a frame; picture samples for each sample of the frame */
} Scene;

/* A disc cut from another picture, with a motion of its own. */
typedef struct {
  int picture;    /* -1: no disc */
  Point centre;   /* in the frame, samples */
  Point place;    /* of the disc's centre in its picture, samples */
  Point velocity; /* in the frame, samples a frame */
  double radius;  /* samples */
} Disc;

/* Noise of zero mean, the same in all frames. */
typedef struct {
  double sigma;       /* standard deviation at mid-gray, on the scale of 0..255 */
  double shot;        /* share of the variance at mid-gray that is proportional to brightness,
                         0..1 */
  double chroma;      /* deviation in chroma, or in red and blue, relative to `sigma` */
  double blur;        /* the noise is filtered by [blur 1 blur] across and down, and scaled back
                         to its deviation */
  double correlation; /* between components, 0..1; demosaicing causes it in cameras */
} ClipNoise;

typedef struct {
  ZsdImage image; /* format of the frames, without data */
  Scene scene;
  Disc disc;
  double gain;  /* of brightness, factor a frame */
  bool flipped; /* left and right exchanged */
  ClipNoise noise;
} Clip;

/* Makes a random clip for a network of `channels` picture channels (3, 4, 6 or 8). */
void clip_random(Clip *clip, const Pictures *pictures, int channels, ZsdRandom *random);

/* Renders frame `t` without noise, 0..255. The components follow one another in `frame`, which
 * has room for three of full size. Returns 0, or -1 without memory. */
int clip_render(const Clip *clip, const Pictures *pictures, int t, float *frame);

/* The mean of `count` noisy versions of a frame, unclipped; the components follow one another.
 * Returns 0, or -1 without memory. */
int clip_add_noise(const Clip *clip, const float *clean, int count, ZsdRandom *random,
                   float *noisy);

/* The first sample of a component in a frame. */
const float *clip_component(const Clip *clip, const float *frame, int component);

#endif
