/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/frame.h"

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

enum { BAND = 8 }; /* rows that one thread loads at a time */

typedef struct {
  const ZsdFrame *frame;
  const ZsdImage *image;
  const ZsdKernels *kernels;
} Load;

static void load_row(const Load *l, int y) {
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

static void load_band(void *context, int worker, int band) {
  (void)worker;
  const Load *l = context;
  for (int y = band * BAND; y < (band + 1) * BAND; y++)
    load_row(l, y);
}

void zsd_frame_load(const ZsdFrame *frame, const ZsdImage *image, const ZsdKernels *kernels,
                    ZsdThreads *threads) {
  Load load = {frame, image, kernels};
  zsd_threads_run(threads, load_band, &load, (image->height + BAND - 1) / BAND);
}

/* --- writing back --- */

/* A row of the samples of a tile in a channel, and what was found in them. */
typedef struct {
  uint8_t *dst;
  int step; /* bytes */
  const float *x, *noise;
  int n; /* samples; 0 where there are none to be written */
} Row;

static Row row_of(const ZsdImage *image, const ZsdLayout *layout, const ZsdTile *tile,
                  int channel, int y, int first_column) {
  const ZsdComponent *c = &image->component[layout->channel[channel].component];
  const int across = samples_across(image, layout, channel);
  const int step = layout->channel[channel].x_step;
  const int first = c->half_width ? first_column / 2 : first_column;
  const int begin = first / step > tile->x ? first / step : tile->x;
  const int end = tile->x + tile->width < across ? tile->x + tile->width : across;
  const int row = (tile->y + y) * layout->channel[channel].y_step + layout->channel[channel].y;
  if (row >= c->height || begin >= end)
    return (Row){0};
  const ptrdiff_t at = zsd_tile_at(tile, begin - tile->x, y);
  return (Row){.dst = sample(image, layout, channel, begin, row),
               .step = c->step * step,
               .x = tile->in.data + channel * tile->in.plane + at,
               .noise = tile->out.data + channel * tile->out.plane + at,
               .n = end - begin};
}

static void store_row(const ZsdImage *image, const ZsdKernels *kernels, const Row *row,
                      int from, float strength) {
  uint8_t *dst = row->dst + (ptrdiff_t)from * row->step;
  const float *x = row->x + from, *noise = row->noise + from;
  if (image->depth > 8)
    kernels->store16(dst, row->step, x, noise, row->n - from, strength, full_scale(image),
                     image->shift);
  else
    kernels->store8(dst, row->step, x, noise, row->n - from, strength);
}

/* Whether the samples of two rows lie in turn in one run of bytes. */
static bool are_pairs(const ZsdImage *image, const Row *a, const Row *b) {
  return image->depth == 8 && b->n > 0 && b->n <= a->n && a->step == 2 && b->dst == a->dst + 1;
}

static void store_channels(const ZsdImage *image, const ZsdKernels *kernels, const Row *rows,
                           int channels, float strength) {
  for (int c = 0; c < channels; c++) {
    const Row *a = &rows[c], *b = a + 1;
    if (c + 1 < channels && are_pairs(image, a, b)) {
      kernels->store8_interleaved(a->dst, a->x, a->noise, b->x, b->noise, b->n, strength);
      if (a->n > b->n)
        store_row(image, kernels, a, b->n, strength);
      c++;
    } else if (a->n > 0) {
      store_row(image, kernels, a, 0, strength);
    }
  }
}

void zsd_frame_store(const ZsdImage *image, const ZsdLayout *layout, const ZsdKernels *kernels,
                     const ZsdTile *tile, float strength, int first_column) {
  for (int y = 0; y < tile->height; y++) {
    Row rows[ZSD_MAX_CHANNELS];
    for (int c = 0; c < layout->channels; c++)
      rows[c] = row_of(image, layout, tile, c, y, first_column);
    store_channels(image, kernels, rows, layout->channels, strength);
  }
}
