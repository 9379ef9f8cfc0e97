/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/static_blocks.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Standard deviations above its usual value from which the energy of a block, and of a
 * rectangle, shows a change. */
static const double CHANGED_BLOCK = 4, CHANGED_PART = 3;

/* Upper bound of the usual energy, and the weight of a new value in it. The usual energy is not
 * exactly 1, since no noise model is exact; but above the bound there is something else. */
static const float MAX_USUAL = 1.5f, NEW_WEIGHT = 1 / 16.0f;

/* Change of black or white from frame to frame below which brightness is the same, 0..1. */
static const float SAME_BRIGHTNESS = 0.25f / 255;

int zsd_static_blocks_resize(ZsdStaticBlocks *blocks, int count) {
  zsd_static_blocks_clear(blocks);
  if (!(blocks->memory = calloc((ZSD_MAX_COMPONENTS + 2) * (size_t)count, sizeof(float))))
    return -1;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++)
    blocks->squares[i] = blocks->memory + (ptrdiff_t)i * count;
  blocks->energy = blocks->memory + (ptrdiff_t)ZSD_MAX_COMPONENTS * count;
  blocks->usual = blocks->energy + count;
  return 0;
}

void zsd_static_blocks_clear(ZsdStaticBlocks *blocks) {
  free(blocks->memory);
  *blocks = (ZsdStaticBlocks){0};
}

/* Samples of a component in a block. */
static int samples_of(const ZsdFrameComponent *c, int i, int j) {
  const int width = ZSD_BLOCK >> c->half_width, height = ZSD_BLOCK >> c->half_height;
  return zsd_clamp(c->width - i * width, 0, width) *
         zsd_clamp(c->height - j * height, 0, height);
}

void zsd_static_blocks_update(ZsdStaticBlocks *blocks, const ZsdFrame *frame,
                              const ZsdMotionField *field, bool first) {
  for (int j = 0; j < field->down; j++)
    for (int i = 0; i < field->across; i++) {
      const int at = j * field->across + i;
      const float usual = first ? 1 : blocks->usual[at];
      float sum = 0;
      int samples = 0;
      for (int k = 0; k < frame->components; k++) {
        sum += blocks->squares[k][at];
        samples += samples_of(&frame->component[k], i, j);
      }
      blocks->energy[at] = sum / (float)samples;
      blocks->usual[at] = fminf(MAX_USUAL, usual + NEW_WEIGHT * (blocks->energy[at] - usual));
    }
}

/* Whether the energy of this many blocks is above the usual by more than noise explains: the
 * mean of n squares has a relative deviation of sqrt(2 / n), more for correlated noise. */
static bool has_changed(const ZsdStaticTest *test, float energy, float usual, int blocks,
                        double most) {
  const double along = 1 + 2 * (test->lag1 * test->lag1 + test->lag2 * test->lag2);
  const double deviation = along * sqrt(2.0 / (blocks * ZSD_BLOCK * ZSD_BLOCK));
  return energy > usual * (1 + most * deviation);
}

bool zsd_static_blocks_test(const ZsdStaticBlocks *blocks, const ZsdStaticTest *test, int x,
                            int y, int width, int height) {
  const ZsdMotionField *field = test->field;
  const int right = zsd_clamp((x + width - 1) / ZSD_BLOCK, 0, field->across - 1);
  const int bottom = zsd_clamp((y + height - 1) / ZSD_BLOCK, 0, field->down - 1);
  float energy = 0, usual = 0;
  int count = 0;
  if (fabsf(test->brightness_change.offset) > SAME_BRIGHTNESS ||
      fabsf(test->brightness_change.gain - 1 + test->brightness_change.offset) >
          SAME_BRIGHTNESS)
    return false;
  for (int j = zsd_clamp(y / ZSD_BLOCK, 0, bottom); j <= bottom; j++)
    for (int i = zsd_clamp(x / ZSD_BLOCK, 0, right); i <= right; i++, count++) {
      const int at = j * field->across + i;
      if (field->moves[at] ||
          has_changed(test, blocks->energy[at], blocks->usual[at], 1, CHANGED_BLOCK))
        return false;
      energy += blocks->energy[at];
      usual += blocks->usual[at];
    }
  return !has_changed(test, energy, usual, count, CHANGED_PART);
}
