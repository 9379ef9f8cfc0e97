/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 3x3 layers by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", CVPR 2016): a block of 4x4 output samples takes 36
 * multiplications for each pair of channels, direct convolution 144.
 *
 * Each lane of a vector processes one block. To make the blocks' samples contiguous, a plane is
 * stored as its 16 polyphase components: plane (y % 4, x % 4) has sample (x, y) of every block,
 * the blocks in raster order without gaps. The first layer's blocks begin at (-1, -1) of the
 * tile, where the second layer's patches of 6x6 samples begin: block (x, y) of the second layer
 * reads blocks x and x + 1 of rows y and y + 1 of the first layer. Past the end of a row of
 * blocks this is the next row's first block, whose samples affect no sample of the tile. */
#ifndef ZSD_WINOGRAD_H
#define ZSD_WINOGRAD_H

#include "kernels/pass/layers.h"

enum {
  BLOCK = 4,              /* side of a block of output samples */
  PHASES = BLOCK * BLOCK, /* polyphase components of a plane */
  PATCH = BLOCK + 2,      /* side of the input patch of a block */
  POINTS = PATCH * PATCH, /* elements of a transformed patch */
  BIAS_POINT = PATCH + 1, /* element (1, 1), which the inverse transform adds to all samples */

  /* Size of a picture's tiles: with the first layer's halo it is 10 x 8 blocks, whose
   * activations fit into the L2 cache. A 720p picture in 4:2:0 has 204 such tiles. */
  TILE_WIDTH = 38,
  TILE_HEIGHT = 30,
};

/* --- weights --- */

/* G g: a column of a filter at the interpolation points 0, 1, -1, 2, -2 and infinity (Lavin and
 * Gray, section 4.3). */
static inline void transform_filter_1d(float *out, int out_step, const float *g, int step) {
  const float even = g[0] + g[2 * step], far_even = g[0] + 4 * g[2 * step];
  out[0] = g[0] / 4;
  out[out_step] = -(even + g[step]) / 6;
  out[2 * out_step] = -(even - g[step]) / 6;
  out[3 * out_step] = (far_even + 2 * g[step]) / 24;
  out[4 * out_step] = (far_even - 2 * g[step]) / 24;
  out[5 * out_step] = g[2 * step];
}

/* G g G' of a 3x3 filter g. */
static inline void transform_filter(float *out, const float *filter) {
  float columns[3 * PATCH];
  for (int x = 0; x < 3; x++)
    transform_filter_1d(columns + x, 3, filter + x, 3);
  for (int y = 0; y < PATCH; y++)
    transform_filter_1d(out + y * PATCH, 1, columns + y * 3, 1);
}

/* Packs a 3x3 layer. Returns the next layer's parameters. */
static inline const float *pack3x3(float *packed, const float *params, int n_in, int n_out) {
  const int size = groups_of(n_out).size, all = groups_of(n_out).channels;
  const float *bias = params + (ptrdiff_t)n_out * n_in * 9;
  memset(packed, 0, layer_size(n_in, n_out, POINTS) * sizeof *packed);
  for (int o = 0; o < n_out; o++) {
    float *group = packed + o / size * size * n_in + o % size;
    for (int i = 0; i < n_in; i++) {
      float values[POINTS];
      transform_filter(values, params + ((ptrdiff_t)o * n_in + i) * 9);
      for (int k = 0; k < POINTS; k++)
        group[((ptrdiff_t)k * all) * n_in + i * size] = values[k];
    }
    packed[(ptrdiff_t)POINTS * all * n_in + o] = bias[o];
  }
  return bias + n_out;
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
  size_t centres; /* in integers: of the ranges of the input channels, and the biases for */
  size_t biases;  /* inputs less their centres */
  size_t rows;    /* BLOCK * down + 2 rows of one input channel */
  ptrdiff_t row;  /* floats from one of these rows to the next */
  size_t end;
} Memory;

/* After the last block there is space for its neighbours and for the rest of a vector. */
static inline Memory memory_layout(ZsdShape s, int width, int height) {
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
  m.centres = m.products + groups_of(s.hidden).channels * POINTS * LANES;
  m.biases = m.centres + rounded_up(s.inputs, WIDTH);
  m.rows = m.biases + rounded_up(groups_of(s.hidden).channels, WIDTH);
  m.row = BLOCK * (rounded_up(m.across, WIDTH) + 1);
  m.end = m.rows + (size_t)(BLOCK * m.down + 2) * m.row;
  return m;
}

static inline size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
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

/* Deinterleaves the rows of a channel to its polyphase components. Stores past a row of blocks
 * are overwritten by those of the next row. */
static inline void deinterleave_rows(const Memory *m, const float *rows, float *components) {
  for (int y = 0; y < BLOCK * m->down + 2; y++) {
    const float *row = rows + y * m->row;
    float *to =
        components + y % BLOCK * PATCH * m->phase_step + (ptrdiff_t)(y / BLOCK) * m->across;
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

static inline void store_output(const ZsdPass *p, const Memory *m, const float *scratch) {
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
#define TRANSFORM_INPUT_1D(Type, out, out_step, d, step)                                       \
  do {                                                                                         \
    const Type a = (d)[4 * (step)] - 4 * (d)[2 * (step)], b = (d)[3 * (step)] - 4 * (d)[step]; \
    const Type c = (d)[4 * (step)] - (d)[2 * (step)], e = (d)[3 * (step)] - (d)[step];         \
    (out)[0] = 4 * (d)[0] + ((d)[4 * (step)] - 5 * (d)[2 * (step)]);                           \
    (out)[out_step] = a + b;                                                                   \
    (out)[2 * (out_step)] = a - b;                                                             \
    (out)[3 * (out_step)] = c + 2 * e;                                                         \
    (out)[4 * (out_step)] = c - 2 * e;                                                         \
    (out)[5 * (out_step)] = 4 * (d)[step] + ((d)[5 * (step)] - 5 * (d)[3 * (step)]);           \
  } while (0)

/* A layer's input. Sample (x, y) of block i's patch is data[i + row[y] + column[x]]. */
typedef struct {
  const float *data;
  ptrdiff_t channel; /* floats from one channel to the next */
  ptrdiff_t row[PATCH], column[PATCH];
} Grid;

/* Defines the transform B' d B of the patches of WIDTH blocks, for vectors of floats or of as
 * many pairs of 16-bit integers. */
#define DEFINE_TRANSFORM_INPUT(name, Type)                                                     \
  INLINE void name(float *out, ptrdiff_t point_step, const Grid *g, const float *d) {          \
    Type samples[PATCH], columns[POINTS], values[PATCH];                                       \
    UNROLL                                                                                     \
    for (int x = 0; x < PATCH; x++) {                                                          \
      UNROLL                                                                                   \
      for (int y = 0; y < PATCH; y++)                                                          \
        memcpy(&samples[y], d + g->row[y] + g->column[x], sizeof *samples);                    \
      TRANSFORM_INPUT_1D(Type, columns + x, PATCH, samples, 1);                                \
    }                                                                                          \
    UNROLL                                                                                     \
    for (int y = 0; y < PATCH; y++) {                                                          \
      TRANSFORM_INPUT_1D(Type, values, 1, columns + y * PATCH, 1);                             \
      UNROLL                                                                                   \
      for (int x = 0; x < PATCH; x++)                                                          \
        memcpy(out + (y * PATCH + x) * point_step, &values[x], sizeof *values);                \
    }                                                                                          \
  }

/* --- layers --- */

/* `columns`: PATCH for the first layer's input, which has a component for each column of a
 * patch, or BLOCK, where a patch's last two columns are the first ones of the next block. */
static inline Grid grid(const float *data, const Memory *m, int columns) {
  Grid g = {.data = data, .channel = BLOCK * columns * m->phase_step};
  for (int i = 0; i < PATCH; i++) {
    g.row[i] = i % BLOCK * columns * m->phase_step + (i < BLOCK ? 0 : m->across);
    g.column[i] = i < columns ? i * m->phase_step : (i - columns) * m->phase_step + 1;
  }
  return g;
}

/* Zeroes sample (x, y) of all of the first layer's channels. */
static inline void zero(const ZsdPass *p, const Memory *m, float *scratch, int x, int y) {
  float *sample = scratch + m->h1 + (y % BLOCK * BLOCK + x % BLOCK) * m->phase_step +
                  (ptrdiff_t)(y / BLOCK) * m->across + x / BLOCK;
  for (int c = 0; c < p->shape.hidden; c++)
    sample[c * PHASES * m->phase_step] = 0;
}

/* Zeroes the first layer's activations outside the picture, the second layer's padding, and
 * those in the rest of the last blocks and after them, so that no result depends on what is
 * there. */
static inline void pad(const ZsdPass *p, const Memory *m, float *scratch) {
  const int right = p->width + 1, bottom = p->height + 1;
  const int width = BLOCK * m->across, height = BLOCK * m->down;
  for (int x = 0; x < width; x++) {
    if (p->top)
      zero(p, m, scratch, x, 0);
    for (int y = p->bottom ? bottom : bottom + 1; y < height; y++)
      zero(p, m, scratch, x, y);
  }
  for (int y = 0; y < height; y++) {
    if (p->left)
      zero(p, m, scratch, 0, y);
    for (int x = p->right ? right : right + 1; x < width; x++)
      zero(p, m, scratch, x, y);
  }
  const ptrdiff_t end = (ptrdiff_t)m->across * m->down;
  for (ptrdiff_t i = 0; i < p->shape.hidden * PHASES; i++)
    memset(scratch + m->h1 + i * m->phase_step + end, 0, (m->phase_step - end) * sizeof(float));
}

/* The third layer, a 1x1 layer, of `span` vectors of blocks from block `first` on, while the
 * second layer's samples are in the cache. */
static inline void last_layer(const ZsdPass *p, const Memory *m, float *scratch,
                              const float *weights, ptrdiff_t first, int span) {
  const int hidden = p->shape.hidden;
  const Groups groups = groups_of(p->shape.outputs);
  for (int k = 0; k < PHASES; k++)
    multiply((Matmul){.weights = weights,
                      .bias = weights + (ptrdiff_t)hidden * groups.channels,
                      .in = scratch + m->h2 + k * LANES,
                      .out = scratch + m->out + k * m->phase_step + first,
                      .in_step = PHASES * LANES,
                      .out_step = PHASES * m->phase_step,
                      .n_in = hidden},
             groups, span);
}

/* Blocks that the second and the third layer process, in whole vectors. */
static inline ptrdiff_t block_count(const ZsdPass *p, const Memory *m) {
  const int rows = (p->height + BLOCK - 1) / BLOCK, columns = (p->width + BLOCK - 1) / BLOCK;
  return rounded_up((rows - 1) * m->across + columns, WIDTH);
}

#endif
