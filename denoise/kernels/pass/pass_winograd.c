/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass in fp32, by Winograd's minimal filtering. The transforms cost about one of
 * the seven decimal digits of fp32. */
#include "kernels/pass/winograd.h"

static size_t weights_size(ZsdShape s) {
  return bytes(layer_size(s.inputs, s.hidden, POINTS) + layer_size(s.hidden, s.hidden, POINTS) +
               layer_size(s.hidden, s.outputs, 1));
}

static void pack(void *weights, ZsdShape s, const float *params) {
  float *packed = weights;
  params = pack3x3(packed, params, s.inputs, s.hidden);
  packed += layer_size(s.inputs, s.hidden, POINTS);
  params = pack3x3(packed, params, s.hidden, s.hidden);
  packed += layer_size(s.hidden, s.hidden, POINTS);
  pack1x1(packed, params, s.hidden, s.outputs);
}

/* --- inputs --- */

/* Copies a channel of the tile with its halo of two samples into the zeroed `rows`. */
static void load_rows(const ZsdPass *p, const Memory *m, const float *from, float *rows) {
  const int width = p->width + 4, height = p->height + 4;
  for (int y = 0; y < height; y++)
    memcpy(rows + y * m->row, from + (y - 2) * p->row - 2, width * sizeof(float));
}

static void load_input(const ZsdPass *p, const Memory *m, float *scratch) {
  float *rows = scratch + m->rows;
  memset(rows, 0, (m->end - m->rows) * sizeof(float));
  for (int i = 0; i < p->shape.inputs; i++) {
    load_rows(p, m, p->in.data + i * p->in.plane, rows);
    deinterleave_rows(m, rows, scratch + m->in + (ptrdiff_t)i * BLOCK * PATCH * m->phase_step);
  }
}

/* --- transforms --- */

DEFINE_TRANSFORM_INPUT(transform_input, Vector)

/* A' m: the four samples of a block's row or column from the values m at the points. */
INLINE void transform_output_1d(Vector *out, int out_step, const Vector *m, int step) {
  const Vector sum1 = m[step] + m[2 * step], sum2 = m[3 * step] + m[4 * step];
  const Vector difference1 = m[step] - m[2 * step], difference2 = m[3 * step] - m[4 * step];
  out[0] = m[0] + sum1 + sum2;
  out[out_step] = difference1 + 2 * difference2;
  out[2 * out_step] = sum1 + 4 * sum2;
  out[3 * out_step] = difference1 + 8 * difference2 + m[5 * step];
}

/* LeakyReLU(A' m A): the samples of WIDTH blocks. */
INLINE void transform_output(float *out, ptrdiff_t phase_step, const float *products) {
  Vector values[PATCH], rows[PATCH * BLOCK], samples[BLOCK];
  UNROLL
  for (int y = 0; y < PATCH; y++) {
    UNROLL
    for (int x = 0; x < PATCH; x++)
      values[x] = load(products + (y * PATCH + x) * LANES);
    transform_output_1d(rows + y * BLOCK, 1, values, 1);
  }
  UNROLL
  for (int x = 0; x < BLOCK; x++) {
    transform_output_1d(samples, 1, rows + x, BLOCK);
    UNROLL
    for (int y = 0; y < BLOCK; y++)
      store(out + (y * BLOCK + x) * phase_step,
            where_positive(samples[y], samples[y], ZSD_LEAK * samples[y]));
  }
}

/* --- layers --- */

typedef struct {
  Grid in;
  int n_in, n_out;
  Groups groups;
  const float *weights, *bias;
} Layer;

/* Computes `span` vectors of blocks of a 3x3 layer, from block `first` on. `phase_step`: floats
 * from one polyphase component of `out` to the next. */
static void convolve(const Layer *l, const Memory *m, float *scratch, ptrdiff_t first, int span,
                     float *out, ptrdiff_t phase_step) {
  float *patches = scratch + m->patches, *sums = scratch + m->products;
  for (int i = 0; i < l->n_in; i++)
    for (int s = 0; s < span; s++)
      transform_input(patches + i * LANES + s * WIDTH, m->point_step, &l->in,
                      l->in.data + i * l->in.channel + first + s * WIDTH);
  for (int k = 0; k < POINTS; k++)
    multiply((Matmul){.weights = l->weights + (ptrdiff_t)k * l->n_in * l->groups.channels,
                      .bias = k == BIAS_POINT ? l->bias : NULL,
                      .in = patches + k * m->point_step,
                      .out = sums + k * LANES,
                      .in_step = LANES,
                      .out_step = POINTS * LANES,
                      .n_in = l->n_in},
             l->groups, span);
  for (int o = 0; o < l->n_out; o++)
    for (int s = 0; s < span; s++)
      transform_output(out + o * PHASES * phase_step + s * WIDTH, phase_step,
                       sums + o * POINTS * LANES + s * WIDTH);
}

static void first_layer(const ZsdPass *p, const Memory *m, float *scratch,
                        const float *weights) {
  const int n_in = p->shape.inputs, n_out = p->shape.hidden;
  const Groups groups = groups_of(n_out);
  const Layer layer = {grid(scratch + m->in, m, PATCH),
                       n_in,
                       n_out,
                       groups,
                       weights,
                       weights + layer_size(n_in, n_out, POINTS) - groups.channels};
  const ptrdiff_t end = rounded_up(m->across * m->down, WIDTH);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h1 + first, m->phase_step);
  }
}

static void other_layers(const ZsdPass *p, const Memory *m, float *scratch,
                         const float *weights) {
  const int hidden = p->shape.hidden;
  const float *last = weights + layer_size(hidden, hidden, POINTS);
  const Groups groups = groups_of(hidden);
  const Layer layer = {grid(scratch + m->h1, m, BLOCK), hidden, hidden, groups, weights,
                       last - groups.channels};
  const ptrdiff_t end = block_count(p, m);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h2, LANES);
    last_layer(p, m, scratch, last, first, (int)span);
  }
}

static void run(const ZsdPass *p) {
  const Memory memory = memory_layout(p->shape, p->width, p->height);
  float *scratch = p->scratch;
  const float *weights = p->weights;
  load_input(p, &memory, scratch);
  first_layer(p, &memory, scratch, weights);
  pad(p, &memory, scratch);
  other_layers(p, &memory, scratch,
               weights + layer_size(p->shape.inputs, p->shape.hidden, POINTS));
  store_output(p, &memory, scratch);
}

void ZSD_ISA_NAME(zsd_pass_init)(ZsdKernels *k) {
  k->pass[ZSD_FP32] =
      (ZsdPassKernel){weights_size, scratch_size, pack, run, TILE_WIDTH, TILE_HEIGHT};
}
