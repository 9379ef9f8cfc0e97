/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <stdlib.h>

ZsdImage zsd_image_field(const ZsdImage *image, int field) {
  ZsdImage f = *image;
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

static float full_scale(const ZsdImage *image) {
  return (float)((1 << image->depth) - 1);
}

/* Samples of one row of a channel, from sample `x` on. */
static uint8_t *sample(const ZsdImage *image, const ZsdLayout *layout, int channel, int x,
                       int row) {
  const ZsdComponent *c = &image->component[layout->channel[channel].component];
  return c->data + row * c->stride +
         ((ptrdiff_t)x * layout->channel[channel].x_step + layout->channel[channel].x) *
             c->step;
}

/* How many of a channel's samples in a row the component has. */
static int samples_across(const ZsdImage *image, const ZsdLayout *layout, int channel) {
  const int width = image->component[layout->channel[channel].component].width;
  const int step = layout->channel[channel].x_step;
  return (width - layout->channel[channel].x + step - 1) / step;
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

typedef struct {
  const ZsdFrame *frame;
  const ZsdImage *image;
  const ZsdKernels *kernels;
} Load;

static void load_row(void *context, int worker, int y) {
  (void)worker;
  const Load *l = context;
  const float scale = 1 / full_scale(l->image);
  for (int i = 0; i < l->image->components; i++) {
    const ZsdComponent *c = &l->image->component[i];
    if (y >= c->height)
      continue;
    float *to = l->frame->component[i].y + (ptrdiff_t)y * c->width;
    const uint8_t *from = c->data + y * c->stride;
    if (l->image->depth > 8)
      l->kernels->load16(to, from, c->step, c->width, scale, l->image->shift);
    else
      l->kernels->load8(to, from, c->step, c->width, scale);
  }
}

void zsd_frame_load(const ZsdFrame *frame, const ZsdImage *image, const ZsdKernels *kernels,
                    ZsdThreads *threads) {
  Load load = {frame, image, kernels};
  zsd_threads_run(threads, load_row, &load, image->height);
}

/* --- writing back --- */

void zsd_frame_store(const ZsdImage *image, const ZsdLayout *layout, const ZsdKernels *kernels,
                     const ZsdTile *tile, float strength, int first_column) {
  for (int c = 0; c < layout->channels; c++) {
    const ZsdComponent *component = &image->component[layout->channel[c].component];
    const int across = samples_across(image, layout, c), step = layout->channel[c].x_step;
    const int first = component->half_width ? first_column / 2 : first_column;
    const int begin = first / step > tile->x ? first / step : tile->x;
    const int end = tile->x + tile->width < across ? tile->x + tile->width : across;
    for (int y = 0; y < tile->height && begin < end; y++) {
      const int row = (tile->y + y) * layout->channel[c].y_step + layout->channel[c].y;
      if (row >= component->height)
        break;
      const ptrdiff_t at = zsd_tile_at(tile, begin - tile->x, y);
      const float *x = tile->in.data + c * tile->in.plane + at;
      const float *noise = tile->out.data + c * tile->out.plane + at;
      uint8_t *dst = sample(image, layout, c, begin, row);
      if (image->depth > 8)
        kernels->store16(dst, component->step * step, x, noise, end - begin, strength,
                         full_scale(image), image->shift);
      else
        kernels->store8(dst, component->step * step, x, noise, end - begin, strength);
    }
  }
}
