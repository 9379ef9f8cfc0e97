/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/tile_cache.h"

#include "base/clamp.h"

#include <stdlib.h>
#include <string.h>

/* Static frames until the output is cached: the Kalman gain is about 1/20 by then, so a further
 * frame changes the fused picture by a twentieth of its noise. A frame that looks moving, as
 * noise alone can make it, takes SETBACK of them back. */
enum { SETTLED = 16, SETBACK = 2 };

static int bytes_per_sample(const ZsdImage *image) {
  return image->depth > 8 ? 2 : 1;
}

int zsd_tile_cache_resize(ZsdTileCache *cache, const ZsdImage *image, int across, int down) {
  size_t size = 0;
  for (int i = 0; i < image->components; i++)
    size += (size_t)image->component[i].width * image->component[i].height *
            bytes_per_sample(image);
  if (cache->across == across && cache->down == down && cache->size == size)
    return 0;
  zsd_tile_cache_clear(cache);
  cache->copy = *image;
  uint8_t *samples = malloc(size + 1);
  if (!(cache->static_frames = calloc((size_t)across * down, 1)) || !samples) {
    free(samples);
    zsd_tile_cache_clear(cache);
    return -1;
  }
  cache->across = across;
  cache->down = down;
  cache->size = size;
  for (int i = 0; i < image->components; i++) {
    ZsdComponent *c = &cache->copy.component[i];
    c->data = samples;
    c->step = bytes_per_sample(image);
    c->stride = (ptrdiff_t)c->width * c->step;
    samples += c->height * c->stride;
  }
  return 0;
}

void zsd_tile_cache_clear(ZsdTileCache *cache) {
  free(cache->static_frames);
  if (cache->size)
    free(cache->copy.component[0].data);
  *cache = (ZsdTileCache){0};
}

void zsd_tile_cache_invalidate(ZsdTileCache *cache) {
  if (cache->static_frames)
    memset(cache->static_frames, 0, (size_t)cache->across * cache->down);
}

void zsd_tile_cache_next_frame(ZsdTileCache *cache, float strength, int first_column) {
  if (cache->strength < strength || cache->strength > strength ||
      cache->first_column != first_column)
    zsd_tile_cache_invalidate(cache);
  cache->strength = strength;
  cache->first_column = first_column;
  cache->turn++;
}

void zsd_tile_cache_note(ZsdTileCache *cache, int tile, bool is_static) {
  const int frames = cache->static_frames[tile] + (is_static ? 1 : -SETBACK);
  cache->static_frames[tile] = (uint8_t)zsd_clamp(frames, 0, SETTLED + SETBACK + 1);
}

bool zsd_tile_cache_has(const ZsdTileCache *cache, int tile, unsigned refresh) {
  return cache->static_frames[tile] > SETTLED && (cache->turn + tile) % refresh != 0;
}

/* Copies a region's samples from column `first_column` of the image on. */
static void copy(const ZsdImage *to, const ZsdImage *from, const ZsdLayout *layout,
                 ZsdRegion region, int first_column) {
  const int bytes = bytes_per_sample(to);
  for (int n = 0; n < layout->channels; n++) {
    if (layout->channel[n].x || layout->channel[n].y)
      continue; /* a component is copied with its first channel */
    const int i = layout->channel[n].component;
    const ZsdComponent *t = &to->component[i], *f = &from->component[i];
    const int x_step = layout->channel[n].x_step, y_step = layout->channel[n].y_step;
    const int first = t->half_width ? first_column / 2 : first_column;
    const int left = region.x * x_step > first ? region.x * x_step : first;
    const int right = zsd_smaller((region.x + region.width) * x_step, t->width);
    const int bottom = zsd_smaller((region.y + region.height) * y_step, t->height);
    for (int y = region.y * y_step; y < bottom && left < right; y++) {
      uint8_t *dst = t->data + y * t->stride + (ptrdiff_t)left * t->step;
      const uint8_t *src = f->data + y * f->stride + (ptrdiff_t)left * f->step;
      if (t->step == bytes && f->step == bytes)
        memcpy(dst, src, (size_t)(right - left) * bytes);
      else
        for (int x = left; x < right; x++, dst += t->step, src += f->step)
          memcpy(dst, src, bytes);
    }
  }
}

void zsd_tile_cache_read(const ZsdTileCache *cache, const ZsdImage *image,
                         const ZsdLayout *layout, ZsdRegion region) {
  copy(image, &cache->copy, layout, region, cache->first_column);
}

void zsd_tile_cache_write(ZsdTileCache *cache, int tile, const ZsdImage *image,
                          const ZsdLayout *layout, ZsdRegion region) {
  if (cache->static_frames[tile] >= SETTLED)
    copy(&cache->copy, image, layout, region, cache->first_column);
}
