/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/frame_pairs.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  CROP_SIZE = 32,    /* width and height, samples of the network's input */
  MARGIN = ZSD_HALO, /* samples whose field of view reaches beyond the crop, where input is 0 */
  MAX_CROPS = 256,   /* of one frame */
  MAX_MISMATCHES = 4, /* samples of a block that still matches as a whole */
  GRID = 64,          /* samples each way that the mean of k is taken from */
};

/* Limits of the share of crops that have the input features of a frame without a past. */
static const double MIN_UNFUSED = 0.2, MAX_UNFUSED = 0.7;

/* Weight of the mean error (n2n_loss.h). */
static const float MEAN_WEIGHT = 4;

/* Relative change of the noise's standard deviation that makes a stored crop useless. */
static const float MAX_UNIT_CHANGE = 0.2f;

typedef struct {
  const ZsdPair *pair;
  int x, y, width, height; /* in samples of the network's input */
  float unit;              /* of the network's numbers (zsd_view_unit()) */
} Crop;

struct ZsdFramePairs {
  ZsdShape shape;
  int crops; /* stored */
  Crop crop[MAX_CROPS];
  ZsdPair pair[MAX_CROPS];
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
  for (int i = 0; i < MAX_CROPS; i++)
    zsd_pair_clear(&p->pair[i]);
  free(p);
}

void zsd_frame_pairs_clear(ZsdFramePairs *p) {
  p->crops = 0;
}

void zsd_frame_pairs_configure(ZsdN2nLoss *loss) {
  zsd_n2n_loss_set_margin(loss, MARGIN);
  zsd_n2n_loss_set_mean_weight(loss, MEAN_WEIGHT);
}

/* --- storing --- */

/* Mean of the remaining noise variance k, on a grid over the frame. */
static double mean_k(const ZsdFrameComponent *c) {
  double sum = 0;
  for (int j = 0; j < GRID; j++)
    for (int i = 0; i < GRID; i++)
      sum += c->k[(ptrdiff_t)(j * c->height / GRID) * c->width + i * c->width / GRID];
  return sum / (GRID * GRID);
}

/* Writes the input features of a crop, and clears its target and weight. */
static void fill_input(const Crop *crop, const ZsdView *view) {
  const ZsdTensor *in = &crop->pair->input;
  for (int y = 0; y < in->height; y++)
    zsd_inputs_row(view, crop->x, crop->y + y, in->width, zsd_tensor_row(in, 0, y),
                   (ptrdiff_t)in->height * in->width);
  memset(crop->pair->weight.data, 0, (size_t)in->height * in->width * sizeof(float));
  memset(crop->pair->target.data, 0,
         (size_t)crop->pair->target.channels * in->height * in->width * sizeof(float));
}

int zsd_frame_pairs_store(ZsdFramePairs *p, const ZsdView *view, int count, ZsdRandom *random) {
  const int width = zsd_smaller(CROP_SIZE, view->layout->width);
  const int height = zsd_smaller(CROP_SIZE, view->layout->height);
  const double k = mean_k(&view->frame->component[view->frame->brightness]);
  const double share = k < MIN_UNFUSED ? MIN_UNFUSED : k > MAX_UNFUSED ? MAX_UNFUSED : k;

  p->crops = 0;
  for (int i = 0; i < count && i < MAX_CROPS; i++) {
    Crop *crop = &p->crop[i];
    ZsdView features = *view;
    features.without_past = zsd_random_uniform(random) < share;
    *crop = (Crop){.pair = &p->pair[i],
                   .x = (int)zsd_random_below(random, view->layout->width - width + 1),
                   .y = (int)zsd_random_below(random, view->layout->height - height + 1),
                   .width = width,
                   .height = height,
                   .unit = zsd_view_unit(view)};
    if (zsd_pair_resize(&p->pair[i], p->shape, height, width)) {
      zsd_frame_pairs_clear(p);
      return -1;
    }
    fill_input(crop, &features);
    p->crops++;
  }
  return 0;
}

/* --- completing --- */

/* The next frame's sample at the position to which sample (x, y) of a channel has moved, with
 * the brightness change undone. `v`: motion vector from the next frame back to the stored one,
 * in luma samples. Halfway between two samples of a subsampled component, their mean. */
static float compensated_sample(const ZsdView *next, const ZsdBrightnessChange *lights,
                                int channel, int x, int y, ZsdMotionVector v) {
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
} Range;

/* The samples of a crop, without its margin, whose first luma sample lies in the block that
 * begins at luma sample `first` of the crop. `size`: luma samples to a sample; `length`:
 * samples of the crop. One dimension. */
static Range range_of(int first, int size, int length) {
  const int begin = (first + size - 1) / size, end = (first + ZSD_BLOCK + size - 1) / size;
  return (Range){begin > MARGIN ? begin : MARGIN, zsd_smaller(end, length - MARGIN)};
}

/* Completes the samples of a crop that block (i, j) of the next frame, with motion vector `v`,
 * matches. `size`: luma samples to a sample, each way. */
static void fill_target(const Crop *crop, const ZsdView *next,
                        const ZsdBrightnessChange *lights, int i, int j, ZsdMotionVector v,
                        int size) {
  const ZsdPair *pair = crop->pair;
  const int left = i * ZSD_BLOCK + v.x - crop->x * size;
  const int top = j * ZSD_BLOCK + v.y - crop->y * size;
  const ptrdiff_t plane = (ptrdiff_t)crop->height * crop->width;
  const Range down = range_of(top, size, crop->height);
  const Range across = range_of(left, size, crop->width);
  for (int y = down.begin; y < down.end; y++)
    for (int x = across.begin; x < across.end; x++) {
      const ptrdiff_t at = (ptrdiff_t)y * crop->width + x;
      pair->weight.data[at] = 1;
      for (int c = 0; c < pair->target.channels; c++) {
        const float *input = pair->input.data + c * plane;
        const float second =
            (compensated_sample(next, lights, c, crop->x + x, crop->y + y, v) - 0.5f) /
            crop->unit;
        pair->target.data[c * plane + at] = input[at] - second;
      }
    }
}

int zsd_frame_pairs_complete(ZsdFramePairs *p, const ZsdView *next, ZsdPair **pairs) {
  const int size = next->layout->channel[0].x_step;
  const float unit = zsd_view_unit(next);
  ZsdTracking t;
  *pairs = p->pair;
  if (!zsd_fusion_tracking(next->fusion, &t))
    p->crops = 0;
  for (int n = 0; n < p->crops; n++) {
    const Crop *crop = &p->crop[n];
    if (fabsf(crop->unit / unit - 1) > MAX_UNIT_CHANGE)
      continue; /* stored when the noise was unknown or different */
    const int left = crop->x * size - ZSD_BLOCK, right = (crop->x + crop->width) * size;
    const int top = crop->y * size - ZSD_BLOCK, bottom = (crop->y + crop->height) * size;
    for (int j = 0; j < t.field->down; j++)
      for (int i = 0; i < t.field->across; i++) {
        const ZsdMotionVector v = t.field->vector[j * t.field->across + i];
        const int x = i * ZSD_BLOCK + v.x, y = j * ZSD_BLOCK + v.y;
        if (x > left && x < right && y > top && y < bottom &&
            t.outliers[j * t.field->across + i] <= MAX_MISMATCHES)
          fill_target(crop, next, t.brightness_change, i, j, v, size);
      }
  }
  const int crops = p->crops;
  p->crops = 0;
  return crops;
}
