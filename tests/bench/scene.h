/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that show still pictures in motion, 8-bit 4:2:0. */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame of three components, one after the other. */
typedef struct {
  int width, height;
  uint8_t *data;
} Picture;

int picture_width(const Picture *picture, int component);
int picture_height(const Picture *picture, int component);
size_t picture_size(const Picture *picture); /* bytes */
uint8_t *picture_plane(const Picture *picture, int component);

/* Kinds of motion, for a message. */
#define SCENE_KINDS                                                                            \
  "pan, camera, shake, rotate, zoom, rolling, blur, cross, water, leaves, confetti or crowd"

typedef struct Scene Scene;

/* A scene of so many frames of that size. `kind`: one of SCENE_KINDS; for shake, rolling and
 * blur with the samples a frame, for rotate the degrees, for zoom the per cent ("shake:20").
 * Pictures go on beyond their borders as in mirrors. `other`: picture of the objects in front.
 * NULL: the kind is unknown or there is no memory. */
Scene *scene_new(const char *kind, const Picture *picture, const Picture *other, int width,
                 int height, int frames);
void scene_free(Scene *scene);

void scene_paint(const Scene *scene, const Picture *frame, int number);

#endif
