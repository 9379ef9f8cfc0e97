/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clip.h"

#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t frame_size(int width, int height) {
  return (size_t)width * height + 2 * (size_t)((width + 1) / 2) * ((height + 1) / 2);
}

ZsdImage image_of(uint8_t *data, int width, int height) {
  const int w = (width + 1) / 2, h = (height + 1) / 2;
  ZsdImage image = {.width = width, .height = height, .components = 3, .depth = 8};
  image.component[0] = (ZsdComponent){data, width, 1, width, height, false, false};
  data += (size_t)width * height;
  image.component[1] = (ZsdComponent){data, w, 1, w, h, true, true};
  image.component[2] = (ZsdComponent){data + (size_t)w * h, w, 1, w, h, true, true};
  return image;
}

static void clip_new(Clip *clip, int width, int height, int frames) {
  *clip = (Clip){width, height, frames, malloc(frames * frame_size(width, height))};
  ck_assert_ptr_nonnull(clip->data);
}

static ZsdImage image_at(const Clip *clip, int t) {
  return image_of(clip->data + t * frame_size(clip->width, clip->height), clip->width,
                  clip->height);
}

/* --- files --- */

void clip_read(Clip *clip, const char *path, int first, int frames) {
  char line[200];
  FILE *f = fopen(path, "rb");
  ck_assert_msg(f != NULL, "cannot read %s", path);
  ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
  const char *w = strstr(line, " W"), *h = strstr(line, " H");
  ck_assert(w && h);
  clip_new(clip, atoi(w + 2), atoi(h + 2), frames);
  const size_t size = frame_size(clip->width, clip->height);
  for (int t = -first; t < frames; t++) {
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    ck_assert_uint_eq(fread(clip->data + (t > 0 ? t : 0) * size, 1, size, f), size);
  }
  fclose(f);
}

void clip_crop(Clip *clip, int width, int height) {
  const int left = (clip->width - width) / 4 * 2, top = (clip->height - height) / 4 * 2;
  Clip middle;
  clip_new(&middle, width, height, clip->frames);
  for (int t = 0; t < clip->frames; t++) {
    const ZsdImage from = image_at(clip, t), into = image_at(&middle, t);
    for (int c = 0; c < 3; c++)
      for (int y = 0; y < into.component[c].height; y++)
        memcpy(into.component[c].data + y * into.component[c].stride,
               from.component[c].data + (y + (top >> (c > 0))) * from.component[c].stride +
                   (left >> (c > 0)),
               into.component[c].width);
  }
  free(clip->data);
  *clip = middle;
}

/* --- cameras --- */

static int clamped(int i, int n) {
  return i < 0 ? 0 : i < n ? i : n - 1;
}

/* Weights of four neighbours for a place `x`, 0..1, between the middle ones (Catmull-Rom). */
static void cubic_weights(double x, double weights[4]) {
  weights[0] = x * (-0.5 + x * (1 - 0.5 * x));
  weights[1] = 1 + x * x * (-2.5 + 1.5 * x);
  weights[2] = x * (0.5 + x * (2 - 1.5 * x));
  weights[3] = x * x * (-0.5 + 0.5 * x);
}

static uint8_t sample_at(const ZsdComponent *c, double x, double y) {
  const int left = (int)floor(x), top = (int)floor(y);
  double across[4], down[4], sum = 0;
  cubic_weights(x - left, across);
  cubic_weights(y - top, down);
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++)
      sum += down[i] * across[j] *
             c->data[clamped(top - 1 + i, c->height) * c->stride +
                     clamped(left - 1 + j, c->width)];
  return (uint8_t)clamped((int)lrint(sum), 256);
}

/* One component as seen `time` frames after the middle of the clip. */
static void see(const ZsdComponent *into, const ZsdComponent *picture, const Movement *m,
                double time) {
  const double unit = into->half_width ? 2 : 1; /* luma samples a sample */
  const double angle = m->turn * time * acos(-1) / 180, scale = pow(m->zoom, -time);
  const double x0 = picture->width / 2.0 + m->right * time / unit - 0.5;
  const double y0 = picture->height / 2.0 + m->down * time / unit - 0.5;
  for (int v = 0; v < into->height; v++)
    for (int u = 0; u < into->width; u++) {
      const double x = scale * (u + 0.5 - into->width / 2.0);
      const double y = scale * (v + 0.5 - into->height / 2.0);
      into->data[v * into->stride + u] = sample_at(
          picture, x0 + x * cos(angle) - y * sin(angle), y0 + x * sin(angle) + y * cos(angle));
    }
}

void clip_move(Clip *clip, const Clip *picture, const Movement *movement, int width, int height,
               int frames) {
  const ZsdImage from = image_at(picture, 0);
  clip_new(clip, width, height, frames);
  for (int t = 0; t < frames; t++) {
    const ZsdImage into = image_at(clip, t);
    for (int c = 0; c < 3; c++)
      see(&into.component[c], &from.component[c], movement, t - (frames - 1) / 2.0);
  }
}
