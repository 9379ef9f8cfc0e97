/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forward pass in bf16 on Intel's Advanced Matrix Extensions (Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 1, chapter 18): tile registers that hold
 * matrices of 16 rows of 64 bytes, and an instruction that adds the product of two of them to a
 * third one. To avoid confusion with tiles of the picture, the latter are called picture tiles
 * here.
 *
 * A product multiplies the weights of up to 16 output channels by 16 samples of 16 pairs of
 * input channels. The samples for any tap of a filter must be one row of a tile register.
 * Therefore each row of the picture tile is divided into 16 segments of `columns` samples, one
 * for each lane: a vector has the samples at the same position of all segments, and the
 * neighbours of its samples are the vectors of the previous and of the next column. One more
 * column on either side (two at the inputs) has the neighbours across segment ends. The layout
 * of activations is [column][row][pair of channels][lane][channel of the pair], in which three
 * rows, as a filter needs them, are contiguous. */
#include "base/bf16.h"
#include "kernels/init.h"

#include <immintrin.h>

enum {
  LANES = 16,
  BYTES = 64, /* of a row of a tile register, of a vector of pairs of channels */
  TILE = 16,  /* rows of a tile register */
  HALO = 2,   /* samples around a picture tile that the network reads */
  QUAD = 4,   /* columns that are transposed at a time */
};

/* Division of a network's layers into tile registers. */
typedef struct {
  int in_pairs;    /* pairs of input channels */
  int blocks;      /* blocks of 2 * rows hidden channels */
  int rows;        /* output channels of a tile register */
  int pairs;       /* pairs of hidden channels, including those that fill up the last block */
  int steps[3];    /* tile registers of weights for one column of taps, for each layer */
  size_t begin[3]; /* offset of each layer's weights, bytes */
  size_t bias;     /* offset of the biases, bytes */
  size_t end;      /* bytes of all weights and biases */
} Tiling;

static int tiles_for(int pairs) {
  return (pairs + TILE - 1) / TILE;
}

static Tiling tiling_of(ZsdShape shape) {
  Tiling c = {.in_pairs = (shape.inputs + 1) / 2, .blocks = (shape.hidden + 31) / 32};
  c.rows = (shape.hidden + 2 * c.blocks - 1) / (2 * c.blocks);
  c.rows = c.rows > shape.outputs ? c.rows : shape.outputs;
  c.pairs = c.blocks * c.rows;
  c.steps[0] = tiles_for(3 * c.in_pairs);
  c.steps[1] = tiles_for(3 * c.pairs);
  c.steps[2] = tiles_for(c.pairs);

  const size_t tile = (size_t)c.rows * BYTES;
  c.begin[1] = c.blocks * 3 * c.steps[0] * 2 * tile;
  c.begin[2] = c.begin[1] + c.blocks * 3 * c.steps[1] * 2 * tile;
  c.bias = c.begin[2] + c.steps[2] * tile;
  c.end = (c.bias + (4 * c.pairs + c.rows) * sizeof(float) + 63) / 64 * 64;
  return c;
}

/* --- weights --- */

static size_t weights_size(ZsdShape shape) {
  return tiling_of(shape).end;
}

/* Packs a 3x3 layer to [block][column of taps][step][tile register 0..1][output channel]
 * [row of taps][input channel]. */
static void pack3x3(ZsdBf16 *to, const Tiling *c, int steps, int pairs, const float *from,
                    int n_in, int n_out) {
  const int tiles = c->blocks * 3 * steps * 2;
  for (int tile = 0; tile < tiles; tile++, to += c->rows * 2 * TILE) {
    const int step = tile / 2 % steps, x = tile / 2 / steps % 3, block = tile / 6 / steps;
    const int first = (2 * block + tile % 2) * c->rows;
    for (int k = 0; k < 2 * TILE; k++) {
      const int y = (2 * TILE * step + k) / (2 * pairs),
                i = (2 * TILE * step + k) % (2 * pairs);
      if (y < 3 && i < n_in)
        for (int row = 0; row < c->rows && first + row < n_out; row++)
          to[row * 2 * TILE + k] =
              zsd_bf16_of(from[((ptrdiff_t)(first + row) * n_in + i) * 9 + 3 * y + x]);
    }
  }
}

/* Packs the 1x1 layer to [step][output channel][input channel]. */
static void pack1x1(ZsdBf16 *to, const Tiling *c, const float *from, int n_in, int n_out) {
  for (int step = 0; step < c->steps[2]; step++)
    for (int o = 0; o < c->rows; o++)
      for (int i = 2 * TILE * step; i < 2 * TILE * (step + 1); i++)
        *to++ = o < n_out && i < n_in ? zsd_bf16_of(from[o * n_in + i]) : 0;
}

static void pack(void *weights, ZsdShape shape, const float *params) {
  const Tiling c = tiling_of(shape);
  const int H = shape.hidden;
  const float *w1 = params, *b1 = w1 + 9 * (size_t)shape.inputs * H;
  const float *w2 = b1 + H, *b2 = w2 + 9 * (size_t)H * H;
  const float *w3 = b2 + H, *b3 = w3 + (size_t)H * shape.outputs;
  char *to = memset(weights, 0, c.end);

  pack3x3((ZsdBf16 *)(void *)to, &c, c.steps[0], c.in_pairs, w1, shape.inputs, H);
  pack3x3((ZsdBf16 *)(void *)(to + c.begin[1]), &c, c.steps[1], c.pairs, w2, H, H);
  pack1x1((ZsdBf16 *)(void *)(to + c.begin[2]), &c, w3, H, shape.outputs);
  memcpy(to + c.bias, b1, H * sizeof *b1);
  memcpy(to + c.bias + 2 * c.pairs * sizeof *b1, b2, H * sizeof *b2);
  memcpy(to + c.bias + 4 * c.pairs * sizeof *b1, b3, shape.outputs * sizeof *b3);
}

/* The biases of the first, the second and the last layer, 2 * pairs floats for each of the
 * former two. */
static const float *biases(const ZsdPass *p, const Tiling *c) {
  return (const float *)(const void *)((const char *)p->weights + c->bias);
}

/* --- scratch --- */

/* Layout of the scratch memory. TILE zeroed vectors follow the activations of each layer,
 * because the last tile register of a filter's samples reads past them, with zero weights. */
typedef struct {
  Tiling tiling;
  int columns;       /* samples of a segment */
  size_t line;       /* bytes of a row of pairs of channels before transposition */
  size_t in, h1, h2; /* bytes of a column of activations */
  size_t at_in, at_h1, at_h2, at_out, at_sums, end; /* offsets, bytes */
} Memory;

/* Columns, rounded up to those that are transposed at a time. */
static int round_up(int columns) {
  return (columns + QUAD - 1) / QUAD * QUAD;
}

static Memory memory_layout(ZsdShape shape, int width, int height) {
  Memory m = {.tiling = tiling_of(shape), .columns = (width + LANES - 1) / LANES};
  const int columns = round_up(m.columns);
  m.line = (size_t)(LANES * m.columns + 2 * HALO + 2 * LANES) * 4 / BYTES * BYTES;
  m.in = (size_t)(height + 2 * HALO) * m.tiling.in_pairs * BYTES;
  m.h1 = (size_t)(height + HALO) * m.tiling.pairs * BYTES;
  m.h2 = (size_t)height * m.tiling.pairs * BYTES;
  m.at_in = m.line;
  m.at_h1 = m.at_in + (columns + QUAD) * m.in + TILE * BYTES;
  m.at_h2 = m.at_h1 + (m.columns + 2) * m.h1 + TILE * BYTES;
  m.at_out = m.at_h2 + m.h2 + TILE * BYTES;
  m.at_sums = m.at_out + (size_t)height * m.tiling.rows * columns * BYTES;
  m.end = m.at_sums + 8 * (size_t)m.tiling.rows * BYTES;
  return m;
}

static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  return memory_layout(shape, max_width, max_height).end;
}

/* --- conversion between planes and columns --- */

/* Transposes the 4x4 floats in each quarter of four vectors. */
static void transpose(__m512 v[QUAD]) {
  const __m512 a = _mm512_unpacklo_ps(v[0], v[1]), b = _mm512_unpackhi_ps(v[0], v[1]);
  const __m512 c = _mm512_unpacklo_ps(v[2], v[3]), d = _mm512_unpackhi_ps(v[2], v[3]);
  v[0] = _mm512_shuffle_ps(a, c, 0x44);
  v[1] = _mm512_shuffle_ps(a, c, 0xee);
  v[2] = _mm512_shuffle_ps(b, d, 0x44);
  v[3] = _mm512_shuffle_ps(b, d, 0xee);
}

/* Rounds two vectors to bf16 and interleaves them to pairs. */
static __m512i pairs_of(__m512 even, __m512 odd) {
  const __m512i order =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                       6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

/* Mask of the lanes below n. */
static __mmask16 first_lanes(int n) {
  return (__mmask16)(n <= 0 ? 0 : n < LANES ? (1 << n) - 1 : 0xffff);
}

/* Loads a row of two planes, from HALO samples before the picture tile to HALO past it, then
 * zeros. */
static void load_line(const ZsdPass *p, const Memory *m, float *line, int pair, int y) {
  const float *even = p->in.data + 2 * pair * p->in.plane + y * p->row - HALO;
  const bool single = 2 * pair + 1 == p->shape.inputs;
  const float *odd = single ? even : even + p->in.plane;
  const int n = p->width + 2 * HALO;
  for (int x = 0; x < (int)(m->line / 4); x += LANES) {
    const __mmask16 mask = first_lanes(n - x);
    _mm512_store_si512(line + x, pairs_of(_mm512_maskz_loadu_ps(mask, even + x),
                                          _mm512_maskz_loadu_ps(single ? 0 : mask, odd + x)));
  }
}

/* Transposes a row to columns: lane j of column c is sample j * columns + c - HALO. `column`:
 * bytes from one column to the next. */
static void transpose_line(const float *line, int columns, char *to, size_t column) {
  for (int c = 0; c < columns + 2 * HALO; c += QUAD) {
    __m512 v[QUAD];
    for (int i = 0; i < QUAD; i++) {
      const float *from = line + i * columns + c;
      v[i] = _mm512_castps128_ps512(_mm_loadu_ps(from));
      v[i] = _mm512_mask_broadcast_f32x4(v[i], 0x00f0, _mm_loadu_ps(from + 4 * columns));
      v[i] = _mm512_mask_broadcast_f32x4(v[i], 0x0f00, _mm_loadu_ps(from + 8 * columns));
      v[i] = _mm512_mask_broadcast_f32x4(v[i], 0xf000, _mm_loadu_ps(from + 12 * columns));
    }
    transpose(v);
    for (int i = 0; i < QUAD; i++)
      _mm512_store_ps(to + (c + i) * column, v[i]);
  }
}

static void load_inputs(const ZsdPass *p, const Memory *m) {
  float *line = p->scratch;
  char *to = (char *)p->scratch + m->at_in;
  for (int y = -HALO; y < p->height + HALO; y++)
    for (int i = 0; i < m->tiling.in_pairs; i++, to += BYTES) {
      load_line(p, m, line, i, y);
      transpose_line(line, m->columns, to, m->in);
    }
}

/* Stores the first n of four samples of each segment. */
static void store_segments(float *to, int columns, const __m512 v[QUAD], int n) {
  const __mmask8 mask = (__mmask8)first_lanes(n);
  for (int i = 0; i < QUAD; i++, to += columns) {
    _mm_mask_storeu_ps(to, mask, _mm512_castps512_ps128(v[i]));
    _mm_mask_storeu_ps(to + 4 * columns, mask, _mm512_extractf32x4_ps(v[i], 1));
    _mm_mask_storeu_ps(to + 8 * columns, mask, _mm512_extractf32x4_ps(v[i], 2));
    _mm_mask_storeu_ps(to + 12 * columns, mask, _mm512_extractf32x4_ps(v[i], 3));
  }
}

/* Adds the biases to the last layer's sums, [row][channel][column][lane], and transposes them
 * to planes. */
static void store_outputs(const ZsdPass *p, const Memory *m) {
  const int columns = round_up(m->columns);
  const float *bias = biases(p, &m->tiling) + 4 * m->tiling.pairs;
  const float *from = (const float *)(const void *)((const char *)p->scratch + m->at_out);
  for (int y = 0; y < p->height; y++, from += (ptrdiff_t)m->tiling.rows * columns * LANES)
    for (int o = 0; o < p->shape.outputs; o++)
      for (int c = 0; c < m->columns; c += QUAD) {
        float *to = p->out.data + o * p->out.plane + y * p->row + c;
        __m512 v[QUAD];
        for (int i = 0; i < QUAD; i++)
          v[i] = _mm512_load_ps(from + ((ptrdiff_t)o * columns + c + i) * LANES);
        transpose(v);
        for (int i = 0; i < QUAD; i++)
          v[i] = _mm512_add_ps(v[i], _mm512_set1_ps(bias[o]));
        store_segments(to, m->columns, v, m->columns - c);
      }
}

/* --- layers --- */

/* One block of channels of a 3x3 layer. */
typedef struct {
  int steps; /* tile registers of weights for one column of taps */
  int rows;  /* output channels of a tile register */
  const char *weights;
  const float *bias;
  size_t in_column, in_row, out_row; /* bytes from one to the next */
  char *sums;                        /* scratch memory for two pairs of rows */
} Layer;

/* A pair of rows of a column whose sums are complete. Their activations are computed piecemeal
 * between the matrix products of the next pair, so that both execution units are busy. */
typedef struct {
  const char *sums;
  char *out[2];
  __mmask16 mask; /* of the lanes to store; the others become 0 */
  int next;       /* pair of channels that is stored next, 0..rows */
} Pending;

static inline __m512 leaky_relu(const char *sums, float bias) {
  const __m512 x = _mm512_add_ps(_mm512_load_ps(sums), _mm512_set1_ps(bias));
  return _mm512_max_ps(x, _mm512_mul_ps(x, _mm512_set1_ps(ZSD_LEAK)));
}

/* Stores the activations of up to n pairs of channels of both rows. */
static inline void store_activations(const Layer *l, Pending *u, int n) {
  for (; n > 0 && u->next < l->rows; n--, u->next++)
    for (int i = 0; i < 2; i++) {
      const char *sums = u->sums + 2 * (i * l->rows + u->next) * BYTES;
      const __m512 even = leaky_relu(sums, l->bias[2 * u->next]);
      const __m512 odd = leaky_relu(sums + BYTES, l->bias[2 * u->next + 1]);
      _mm512_store_si512(u->out[i] + u->next * BYTES,
                         _mm512_maskz_mov_epi32(u->mask, pairs_of(even, odd)));
    }
}

/* Computes the sums of two rows of a column in 2 x 2 tile registers, and stores activations of
 * the previous pair of rows meanwhile. */
static void multiply(const Layer *l, const char *in0, const char *in1, char *sums,
                     Pending *before) {
  const char *w = l->weights;
  const size_t tile = (size_t)l->rows * BYTES;
  const int share = (l->rows + 3 * l->steps - 1) / (3 * l->steps);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int x = 0; x < 3; x++, in0 += l->in_column, in1 += l->in_column)
    for (int k = 0; k < l->steps; k++, w += 2 * tile) {
      _tile_loadd(4, w, BYTES);
      _tile_loadd(6, in0 + k * TILE * BYTES, BYTES);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(5, w + tile, BYTES);
      _tile_dpbf16ps(1, 5, 6);
      _tile_loadd(7, in1 + k * TILE * BYTES, BYTES);
      _tile_dpbf16ps(2, 4, 7);
      _tile_dpbf16ps(3, 5, 7);
      store_activations(l, before, share);
    }
  _tile_stored(0, sums, BYTES);
  _tile_stored(1, sums + tile, BYTES);
  _tile_stored(2, sums + 2 * tile, BYTES);
  _tile_stored(3, sums + 3 * tile, BYTES);
}

/* Computes `rows` rows of a column. An odd last row is computed twice. */
static void convolve(const Layer *l, const char *in, char *out, int rows, __mmask16 mask) {
  Pending last = {.next = l->rows};
  for (int y = 0; y < rows; y += 2) {
    const int next = y + 1 < rows ? y + 1 : y;
    char *sums = l->sums + y % 4 / 2 * 4 * (size_t)l->rows * BYTES;
    multiply(l, in + y * l->in_row, in + next * l->in_row, sums, &last);
    last = (Pending){sums, {out + y * l->out_row, out + next * l->out_row}, mask, 0};
  }
  store_activations(l, &last, l->rows);
}

/* Mask of a column's lanes that lie inside the picture, in the picture tile or its halo. */
static __mmask16 lanes_inside(const ZsdPass *p, int columns, int column) {
  unsigned mask = 0;
  for (int j = 0; j < LANES; j++) {
    const int x = j * columns + column;
    mask |= (unsigned)(x >= (p->left ? 0 : -1) && x < p->width + !p->right) << j;
  }
  return (__mmask16)mask;
}

/* Block `block` of the first (0) or second (1) layer. */
static Layer layer_of(const ZsdPass *p, const Memory *m, int number, int block) {
  const Tiling *c = &m->tiling;
  const char *weights = p->weights;
  const size_t size = 3 * (size_t)c->steps[number] * 2 * c->rows * BYTES;
  return (Layer){.steps = c->steps[number],
                 .rows = c->rows,
                 .weights = weights + c->begin[number] + block * size,
                 .bias = biases(p, c) + (number * c->blocks + block) * 2 * c->rows,
                 .in_column = number == 0 ? m->in : m->h1,
                 .in_row = (size_t)(number == 0 ? c->in_pairs : c->pairs) * BYTES,
                 .out_row = (size_t)c->pairs * BYTES,
                 .sums = (char *)p->scratch + m->at_sums};
}

/* Computes the first layer on the picture tile and a halo of one sample, with zeros outside the
 * picture. */
static void first_layer(const ZsdPass *p, const Memory *m) {
  const Tiling *c = &m->tiling;
  const int above = !p->top, rows = above + p->height + !p->bottom;
  const size_t row = (size_t)c->pairs * BYTES;
  for (int x = 0; x < m->columns + 2; x++) {
    char *out = (char *)p->scratch + m->at_h1 + x * m->h1;
    const char *in = (char *)p->scratch + m->at_in + x * m->in;
    if (p->top)
      memset(out, 0, row);
    if (p->bottom)
      memset(out + (p->height + 1) * row, 0, row);
    for (int b = 0; b < c->blocks; b++) {
      const Layer l = layer_of(p, m, 0, b);
      convolve(&l, in + p->top * l.in_row, out + p->top * row + b * c->rows * BYTES, rows,
               lanes_inside(p, m->columns, x - 1));
    }
  }
}

/* Computes column x of the second layer. */
static void second_layer(const ZsdPass *p, const Memory *m, int x) {
  char *scratch = p->scratch;
  for (int b = 0; b < m->tiling.blocks; b++) {
    const Layer l = layer_of(p, m, 1, b);
    convolve(&l, scratch + m->at_h1 + x * m->h1, scratch + m->at_h2 + b * l.rows * BYTES,
             p->height, 0xffff);
  }
}

/* Computes column x of the 1x1 layer, four rows at a time. */
static void last_layer(const ZsdPass *p, const Memory *m, int x) {
  char *scratch = p->scratch;
  const Tiling *c = &m->tiling;
  const int columns = round_up(m->columns);
  const size_t in_row = (size_t)c->pairs * BYTES, channel = (size_t)columns * BYTES;
  for (int y = 0; y < p->height; y += 4) {
    const char *in[4], *w = (const char *)p->weights + c->begin[2];
    char *out[4];
    for (int i = 0; i < 4; i++) {
      const int row = y + i < p->height ? y + i : p->height - 1;
      in[i] = scratch + m->at_h2 + row * in_row;
      out[i] = scratch + m->at_out + row * c->rows * channel + x * BYTES;
    }
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int k = 0; k < c->steps[2]; k++, w += (size_t)c->rows * BYTES) {
      _tile_loadd(4, w, BYTES);
      _tile_loadd(6, in[0] + k * TILE * BYTES, BYTES);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, in[1] + k * TILE * BYTES, BYTES);
      _tile_dpbf16ps(1, 4, 7);
      _tile_loadd(6, in[2] + k * TILE * BYTES, BYTES);
      _tile_dpbf16ps(2, 4, 6);
      _tile_loadd(7, in[3] + k * TILE * BYTES, BYTES);
      _tile_dpbf16ps(3, 4, 7);
    }
    _tile_stored(0, out[0], channel);
    _tile_stored(1, out[1], channel);
    _tile_stored(2, out[2], channel);
    _tile_stored(3, out[3], channel);
  }
}

/* --- the pass --- */

/* Registers 0 to 5 (sums and weights) have `rows` rows, registers 6 and 7 (samples) 16. */
static void configure(int rows) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    config.bytes[i] = BYTES;
    config.rows[i] = (uint8_t)(i < 6 ? rows : TILE);
  }
  _tile_loadconfig(&config);
}

static void run(const ZsdPass *p) {
  const Memory m = memory_layout(p->shape, p->width, p->height);
  char *scratch = p->scratch;
  memset(scratch + m.at_h1 - TILE * BYTES, 0, TILE * BYTES);
  memset(scratch + m.at_h2 - TILE * BYTES, 0, TILE * BYTES);
  memset(scratch + m.at_out - TILE * BYTES, 0, TILE * BYTES);

  configure(m.tiling.rows);
  load_inputs(p, &m);
  first_layer(p, &m);
  for (int x = 0; x < m.columns; x++) {
    second_layer(p, &m, x);
    last_layer(p, &m, x);
  }
  _tile_release();
  store_outputs(p, &m);
}

/* A tile of 64 x 16 samples has segments of four samples. A 720p picture in 4:2:0 has 230 such
 * tiles. */
void zsd_pass_init_amx(ZsdKernels *k) {
  k->pass[ZSD_BF16] = (ZsdPassKernel){weights_size, scratch_size, pack, run, 64, 16};
  k->fastest_pass = ZSD_BF16;
}
