/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/tile_cache.h"

#include "base/clamp.h"

#include <stdlib.h>
#include <string.h>

/* After so many calm frames what is fused no longer changes: with the gain of a Kalman filter
 * that has seen as many, a frame moves it by a twentieth of its noise. One that is not calm, as
 * noise alone may make one look, takes some of them back. */
enum { SETTLED = 16, SETBACK = 2 };

static int bytes_of(const ZsdImage *image) {
  return image->depth > 8 ? 2 : 1;
}

int zsd_kept_resize(ZsdKept *kept, const ZsdImage *image, int across, int down) {
  size_t size = 0;
  for (int i = 0; i < image->components; i++)
    size += (size_t)image->component[i].width * image->component[i].height * bytes_of(image);
  if (kept->across == across && kept->down == down && kept->size == size)
    return 0;
  zsd_kept_clear(kept);
  kept->copy = *image;
  uint8_t *samples = malloc(size + 1);
  if (!(kept->calm = calloc((size_t)across * down, 1)) || !samples) {
    free(samples);
    zsd_kept_clear(kept);
    return -1;
  }
  kept->across = across;
  kept->down = down;
  kept->size = size;
  for (int i = 0; i < image->components; i++) {
    ZsdComponent *c = &kept->copy.component[i];
    c->data = samples;
    c->step = bytes_of(image);
    c->stride = (ptrdiff_t)c->width * c->step;
    samples += c->height * c->stride;
  }
  return 0;
}

void zsd_kept_clear(ZsdKept *kept) {
  free(kept->calm);
  if (kept->size)
    free(kept->copy.component[0].data);
  *kept = (ZsdKept){0};
}

void zsd_kept_forget(ZsdKept *kept) {
  if (kept->calm)
    memset(kept->calm, 0, (size_t)kept->across * kept->down);
}

void zsd_kept_next(ZsdKept *kept, float strength, int first_column) {
  if (kept->strength < strength || kept->strength > strength ||
      kept->first_column != first_column)
    zsd_kept_forget(kept);
  kept->strength = strength;
  kept->first_column = first_column;
  kept->turn++;
}

void zsd_kept_note(ZsdKept *kept, int tile, bool calm) {
  const int frames = kept->calm[tile] + (calm ? 1 : -SETBACK);
  kept->calm[tile] = (uint8_t)zsd_clamp(frames, 0, SETTLED + SETBACK + 1);
}

bool zsd_kept_serves(const ZsdKept *kept, int tile, unsigned refresh) {
  return kept->calm[tile] > SETTLED && (kept->turn + tile) % refresh != 0;
}

/* Copies a region's samples, but those before `first_column` (of the image). */
static void copy(const ZsdImage *to, const ZsdImage *from, const ZsdLayout *layout,
                 ZsdRegion region, int first_column) {
  const int bytes = bytes_of(to);
  for (int n = 0; n < layout->channels; n++) {
    if (layout->channel[n].x || layout->channel[n].y)
      continue; /* its component's first channel stands for them all */
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

void zsd_kept_give(const ZsdKept *kept, const ZsdImage *image, const ZsdLayout *layout,
                   ZsdRegion region) {
  copy(image, &kept->copy, layout, region, kept->first_column);
}

void zsd_kept_take(ZsdKept *kept, int tile, const ZsdImage *image, const ZsdLayout *layout,
                   ZsdRegion region) {
  if (kept->calm[tile] >= SETTLED)
    copy(&kept->copy, image, layout, region, kept->first_column);
}
