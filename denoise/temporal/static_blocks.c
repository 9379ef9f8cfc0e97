/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/static_blocks.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A block, and a part of the picture, whose mean squared miss is as many deviations above what
 * is usual there has changed. What is usual is learned, for a noise model is never quite right;
 * but more than this above the model is no noise. */
static const double CHANGED_BLOCK = 4, CHANGED_PART = 3;
static const float MOST_USUAL = 1.5f, USUAL_SHARE = 1 / 16.0f;

/* A change of black or white from one frame to the next that nobody sees. */
static const float SAME_LIGHT = 0.25f / 255;

int zsd_calm_resize(ZsdCalm *calm, int blocks) {
  zsd_calm_clear(calm);
  if (!(calm->memory = calloc((ZSD_MAX_COMPONENTS + 2) * (size_t)blocks, sizeof(float))))
    return -1;
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++)
    calm->missed[i] = calm->memory + (ptrdiff_t)i * blocks;
  calm->energy = calm->memory + (ptrdiff_t)ZSD_MAX_COMPONENTS * blocks;
  calm->usual = calm->energy + blocks;
  return 0;
}

void zsd_calm_clear(ZsdCalm *calm) {
  free(calm->memory);
  *calm = (ZsdCalm){0};
}

/* Samples of a component in a block. */
static int samples_of(const ZsdFrameComponent *c, int i, int j) {
  const int width = ZSD_BLOCK >> c->half_width, height = ZSD_BLOCK >> c->half_height;
  return zsd_clamp(c->width - i * width, 0, width) *
         zsd_clamp(c->height - j * height, 0, height);
}

void zsd_calm_learn(ZsdCalm *calm, const ZsdFrame *frame, const ZsdField *field, bool first) {
  for (int j = 0; j < field->down; j++)
    for (int i = 0; i < field->across; i++) {
      const int at = j * field->across + i;
      const float usual = first ? 1 : calm->usual[at];
      float sum = 0;
      int samples = 0;
      for (int k = 0; k < frame->components; k++) {
        sum += calm->missed[k][at];
        samples += samples_of(&frame->component[k], i, j);
      }
      calm->energy[at] = sum / (float)samples;
      calm->usual[at] = fminf(MOST_USUAL, usual + USUAL_SHARE * (calm->energy[at] - usual));
    }
}

/* Whether the squared misses of as many blocks are more than noise makes of what is usual: the
 * mean of n squares varies by sqrt(2 / n), that of correlated ones as of fewer. */
static bool has_changed(const ZsdScenery *s, float energy, float usual, int blocks,
                        double most) {
  const double along = 1 + 2 * (s->lag1 * s->lag1 + s->lag2 * s->lag2);
  const double deviation = along * sqrt(2.0 / (blocks * ZSD_BLOCK * ZSD_BLOCK));
  return energy > usual * (1 + most * deviation);
}

bool zsd_calm_holds(const ZsdCalm *calm, const ZsdScenery *s, int x, int y, int width,
                    int height) {
  const ZsdField *field = s->field;
  const int right = zsd_clamp((x + width - 1) / ZSD_BLOCK, 0, field->across - 1);
  const int bottom = zsd_clamp((y + height - 1) / ZSD_BLOCK, 0, field->down - 1);
  float energy = 0, usual = 0;
  int blocks = 0;
  if (fabsf(s->light.offset) > SAME_LIGHT ||
      fabsf(s->light.gain - 1 + s->light.offset) > SAME_LIGHT)
    return false;
  for (int j = zsd_clamp(y / ZSD_BLOCK, 0, bottom); j <= bottom; j++)
    for (int i = zsd_clamp(x / ZSD_BLOCK, 0, right); i <= right; i++, blocks++) {
      const int at = j * field->across + i;
      if (field->moves[at] ||
          has_changed(s, calm->energy[at], calm->usual[at], 1, CHANGED_BLOCK))
        return false;
      energy += calm->energy[at];
      usual += calm->usual[at];
    }
  return !has_changed(s, energy, usual, blocks, CHANGED_PART);
}
