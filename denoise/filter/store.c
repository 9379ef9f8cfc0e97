/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/store.h"

/* Samples of one row of a channel, from sample `x` on. */
static uint8_t *sample(const ZsdImage *image, const ZsdLayout *layout, int channel, int x,
                       int row) {
  const ZsdComponent *c = &image->component[layout->channel[channel].component];
  return c->data + row * c->stride +
         ((ptrdiff_t)x * layout->channel[channel].x_step + layout->channel[channel].x) *
             c->step;
}

/* Number of a channel's samples in a row of its component. */
static int samples_across(const ZsdImage *image, const ZsdLayout *layout, int channel) {
  const int width = image->component[layout->channel[channel].component].width;
  const int step = layout->channel[channel].x_step;
  return (width - layout->channel[channel].x + step - 1) / step;
}

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

static void store_samples(const ZsdImage *image, const ZsdKernels *kernels, uint8_t *dst,
                          int step, const float *x, const float *noise, int n, float strength) {
  if (image->depth > 8)
    kernels->store16(dst, step, x, noise, n, strength, zsd_image_full_scale(image),
                     image->shift);
  else
    kernels->store8(dst, step, x, noise, n, strength);
}

static void store_row(const ZsdImage *image, const ZsdKernels *kernels, const Row *row,
                      int from, float strength) {
  store_samples(image, kernels, row->dst + (ptrdiff_t)from * row->step, row->step,
                row->x + from, row->noise + from, row->n - from, strength);
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

void zsd_store_tile(const ZsdImage *image, const ZsdLayout *layout, const ZsdKernels *kernels,
                    const ZsdTile *tile, float strength, int first_column) {
  for (int y = 0; y < tile->height; y++) {
    Row rows[ZSD_MAX_CHANNELS];
    for (int c = 0; c < layout->channels; c++)
      rows[c] = row_of(image, layout, tile, c, y, first_column);
    store_channels(image, kernels, rows, layout->channels, strength);
  }
}

/* --- images --- */

enum { RUN = 64 }; /* samples of a row that are converted together */

/* Samples of a row of an image, 0..1. */
static void load_samples(const ZsdImage *image, const ZsdKernels *kernels, float *x,
                         const uint8_t *src, int step, int n) {
  const float scale = 1 / zsd_image_full_scale(image);
  if (image->depth > 8)
    kernels->load16(x, src, step, n, scale, image->shift);
  else
    kernels->load8(x, src, step, n, scale);
}

/* Noise that was found in n samples, in units of full scale. */
static void found_noise(float *noise, const uint16_t *noisy, const uint16_t *clean, int n,
                        float range) {
  for (int i = 0; i < n; i++) {
    const bool outside = range < 1 && (noisy[i] == 0 || noisy[i] == 65535);
    noise[i] = outside ? 0 : (float)(noisy[i] - clean[i]) * range / 65535;
  }
}

/* Samples [from, width) of row y of a component. */
static void store_image_row(const ZsdImage *image, const ZsdDenoisedPlanes *planes,
                            int component, int y, int from, float strength,
                            const ZsdKernels *kernels) {
  const ZsdComponent *c = &image->component[component];
  const ptrdiff_t row = (ptrdiff_t)y * c->width;
  uint8_t *dst = c->data + y * c->stride;
  for (int i = from; i < c->width; i += RUN) {
    const int n = c->width - i < RUN ? c->width - i : RUN;
    uint8_t *to = dst + (ptrdiff_t)i * c->step;
    float x[RUN], noise[RUN];
    load_samples(image, kernels, x, to, c->step, n);
    found_noise(noise, planes->noisy[component] + row + i, planes->clean[component] + row + i,
                n, planes->range);
    store_samples(image, kernels, to, c->step, x, noise, n, strength);
  }
}

void zsd_store_image(const ZsdImage *image, const ZsdDenoisedPlanes *planes, float strength,
                     int first_column, const ZsdKernels *kernels, int threads) {
  for (int i = 0; i < image->components; i++) {
    const ZsdComponent *c = &image->component[i];
    const int from = c->half_width ? first_column / 2 : first_column;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int y = 0; y < c->height; y++)
      store_image_row(image, planes, i, y, from, strength, kernels);
  }
}

/* --- planes --- */

enum { MAX_TILE_WIDTH = 64 }; /* of tiles whose rows are stored in pairs */

static Row plane_row(uint16_t *const planes[], const ZsdFrame *frame, const ZsdLayout *layout,
                     const ZsdTile *tile, int channel, int y) {
  const int component = layout->channel[channel].component;
  const ZsdFrameComponent *c = &frame->component[component];
  const int step = layout->channel[channel].x_step, first = layout->channel[channel].x;
  const int across = (c->width - first + step - 1) / step;
  const int row = (tile->y + y) * layout->channel[channel].y_step + layout->channel[channel].y;
  const ptrdiff_t at = zsd_tile_at(tile, 0, y);
  if (row >= c->height)
    return (Row){0};
  return (Row){.dst = (uint8_t *)(planes[component] + (ptrdiff_t)row * c->width + first +
                                  (ptrdiff_t)tile->x * step),
               .step = step * (int)sizeof(uint16_t),
               .x = tile->in.data + channel * tile->in.plane + at,
               .noise = tile->out.data + channel * tile->out.plane + at,
               .n = across - tile->x < tile->width ? across - tile->x : tile->width};
}

static void store_plane_row(const ZsdKernels *kernels, void *to, int step, const Row *row) {
  kernels->store16(to, step, row->x, row->noise, row->n, 1, 65535, 0);
}

/* Stores two rows, the samples of which alternate. */
static void store_alternating(const ZsdKernels *kernels, const Row *a, const Row *b) {
  uint16_t even[MAX_TILE_WIDTH], odd[MAX_TILE_WIDTH], *to = (uint16_t *)(void *)a->dst;
  store_plane_row(kernels, even, sizeof *even, a);
  store_plane_row(kernels, odd, sizeof *odd, b);
  for (int i = 0; i < b->n; i++) {
    to[2 * i] = even[i];
    to[2 * i + 1] = odd[i];
  }
  if (b->n < a->n)
    to[2 * b->n] = even[b->n];
}

void zsd_store_planes(uint16_t *const planes[], const ZsdFrame *frame, const ZsdLayout *layout,
                      const ZsdKernels *kernels, const ZsdTile *tile) {
  for (int y = 0; y < tile->height; y++)
    for (int c = 0; c < layout->channels; c++) {
      const Row row = plane_row(planes, frame, layout, tile, c, y);
      const Row next = c + 1 < layout->channels
                           ? plane_row(planes, frame, layout, tile, c + 1, y)
                           : (Row){0};
      if (row.n > 0 && row.n <= MAX_TILE_WIDTH && row.step == 2 * (int)sizeof(uint16_t) &&
          next.dst == row.dst + sizeof(uint16_t)) {
        store_alternating(kernels, &row, &next);
        c++;
      } else if (row.n > 0) {
        store_plane_row(kernels, row.dst, row.step, &row);
      }
    }
}

/* --- rows --- */

void zsd_row_keep_clean(const ZsdRegionMap *map, float *noise, int n, int first, int step,
                        int y) {
  for (int i = 0; i < n && y / ZSD_CELL < map->down; i++) {
    const int x = first + i * step;
    if (x / ZSD_CELL < map->across && zsd_region_at(map, x, y) & ZSD_CLEAN)
      noise[i] = 0;
  }
}

void zsd_row_to_full_scale(const ZsdFrame *frame, float *samples, float *noise, int n) {
  for (int i = 0; i < n; i++) {
    noise[i] = samples[i] >= 0 && samples[i] <= 1 ? frame->range * noise[i] : 0;
    samples[i] = frame->black + frame->range * samples[i];
  }
}

void zsd_store_row(const ZsdImage *image, const ZsdStoredRow *row, float strength,
                   int first_column, const ZsdKernels *kernels) {
  const ZsdComponent *c = &image->component[row->component];
  const int first = c->half_width ? first_column / 2 : first_column;
  const int from = first > row->x ? first - row->x : 0;
  if (from < row->n)
    store_samples(image, kernels,
                  c->data + row->y * c->stride + (ptrdiff_t)(row->x + from) * c->step, c->step,
                  row->samples + from, row->noise + from, row->n - from, strength);
}
