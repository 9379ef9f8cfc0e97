/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ZsdImage zsd_image_field(const ZsdImage *image, int field) {
  ZsdImage f = *image;
  f.part = field ? ZSD_ODD_FIELD : ZSD_EVEN_FIELD;
  f.height = (image->height + 1 - field) / 2;
  for (int i = 0; i < f.components; i++) {
    ZsdComponent *c = &f.component[i];
    c->height = (c->height + 1 - field) / 2;
    c->data += field * c->stride;
    c->stride *= 2;
  }
  return f;
}

bool zsd_layout_planar_fits(const ZsdImage *image) {
  bool fits = image->components > 1;
  for (int i = 0; i < image->components; i++)
    fits = fits && !image->component[i].half_width && !image->component[i].half_height;
  return fits;
}

void zsd_layout_make(ZsdLayout *layout, const ZsdImage *image, bool packed) {
  const int block = packed ? 2 : 1;
  *layout = (ZsdLayout){.width = (image->width + block - 1) / block,
                        .height = (image->height + block - 1) / block};
  for (int i = 0; i < image->components; i++) {
    const ZsdComponent *component = &image->component[i];
    const int across = component->half_width ? 1 : block;
    const int down = component->half_height ? 1 : block;
    for (int y = 0; y < down; y++)
      for (int x = 0; x < across; x++) {
        const int c = layout->channels++;
        layout->channel[c].component = i;
        layout->channel[c].x = x;
        layout->channel[c].y = y;
        layout->channel[c].x_step = across;
        layout->channel[c].y_step = down;
      }
  }
}

/* --- frames --- */

void zsd_frame_clear(ZsdFrame *frame) {
  for (int i = 0; i < frame->components; i++)
    free(frame->component[i].y);
  *frame = (ZsdFrame){0};
}

bool zsd_frame_has_shape(const ZsdFrame *frame, const ZsdImage *image) {
  bool same = frame->components == image->components && frame->brightness == image->rgb;
  for (int i = 0; i < image->components && same; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    const ZsdComponent *from = &image->component[i];
    same = c->width == from->width && c->height == from->height &&
           c->half_width == from->half_width && c->half_height == from->half_height;
  }
  return same;
}

int zsd_frame_resize(ZsdFrame *frame, const ZsdImage *image) {
  zsd_frame_clear(frame);
  frame->components = image->components;
  frame->brightness = image->rgb;
  frame->range = 1;
  for (int i = 0; i < image->components; i++) {
    ZsdFrameComponent *c = &frame->component[i];
    c->width = image->component[i].width;
    c->height = image->component[i].height;
    c->half_width = image->component[i].half_width;
    c->half_height = image->component[i].half_height;
    const size_t n = (size_t)c->width * c->height;
    if (!(c->y = malloc(3 * n * sizeof(float) + 1))) {
      zsd_frame_clear(frame);
      return -1;
    }
    c->z = c->y + n;
    c->k = c->z + n;
  }
  return 0;
}

/* --- range --- */

enum {
  RANGE_BITS = 12, /* precision of the limits found */
  MIN_RANGE = 8,   /* the smallest range is 2^-8 of full scale */
  OUTSIDE = 1000,  /* one sample of so many may lie below the limits, and one above */
};

/* Part of the range that the samples take, at most; and at least, for the range to be kept. */
static const double MOST_USED = 0.75, LEAST_USED = 0.1;

/* Limits of nearly all samples, 0..1 of full scale. */
static void find_limits(const ZsdImage *image, double *low, double *high) {
  enum { LEVELS = 1 << RANGE_BITS };
  const ZsdComponent *c = &image->component[0];
  unsigned histogram[LEVELS] = {0};
  const double most = (double)c->width * c->height / OUTSIDE;
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++) {
      uint16_t sample;
      memcpy(&sample, c->data + y * c->stride + (ptrdiff_t)x * c->step, sizeof sample);
      histogram[sample >> (16 - RANGE_BITS)]++;
    }
  int first = 0, last = LEVELS - 1;
  for (double n = histogram[0]; n <= most && first < last; n += histogram[first])
    first++;
  for (double n = histogram[last]; n <= most && last > first; n += histogram[last])
    last--;
  *low = (double)first / LEVELS;
  *high = (double)(last + 1) / LEVELS;
}

/* Sets the smallest range that serves: a power of two, around the limits. */
static void set_range(ZsdFrame *frame, double low, double high) {
  double range = 1;
  for (int i = 0; i < MIN_RANGE && range / 2 * MOST_USED >= high - low; i++)
    range /= 2;
  frame->range = (float)range;
  frame->black = (float)fmax(0, fmin((low + high - range) / 2, 1 - range));
}

bool zsd_frame_choose_range(ZsdFrame *frame, const ZsdImage *image, bool anew) {
  double low, high;
  if (image->components != 1 || image->depth < 16)
    return false;
  find_limits(image, &low, &high);
  if (!anew && low >= frame->black && high <= frame->black + frame->range &&
      high - low >= LEAST_USED * frame->range)
    return false;
  const float black = frame->black, range = frame->range;
  set_range(frame, low, high);
  return frame->black < black || frame->black > black || frame->range < range ||
         frame->range > range;
}

/* --- samples --- */

enum { BAND = 8 }; /* rows that a thread converts at a time */

static void load_row(const ZsdFrame *frame, const ZsdImage *image, const ZsdKernels *kernels,
                     int y) {
  const float scale = 1 / zsd_image_full_scale(image);
  for (int i = 0; i < image->components; i++) {
    const ZsdComponent *c = &image->component[i];
    if (y >= c->height)
      continue;
    float *to = frame->component[i].y + (ptrdiff_t)y * c->width;
    const uint8_t *from = c->data + y * c->stride;
    if (image->depth > 8)
      kernels->load16(to, from, c->step, c->width, scale, image->shift);
    else
      kernels->load8(to, from, c->step, c->width, scale);
    for (int x = 0; x < c->width && frame->range < 1; x++)
      to[x] = (to[x] - frame->black) / frame->range;
  }
}

void zsd_frame_load(const ZsdFrame *frame, const ZsdImage *image, const ZsdKernels *kernels,
                    int threads) {
#pragma omp parallel for schedule(dynamic, BAND) num_threads(threads)
  for (int y = 0; y < image->height; y++)
    load_row(frame, image, kernels, y);
}
