/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pass in fp32 with the 3x3 layers by Winograd's minimal filtering F(4x4, 3x3) (Lavin and
 * Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016): a block of 4x4 samples
 * of a layer takes 36 products for each pair of channels instead of 144. The
 * transforms cost one of fp32's seven digits.
 *
 * The lanes of a vector are blocks. So that they lie side by side, a plane is 16 planes, one
 * for each place that a sample can have in its block, and in each of these the blocks lie row
 * by row without a gap. The first layer's blocks begin one sample left of the tile and above
 * it, which is where the second layer's patches of 6x6 samples begin: block (x, y) of the
 * second layer sees blocks x and x + 1 of rows y and y + 1 of the first one. At the end of a
 * row of blocks that is the next row's first block, whose samples no sample of the tile depends
 * on. */
#include "matmul.h"

enum {
  BLOCK = 4,
  PLACES = BLOCK * BLOCK,
  PATCH = BLOCK + 2,
  POINTS = PATCH * PATCH,
  ONES = PATCH + 1, /* the point whose value all samples of a block share */
  LANES = SPAN * WIDTH,
};

static int rounded_up(int n, int unit) {
  return (n + unit - 1) / unit * unit;
}

/* --- weights --- */

/* Floats of a layer's weights and biases: for each point, or once, and each group n_in times
 * the group's weights; then the biases. Zeros fill up the last group. */
static size_t layer_size(int n_in, int n_out, int points) {
  return (size_t)groups_of(n_out).channels * ((size_t)points * n_in + 1);
}

/* What `floats` floats take, up to the next multiple of the alignment. */
static size_t bytes(size_t floats) {
  const size_t unit = ZSD_PASS_ALIGNMENT;
  return (floats * sizeof(float) + unit - 1) / unit * unit;
}

static size_t weights_size(ZsdShape s) {
  return bytes(layer_size(s.inputs, s.hidden, POINTS) + layer_size(s.hidden, s.hidden, POINTS) +
               layer_size(s.hidden, s.outputs, 1));
}

/* G g: a column of a filter at the six points 0, 1, -1, 2, -2 and infinity. */
static void at_points(float *out, int out_step, const float *g, int step) {
  const float even = g[0] + g[2 * step], far_even = g[0] + 4 * g[2 * step];
  out[0] = g[0] / 4;
  out[out_step] = -(even + g[step]) / 6;
  out[2 * out_step] = -(even - g[step]) / 6;
  out[3 * out_step] = (far_even + 2 * g[step]) / 24;
  out[4 * out_step] = (far_even - 2 * g[step]) / 24;
  out[5 * out_step] = g[2 * step];
}

/* The filter's transform G g G'. */
static void transform_filter(float *out, const float *filter) {
  float columns[3 * PATCH];
  for (int x = 0; x < 3; x++)
    at_points(columns + x, 3, filter + x, 3);
  for (int y = 0; y < PATCH; y++)
    at_points(out + y * PATCH, 1, columns + y * 3, 1);
}

/* Packs a layer; returns where the next one's parameters begin. */
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

/* Where things lie in the scratch memory: floats from its beginning. */
typedef struct {
  int across, down; /* blocks */
  ptrdiff_t place;  /* floats from one place's plane to the next one's */
  ptrdiff_t point;  /* from one point's patches to the next one's */
  size_t in;        /* inputs x BLOCK x PATCH planes: a patch's places across are all there */
  size_t h1;        /* hidden x PLACES planes */
  size_t out;       /* outputs x PLACES planes */
  size_t h2;        /* hidden x PLACES, of a span of blocks only, as are the next two */
  size_t patches;   /* POINTS x channels, transformed */
  size_t products;  /* hidden x POINTS */
  size_t rows;      /* of one input */
  ptrdiff_t row;    /* floats from one of these to the next */
  size_t end;
} Room;

/* Behind the last block there is room for its neighbours and for what fills up a vector. */
static Room room_for(ZsdShape s, int width, int height) {
  Room r = {.across = (width + 2 + BLOCK - 1) / BLOCK,
            .down = (height + 2 + BLOCK - 1) / BLOCK};
  r.place = rounded_up(r.across * r.down, WIDTH) + rounded_up(r.across + 1, WIDTH) + WIDTH;
  r.point = (s.inputs > s.hidden ? s.inputs : s.hidden) * LANES;
  r.point += WIDTH; /* powers of two would share the sets of the first cache */
  r.h1 = r.in + (size_t)s.inputs * BLOCK * PATCH * r.place;
  r.out = r.h1 + (size_t)s.hidden * PLACES * r.place;
  r.h2 = r.out + (size_t)groups_of(s.outputs).channels * PLACES * r.place;
  r.patches = r.h2 + s.hidden * PLACES * LANES;
  r.products = r.patches + POINTS * r.point;
  r.rows = r.products + groups_of(s.hidden).channels * POINTS * LANES;
  r.row = BLOCK * (rounded_up(r.across, WIDTH) + 1);
  r.end = r.rows + (size_t)(BLOCK * r.down + 2) * r.row;
  return r;
}

static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  return bytes(room_for(shape, max_width, max_height).end);
}

/* --- between a picture's rows and planes of places --- */

/* Every fourth of the 4 WIDTH samples from p on: one vector for each place in a block. */
INLINE void take_apart(Vector places[BLOCK], const float *p) {
  const Vector a = load(p), b = load(p + WIDTH);
  const Vector c = load(p + 2 * WIDTH), d = load(p + 3 * WIDTH);
  const Vector even1 = SHUFFLED(a, b, EVENS), even2 = SHUFFLED(c, d, EVENS);
  const Vector odd1 = SHUFFLED(a, b, ODDS), odd2 = SHUFFLED(c, d, ODDS);
  places[0] = SHUFFLED(even1, even2, EVENS);
  places[1] = SHUFFLED(odd1, odd2, EVENS);
  places[2] = SHUFFLED(even1, even2, ODDS);
  places[3] = SHUFFLED(odd1, odd2, ODDS);
}

INLINE void put_together(float *p, const Vector places[BLOCK]) {
  const Vector even1 = SHUFFLED(places[0], places[2], LOWER);
  const Vector even2 = SHUFFLED(places[0], places[2], UPPER);
  const Vector odd1 = SHUFFLED(places[1], places[3], LOWER);
  const Vector odd2 = SHUFFLED(places[1], places[3], UPPER);
  store(p, SHUFFLED(even1, odd1, LOWER));
  store(p + WIDTH, SHUFFLED(even1, odd1, UPPER));
  store(p + 2 * WIDTH, SHUFFLED(even2, odd2, LOWER));
  store(p + 3 * WIDTH, SHUFFLED(even2, odd2, UPPER));
}

/* Takes a channel of the tile and its surroundings into rows with zeros behind them. */
static void bring_rows(const ZsdPass *p, const Room *r, const float *from, float *rows) {
  const int width = p->width + 4, height = p->height + 4;
  for (int y = 0; y < height; y++)
    memcpy(rows + y * r->row, from + (y - 2) * p->row - 2, width * sizeof(float));
}

/* Where the rows of blocks overrun, the next ones are written later. */
static void bring_in(const ZsdPass *p, const Room *r, float *scratch) {
  float *rows = scratch + r->rows;
  memset(rows, 0, (r->end - r->rows) * sizeof(float));
  for (int i = 0; i < p->shape.inputs; i++) {
    bring_rows(p, r, p->in.data + i * p->in.plane, rows);
    for (int y = 0; y < BLOCK * r->down + 2; y++) {
      const float *row = rows + y * r->row;
      float *to = scratch + r->in + (i * BLOCK + y % BLOCK) * PATCH * r->place +
                  (ptrdiff_t)(y / BLOCK) * r->across;
      for (int x = 0; x < r->across; x += WIDTH) {
        Vector places[BLOCK];
        take_apart(places, row + BLOCK * x);
        UNROLL
        for (int k = 0; k < BLOCK; k++)
          store(to + k * r->place + x, places[k]);
        take_apart(places, row + BLOCK * (x + 1));
        UNROLL
        for (int k = BLOCK; k < PATCH; k++)
          store(to + k * r->place + x, places[k - BLOCK]);
      }
    }
  }
}

static void bring_out(const ZsdPass *p, const Room *r, const float *scratch) {
  for (int o = 0; o < p->shape.outputs; o++)
    for (int y = 0; y < p->height; y++) {
      const float *from = scratch + r->out + (o * BLOCK + y % BLOCK) * BLOCK * r->place +
                          (ptrdiff_t)(y / BLOCK) * r->across;
      float *to = p->out.data + o * p->out.plane + y * p->row;
      for (int x = 0; BLOCK * x < p->width; x += WIDTH) {
        Vector places[BLOCK];
        UNROLL
        for (int k = 0; k < BLOCK; k++)
          places[k] = load(from + k * r->place + x);
        put_together(to + BLOCK * x, places);
      }
    }
}

/* --- transforms --- */

/* B' d: the six samples d of a patch's row or column at the six points. */
INLINE void sample_points(Vector *out, int out_step, const Vector *d, int step) {
  const Vector a = d[4 * step] - 4 * d[2 * step], b = d[3 * step] - 4 * d[step];
  const Vector c = d[4 * step] - d[2 * step], e = d[3 * step] - d[step];
  out[0] = 4 * d[0] + (d[4 * step] - 5 * d[2 * step]);
  out[out_step] = a + b;
  out[2 * out_step] = a - b;
  out[3 * out_step] = c + 2 * e;
  out[4 * out_step] = c - 2 * e;
  out[5 * out_step] = 4 * d[step] + (d[5 * step] - 5 * d[3 * step]);
}

/* A' m: the four samples of a block's row or column from their values at the six points. */
INLINE void samples_from(Vector *out, int out_step, const Vector *m, int step) {
  const Vector sum1 = m[step] + m[2 * step], sum2 = m[3 * step] + m[4 * step];
  const Vector difference1 = m[step] - m[2 * step], difference2 = m[3 * step] - m[4 * step];
  out[0] = m[0] + sum1 + sum2;
  out[out_step] = difference1 + 2 * difference2;
  out[2 * out_step] = sum1 + 4 * sum2;
  out[3 * out_step] = difference1 + 8 * difference2 + m[5 * step];
}

/* A layer's input: for a patch's rows and columns, what lies between the planes of their
 * samples, and of the samples there. */
typedef struct {
  const float *data;
  ptrdiff_t channel; /* floats from one channel to the next */
  ptrdiff_t row[PATCH], column[PATCH];
} Grid;

INLINE void transform_patch(float *out, ptrdiff_t point, const Grid *g, const float *d) {
  Vector samples[PATCH], columns[POINTS], values[PATCH];
  UNROLL
  for (int x = 0; x < PATCH; x++) {
    UNROLL
    for (int y = 0; y < PATCH; y++)
      samples[y] = load(d + g->row[y] + g->column[x]);
    sample_points(columns + x, PATCH, samples, 1);
  }
  UNROLL
  for (int y = 0; y < PATCH; y++) {
    sample_points(values, 1, columns + y * PATCH, 1);
    UNROLL
    for (int x = 0; x < PATCH; x++)
      store(out + (y * PATCH + x) * point, values[x]);
  }
}

/* A block's samples, after LeakyReLU. */
INLINE void transform_back(float *out, ptrdiff_t place, const float *products) {
  Vector values[PATCH], rows[PATCH * BLOCK], samples[BLOCK];
  UNROLL
  for (int y = 0; y < PATCH; y++) {
    UNROLL
    for (int x = 0; x < PATCH; x++)
      values[x] = load(products + (y * PATCH + x) * LANES);
    samples_from(rows + y * BLOCK, 1, values, 1);
  }
  UNROLL
  for (int x = 0; x < BLOCK; x++) {
    samples_from(samples, 1, rows + x, BLOCK);
    UNROLL
    for (int y = 0; y < BLOCK; y++)
      store(out + (y * BLOCK + x) * place,
            where_positive(samples[y], samples[y], ZSD_LEAK * samples[y]));
  }
}

/* --- layers --- */

/* All groups of a layer's weights at a point, or at none; `p` is that of the first group. */
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

/* Computes `span` vectors of blocks, from `first` on, of a 3x3 layer into the planes at `out`.
 */
static void convolve(const Layer *l, const Room *r, float *scratch, ptrdiff_t first, int span,
                     float *out, ptrdiff_t place) {
  float *patches = scratch + r->patches, *sums = scratch + r->products;
  for (int i = 0; i < l->n_in; i++)
    for (int s = 0; s < span; s++)
      transform_patch(patches + i * LANES + s * WIDTH, r->point, &l->in,
                      l->in.data + i * l->in.channel + first + s * WIDTH);
  for (int k = 0; k < POINTS; k++)
    multiply((Matmul){.weights = l->weights + (ptrdiff_t)k * l->n_in * l->groups.channels,
                      .bias = k == ONES ? l->bias : NULL,
                      .in = patches + k * r->point,
                      .out = sums + k * LANES,
                      .in_step = LANES,
                      .out_step = POINTS * LANES,
                      .n_in = l->n_in},
             l->groups, span);
  for (int o = 0; o < l->n_out; o++)
    for (int s = 0; s < span; s++)
      transform_back(out + o * PLACES * place + s * WIDTH, place,
                     sums + o * POINTS * LANES + s * WIDTH);
}

/* The first layer's input has all of a patch's columns in planes of their own; elsewhere the
 * last two are the next block's first. */
static Grid grid(const float *data, const Room *r, int columns) {
  Grid g = {.data = data, .channel = BLOCK * columns * r->place};
  for (int i = 0; i < PATCH; i++) {
    g.row[i] = i % BLOCK * columns * r->place + (i < BLOCK ? 0 : r->across);
    g.column[i] = i < columns ? i * r->place : (i - columns) * r->place + 1;
  }
  return g;
}

/* The spans in which `vectors` vectors are taken are as even as SPAN allows. */
static int next_span(ptrdiff_t vectors) {
  const ptrdiff_t spans = (vectors + SPAN - 1) / SPAN;
  return (int)((vectors + spans - 1) / spans);
}

static void first_layer(const ZsdPass *p, const Room *r, float *scratch, const float *weights) {
  const int n_in = p->shape.inputs, n_out = p->shape.hidden;
  const Groups groups = groups_of(n_out);
  const Layer layer = {grid(scratch + r->in, r, PATCH),
                       n_in,
                       n_out,
                       groups,
                       weights,
                       weights + layer_size(n_in, n_out, POINTS) - groups.channels};
  const ptrdiff_t end = rounded_up(r->across * r->down, WIDTH);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, r, scratch, first, (int)span, scratch + r->h1 + first, r->place);
  }
}

/* Zeroes a sample of every hidden plane. */
static void zero(const ZsdPass *p, const Room *r, float *scratch, int x, int y) {
  float *at = scratch + r->h1 + (y % BLOCK * BLOCK + x % BLOCK) * r->place +
              (ptrdiff_t)(y / BLOCK) * r->across + x / BLOCK;
  for (int c = 0; c < p->shape.hidden; c++)
    at[c * PLACES * r->place] = 0;
}

/* The second layer's zero padding outside the picture; and zeros behind the last block, so that
 * nothing depends on what the memory held before. */
static void pad(const ZsdPass *p, const Room *r, float *scratch) {
  const int right = p->width + 1, bottom = p->height + 1;
  for (int x = 0; x <= right; x++) {
    if (p->top)
      zero(p, r, scratch, x, 0);
    if (p->bottom)
      zero(p, r, scratch, x, bottom);
  }
  for (int y = 0; y <= bottom; y++) {
    if (p->left)
      zero(p, r, scratch, 0, y);
    if (p->right)
      zero(p, r, scratch, right, y);
  }
  float *behind = scratch + r->h1 + (ptrdiff_t)r->across * r->down;
  for (ptrdiff_t i = 0; i < p->shape.hidden * PLACES; i++)
    for (int x = 0; x <= r->across; x += WIDTH)
      store(behind + i * r->place + x, splat(0));
}

/* The second layer and, while its samples are in the cache, the third. */
static void other_layers(const ZsdPass *p, const Room *r, float *scratch,
                         const float *weights) {
  const int hidden = p->shape.hidden;
  const float *last = weights + layer_size(hidden, hidden, POINTS);
  const Groups groups = groups_of(hidden), outputs = groups_of(p->shape.outputs);
  const Layer layer = {grid(scratch + r->h1, r, BLOCK), hidden, hidden, groups, weights,
                       last - groups.channels};
  const int rows = (p->height + BLOCK - 1) / BLOCK, columns = (p->width + BLOCK - 1) / BLOCK;
  const ptrdiff_t end = rounded_up((rows - 1) * r->across + columns, WIDTH);
  for (ptrdiff_t first = 0, span; first < end; first += span * WIDTH) {
    span = next_span((end - first) / WIDTH);
    convolve(&layer, r, scratch, first, (int)span, scratch + r->h2, LANES);
    for (int k = 0; k < PLACES; k++)
      multiply((Matmul){.weights = last,
                        .bias = last + (ptrdiff_t)hidden * outputs.channels,
                        .in = scratch + r->h2 + k * LANES,
                        .out = scratch + r->out + k * r->place + first,
                        .in_step = PLACES * LANES,
                        .out_step = PLACES * r->place,
                        .n_in = hidden},
               outputs, (int)span);
  }
}

static void run(const ZsdPass *p) {
  const Room room = room_for(p->shape, p->width, p->height);
  float *scratch = p->scratch;
  const float *weights = p->weights;
  bring_in(p, &room, scratch);
  first_layer(p, &room, scratch, weights);
  pad(p, &room, scratch);
  other_layers(p, &room, scratch,
               weights + layer_size(p->shape.inputs, p->shape.hidden, POINTS));
  bring_out(p, &room, scratch);
}

/* With the sample around it that the first layer computes a tile is 10 x 8 blocks of 4x4
 * samples; its activations fit into the second cache, and a 720p picture in 4:2:0 has 204 of
 * them. */
void ZSD_ISA_NAME(zsd_pass_init)(ZsdKernels *k) {
  k->pass[ZSD_FP32] = (ZsdPassKernel){weights_size, scratch_size, pack, run, 38, 30};
}
