/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/split_screen.h"

#include <string.h>

int zsd_split_column(double split, int width) {
  return (int)(split * width / 2 + 0.5) * 2;
}

/* Fills a column of a component with a level of 0..255. */
static void draw(const ZsdImage *image, const ZsdComponent *c, int x, unsigned level) {
  const unsigned max = (1u << image->depth) - 1;
  /* YUV levels of more bits are the 8-bit ones shifted; RGB levels are scaled to the full
   * range. */
  const unsigned value = image->rgb ? level * max / 255 : level << (image->depth - 8);
  const uint16_t word = (uint16_t)(value << image->shift);
  uint8_t *sample = c->data + (ptrdiff_t)x * c->step;
  for (int y = 0; y < c->height; y++, sample += c->stride)
    if (image->depth > 8)
      memcpy(sample, &word, sizeof word);
    else
      *sample = (uint8_t)word;
}

void zsd_split_draw(const ZsdImage *image, int column) {
  /* YUV levels of the limited range; in a full-range picture they are light and dark gray. */
  const unsigned white = image->rgb ? 255 : 235, black = image->rgb ? 0 : 16, neutral = 128;
  if (column < 2 || column >= image->width)
    return;
  for (int i = 0; i < image->components; i++) {
    const ZsdComponent *c = &image->component[i];
    const bool chroma = i > 0 && !image->rgb;
    if (c->half_width) {
      draw(image, c, column / 2 - 1, neutral);
      continue;
    }
    draw(image, c, column - 2, chroma ? neutral : white);
    draw(image, c, column - 1, chroma ? neutral : black);
  }
}
