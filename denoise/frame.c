/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

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

void zsd_layout_make(ZsdLayout *layout, const ZsdImage *image, bool packed) {
  const int block = packed ? 2 : 1;
  *layout = (ZsdLayout){.width = (image->width + block - 1) / block,
                        .height = (image->height + block - 1) / block};
  for (int i = 0; i < image->components; i++) {
    const ZsdComponent *component = &image->component[i];
    const int across = component->half_width ? 1 : block;
    const int down = component->half_height ? 1 : block;
    if (i == 1 && image->rgb)
      layout->brightness = layout->channels;
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

static void load_row(float *dst, const ZsdImage *image, const ZsdKernels *kernels,
                     const uint8_t *src, int step, int n) {
  const float scale = 1 / full_scale(image);
  if (image->depth > 8)
    kernels->load16(dst, src, step, n, scale, image->shift);
  else
    kernels->load8(dst, src, step, n, scale);
}

typedef struct {
  const ZsdTensor *picture;
  const ZsdImage *image;
  const ZsdLayout *layout;
  const ZsdKernels *kernels;
} Load;

static void load_one_row(void *context, int worker, int y) {
  (void)worker;
  const Load *l = context;
  for (int c = 0; c < l->layout->channels; c++) {
    const ZsdComponent *component = &l->image->component[l->layout->channel[c].component];
    float *dst = zsd_tensor_row(l->picture, c, y);
    int row = y * l->layout->channel[c].y_step + l->layout->channel[c].y, n = 0;
    if (row >= component->height)
      row = component->height - 1;
    if (row >= 0) {
      n = samples_across(l->image, l->layout, c);
      load_row(dst, l->image, l->kernels, sample(l->image, l->layout, c, 0, row),
               component->step * l->layout->channel[c].x_step, n);
    }
    if (n == 0 && row >= 0) /* a picture of one column: its second column is the first */
      load_row(dst, l->image, l->kernels, component->data + row * component->stride, 0,
               l->layout->width);
    else
      for (int x = n; x < l->layout->width; x++)
        dst[x] = n > 0 ? dst[n - 1] : 0;
  }
}

void zsd_frame_load(const ZsdTensor *picture, const ZsdImage *image, const ZsdLayout *layout,
                    const ZsdKernels *kernels, ZsdThreads *threads) {
  Load load = {picture, image, layout, kernels};
  zsd_threads_run(threads, load_one_row, &load, layout->height);
}

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
