/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/frame_pairs.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  PART = 32,      /* samples of the network's picture, each way */
  RIM = ZSD_HALO, /* of a part: what it lacks around it would be taken for zero there */
  MANY = 256,     /* parts of one frame at most */
  FEW_MISSED = 4, /* samples of a block that shows the same nevertheless */
  PROBES = 64,    /* each way, of the frame for its mean k */
};

/* Parts of the frame that are seen as if nothing came before it: never fewer, never more. */
static const double LEAST_ALONE = 0.2, MOST_ALONE = 0.7;

/* The weight of a part's level (looks.h). */
static const float LEVEL = 4;

/* Parts are no use any more when the noise has changed by more than this part. */
static const float OTHER_UNIT = 0.2f;

typedef struct {
  const ZsdPair *look;
  int x, y, width, height; /* in the network's picture */
  float unit;
} Part;

struct ZsdFramePairs {
  ZsdShape shape;
  int parts; /* that wait for their second look */
  Part part[MANY];
  ZsdPair look[MANY];
};

ZsdFramePairs *zsd_frame_pairs_new(ZsdShape shape) {
  ZsdFramePairs *p = calloc(1, sizeof *p);
  if (p)
    p->shape = shape;
  return p;
}

void zsd_frame_pairs_free(ZsdFramePairs *p) {
  if (!p)
    return;
  for (int i = 0; i < MANY; i++)
    zsd_pair_clear(&p->look[i]);
  free(p);
}

void zsd_frame_pairs_clear(ZsdFramePairs *p) {
  p->parts = 0;
}

void zsd_frame_pairs_configure(ZsdN2nLoss *looks) {
  zsd_n2n_loss_set_margin(looks, RIM);
  zsd_n2n_loss_set_mean_weight(looks, LEVEL);
}

/* --- remembering --- */

static double mean_k(const ZsdFrameComponent *c) {
  double sum = 0;
  for (int j = 0; j < PROBES; j++)
    for (int i = 0; i < PROBES; i++)
      sum += c->k[(ptrdiff_t)(j * c->height / PROBES) * c->width + i * c->width / PROBES];
  return sum / (PROBES * PROBES);
}

/* A part's own samples: those that are seen with all their surroundings. */
static void see_part(const Part *part, const ZsdView *view) {
  const ZsdTensor *in = &part->look->input;
  for (int y = 0; y < in->height; y++)
    zsd_inputs_row(view, part->x, part->y + y, in->width, zsd_tensor_row(in, 0, y),
                   (ptrdiff_t)in->height * in->width);
  memset(part->look->weight.data, 0, (size_t)in->height * in->width * sizeof(float));
  memset(part->look->target.data, 0,
         (size_t)part->look->target.channels * in->height * in->width * sizeof(float));
}

int zsd_frame_pairs_store(ZsdFramePairs *p, const ZsdView *view, int count, ZsdRandom *random) {
  const int width = zsd_smaller(PART, view->layout->width);
  const int height = zsd_smaller(PART, view->layout->height);
  const double k = mean_k(&view->frame->component[view->frame->brightness]);
  const double share = k < LEAST_ALONE ? LEAST_ALONE : k > MOST_ALONE ? MOST_ALONE : k;

  p->parts = 0;
  for (int i = 0; i < count && i < MANY; i++) {
    Part *part = &p->part[i];
    ZsdView seen = *view;
    seen.alone = zsd_random_uniform(random) < share;
    *part = (Part){.look = &p->look[i],
                   .x = (int)zsd_random_below(random, view->layout->width - width + 1),
                   .y = (int)zsd_random_below(random, view->layout->height - height + 1),
                   .width = width,
                   .height = height,
                   .unit = zsd_view_unit(view)};
    if (zsd_pair_resize(&p->look[i], p->shape, height, width)) {
      zsd_frame_pairs_clear(p);
      return -1;
    }
    see_part(part, &seen);
    p->parts++;
  }
  return 0;
}

/* --- second looks --- */

/* What the next frame shows, in the light of this one, where a channel's sample (x, y) has
 * moved by `v` of luma, backwards; between two samples of a component that is subsampled it is
 * their mean. */
static float second_look(const ZsdView *next, const ZsdBrightnessChange *lights, int channel,
                         int x, int y, ZsdMotionVector v) {
  const ZsdLayout *layout = next->layout;
  const ZsdBrightnessChange light = lights[layout->channel[channel].component];
  const ZsdFrameComponent *c = &next->frame->component[layout->channel[channel].component];
  const int dx = -v.x, dy = -v.y;
  const int left = x * layout->channel[channel].x_step + layout->channel[channel].x +
                   (c->half_width ? dx >> 1 : dx);
  const int top = y * layout->channel[channel].y_step + layout->channel[channel].y +
                  (c->half_height ? dy >> 1 : dy);
  float sum = 0;
  for (int j = 0; j < 2; j++)
    for (int i = 0; i < 2; i++) {
      int sx = left + (i & c->half_width & dx), sy = top + (j & c->half_height & dy);
      sx = zsd_clamp(sx, 0, c->width - 1);
      sy = zsd_clamp(sy, 0, c->height - 1);
      sum += c->y[(ptrdiff_t)sy * c->width + sx];
    }
  return (sum / 4 - light.offset) / light.gain;
}

typedef struct {
  int begin, end;
} Span;

/* Those samples of a part, but for its rim, of which a block that begins at `first` (of luma)
 * has the first luma sample. */
static Span span_of(int first, int size, int length) {
  const int begin = (first + size - 1) / size, end = (first + ZSD_BLOCK + size - 1) / size;
  return (Span){begin > RIM ? begin : RIM, zsd_smaller(end, length - RIM)};
}

/* The samples of a part that lie where a block of the next frame came from. `size` is that of
 * a sample, in luma samples. */
static void look_again(const Part *part, const ZsdView *next, const ZsdBrightnessChange *lights,
                       int i, int j, ZsdMotionVector v, int size) {
  const ZsdPair *look = part->look;
  const int left = i * ZSD_BLOCK + v.x - part->x * size;
  const int top = j * ZSD_BLOCK + v.y - part->y * size;
  const ptrdiff_t plane = (ptrdiff_t)part->height * part->width;
  const Span down = span_of(top, size, part->height);
  const Span across = span_of(left, size, part->width);
  for (int y = down.begin; y < down.end; y++)
    for (int x = across.begin; x < across.end; x++) {
      const ptrdiff_t at = (ptrdiff_t)y * part->width + x;
      look->weight.data[at] = 1;
      for (int c = 0; c < look->target.channels; c++) {
        const float *input = look->input.data + c * plane;
        const float second =
            (second_look(next, lights, c, part->x + x, part->y + y, v) - 0.5f) / part->unit;
        look->target.data[c * plane + at] = input[at] - second;
      }
    }
}

int zsd_frame_pairs_complete(ZsdFramePairs *p, const ZsdView *next, ZsdPair **looks) {
  const int size = next->layout->channel[0].x_step;
  const float unit = zsd_view_unit(next);
  ZsdTracking t;
  *looks = p->look;
  if (!zsd_fusion_tracking(next->fusion, &t))
    p->parts = 0;
  for (int n = 0; n < p->parts; n++) {
    const Part *part = &p->part[n];
    if (fabsf(part->unit / unit - 1) > OTHER_UNIT)
      continue; /* it was seen when the noise was not known yet, or was another one */
    const int left = part->x * size - ZSD_BLOCK, right = (part->x + part->width) * size;
    const int top = part->y * size - ZSD_BLOCK, bottom = (part->y + part->height) * size;
    for (int j = 0; j < t.field->down; j++)
      for (int i = 0; i < t.field->across; i++) {
        const ZsdMotionVector v = t.field->vector[j * t.field->across + i];
        const int x = i * ZSD_BLOCK + v.x, y = j * ZSD_BLOCK + v.y;
        if (x > left && x < right && y > top && y < bottom &&
            t.outliers[j * t.field->across + i] <= FEW_MISSED)
          look_again(part, next, t.brightness_change, i, j, v, size);
      }
  }
  const int parts = p->parts;
  p->parts = 0;
  return parts;
}
