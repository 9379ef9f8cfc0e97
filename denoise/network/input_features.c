/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network/input_features.h"

#include "base/clamp.h"

#include <math.h>
#include <string.h>

/* Smallest unit, about the noise of rounding to 8 bits. */
static const float MIN_UNIT = 0.5f / 255;

/* Limits of the noise that is removed from a sample: normal noise hardly exceeds 5 units. The
 * fused picture of many frames shows points of light that the network takes for noise: less of
 * it is removed than its noise could be. Of the other components, whose detail is coarser, more
 * is. */
static const ZsdNoiseLimits limits[] = {{5, 1.5f}, {5, 3}};

/* Strongest lag-1 correlation that the built-in weights were trained with. */
static const float MAX_CORRELATION = 0.7f;

/* Largest deviation of a component's noise in units: the built-in weights were hardly trained
 * with more. */
static const double MAX_DEVIATION = 1.5;

/* Smallest deviation of a component's noise, in units, that the network removes: it blurs what
 * has less noise than the others. */
static const double MIN_DEVIATION = 0.3;

ZsdNoiseModel zsd_view_noise(const ZsdView *view, int component) {
  ZsdNoiseModel noise = *zsd_fusion_noise(view->fusion, component);
  zsd_noise_scale(&noise, view->noise_factor);
  return noise;
}

static double sigma_of(const ZsdView *view, int component) {
  return zsd_fusion_noise(view->fusion, component)->sigma * view->noise_factor;
}

float zsd_view_unit(const ZsdView *view) {
  if (!view->fusion)
    return 1;
  double unit = sigma_of(view, view->frame->brightness);
  for (int i = 0; i < view->frame->components; i++)
    unit = fmax(unit, sigma_of(view, i) / MAX_DEVIATION);
  return fmaxf((float)unit, MIN_UNIT);
}

bool zsd_view_has_noise(const ZsdView *view, int component) {
  return sigma_of(view, component) >= MIN_DEVIATION * zsd_view_unit(view);
}

float zsd_view_most(const ZsdView *view) {
  return limits[0].most * zsd_view_unit(view);
}

/* A channel's samples in one row of its component. In an odd last block the missing sample is a
 * copy of the one before it. */
typedef struct {
  const float *y, *z; /* NULL: the component has no samples */
  const float *k;     /* NULL: 1 everywhere */
  int first, step, last;
  ptrdiff_t next; /* from the row to the channel's next one; 0: there is none */
} Samples;

static Samples samples_of(const ZsdView *view, int channel, int y) {
  const ZsdLayout *layout = view->layout;
  const ZsdFrameComponent *c = &view->frame->component[layout->channel[channel].component];
  const int row = zsd_smaller(y * layout->channel[channel].y_step + layout->channel[channel].y,
                              c->height - 1);
  Samples s = {.first = layout->channel[channel].x,
               .step = layout->channel[channel].x_step,
               .last = c->width - 1};
  if (row >= 0 && s.last >= 0) {
    const ptrdiff_t at = (ptrdiff_t)row * c->width;
    const int down = layout->channel[channel].y_step;
    s.next = row + down < c->height ? (ptrdiff_t)down * c->width : 0;
    s.y = c->y + at;
    s.z = (view->without_past ? c->y : c->z) + at;
    s.k = view->without_past ? NULL : c->k + at;
  }
  return s;
}

static int column(const Samples *s, int x) {
  return zsd_smaller(x * s->step + s->first, s->last);
}

/* The inputs as published: the picture. */
static void picture_row(const ZsdView *view, int x, int y, int width, float *inputs,
                        ptrdiff_t plane) {
  for (int c = 0; c < view->layout->channels; c++) {
    const Samples s = samples_of(view, c, y);
    for (int i = 0; i < width; i++)
      inputs[c * plane + i] = s.y ? s.y[column(&s, x + i)] : 0;
  }
}

/* The features of `width` samples of a channel from x on. */
static void sample_features(const ZsdKernels *kernels, const Samples *s, int x, int width,
                            ZsdInputFeatures *features) {
  const int all = (s->last - s->first + s->step) / s->step;
  const int inside = zsd_clamp(all - x, 0, width);
  for (int i = 0; i < width;) {
    const int at = column(s, x + i), n = i < inside ? inside : 1;
    features->y = s->y + at;
    features->z = s->z + at;
    features->k = s->k ? s->k + at : NULL;
    kernels->input_features(features, n);
    features->picture += n;
    features->difference += n;
    features->deviation += n;
    i += n;
  }
}

ZsdNoiseVariance zsd_view_variance(const ZsdView *view, int component) {
  const float factor = view->noise_factor * view->noise_factor;
  ZsdNoiseVariance noise = zsd_fusion_variance(view->fusion, component);
  noise.base *= factor;
  noise.slope *= factor;
  noise.least *= factor;
  return noise;
}

/* The features of one channel, and its share in the deviation of brightness or of the other
 * components. */
static void channel_features(const ZsdView *view, int channel, int x, int y, int width,
                             float scale, float *inputs, ptrdiff_t plane) {
  const int channels = view->layout->channels;
  const int component = view->layout->channel[channel].component;
  const Samples s = samples_of(view, channel, y);
  const bool other = component != view->frame->brightness;
  float *picture = inputs + channel * plane, *difference = picture + channels * plane;
  int same_kind = 0;
  if (!s.y) {
    memset(picture, 0, width * sizeof(float));
    memset(difference, 0, width * sizeof(float));
    return;
  }
  for (int i = 0; i < channels; i++)
    same_kind += (view->layout->channel[i].component != view->frame->brightness) == other;
  ZsdInputFeatures features = {.step = s.step,
                               .prefetch = s.next,
                               .scale = scale,
                               .weight = scale / (float)same_kind,
                               .noise = zsd_view_variance(view, component),
                               .picture = picture,
                               .difference = difference,
                               .deviation = inputs + (2 * channels + other) * plane};
  sample_features(zsd_fusion_kernels(view->fusion), &s, x, width, &features);
}

void zsd_inputs_row(const ZsdView *view, int x, int y, int width, float *inputs,
                    ptrdiff_t plane) {
  if (!view->fusion) {
    picture_row(view, x, y, width, inputs, plane);
    return;
  }
  const int channels = view->layout->channels, brightness = view->frame->brightness;
  const float scale = 1 / zsd_view_unit(view);
  const float correlation =
      fminf((float)zsd_fusion_noise(view->fusion, brightness)->lag1, MAX_CORRELATION);
  float *deviation = inputs + 2 * channels * plane, *rho = deviation + 2 * plane;

  memset(deviation, 0, width * sizeof(float));
  memset(deviation + plane, 0, width * sizeof(float));
  for (int c = 0; c < channels; c++)
    channel_features(view, c, x, y, width, scale, inputs, plane);
  for (int i = 0; i < width; i++)
    rho[i] = correlation;
}

/* A position, mirrored at the edges into 0 .. length - 1. */
static int mirror(int at, int length) {
  const int inside = at < 0 ? -at : at < length ? at : 2 * (length - 1) - at;
  return zsd_clamp(inside, 0, length - 1);
}

/* Fills columns [0, left) and [right, row) of a plane's row outside the picture: mirrored, or
 * zeros as published. `first`: position of column 0. */
static void fill_outside(const ZsdTile *tile, float *row, int first, int left, int right) {
  const int width = tile->picture_width;
  for (int x = 0; x < left; x++)
    row[x] = tile->mirrored ? row[mirror(first + x, width) - first] : 0;
  for (int x = right; x < tile->row; x++)
    row[x] = tile->mirrored ? row[mirror(first + x, width) - first] : 0;
}

void zsd_inputs_load(ZsdTile *tile, const ZsdView *view, int x, int y, int width, int height) {
  const int picture_width = view->layout->width, picture_height = view->layout->height;
  zsd_tile_place(tile, picture_width, picture_height, x, y, width, height);
  tile->mirrored = view->fusion != NULL;
  const int first = x - ZSD_HALO, left = first < 0 ? -first : 0;
  const int right = zsd_smaller(picture_width - first, (int)tile->row);
  for (int r = 0; r < height + 2 * ZSD_HALO; r++) {
    const int at = y + r - ZSD_HALO, source = mirror(at, picture_height);
    float *row = tile->in.data + r * tile->row;
    if (source == at || tile->mirrored)
      zsd_inputs_row(view, first + left, source, right - left, row + left, tile->in.plane);
    for (int i = 0; i < tile->shape.inputs; i++) {
      float *plane = row + i * tile->in.plane;
      if (source == at || tile->mirrored)
        fill_outside(tile, plane, first, left, right);
      else
        memset(plane, 0, tile->row * sizeof *plane);
    }
  }
}

int zsd_inputs_all(ZsdTensor *inputs, const ZsdView *view) {
  const ZsdLayout *layout = view->layout;
  if (zsd_tensor_resize(inputs, zsd_inputs_count(layout->channels, view->fusion != NULL),
                        layout->height, layout->width))
    return -1;
  for (int y = 0; y < layout->height; y++)
    zsd_inputs_row(view, 0, y, layout->width, zsd_tensor_row(inputs, 0, y),
                   (ptrdiff_t)layout->height * layout->width);
  return 0;
}

void zsd_inputs_finish(ZsdTile *tile, const ZsdView *view) {
  const int channels = view->layout->channels;
  const float unit = zsd_view_unit(view);
  const ptrdiff_t first = zsd_tile_at(tile, 0, 0);
  const ptrdiff_t n = zsd_tile_at(tile, tile->width - 1, tile->height - 1) + 1 - first;
  if (!view->fusion)
    return;
  const ZsdKernels *kernels = zsd_fusion_kernels(view->fusion);
  for (int c = 0; c < channels; c++) {
    const float *in = tile->in.data + first;
    float *out = tile->out.data + c * tile->out.plane + first;
    const int component = view->layout->channel[c].component;
    if (!zsd_view_has_noise(view, component))
      memset(out, 0, n * sizeof *out);
    const bool other = component != view->frame->brightness;
    const float *difference = in + (channels + c) * tile->in.plane;
    const float *deviation = in + (2 * channels + other) * tile->in.plane;
    kernels->denormalise(tile->in.data + c * tile->in.plane + first, out, difference, deviation,
                         n, unit, &limits[other]);
  }
}
