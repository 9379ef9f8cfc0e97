/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a noisy clip that moves out of one picture:
 *
 *   bench-pan PICTURE.y4m OUT.y4m WIDTH HEIGHT FRAMES pan|camera DEGREE
 *
 * The picture is the last one of an 8-bit 4:2:0 file and goes on beyond its borders as in
 * mirrors, so that any size of clip shows as much detail per sample. It moves by two to five
 * samples a frame to the right and down: all of it (pan), or only what lies behind a window of
 * less than a fifth of the frame (camera). Each frame gets noise of its own, whose deviation is
 * DEGREE of full scale. */
#include "zsdenoise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frame of three components, one after the other; 4:2:0. */
typedef struct {
  int width, height;
  uint8_t *data;
} Picture;

static int width_of(const Picture *p, int c) {
  return c ? (p->width + 1) / 2 : p->width;
}

static int height_of(const Picture *p, int c) {
  return c ? (p->height + 1) / 2 : p->height;
}

static size_t size_of(const Picture *p) {
  return (size_t)p->width * p->height + 2 * (size_t)width_of(p, 1) * height_of(p, 1);
}

static uint8_t *plane_of(const Picture *p, int c) {
  const size_t luma = (size_t)p->width * p->height;
  return p->data + (c == 0 ? 0 : luma + (c - 1) * (size_t)width_of(p, 1) * height_of(p, 1));
}

static void fail(const char *what, const char *name) {
  fprintf(stderr, "bench-pan: %s%s%s\n", name, *name ? ": " : "", what);
  exit(1);
}

static void allocate(Picture *p, int width, int height) {
  *p = (Picture){.width = width, .height = height};
  p->data = malloc(size_of(p));
  if (!p->data)
    fail("no memory", "");
}

static void read_last(Picture *p, const char *path) {
  FILE *file = fopen(path, "rb");
  char line[200];
  if (!file || !fgets(line, sizeof line, file))
    fail("cannot be read", path);
  const char *w = strstr(line, " W"), *h = strstr(line, " H");
  if (!w || !h || atoi(w + 2) < 1 || atoi(h + 2) < 1)
    fail("is no y4m file", path);
  allocate(p, atoi(w + 2), atoi(h + 2));
  int frames = 0;
  while (fgets(line, sizeof line, file) && !strncmp(line, "FRAME", 5) &&
         fread(p->data, size_of(p), 1, file) == 1)
    frames++;
  if (!feof(file))
    fail("is damaged", path);
  if (!frames)
    fail("holds no picture", path);
  fclose(file);
}

/* --- movement --- */

/* Displacement of the picture, in luma samples. */
typedef struct {
  int right, down;
} Shift;

static void move(Shift *shift, int frame) {
  shift->right += 2 + frame % 4;
  shift->down += 5 - frame % 4;
}

static int mirrored(int i, int n) {
  i %= 2 * n;
  return i < n ? i : 2 * n - 1 - i;
}

/* The columns [left, right) of one row. Half a chroma sample's movement is the mean of two. */
static void paint_row(uint8_t *row, const Picture *from, int c, int left, int right, int y,
                      Shift shift) {
  const int half = c > 0, width = width_of(from, c), height = height_of(from, c);
  const uint8_t *plane = plane_of(from, c);
  const uint8_t *a = plane + (size_t)mirrored(y + (shift.down >> half), height) * width;
  const uint8_t *b =
      plane + (size_t)mirrored(y + ((shift.down + half) >> half), height) * width;
  for (int x = left; x < right; x++) {
    const int u = mirrored(x + (shift.right >> half), width);
    const int v = mirrored(x + ((shift.right + half) >> half), width);
    row[x] = (uint8_t)((a[u] + a[v] + b[u] + b[v] + 2) / 4);
  }
}

/* A window of two fifths by nine twentieths moves: 18 % of the frame. */
static void paint(const Picture *to, const Picture *from, Shift shift, bool camera) {
  const Shift rest = {0, 0};
  for (int c = 0; c < 3; c++) {
    const int width = width_of(to, c), height = height_of(to, c);
    const int left = camera ? width * 3 / 10 : 0, right = camera ? width * 7 / 10 : width;
    const int top = camera ? height * 11 / 40 : 0, bottom = camera ? height * 29 / 40 : height;
    for (int y = 0; y < height; y++) {
      uint8_t *row = plane_of(to, c) + (size_t)y * width;
      const bool moves = y >= top && y < bottom;
      paint_row(row, from, c, 0, left, y, rest);
      paint_row(row, from, c, left, right, y, moves ? shift : rest);
      paint_row(row, from, c, right, width, y, rest);
    }
  }
}

/* --- noise --- */

static ZsdImage image_of(const Picture *p) {
  ZsdImage image = {.width = p->width, .height = p->height, .components = 3, .depth = 8};
  for (int c = 0; c < 3; c++)
    image.component[c] = (ZsdComponent){.data = plane_of(p, c),
                                        .stride = width_of(p, c),
                                        .step = 1,
                                        .width = width_of(p, c),
                                        .height = height_of(p, c),
                                        .half_width = c > 0,
                                        .half_height = c > 0};
  return image;
}

static void write_clip(const Picture *from, const char *path, const Picture *frame, int frames,
                       bool camera, double degree) {
  FILE *file = fopen(path, "wb");
  ZsdNoise *noise = zsd_noise_new(1);
  ZsdImage image = image_of(frame);
  Shift shift = {0, 0};
  if (!file || !noise)
    fail("cannot be written", path);
  fprintf(file, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420jpeg\n", frame->width, frame->height);
  for (int t = 0; t < frames; t++) {
    paint(frame, from, shift, camera);
    if (zsd_noise_add(noise, &image, ZSD_NOISE_GAUSSIAN, degree))
      fail("no memory", "");
    fputs("FRAME\n", file);
    fwrite(frame->data, size_of(frame), 1, file);
    move(&shift, t);
  }
  zsd_noise_free(noise);
  if (ferror(file) || fclose(file))
    fail("cannot be written", path);
}

int main(int argc, char **argv) {
  Picture picture, frame;
  if (argc != 8 || atoi(argv[3]) < 1 || atoi(argv[4]) < 1)
    fail("bench-pan PICTURE.y4m OUT.y4m WIDTH HEIGHT FRAMES pan|camera DEGREE", "usage");
  read_last(&picture, argv[1]);
  allocate(&frame, atoi(argv[3]), atoi(argv[4]));
  write_clip(&picture, argv[2], &frame, atoi(argv[5]), !strcmp(argv[6], "camera"),
             atof(argv[7]));
  free(picture.data);
  free(frame.data);
  return 0;
}
