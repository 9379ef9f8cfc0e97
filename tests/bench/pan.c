/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a clip that moves out of a picture:
 *
 *   bench-pan PICTURES.y4m OUT.y4m WIDTH HEIGHT FRAMES KIND DEGREE [NUMBER]
 *
 * PICTURES is an 8-bit 4:2:0 file; the picture is its last one, or that of NUMBER, from 0. The
 * one before it is that of objects in front. KIND, the motion, is one of scene.h. Each frame
 * gets noise of its own, whose deviation is DEGREE of full scale.
 *
 *   pan       2 to 5 samples a frame to the right and down
 *   camera    the same behind a window of less than a fifth of the frame; the rest is still
 *   shake:N   N samples a frame, each in another direction
 *   rotate:N  N degrees a frame, held by hand
 *   zoom:N    N per cent a frame, in and out, held by hand
 *   rolling:N shake:N seen by a rolling shutter
 *   blur:N    N samples a frame, the shutter open for half of it
 *   cross     objects that cross and uncover, 6 to 15 samples a frame
 *   water     waves
 *   leaves    small objects that sway and turn
 *   confetti  specks that fall and turn
 *   crowd     objects that go in all directions
 */
#include "scene.h"
#include "zsdenoise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PICTURES = 32 };

static void fail(const char *what, const char *name) {
  fprintf(stderr, "bench-pan: %s%s%s\n", name, *name ? ": " : "", what);
  exit(1);
}

/* --- pictures --- */

static void allocate(Picture *p, int width, int height) {
  *p = (Picture){.width = width, .height = height};
  p->data = malloc(picture_size(p));
  if (!p->data)
    fail("no memory", "");
}

/* Reads up to MAX_PICTURES, and returns their number. */
static int read_pictures(Picture pictures[MAX_PICTURES], const char *path) {
  FILE *file = fopen(path, "rb");
  char line[200];
  if (!file || !fgets(line, sizeof line, file))
    fail("cannot be read", path);
  const char *w = strstr(line, " W"), *h = strstr(line, " H");
  if (!w || !h || atoi(w + 2) < 1 || atoi(h + 2) < 1)
    fail("is no y4m file", path);
  const int width = atoi(w + 2), height = atoi(h + 2);
  int n = 0;
  for (; n < MAX_PICTURES && fgets(line, sizeof line, file); n++) {
    allocate(&pictures[n], width, height);
    if (strncmp(line, "FRAME", 5) ||
        fread(pictures[n].data, picture_size(&pictures[n]), 1, file) != 1)
      fail("is damaged", path);
  }
  if (n == 0)
    fail("holds no picture", path);
  fclose(file);
  return n;
}

/* --- noise --- */

static ZsdImage image_of(const Picture *p) {
  ZsdImage image = {.width = p->width, .height = p->height, .components = 3, .depth = 8};
  for (int c = 0; c < 3; c++)
    image.component[c] = (ZsdComponent){.data = picture_plane(p, c),
                                        .stride = picture_width(p, c),
                                        .step = 1,
                                        .width = picture_width(p, c),
                                        .height = picture_height(p, c),
                                        .half_width = c > 0,
                                        .half_height = c > 0};
  return image;
}

static void write_clip(const Scene *scene, const char *path, const Picture *frame, int frames,
                       double degree) {
  FILE *file = fopen(path, "wb");
  ZsdNoise *noise = zsd_noise_new(1);
  ZsdImage image = image_of(frame);
  if (!file || !noise)
    fail("cannot be written", path);
  fprintf(file, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420jpeg\n", frame->width, frame->height);
  for (int t = 0; t < frames; t++) {
    scene_paint(scene, frame, t);
    if (degree > 0 && zsd_noise_add(noise, &image, ZSD_NOISE_GAUSSIAN, degree))
      fail("no memory", "");
    fputs("FRAME\n", file);
    fwrite(frame->data, picture_size(frame), 1, file);
  }
  zsd_noise_free(noise);
  if (ferror(file) || fclose(file))
    fail("cannot be written", path);
}

int main(int argc, char **argv) {
  Picture pictures[MAX_PICTURES], frame;
  if (argc < 8 || argc > 9 || atoi(argv[3]) < 1 || atoi(argv[4]) < 1 || atoi(argv[5]) < 1)
    fail("bench-pan PICTURES.y4m OUT.y4m WIDTH HEIGHT FRAMES KIND DEGREE [NUMBER]", "usage");
  const int count = read_pictures(pictures, argv[1]), frames = atoi(argv[5]);
  const int number = argc == 9 ? atoi(argv[8]) : count - 1;
  if (number < 0 || number >= count)
    fail("holds no picture of that number", argv[1]);
  allocate(&frame, atoi(argv[3]), atoi(argv[4]));
  Scene *scene = scene_new(argv[6], &pictures[number], &pictures[(number + count - 1) % count],
                           frame.width, frame.height, frames);
  if (!scene)
    fail("is no kind of motion; there are " SCENE_KINDS, argv[6]);
  write_clip(scene, argv[2], &frame, frames, atof(argv[7]));
  scene_free(scene);
  for (int i = 0; i < count; i++)
    free(pictures[i].data);
  free(frame.data);
  return 0;
}
