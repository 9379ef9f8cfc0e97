/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass in fp32 with the 3x3 layers by Winograd's minimal filtering F(4x4, 3x3)
 * (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016): a block of
 * 4x4 output samples takes 36 multiplications for each pair of channels, direct convolution
 * 144. The transforms cost about one of the seven decimal digits of fp32.
 *
 * Each lane of a vector processes one block. To make the blocks' samples contiguous, a plane is
 * stored as its 16 polyphase components: plane (y % 4, x % 4) has sample (x, y) of every block,
 * the blocks in raster order without gaps. The first layer's blocks begin at (-1, -1) of the
 * tile, where the second layer's patches of 6x6 samples begin: block (x, y) of the second layer
 * reads blocks x and x + 1 of rows y and y + 1 of the first layer. Past the end of a row of
 * blocks this is the next row's first block, whose samples affect no sample of the tile. */
#include "kernels/pass/matmul.h"

enum {
  BLOCK = 4,              /* side of a block of output samples */
  PHASES = BLOCK * BLOCK, /* polyphase components of a plane */
  PATCH = BLOCK + 2,      /* side of the input patch of a block */
  POINTS = PATCH * PATCH, /* elements of a transformed patch */
  BIAS_POINT = PATCH + 1, /* element (1, 1), which the inverse transform adds to all samples */
  LANES = SPAN * WIDTH,   /* blocks that are processed at a time */
};

static int rounded_up(int n, int unit) {
  return (n + unit - 1) / unit * unit;
}

/* --- weights --- */

/* Floats of a layer's packed weights, [point][group][n_in][channel of the group], and biases.
 * Zeros fill up the last group. `points`: POINTS, or 1 for a 1x1 layer. */
static size_t layer_size(int n_in, int n_out, int points) {
  return (size_t)groups_of(n_out).channels * ((size_t)points * n_in + 1);
}

/* Bytes of so many floats, rounded up to the alignment. */
static size_t bytes(size_t floats) {
  const size_t unit = ZSD_PASS_ALIGNMENT;
  return (floats * sizeof(float) + unit - 1) / unit * unit;
}

static size_t weights_size(ZsdShape s) {
  return bytes(layer_size(s.inputs, s.hidden, POINTS) + layer_size(s.hidden, s.hidden, POINTS) +
               layer_size(s.hidden, s.outputs, 1));
}

/* G g: a column of a filter at the interpolation points 0, 1, -1, 2, -2 and infinity (Lavin and
 * Gray, section 4.3). */
static void transform_filter_1d(float *out, int out_step, const float *g, int step) {
  const float even = g[0] + g[2 * step], far_even = g[0] + 4 * g[2 * step];
  out[0] = g[0] / 4;
  out[out_step] = -(even + g[step]) / 6;
  out[2 * out_step] = -(even - g[step]) / 6;
  out[3 * out_step] = (far_even + 2 * g[step]) / 24;
  out[4 * out_step] = (far_even - 2 * g[step]) / 24;
  out[5 * out_step] = g[2 * step];
}

/* G g G' of a 3x3 filter g. */
static void transform_filter(float *out, const float *filter) {
  float columns[3 * PATCH];
  for (int x = 0; x < 3; x++)
    transform_filter_1d(columns + x, 3, filter + x, 3);
  for (int y = 0; y < PATCH; y++)
    transform_filter_1d(out + y * PATCH, 1, columns + y * 3, 1);
}

/* Packs a layer. Returns the next layer's parameters. */
static const float *pack_layer(float *packed, const float *params, int n_in, int n_out,
                               int points) {
  const int size = groups_of(n_out).size, all = groups_of(n_out).channels;
  const float *bias = params + (ptrdiff_t)n_out * n_in * (points == 1 ? 1 : 9);
  for (int o = 0; o < all; o++) {
    float *group = packed + o / size * size * n_in + o % size;
    for (int i = 0; i < n_in; i++) {
      float values[POINTS] = {0};
      if (o < n_out && points == 1)
        values[0] = params[(ptrdiff_t)o * n_in + i];
      else if (o < n_out)
        transform_filter(values, params + ((ptrdiff_t)o * n_in + i) * 9);
      for (int k = 0; k < points; k++)
        group[((ptrdiff_t)k * all) * n_in + i * size] = values[k];
    }
    packed[(ptrdiff_t)points * all * n_in + o] = o < n_out ? bias[o] : 0;
  }
  return bias + n_out;
}

static void pack(void *weights, ZsdShape s, const float *params) {
  float *packed = weights;
  params = pack_layer(packed, params, s.inputs, s.hidden, POINTS);
  packed += layer_size(s.inputs, s.hidden, POINTS);
  params = pack_layer(packed, params, s.hidden, s.hidden, POINTS);
  packed += layer_size(s.hidden, s.hidden, POINTS);
  pack_layer(packed, params, s.hidden, s.outputs, 1);
}

/* --- scratch --- */

/* Layout of the scratch memory: offsets from its beginning, floats. */
typedef struct {
  int across, down;     /* the first layer's blocks */
  ptrdiff_t phase_step; /* floats from one polyphase component to the next */
  ptrdiff_t point_step; /* floats from one point of all channels to the next */
  size_t in;            /* inputs x BLOCK x PATCH components: all columns of a patch */
  size_t h1;            /* hidden x PHASES components */
  size_t out;           /* outputs x PHASES components */
  size_t h2;            /* hidden x PHASES, of LANES blocks only, as the next two */
  size_t patches;       /* POINTS x channels: transformed patches */
  size_t products;      /* hidden x POINTS: their products with the weights */
  size_t rows;          /* BLOCK * down + 2 rows of one input channel */
  ptrdiff_t row;        /* floats from one of these rows to the next */
  size_t end;
} Memory;

/* After the last block there is space for its neighbours and for the rest of a vector. */
static Memory memory_layout(ZsdShape s, int width, int height) {
  Memory m = {.across = (width + 2 + BLOCK - 1) / BLOCK,
              .down = (height + 2 + BLOCK - 1) / BLOCK};
  m.phase_step = rounded_up(m.across * m.down, WIDTH) + rounded_up(m.across + 1, WIDTH) + WIDTH;
  m.point_step = (s.inputs > s.hidden ? s.inputs : s.hidden) * LANES;
  /* A stride of a power of two would map the points to the same sets of the L1 cache. */
  m.point_step += WIDTH;
  m.h1 = m.in + (size_t)s.inputs * BLOCK * PATCH * m.phase_step;
  m.out = m.h1 + (size_t)s.hidden * PHASES * m.phase_step;
  m.h2 = m.out + (size_t)groups_of(s.outputs).channels * PHASES * m.phase_step;
  m.patches = m.h2 + s.hidden * PHASES * LANES;
  m.products = m.patches + POINTS * m.point_step;
  m.rows = m.products + groups_of(s.hidden).channels * POINTS * LANES;
  m.row = BLOCK * (rounded_up(m.across, WIDTH) + 1);
  m.end = m.rows + (size_t)(BLOCK * m.down + 2) * m.row;
  return m;
}

static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  return bytes(memory_layout(shape, max_width, max_height).end);
}

/* --- conversion between rows and polyphase components --- */

/* phases[i] = samples i, i + 4, i + 8 ... of the 4 WIDTH samples at p. */
INLINE void deinterleave4(Vector phases[BLOCK], const float *p) {
  const Vector a = load(p), b = load(p + WIDTH);
  const Vector c = load(p + 2 * WIDTH), d = load(p + 3 * WIDTH);
  const Vector even1 = SHUFFLED(a, b, EVENS), even2 = SHUFFLED(c, d, EVENS);
  const Vector odd1 = SHUFFLED(a, b, ODDS), odd2 = SHUFFLED(c, d, ODDS);
  phases[0] = SHUFFLED(even1, even2, EVENS);
  phases[1] = SHUFFLED(odd1, odd2, EVENS);
  phases[2] = SHUFFLED(even1, even2, ODDS);
  phases[3] = SHUFFLED(odd1, odd2, ODDS);
}

/* The inverse of deinterleave4(). */
INLINE void interleave4(float *p, const Vector phases[BLOCK]) {
  const Vector even1 = SHUFFLED(phases[0], phases[2], LOWER);
  const Vector even2 = SHUFFLED(phases[0], phases[2], UPPER);
  const Vector odd1 = SHUFFLED(phases[1], phases[3], LOWER);
  const Vector odd2 = SHUFFLED(phases[1], phases[3], UPPER);
  store(p, SHUFFLED(even1, odd1, LOWER));
  store(p + WIDTH, SHUFFLED(even1, odd1, UPPER));
  store(p + 2 * WIDTH, SHUFFLED(even2, odd2, LOWER));
  store(p + 3 * WIDTH, SHUFFLED(even2, odd2, UPPER));
}

/* Copies a channel of the tile with its halo of two samples into the zeroed `rows`. */
static void load_rows(const ZsdPass *p, const Memory *m, const float *from, float *rows) {
  const int width = p->width + 4, height = p->height + 4;
  for (int y = 0; y < height; y++)
    memcpy(rows + y * m->row, from + (y - 2) * p->row - 2, width * sizeof(float));
}

/* Stores past a row of blocks are overwritten by those of the next row. */
static void load_input(const ZsdPass *p, const Memory *m, float *scratch) {
  float *rows = scratch + m->rows;
  memset(rows, 0, (m->end - m->rows) * sizeof(float));
  for (int i = 0; i < p->shape.inputs; i++) {
    load_rows(p, m, p->in.data + i * p->in.plane, rows);
    for (int y = 0; y < BLOCK * m->down + 2; y++) {
      const float *row = rows + y * m->row;
      float *to = scratch + m->in + (i * BLOCK + y % BLOCK) * PATCH * m->phase_step +
                  (ptrdiff_t)(y / BLOCK) * m->across;
      for (int x = 0; x < m->across; x += WIDTH) {
        Vector phases[BLOCK];
        deinterleave4(phases, row + BLOCK * x);
        UNROLL
        for (int k = 0; k < BLOCK; k++)
          store(to + k * m->phase_step + x, phases[k]);
        deinterleave4(phases, row + BLOCK * (x + 1));
        UNROLL
        for (int k = BLOCK; k < PATCH; k++)
          store(to + k * m->phase_step + x, phases[k - BLOCK]);
      }
    }
  }
}

static void store_output(const ZsdPass *p, const Memory *m, const float *scratch) {
  for (int o = 0; o < p->shape.outputs; o++)
    for (int y = 0; y < p->height; y++) {
      const float *from = scratch + m->out + (o * BLOCK + y % BLOCK) * BLOCK * m->phase_step +
                          (ptrdiff_t)(y / BLOCK) * m->across;
      float *to = p->out.data + o * p->out.plane + y * p->row;
      for (int x = 0; BLOCK * x < p->width; x += WIDTH) {
        Vector phases[BLOCK];
        UNROLL
        for (int k = 0; k < BLOCK; k++)
          phases[k] = load(from + k * m->phase_step + x);
        interleave4(to + BLOCK * x, phases);
      }
    }
}

/* --- transforms --- */

/* B' d: the six samples d of a patch's row or column at the interpolation points. */
INLINE void transform_input_1d(Vector *out, int out_step, const Vector *d, int step) {
  const Vector a = d[4 * step] - 4 * d[2 * step], b = d[3 * step] - 4 * d[step];
  const Vector c = d[4 * step] - d[2 * step], e = d[3 * step] - d[step];
  out[0] = 4 * d[0] + (d[4 * step] - 5 * d[2 * step]);
  out[out_step] = a + b;
  out[2 * out_step] = a - b;
  out[3 * out_step] = c + 2 * e;
  out[4 * out_step] = c - 2 * e;
  out[5 * out_step] = 4 * d[step] + (d[5 * step] - 5 * d[3 * step]);
}

/* A' m: the four samples of a block's row or column from the values m at the points. */
INLINE void transform_output_1d(Vector *out, int out_step, const Vector *m, int step) {
  const Vector sum1 = m[step] + m[2 * step], sum2 = m[3 * step] + m[4 * step];
  const Vector difference1 = m[step] - m[2 * step], difference2 = m[3 * step] - m[4 * step];
  out[0] = m[0] + sum1 + sum2;
  out[out_step] = difference1 + 2 * difference2;
  out[2 * out_step] = sum1 + 4 * sum2;
  out[3 * out_step] = difference1 + 8 * difference2 + m[5 * step];
}

/* A layer's input. Sample (x, y) of block i's patch is data[i + row[y] + column[x]]. */
typedef struct {
  const float *data;
  ptrdiff_t channel; /* floats from one channel to the next */
  ptrdiff_t row[PATCH], column[PATCH];
} Grid;

/* B' d B of the patches of WIDTH blocks. */
INLINE void transform_input(float *out, ptrdiff_t point_step, const Grid *g, const float *d) {
  Vector samples[PATCH], columns[POINTS], values[PATCH];
  UNROLL
  for (int x = 0; x < PATCH; x++) {
    UNROLL
    for (int y = 0; y < PATCH; y++)
      samples[y] = load(d + g->row[y] + g->column[x]);
    transform_input_1d(columns + x, PATCH, samples, 1);
  }
  UNROLL
  for (int y = 0; y < PATCH; y++) {
    transform_input_1d(values, 1, columns + y * PATCH, 1);
    UNROLL
    for (int x = 0; x < PATCH; x++)
      store(out + (y * PATCH + x) * point_step, values[x]);
  }
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

/* Multiplies all groups of output channels; `p` describes the first group. */
static void multiply(Matmul p, Groups groups, int span) {
  for (int first = 0; first < groups.channels; first += groups.size) {
    matmul_kernels[groups.size](&p, span);
    p.weights += (ptrdiff_t)groups.size * p.n_in;
    p.bias = p.bias ? p.bias + groups.size : NULL;
    p.out += groups.size * p.out_step;
  }
}

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

/* `columns`: PATCH for the first layer's input, which has a component for each column of a
 * patch, or BLOCK, where a patch's last two columns are the first ones of the next block. */
static Grid grid(const float *data, const Memory *m, int columns) {
  Grid g = {.data = data, .channel = BLOCK * columns * m->phase_step};
  for (int i = 0; i < PATCH; i++) {
    g.row[i] = i % BLOCK * columns * m->phase_step + (i < BLOCK ? 0 : m->across);
    g.column[i] = i < columns ? i * m->phase_step : (i - columns) * m->phase_step + 1;
  }
  return g;
}

/* The size of the next span when the remaining vectors are divided into the fewest spans of at
 * most SPAN, as evenly as possible. */
static int next_span(ptrdiff_t vectors) {
  const ptrdiff_t spans = (vectors + SPAN - 1) / SPAN;
  return (int)((vectors + spans - 1) / spans);
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

/* Zeroes sample (x, y) of all of the first layer's channels. */
static void zero(const ZsdPass *p, const Memory *m, float *scratch, int x, int y) {
  float *sample = scratch + m->h1 + (y % BLOCK * BLOCK + x % BLOCK) * m->phase_step +
                  (ptrdiff_t)(y / BLOCK) * m->across + x / BLOCK;
  for (int c = 0; c < p->shape.hidden; c++)
    sample[c * PHASES * m->phase_step] = 0;
}

/* Zeroes the first layer's activations outside the picture, the second layer's padding, and the
 * space after the last block, so that no result depends on former contents of the memory. */
static void pad(const ZsdPass *p, const Memory *m, float *scratch) {
  const int right = p->width + 1, bottom = p->height + 1;
  for (int x = 0; x <= right; x++) {
    if (p->top)
      zero(p, m, scratch, x, 0);
    if (p->bottom)
      zero(p, m, scratch, x, bottom);
  }
  for (int y = 0; y <= bottom; y++) {
    if (p->left)
      zero(p, m, scratch, 0, y);
    if (p->right)
      zero(p, m, scratch, right, y);
  }
  float *behind = scratch + m->h1 + (ptrdiff_t)m->across * m->down;
  for (ptrdiff_t i = 0; i < p->shape.hidden * PHASES; i++)
    for (int x = 0; x <= m->across; x += WIDTH)
      store(behind + i * m->phase_step + x, splat(0));
}

/* The second layer and, while its samples are in the cache, the third one, a 1x1 layer. */
static void other_layers(const ZsdPass *p, const Memory *m, float *scratch,
                         const float *weights) {
  const int hidden = p->shape.hidden;
  const float *last = weights + layer_size(hidden, hidden, POINTS);
  const Groups groups = groups_of(hidden), outputs = groups_of(p->shape.outputs);
  const Layer layer = {grid(scratch + m->h1, m, BLOCK), hidden, hidden, groups, weights,
                       last - groups.channels};
  const int rows = (p->height + BLOCK - 1) / BLOCK, columns = (p->width + BLOCK - 1) / BLOCK;
  const ptrdiff_t end = rounded_up((rows - 1) * m->across + columns, WIDTH);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, m, scratch, first, (int)span, scratch + m->h2, LANES);
    for (int k = 0; k < PHASES; k++)
      multiply((Matmul){.weights = last,
                        .bias = last + (ptrdiff_t)hidden * outputs.channels,
                        .in = scratch + m->h2 + k * LANES,
                        .out = scratch + m->out + k * m->phase_step + first,
                        .in_step = PHASES * LANES,
                        .out_step = PHASES * m->phase_step,
                        .n_in = hidden},
               outputs, (int)span);
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

/* A tile of 38 x 30 samples with the first layer's halo is 10 x 8 blocks, whose activations fit
 * into the L2 cache. A 720p picture in 4:2:0 has 204 such tiles. */
void ZSD_ISA_NAME(zsd_pass_init)(ZsdKernels *k) {
  k->pass[ZSD_FP32] = (ZsdPassKernel){weights_size, scratch_size, pack, run, 38, 30};
}
