/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clips of 8-bit I420 in memory: read from Y4M files, or as a camera sees a picture that it
 * moves over. */
#ifndef CLIP_H
#define CLIP_H

#include "zsdenoise.h"

typedef struct {
  int width, height, frames;
  uint8_t *data;
} Clip;

/* Movement of a camera from one frame to the next. */
typedef struct {
  double right, down; /* samples of the picture */
  double zoom;        /* factor of magnification */
  double turn;        /* degrees */
} Movement;

/* Bytes of a frame. */
size_t frame_size(int width, int height);
ZsdImage image_of(uint8_t *data, int width, int height);

/* Reads frames `first` to `first + frames - 1`. A file that has fewer fails the test. */
void clip_read(Clip *clip, const char *path, int first, int frames);
/* Keeps the middle of each frame. */
void clip_crop(Clip *clip, int width, int height);
/* Makes a clip of the first frame of `picture`, whose centre is in the middle of the clip half
 * way through it. Samples between those of the picture are interpolated by cubic splines. */
void clip_move(Clip *clip, const Clip *picture, const Movement *movement, int width, int height,
               int frames);

#endif
