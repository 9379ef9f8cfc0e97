/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass with the 3x3 layers in products of 8-bit integers and sums of 32 bits, by
 * direct convolution with the matrix products of ARMv8.6-I8MM; the 1x1 layer is in fp32.
 *
 * smmla multiplies two rows of eight integers by two others. Here these are two samples of
 * eight input channels, and the weights of two output channels. The planes of eight channels
 * are interleaved to elements of eight bytes. Rows of elements have no gaps, so that a vector
 * of samples may begin anywhere: samples past the end of a row are those of the next row, and
 * the results there affect no sample of the tile.
 *
 * The range of each input channel in the tile, less its centre, is scaled to +-127, and the
 * weights of each output channel to +-127 after they are multiplied by the inputs' steps. The
 * bias makes up for the centres. The largest sum is 127 x 127 x 9 for each input channel. */
#include "kernels/pass/limits.h"

#include <arm_neon.h>

enum {
  TAPS = 9,
  OCTET = 8, /* channels of an element */
  TILE_WIDTH = 62,
  TILE_HEIGHT = 22,
};

typedef int32_t Ints __attribute__((vector_size(WIDTH * sizeof(int32_t))));
typedef uint32_t Bits __attribute__((vector_size(WIDTH * sizeof(uint32_t))));

INLINE Ints rounded(Vector x) {
  return (Ints)vcvtnq_s32_f32((float32x4_t)x);
}

/* --- weights --- */

/* A layer's packed weights, floats: [octet][tap][output channel][channel of the octet]; then
 * for each input channel, [n_in][output channel], the largest size of its weights and their
 * sum; then the biases. `channels`: output channels, with zeros to a whole number of groups of
 * an even size and of vectors. */
typedef struct {
  int n_in, n_out, octets, channels;
  size_t largest, sums, biases, end; /* offsets, floats */
} Packed;

static Packed packed_layer(int n_in, int n_out) {
  Packed l = {.n_in = n_in,
              .n_out = n_out,
              .octets = (n_in + OCTET - 1) / OCTET,
              .channels = rounded_up(n_out, GROUP)};
  l.largest = (size_t)l.octets * TAPS * l.channels * OCTET;
  l.sums = l.largest + (size_t)n_in * l.channels;
  l.biases = l.sums + (size_t)n_in * l.channels;
  l.end = l.biases + l.channels;
  return l;
}

static size_t weights_size(ZsdShape s) {
  return bytes(packed_layer(s.inputs, s.hidden).end + packed_layer(s.hidden, s.hidden).end +
               layer_size(s.hidden, s.outputs, 1));
}

/* Packs the filter of a pair of channels. */
static void pack_filter(float *packed, const Packed *l, int o, int i, const float *filter) {
  float *weights = packed + ((ptrdiff_t)i / OCTET * TAPS * l->channels + o) * OCTET + i % OCTET;
  float sum = 0, largest = 0;
  for (int t = 0; t < TAPS; t++) {
    weights[(ptrdiff_t)t * l->channels * OCTET] = filter[t];
    sum += filter[t];
    largest = fmaxf(largest, fabsf(filter[t]));
  }
  packed[l->largest + (size_t)i * l->channels + o] = largest;
  packed[l->sums + (size_t)i * l->channels + o] = sum;
}

/* Packs a 3x3 layer. Returns the next layer's parameters. */
static const float *pack3x3(float *packed, const Packed *l, const float *params) {
  memset(packed, 0, l->end * sizeof *packed);
  for (int o = 0; o < l->n_out; o++)
    for (int i = 0; i < l->n_in; i++, params += TAPS)
      pack_filter(packed, l, o, i, params);
  memcpy(packed + l->biases, params, l->n_out * sizeof *params);
  return params + l->n_out;
}

static void pack(void *weights, ZsdShape s, const float *params) {
  const Packed first = packed_layer(s.inputs, s.hidden),
               second = packed_layer(s.hidden, s.hidden);
  float *packed = weights;
  params = pack3x3(packed, &first, params);
  params = pack3x3(packed + first.end, &second, params);
  pack1x1(packed + first.end + second.end, params, s.hidden, s.outputs);
}

/* --- scratch --- */

/* Layout of the scratch memory: offsets from its beginning, floats. Planes of elements and of
 * floats have rows of the same length, and room after the last one for the rest of a span and
 * the taps there. */
typedef struct {
  ptrdiff_t row;           /* samples: the tile's width and its halo of two samples */
  ptrdiff_t in_plane;      /* samples of a plane of the input, with a halo of two samples, */
  ptrdiff_t h1_plane;      /* of the first layer, with one of one sample, */
  ptrdiff_t out_plane;     /* and of the output */
  size_t in, h1, elements; /* `elements`: of the first layer */
  size_t h2;               /* of the second layer, LANES samples only */
  size_t out;
  size_t weights;         /* of a layer, in integers: octets x TAPS x channels elements */
  size_t factors, biases; /* of its output channels, for sums in integers */
  size_t scales;          /* 1 / factors, or 0 */
  size_t centres, steps;  /* of its input channels, to a whole number of octets */
  size_t end;
} Memory;

/* Floats that hold so many elements. */
static size_t elements(ptrdiff_t n) {
  return (size_t)n * OCTET / sizeof(float);
}

static Memory memory_layout(ZsdShape s, int width, int height) {
  const Packed first = packed_layer(s.inputs, s.hidden),
               second = packed_layer(s.hidden, s.hidden);
  const int octets = first.octets > second.octets ? first.octets : second.octets;
  Memory m = {.row = width + 4};
  const ptrdiff_t slack = LANES + 2;
  m.in_plane = m.row * (height + 4) + slack;
  m.h1_plane = rounded_up((int)(m.row * (height + 2) + slack), 4 * WIDTH);
  m.out_plane = m.row * height + slack;
  m.h1 = m.in + first.octets * elements(m.in_plane);
  m.elements = m.h1 + (size_t)first.channels * m.h1_plane;
  m.h2 = m.elements + second.octets * elements(m.h1_plane);
  m.out = m.h2 + (size_t)second.channels * LANES;
  m.weights = m.out + (size_t)groups_of(s.outputs).channels * m.out_plane;
  m.factors = m.weights + elements((ptrdiff_t)octets * TAPS * first.channels);
  m.biases = m.factors + first.channels;
  m.scales = m.biases + first.channels;
  m.centres = m.scales + first.channels;
  m.steps = m.centres + (size_t)octets * OCTET;
  m.end = m.steps + (size_t)octets * OCTET;
  return m;
}

static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  return bytes(memory_layout(shape, max_width, max_height).end);
}

/* --- rounding --- */

/* Sets the centre and the step of an input channel. */
static void set_range(const Memory *m, float *scratch, int channel, const Limits *limits) {
  const float least = least_of(limits), largest = largest_of(limits);
  scratch[m->centres + channel] = (least + largest) / 2;
  scratch[m->steps + channel] = fmaxf(largest - least, ZSD_MIN_RANGE) / (2 * ZSD_INT8_LARGEST);
}

/* Rounds the first n samples of up to an octet of channels, `plane` floats apart, from channel
 * `first` on, to elements. Zeros fill up the octet. Reads up to WIDTH samples past the last. */
static void round_samples(const Memory *m, const float *scratch, int8_t *to, const float *from,
                          ptrdiff_t plane, int first, int channels, ptrdiff_t n) {
  const float *centres = scratch + m->centres + first;
  float scales[OCTET];
  for (int c = 0; c < channels; c++)
    scales[c] = 1 / scratch[m->steps + first + c];
  for (ptrdiff_t x = 0; x < n; x += WIDTH, to += WIDTH * OCTET) {
    Bits quads[2] = {{0}, {0}};
    for (int c = 0; c < channels; c++) {
      const Vector sample = (load(from + c * plane + x) - centres[c]) * scales[c];
      quads[c / 4] |= ((Bits)rounded(sample) & 0xff) << 8 * (c % 4);
    }
    vst2q_u32((uint32_t *)(void *)to,
              (uint32x4x2_t){{(uint32x4_t)quads[0], (uint32x4_t)quads[1]}});
  }
}

/* Sets the factors and scales of the output channels, and their biases for inputs less their
 * centres. */
static void set_factors(const Packed *l, const float *weights, const Memory *m,
                        float *scratch) {
  const float *centres = scratch + m->centres, *steps = scratch + m->steps;
  for (int o = 0; o < l->channels; o += WIDTH) {
    Vector largest = splat(0), bias = load(weights + l->biases + o);
    for (int i = 0; i < l->n_in; i++) {
      const size_t at = (size_t)i * l->channels + o;
      largest = larger(load(weights + l->largest + at) * steps[i], largest);
      bias += load(weights + l->sums + at) * centres[i];
    }
    store(scratch + m->factors + o, largest / ZSD_INT8_LARGEST);
    store(scratch + m->scales + o,
          where_positive(largest, ZSD_INT8_LARGEST / largest, largest));
    store(scratch + m->biases + o, bias);
  }
}

/* Rounds a layer's weights to integers, for the steps of its input. */
static void round_weights(const Packed *l, const float *weights, const Memory *m,
                          float *scratch) {
  const float *scales = scratch + m->scales;
  int8_t *to = (int8_t *)(scratch + m->weights);
  for (int octet = 0; octet < l->octets; octet++) {
    const float *steps = scratch + m->steps + octet * OCTET;
    const Vector low = load(steps), high = load(steps + WIDTH);
    for (int t = 0; t < TAPS; t++)
      for (int o = 0; o < l->channels; o++, weights += OCTET, to += OCTET) {
        const Ints a = rounded(load(weights) * low * scales[o]),
                   b = rounded(load(weights + WIDTH) * high * scales[o]);
        vst1_s8(to,
                vqmovn_s16(vcombine_s16(vqmovn_s32((int32x4_t)a), vqmovn_s32((int32x4_t)b))));
      }
  }
}

/* Rounds the inputs to elements. */
static void load_input(const ZsdPass *p, const Memory *m, float *scratch) {
  const int inputs = p->shape.inputs;
  for (int i = 0; i < inputs; i++) {
    const Limits limits = limits_of(p, i);
    set_range(m, scratch, i, &limits);
  }
  for (int first = 0; first < inputs; first += OCTET) {
    const int channels = inputs - first < OCTET ? inputs - first : OCTET;
    const float *rows = p->in.data + first * p->in.plane - 2 * p->row - 2;
    int8_t *to = (int8_t *)(scratch + m->in) + first * m->in_plane;
    for (int y = 0; y < p->height + 4; y++, rows += p->row, to += m->row * OCTET)
      round_samples(m, scratch, to, rows, p->in.plane, first, channels, m->row);
  }
}

/* Zeroes the first layer's activations outside the picture, the second layer's padding, and
 * those past the rows' ends, so that no result depends on them. */
static void pad(const ZsdPass *p, const Memory *m, float *scratch) {
  const int first = p->left ? 1 : 0, end = p->width + (p->right ? 1 : 2);
  for (int c = 0; c < p->shape.hidden; c++) {
    float *plane = scratch + m->h1 + c * m->h1_plane, *row = plane;
    for (int y = 0; y < p->height + 2; y++, row += m->row) {
      const bool outside = (y == 0 && p->top) || (y == p->height + 1 && p->bottom);
      memset(row, 0, (outside ? m->row : first) * sizeof *row);
      memset(row + end, 0, (m->row - end) * sizeof *row);
    }
    memset(row, 0, (plane + m->h1_plane - row) * sizeof *row);
  }
}

/* Rounds the first layer's activations to elements. */
static void round_activations(const ZsdPass *p, const Memory *m, float *scratch) {
  const int hidden = p->shape.hidden;
  const float *h1 = scratch + m->h1;
  for (int c = 0; c < hidden; c++) {
    const Limits limits = limits_of_activations(h1 + c * m->h1_plane, m->h1_plane);
    set_range(m, scratch, c, &limits);
  }
  for (int first = 0; first < hidden; first += OCTET)
    round_samples(m, scratch, (int8_t *)(scratch + m->elements) + first * m->h1_plane,
                  h1 + first * m->h1_plane, m->h1_plane, first,
                  hidden - first < OCTET ? hidden - first : OCTET, m->h1_plane);
}

/* --- layers --- */

/* The output channels of a group and a span of samples. */
typedef struct {
  const int8_t *weights, *in;
  const float *factors, *biases;
  float *out;
  ptrdiff_t weight_step, plane, row; /* bytes from one tap, input plane and row to the next */
  ptrdiff_t out_plane;               /* floats */
  int octets;
} Product;

/* Computes the sums of products, [pair of output channels][pair of samples]: of the first
 * sample the first channel and the second one, and those of the second sample. */
INLINE void multiply_span(const Product *p, int32x4_t sums[GROUP / 2][2 * SPAN], int span) {
  const int8_t *weights = p->weights;
  UNROLL
  for (int o = 0; o < GROUP / 2; o++)
    UNROLL
  for (int s = 0; s < 2 * span; s++)
    sums[o][s] = vdupq_n_s32(0);
  for (int octet = 0; octet < p->octets; octet++)
    for (int t = 0; t < TAPS; t++, weights += p->weight_step) {
      const int8_t *in = p->in + octet * p->plane + t / 3 * p->row + t % 3 * OCTET;
      int8x16_t x[2 * SPAN];
      UNROLL
      for (int s = 0; s < 2 * span; s++)
        x[s] = vld1q_s8(in + s * 2 * OCTET);
      UNROLL
      for (int o = 0; o < GROUP / 2; o++) {
        const int8x16_t weight = vld1q_s8(weights + o * 2 * OCTET);
        UNROLL
        for (int s = 0; s < 2 * span; s++)
          sums[o][s] = vmmlaq_s32(sums[o][s], x[s], weight);
      }
    }
}

/* Stores LeakyReLU(factor sums + bias) of WIDTH samples of channel o of the group. */
INLINE void store_samples(const Product *p, int o, int s, int32x4_t sums) {
  const Vector sample = p->factors[o] * (Vector)vcvtq_f32_s32(sums) + p->biases[o];
  store(p->out + o * p->out_plane + s * WIDTH, larger(sample, ZSD_LEAK * sample));
}

/* `span` is a constant at each call. */
INLINE void product(const Product *p, int span) {
  int32x4_t sums[GROUP / 2][2 * SPAN];
  multiply_span(p, sums, span);
  UNROLL
  for (int o = 0; o < GROUP / 2; o++)
    UNROLL
  for (int s = 0; s < span; s++) {
    store_samples(p, 2 * o, s, vuzp1q_s32(sums[o][2 * s], sums[o][2 * s + 1]));
    store_samples(p, 2 * o + 1, s, vuzp2q_s32(sums[o][2 * s], sums[o][2 * s + 1]));
  }
}

/* A 3x3 layer. */
typedef struct {
  Packed packed;
  const int8_t *in;
  ptrdiff_t plane; /* elements */
} Layer;

/* Computes `span` vectors of samples of a layer, from sample `first` on. */
static void convolve(const Layer *layer, const Memory *m, float *scratch, ptrdiff_t first,
                     int span, float *out, ptrdiff_t out_plane) {
  const Packed *l = &layer->packed;
  for (int o = 0; o < l->channels; o += GROUP) {
    const Product p = {.weights = (const int8_t *)(scratch + m->weights) + o * OCTET,
                       .in = layer->in + first * OCTET,
                       .factors = scratch + m->factors + o,
                       .biases = scratch + m->biases + o,
                       .out = out + o * out_plane,
                       .weight_step = (ptrdiff_t)l->channels * OCTET,
                       .plane = layer->plane * OCTET,
                       .row = m->row * OCTET,
                       .out_plane = out_plane,
                       .octets = l->octets};
    if (span == SPAN)
      product(&p, SPAN);
    else if (span == 2)
      product(&p, 2);
    else
      product(&p, 1);
  }
}

static void first_layer(const ZsdPass *p, const Memory *m, float *scratch,
                        const Packed *packed) {
  const Layer layer = {*packed, (const int8_t *)(scratch + m->in), m->in_plane};
  const ptrdiff_t end = m->row * (p->height + 2);
  load_input(p, m, scratch);
  set_factors(packed, p->weights, m, scratch);
  round_weights(packed, p->weights, m, scratch);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first + WIDTH - 1) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h1 + first, m->h1_plane);
  }
  pad(p, m, scratch);
}

static void other_layers(const ZsdPass *p, const Memory *m, float *scratch,
                         const float *weights) {
  const int hidden = p->shape.hidden;
  const Packed packed = packed_layer(hidden, hidden);
  const Layer layer = {packed, (const int8_t *)(scratch + m->elements), m->h1_plane};
  const Groups groups = groups_of(p->shape.outputs);
  const float *last = weights + packed.end;
  const ptrdiff_t end = m->row * p->height;
  round_activations(p, m, scratch);
  set_factors(&packed, weights, m, scratch);
  round_weights(&packed, weights, m, scratch);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first + WIDTH - 1) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h2, LANES);
    multiply((Matmul){.weights = last,
                      .bias = last + (ptrdiff_t)hidden * groups.channels,
                      .in = scratch + m->h2,
                      .out = scratch + m->out + first,
                      .in_step = LANES,
                      .out_step = m->out_plane,
                      .n_in = hidden},
             groups, (int)span);
  }
}

static void store_output(const ZsdPass *p, const Memory *m, const float *scratch) {
  for (int o = 0; o < p->shape.outputs; o++)
    for (int y = 0; y < p->height; y++)
      memcpy(p->out.data + o * p->out.plane + y * p->row,
             scratch + m->out + o * m->out_plane + y * m->row, p->width * sizeof(float));
}

static void run(const ZsdPass *p) {
  const Memory memory = memory_layout(p->shape, p->width, p->height);
  const Packed first = packed_layer(p->shape.inputs, p->shape.hidden);
  const float *weights = p->weights;
  float *scratch = p->scratch;
  memset(scratch + memory.centres, 0, (memory.end - memory.centres) * sizeof *scratch);
  first_layer(p, &memory, scratch, &first);
  other_layers(p, &memory, scratch, weights + first.end);
  store_output(p, &memory, scratch);
}

void ZSD_ISA_NAME(zsd_pass_int8_init)(ZsdKernels *k) {
  k->pass[ZSD_INT8] =
      (ZsdPassKernel){weights_size, scratch_size, pack, run, TILE_WIDTH, TILE_HEIGHT};
  k->fastest_pass = ZSD_INT8;
}
