/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass with the 3x3 layers in 16-bit arithmetic, by Winograd's minimal filtering;
 * the 1x1 layer is in fp32. Included by sources that define the arithmetic:
 *
 *   Pairs           vector of 2 WIDTH elements of 16 bits
 *   Ints            the same as WIDTH pairs of 32 bits, elements of two channels
 *   Sums            of the same size: sums of products
 *   pairs_of()      rounds two vectors to elements, less than 2^15 in size
 *   element_of()    rounds a weight to the bits of an element
 *   WEIGHT_UNIT     what element_of() divides a weight by
 *   splat_pair()    a pair of weights in all lanes
 *   add_products()  sums + the products of the elements of each pair by those weights
 *   to_floats()     sums as floats
 *   operand()       where operands should be, in memory or in a register
 *
 * A layer's input is scaled for the tile: the range of the activations, or the largest range of
 * an input channel, is divided into ZSD_INT16_STEPS steps. Ranges are centred first; the bias
 * makes up for it. The coefficients in a row of the input transform are 10 in all, so that
 * those of the transform in two dimensions are 100, and the result has 16 bits: 100 x 654 / 2 <
 * 2^15. Pairs of channels are multiplied and added. An output channel's weights are scaled so
 * that no sum can overflow. */
#ifndef ZSD_PAIRS_H
#define ZSD_PAIRS_H

#include "kernels/pass/limits.h"
#include "kernels/pass/winograd.h"

#include <math.h>

enum {
  MAX_INPUT = 32767,   /* of a transformed patch */
  MAX_WEIGHTS = 65000, /* sum of an output channel's absolute weights at a point: x MAX_INPUT is
                          less than 2^31, with room for rounding */
};

DEFINE_TRANSFORM_INPUT(transform_pairs, Pairs)

INLINE Ints load_ints(const float *p) {
  Ints v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store_ints(float *p, Ints v) {
  memcpy(p, &v, sizeof v);
}

/* --- weights --- */

/* A layer's packed weights: elements, [point][group][pair of n_in][channel of the
 * group][channel of the pair]; then, for each output channel, the factor of its sums, its bias,
 * and the sum of its weights for each input channel, [n_in][channel]. */
typedef struct {
  int n_in, n_out, pairs;
  Groups groups;
  size_t factors, biases, sums, end; /* offsets, floats */
} Packed;

static Packed packed_layer(int n_in, int n_out) {
  Packed l = {
      .n_in = n_in, .n_out = n_out, .pairs = (n_in + 1) / 2, .groups = groups_of(n_out)};
  l.factors = (size_t)POINTS * l.groups.channels * l.pairs;
  l.biases = l.factors + l.groups.channels;
  l.sums = l.biases + l.groups.channels;
  l.end = l.sums + (size_t)n_in * l.groups.channels;
  return l;
}

static size_t weights_size(ZsdShape s) {
  return bytes(packed_layer(s.inputs, s.hidden).end + packed_layer(s.hidden, s.hidden).end +
               layer_size(s.hidden, s.outputs, 1));
}

/* The rows of G are multiplied by these factors, so that the transformed weights have about the
 * same deviation at all points, that is sqrt(3) times that of the filter. The output transform
 * divides by them. */
#define ROOT3 1.7320508f
#define ROOT7 2.6457513f
static const float row_factors[PATCH] = {4 * ROOT3, 6, 6, 24 / ROOT7, 24 / ROOT7, ROOT3};

/* The transformed filter at all points, scaled by row_factors. */
static void scaled_filter(float values[POINTS], const float *filter) {
  transform_filter(values, filter);
  for (int k = 0; k < POINTS; k++)
    values[k] *= row_factors[k / PATCH] * row_factors[k % PATCH];
}

/* The largest factor of an output channel's filters with which no sum of products overflows. */
static float largest_scale(const float *filters, int n_in) {
  float sums[POINTS] = {0}, largest = 0;
  for (int i = 0; i < n_in; i++) {
    float values[POINTS];
    scaled_filter(values, filters + i * 9);
    for (int k = 0; k < POINTS; k++) {
      sums[k] += fabsf(values[k]);
      largest = fmaxf(largest, fmaxf(sums[k], fabsf(values[k]) * MAX_WEIGHTS / MAX_INPUT));
    }
  }
  return largest > 0 ? MAX_WEIGHTS / largest : 0;
}

/* Packs output channel o. */
static void pack_channel(float *packed, const Packed *l, int o, const float *params) {
  const int size = l->groups.size;
  const float *filters = params + (ptrdiff_t)o * l->n_in * 9;
  const float scale = largest_scale(filters, l->n_in);
  for (int i = 0; i < l->n_in; i++) {
    float values[POINTS], sum = 0;
    scaled_filter(values, filters + i * 9);
    for (int k = 0; k < POINTS; k++) {
      const uint16_t weight = element_of(scale * values[k] / WEIGHT_UNIT);
      float *group = packed + ((ptrdiff_t)k * l->groups.channels + o / size * size) * l->pairs;
      memcpy((char *)(group + i / 2 * size + o % size) + i % 2 * sizeof weight, &weight,
             sizeof weight);
    }
    for (int k = 0; k < 9; k++)
      sum += filters[i * 9 + k];
    packed[l->sums + (size_t)i * l->groups.channels + o] = sum;
  }
  packed[l->factors + o] =
      scale > 0 ? WEIGHT_UNIT / (scale * row_factors[1] * row_factors[1]) : 0;
  packed[l->biases + o] = params[(ptrdiff_t)l->n_out * l->n_in * 9 + o];
}

/* Packs a 3x3 layer. Returns the next layer's parameters. */
static const float *pack_pairs(float *packed, const Packed *l, const float *params) {
  memset(packed, 0, l->end * sizeof *packed);
  for (int o = 0; o < l->n_out; o++)
    pack_channel(packed, l, o, params);
  return params + (ptrdiff_t)l->n_out * (l->n_in * 9 + 1);
}

static void pack(void *weights, ZsdShape s, const float *params) {
  const Packed first = packed_layer(s.inputs, s.hidden),
               second = packed_layer(s.hidden, s.hidden);
  float *packed = weights;
  params = pack_pairs(packed, &first, params);
  params = pack_pairs(packed + first.end, &second, params);
  pack1x1(packed + first.end + second.end, params, s.hidden, s.outputs);
}

/* --- rounding --- */

/* Sets the biases for inputs less their centres, of which the channels have `count` in turn. */
static void set_bias(const Packed *l, const float *weights, const float *centres, int count,
                     float *bias) {
  const int channels = l->groups.channels;
  memcpy(bias, weights + l->biases, channels * sizeof *bias);
  for (int i = 0; i < l->n_in; i++)
    for (int o = 0; o < channels; o++)
      bias[o] += centres[i % count] * weights[l->sums + (ptrdiff_t)i * channels + o];
}

/* Rounds the first layer's activations to elements, in pairs of channels: those of channels 2i
 * and 2i + 1 replace those of channel i. Sets the second layer's biases for them. Returns the
 * size of a step. */
static float round_activations(const ZsdPass *p, const Memory *m, float *scratch,
                               const Packed *l, const float *weights, float *bias) {
  const ptrdiff_t channel = PHASES * m->phase_step;
  const int hidden = p->shape.hidden;
  float *h1 = scratch + m->h1;
  const Limits limits = limits_of_activations(h1, hidden * channel);
  const float least = least_of(&limits), largest = largest_of(&limits);
  const float step = fmaxf(largest - least, ZSD_MIN_RANGE) / ZSD_INT16_STEPS, scale = 1 / step;
  const float centre = (least + largest) / 2;
  set_bias(l, weights, &centre, 1, bias);
  for (int c = 0; c < hidden; c += 2)
    for (ptrdiff_t i = 0; i < channel; i += WIDTH) {
      const float *even = h1 + c * channel + i;
      const Vector odd = c + 1 < hidden ? load(even + channel) : splat(centre);
      store_ints(h1 + c / 2 * channel + i,
                 pairs_of((load(even) - centre) * scale, (odd - centre) * scale));
    }
  return step;
}

/* Rounds a row of two channels, less their centres, to pairs. */
static void round_row(float *to, const float *even, const float *odd, int n,
                      const float centres[2], float scale) {
  for (int x = 0; x < n; x += WIDTH) {
    const int at = x + WIDTH <= n ? x : n - WIDTH;
    const bool part = at < 0;
    const Vector a = part ? load_part(even, n, centres[0]) : load(even + at);
    const Vector b = part ? load_part(odd, n, centres[1]) : load(odd + at);
    store_ints(to + (part ? 0 : at),
               pairs_of((a - centres[0]) * scale, (b - centres[1]) * scale));
  }
}

/* Rounds the inputs to elements, in pairs of channels. Sets the first layer's biases for them.
 * Returns the size of a step. */
static float load_input(const ZsdPass *p, const Memory *m, float *scratch, const Packed *l,
                        float *bias) {
  float *rows = scratch + m->rows, *centres = scratch + m->centres, range = ZSD_MIN_RANGE;
  memset(rows, 0, (m->end - m->rows) * sizeof(float));
  for (int i = 0; i < p->shape.inputs; i++) {
    const Limits limits = limits_of(p, i);
    const float least = least_of(&limits), largest = largest_of(&limits);
    centres[i] = (least + largest) / 2;
    range = fmaxf(range, largest - least);
  }
  set_bias(l, p->weights, centres, p->shape.inputs, bias);
  for (int i = 0; i < l->pairs; i++) {
    const float *even = p->in.data + 2 * i * p->in.plane;
    const float *odd = 2 * i + 1 < p->shape.inputs ? even + p->in.plane : even;
    const float pair[] = {centres[2 * i], centres[odd == even ? 2 * i : 2 * i + 1]};
    for (int y = 0; y < p->height + 4; y++)
      round_row(rows + y * m->row, even + (y - 2) * p->row - 2, odd + (y - 2) * p->row - 2,
                p->width + 4, pair, ZSD_INT16_STEPS / range);
    deinterleave_rows(m, rows, scratch + m->in + (ptrdiff_t)i * BLOCK * PATCH * m->phase_step);
  }
  return range / ZSD_INT16_STEPS;
}

/* --- layers --- */

/* The product for one group of output channels and one span of vectors. `size` and `span` are
 * constants at each call. */
INLINE void product(const float *weights, const float *in, float *out, int pairs, int size,
                    int span) {
  Sums sums[GROUP][SPAN] = {{{0}}};
  for (int i = 0; i < pairs; i++, weights += size, in += LANES) {
    UNROLL
    for (int o = 0; o < size; o++) {
      const float *x = operand(in);
      const Ints weight = splat_pair(weights + o);
      UNROLL
      for (int s = 0; s < span; s++)
        sums[o][s] = add_products(sums[o][s], load_ints(x + s * WIDTH), weight);
    }
  }
  UNROLL
  for (int o = 0; o < size; o++)
    UNROLL
  for (int s = 0; s < span; s++)
    store_ints(out + (ptrdiff_t)o * POINTS * LANES + s * WIDTH, (Ints)sums[o][s]);
}

#define PRODUCT(size)                                                                          \
  static void product_##size(const float *weights, const float *in, float *out, int pairs,     \
                             int span) {                                                       \
    if (span == SPAN)                                                                          \
      product(weights, in, out, pairs, size, SPAN);                                            \
    else if (span == 2)                                                                        \
      product(weights, in, out, pairs, size, 2);                                               \
    else                                                                                       \
      product(weights, in, out, pairs, size, 1);                                               \
  }
FOR_GROUP_SIZES(PRODUCT)

typedef void (*Product)(const float *weights, const float *in, float *out, int pairs, int span);

#define PRODUCT_ENTRY(size) [size] = product_##size,
static const Product products[GROUP + 1] = {FOR_GROUP_SIZES(PRODUCT_ENTRY)};

/* A' m: as transform_output_1d(), with the inverse of row_factors, relative to that of the
 * second point. */
INLINE void transform_sums_1d(Vector *out, int out_step, const Vector *m, int step) {
  const float first = 6 / (4 * ROOT3), third = 6 * ROOT7 / 24, last = 6 / ROOT3;
  const Vector sum1 = m[step] + m[2 * step], sum2 = third * (m[3 * step] + m[4 * step]);
  const Vector difference1 = m[step] - m[2 * step];
  const Vector difference2 = third * (m[3 * step] - m[4 * step]);
  out[0] = first * m[0] + (sum1 + sum2);
  out[out_step] = difference1 + 2 * difference2;
  out[2 * out_step] = sum1 + 4 * sum2;
  out[3 * out_step] = last * m[5 * step] + (difference1 + 8 * difference2);
}

/* LeakyReLU(factor A' m A + bias): the samples of WIDTH blocks. */
INLINE void transform_sums(float *out, ptrdiff_t phase_step, const float *sums, float factor,
                           float bias) {
  Vector values[PATCH], rows[PATCH * BLOCK], samples[BLOCK];
  UNROLL
  for (int y = 0; y < PATCH; y++) {
    UNROLL
    for (int x = 0; x < PATCH; x++)
      values[x] = to_floats(load_ints(sums + (y * PATCH + x) * LANES));
    transform_sums_1d(rows + y * BLOCK, 1, values, 1);
  }
  UNROLL
  for (int x = 0; x < BLOCK; x++) {
    transform_sums_1d(samples, 1, rows + x, BLOCK);
    UNROLL
    for (int y = 0; y < BLOCK; y++) {
      const Vector sample = factor * samples[y] + bias;
      store(out + (y * BLOCK + x) * phase_step, larger(sample, ZSD_LEAK * sample));
    }
  }
}

/* A 3x3 layer. */
typedef struct {
  Packed packed;
  Grid in;
  float step; /* size of a step of the input */
  const float *weights, *bias;
} Layer;

/* Computes `span` vectors of blocks of a layer, from block `first` on. `phase_step`: floats
 * from one polyphase component of `out` to the next. */
static void convolve(const Layer *layer, const Memory *m, float *scratch, ptrdiff_t first,
                     int span, float *out, ptrdiff_t phase_step) {
  const Packed *l = &layer->packed;
  const int channels = l->groups.channels, size = l->groups.size;
  float *patches = scratch + m->patches, *sums = scratch + m->products;
  for (int i = 0; i < l->pairs; i++)
    for (int s = 0; s < span; s++)
      transform_pairs(patches + i * LANES + s * WIDTH, m->point_step, &layer->in,
                      layer->in.data + i * layer->in.channel + first + s * WIDTH);
  for (int k = 0; k < POINTS; k++)
    for (int o = 0; o < channels; o += size)
      products[size](layer->weights + ((ptrdiff_t)k * channels + o) * l->pairs,
                     patches + k * m->point_step, sums + ((ptrdiff_t)o * POINTS + k) * LANES,
                     l->pairs, span);
  for (int o = 0; o < l->n_out; o++)
    for (int s = 0; s < span; s++)
      transform_sums(out + (ptrdiff_t)o * PHASES * phase_step + s * WIDTH, phase_step,
                     sums + (ptrdiff_t)o * POINTS * LANES + s * WIDTH,
                     layer->weights[l->factors + o] * layer->step, layer->bias[o]);
}

static void first_layer(const ZsdPass *p, const Memory *m, float *scratch,
                        const Packed *packed) {
  float *bias = scratch + m->biases;
  const float step = load_input(p, m, scratch, packed, bias);
  const Layer layer = {*packed, grid(scratch + m->in, m, PATCH), step, p->weights, bias};
  const ptrdiff_t end = rounded_up(m->across * m->down, WIDTH);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h1 + first, m->phase_step);
  }
  pad(p, m, scratch);
}

static void other_layers(const ZsdPass *p, const Memory *m, float *scratch,
                         const float *weights) {
  const Packed packed = packed_layer(p->shape.hidden, p->shape.hidden);
  float *bias = scratch + m->biases;
  const float step = round_activations(p, m, scratch, &packed, weights, bias);
  const Layer layer = {packed, grid(scratch + m->h1, m, BLOCK), step, weights, bias};
  const ptrdiff_t end = block_count(p, m);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h2, LANES);
    last_layer(p, m, scratch, weights + packed.end, first, (int)span);
  }
}

static void run(const ZsdPass *p) {
  const Memory memory = memory_layout(p->shape, p->width, p->height);
  const Packed first = packed_layer(p->shape.inputs, p->shape.hidden);
  const float *weights = p->weights;
  first_layer(p, &memory, p->scratch, &first);
  other_layers(p, &memory, p->scratch, weights + first.end);
  store_output(p, &memory, p->scratch);
}

#endif
