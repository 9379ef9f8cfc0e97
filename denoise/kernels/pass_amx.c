/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pass in bf16 on Intel's Advanced Matrix Extensions (Intel 64 and IA-32 Architectures
 * Software Developer's Manual, volume 1, chapter 18): registers that hold matrices ("tiles") of
 * 16 rows of 64 bytes, and an instruction that adds the product of two of them to a third.
 *
 * A product takes the weights of up to 16 channels from one tile and 16 samples of 16 pairs of
 * channels from the other. For these samples to lie as the tile wants them, whichever tap they
 * are for, a row of the picture is cut into 16 stretches of equal length `columns`, one for
 * each lane: what lies at the same place of all stretches forms a vector, and the neighbours of
 * a vector's samples are the vectors of the column before and of the column behind it. One more
 * column on either side (at the inputs two) holds the neighbours across the stretches' ends.
 * So activations are laid out as [column][row][pair of channels][lane][channel of the pair]:
 * the samples of three rows, as a filter needs them, are one run of memory. */
#include "bf16.h"
#include "init.h"

#include <immintrin.h>

enum {
  LANES = 16,
  BYTES = 64, /* of a row of a tile, of a vector of pairs of channels */
  TILE = 16,  /* rows of a full tile */
  HALO = 2,
  AROUND = 4, /* columns of a transposition */
};

/* How a network's layers are cut into tiles. */
typedef struct {
  int in_pairs;    /* pairs of channels of the input */
  int blocks;      /* of 2 * rows hidden channels */
  int rows;        /* output channels of a tile */
  int pairs;       /* pairs of hidden channels, those added to fill the blocks too */
  int steps[3];    /* of each layer: tiles of weights for one column of taps */
  size_t begin[3]; /* of each layer's weights, bytes */
  size_t bias, end;
} Cut;

static int tiles_for(int pairs) {
  return (pairs + TILE - 1) / TILE;
}

static Cut cut_of(ZsdShape shape) {
  Cut c = {.in_pairs = (shape.inputs + 1) / 2, .blocks = (shape.hidden + 31) / 32};
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
  return cut_of(shape).end;
}

/* A 3x3 layer, [block][column of taps][step][one of two tiles][output][row of taps and input].
 */
static void pack3x3(ZsdBf16 *to, const Cut *c, int steps, int pairs, const float *from,
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

static void pack1x1(ZsdBf16 *to, const Cut *c, const float *from, int n_in, int n_out) {
  for (int step = 0; step < c->steps[2]; step++)
    for (int o = 0; o < c->rows; o++)
      for (int i = 2 * TILE * step; i < 2 * TILE * (step + 1); i++)
        *to++ = o < n_out && i < n_in ? zsd_bf16_of(from[o * n_in + i]) : 0;
}

static void pack(void *weights, ZsdShape shape, const float *params) {
  const Cut c = cut_of(shape);
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

/* Of the first layer's channels, the second one's and the last one's. */
static const float *biases(const ZsdPass *p, const Cut *c) {
  return (const float *)(const void *)((const char *)p->weights + c->bias);
}

/* --- scratch --- */

/* What a pass works on. Behind each kind of activations TILE vectors are zeros: the last tile
 * of a filter's samples reaches that far, where its weights are zeros. */
typedef struct {
  Cut cut;
  int columns;
  size_t line;       /* of a row of pairs before it is transposed, bytes */
  size_t in, h1, h2; /* activations: bytes of a column */
  size_t at_in, at_h1, at_h2, at_out, at_sums, end;
} Room;

/* Columns are transposed AROUND at a time. */
static int whole(int columns) {
  return (columns + AROUND - 1) / AROUND * AROUND;
}

static Room room_for(ZsdShape shape, int width, int height) {
  Room r = {.cut = cut_of(shape), .columns = (width + LANES - 1) / LANES};
  const int columns = whole(r.columns);
  r.line = (size_t)(LANES * r.columns + 2 * HALO + 2 * LANES) * 4 / BYTES * BYTES;
  r.in = (size_t)(height + 2 * HALO) * r.cut.in_pairs * BYTES;
  r.h1 = (size_t)(height + HALO) * r.cut.pairs * BYTES;
  r.h2 = (size_t)height * r.cut.pairs * BYTES;
  r.at_in = r.line;
  r.at_h1 = r.at_in + (columns + AROUND) * r.in + TILE * BYTES;
  r.at_h2 = r.at_h1 + (r.columns + 2) * r.h1 + TILE * BYTES;
  r.at_out = r.at_h2 + r.h2 + TILE * BYTES;
  r.at_sums = r.at_out + (size_t)height * r.cut.rows * columns * BYTES;
  r.end = r.at_sums + 8 * (size_t)r.cut.rows * BYTES;
  return r;
}

static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  return room_for(shape, max_width, max_height).end;
}

/* --- between planes and columns --- */

/* Four vectors: in each quarter, rows and columns exchanged. */
static void transpose(__m512 v[AROUND]) {
  const __m512 a = _mm512_unpacklo_ps(v[0], v[1]), b = _mm512_unpackhi_ps(v[0], v[1]);
  const __m512 c = _mm512_unpacklo_ps(v[2], v[3]), d = _mm512_unpackhi_ps(v[2], v[3]);
  v[0] = _mm512_shuffle_ps(a, c, 0x44);
  v[1] = _mm512_shuffle_ps(a, c, 0xee);
  v[2] = _mm512_shuffle_ps(b, d, 0x44);
  v[3] = _mm512_shuffle_ps(b, d, 0xee);
}

/* Two vectors to one of pairs of bf16. */
static __m512i pairs_of(__m512 even, __m512 odd) {
  const __m512i order =
      _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                       6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

/* The lanes below n. */
static __mmask16 first_lanes(int n) {
  return (__mmask16)(n <= 0 ? 0 : n < LANES ? (1 << n) - 1 : 0xffff);
}

/* A row of two planes, from HALO samples before the tile to HALO behind it, then zeros. */
static void load_line(const ZsdPass *p, const Room *r, float *line, int pair, int y) {
  const float *even = p->in.data + 2 * pair * p->in.plane + y * p->row - HALO;
  const bool single = 2 * pair + 1 == p->shape.inputs;
  const float *odd = single ? even : even + p->in.plane;
  const int n = p->width + 2 * HALO;
  for (int x = 0; x < (int)(r->line / 4); x += LANES) {
    const __mmask16 there = first_lanes(n - x);
    _mm512_store_si512(line + x, pairs_of(_mm512_maskz_loadu_ps(there, even + x),
                                          _mm512_maskz_loadu_ps(single ? 0 : there, odd + x)));
  }
}

/* Lane j of column c is sample j * columns + c - HALO. */
static void spread_line(const float *line, int columns, char *to, size_t column) {
  for (int c = 0; c < columns + 2 * HALO; c += AROUND) {
    __m512 v[AROUND];
    for (int i = 0; i < AROUND; i++) {
      const float *from = line + i * columns + c;
      v[i] = _mm512_castps128_ps512(_mm_loadu_ps(from));
      v[i] = _mm512_mask_broadcast_f32x4(v[i], 0x00f0, _mm_loadu_ps(from + 4 * columns));
      v[i] = _mm512_mask_broadcast_f32x4(v[i], 0x0f00, _mm_loadu_ps(from + 8 * columns));
      v[i] = _mm512_mask_broadcast_f32x4(v[i], 0xf000, _mm_loadu_ps(from + 12 * columns));
    }
    transpose(v);
    for (int i = 0; i < AROUND; i++)
      _mm512_store_ps(to + (c + i) * column, v[i]);
  }
}

static void load_inputs(const ZsdPass *p, const Room *r) {
  float *line = p->scratch;
  char *to = (char *)p->scratch + r->at_in;
  for (int y = -HALO; y < p->height + HALO; y++)
    for (int i = 0; i < r->cut.in_pairs; i++, to += BYTES) {
      load_line(p, r, line, i, y);
      spread_line(line, r->columns, to, r->in);
    }
}

/* The first `n` of four samples of each stretch. */
static void store_stretches(float *to, int columns, const __m512 v[AROUND], int n) {
  const __mmask8 there = (__mmask8)first_lanes(n);
  for (int i = 0; i < AROUND; i++, to += columns) {
    _mm_mask_storeu_ps(to, there, _mm512_castps512_ps128(v[i]));
    _mm_mask_storeu_ps(to + 4 * columns, there, _mm512_extractf32x4_ps(v[i], 1));
    _mm_mask_storeu_ps(to + 8 * columns, there, _mm512_extractf32x4_ps(v[i], 2));
    _mm_mask_storeu_ps(to + 12 * columns, there, _mm512_extractf32x4_ps(v[i], 3));
  }
}

/* The last layer's sums, [row][channel][column][lane], to planes. */
static void store_outputs(const ZsdPass *p, const Room *r) {
  const int columns = whole(r->columns);
  const float *bias = biases(p, &r->cut) + 4 * r->cut.pairs;
  const float *from = (const float *)(const void *)((const char *)p->scratch + r->at_out);
  for (int y = 0; y < p->height; y++, from += (ptrdiff_t)r->cut.rows * columns * LANES)
    for (int o = 0; o < p->shape.outputs; o++)
      for (int c = 0; c < r->columns; c += AROUND) {
        float *to = p->out.data + o * p->out.plane + y * p->row + c;
        __m512 v[AROUND];
        for (int i = 0; i < AROUND; i++)
          v[i] = _mm512_load_ps(from + ((ptrdiff_t)o * columns + c + i) * LANES);
        transpose(v);
        for (int i = 0; i < AROUND; i++)
          v[i] = _mm512_add_ps(v[i], _mm512_set1_ps(bias[o]));
        store_stretches(to, r->columns, v, r->columns - c);
      }
}

/* --- layers --- */

/* A 3x3 layer, of a block of its channels. */
typedef struct {
  int steps;
  int rows; /* channels of a tile */
  const char *weights;
  const float *bias;
  size_t in_column, in_row, out_row; /* bytes */
  char *sums;                        /* of two pairs of rows */
} Layer;

/* A pair of rows of a column whose sums are made; they are finished bit by bit while the next
 * ones are made, which keeps other parts of the processor busy. */
typedef struct {
  const char *sums;
  char *out[2];
  __mmask16 there;
  int next; /* pair of channels */
} Unfinished;

static inline __m512 activate(const char *sums, float bias) {
  const __m512 x = _mm512_add_ps(_mm512_load_ps(sums), _mm512_set1_ps(bias));
  return _mm512_max_ps(x, _mm512_mul_ps(x, _mm512_set1_ps(ZSD_LEAK)));
}

/* Up to n pairs of channels of either row. */
static inline void finish(const Layer *l, Unfinished *u, int n) {
  for (; n > 0 && u->next < l->rows; n--, u->next++)
    for (int i = 0; i < 2; i++) {
      const char *sums = u->sums + 2 * (i * l->rows + u->next) * BYTES;
      const __m512 even = activate(sums, l->bias[2 * u->next]);
      const __m512 odd = activate(sums + BYTES, l->bias[2 * u->next + 1]);
      _mm512_store_si512(u->out[i] + u->next * BYTES,
                         _mm512_maskz_mov_epi32(u->there, pairs_of(even, odd)));
    }
}

/* The sums of two rows of a column, 2 x 2 tiles. */
static void multiply(const Layer *l, const char *in0, const char *in1, char *sums,
                     Unfinished *before) {
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
      finish(l, before, share);
    }
  _tile_stored(0, sums, BYTES);
  _tile_stored(1, sums + tile, BYTES);
  _tile_stored(2, sums + 2 * tile, BYTES);
  _tile_stored(3, sums + 3 * tile, BYTES);
}

/* `rows` rows of a column. An odd last one is computed twice. */
static void convolve(const Layer *l, const char *in, char *out, int rows, __mmask16 there) {
  Unfinished last = {.next = l->rows};
  for (int y = 0; y < rows; y += 2) {
    const int next = y + 1 < rows ? y + 1 : y;
    char *sums = l->sums + y % 4 / 2 * 4 * (size_t)l->rows * BYTES;
    multiply(l, in + y * l->in_row, in + next * l->in_row, sums, &last);
    last = (Unfinished){sums, {out + y * l->out_row, out + next * l->out_row}, there, 0};
  }
  finish(l, &last, l->rows);
}

/* Which lanes of a column lie in the picture, or beside the tile where that goes on. */
static __mmask16 lanes_there(const ZsdPass *p, int columns, int column) {
  unsigned there = 0;
  for (int j = 0; j < LANES; j++) {
    const int x = j * columns + column;
    there |= (unsigned)(x >= (p->left ? 0 : -1) && x < p->width + !p->right) << j;
  }
  return (__mmask16)there;
}

/* The first (0) or second (1) layer. */
static Layer layer_of(const ZsdPass *p, const Room *r, int number, int block) {
  const Cut *c = &r->cut;
  const char *weights = p->weights;
  const size_t size = 3 * (size_t)c->steps[number] * 2 * c->rows * BYTES;
  return (Layer){.steps = c->steps[number],
                 .rows = c->rows,
                 .weights = weights + c->begin[number] + block * size,
                 .bias = biases(p, c) + (number * c->blocks + block) * 2 * c->rows,
                 .in_column = number == 0 ? r->in : r->h1,
                 .in_row = (size_t)(number == 0 ? c->in_pairs : c->pairs) * BYTES,
                 .out_row = (size_t)c->pairs * BYTES,
                 .sums = (char *)p->scratch + r->at_sums};
}

/* From one column before the tile to one behind it, and from the row above it to the one below.
 */
static void first_layer(const ZsdPass *p, const Room *r) {
  const Cut *c = &r->cut;
  const int above = !p->top, rows = above + p->height + !p->bottom;
  const size_t row = (size_t)c->pairs * BYTES;
  for (int x = 0; x < r->columns + 2; x++) {
    char *out = (char *)p->scratch + r->at_h1 + x * r->h1;
    const char *in = (char *)p->scratch + r->at_in + x * r->in;
    if (p->top)
      memset(out, 0, row);
    if (p->bottom)
      memset(out + (p->height + 1) * row, 0, row);
    for (int b = 0; b < c->blocks; b++) {
      const Layer l = layer_of(p, r, 0, b);
      convolve(&l, in + p->top * l.in_row, out + p->top * row + b * c->rows * BYTES, rows,
               lanes_there(p, r->columns, x - 1));
    }
  }
}

static void second_layer(const ZsdPass *p, const Room *r, int x) {
  char *scratch = p->scratch;
  for (int b = 0; b < r->cut.blocks; b++) {
    const Layer l = layer_of(p, r, 1, b);
    convolve(&l, scratch + r->at_h1 + x * r->h1, scratch + r->at_h2 + b * l.rows * BYTES,
             p->height, 0xffff);
  }
}

/* The 1x1 layer, four rows of a column at a time. */
static void last_layer(const ZsdPass *p, const Room *r, int x) {
  char *scratch = p->scratch;
  const Cut *c = &r->cut;
  const int columns = whole(r->columns);
  const size_t in_row = (size_t)c->pairs * BYTES, channel = (size_t)columns * BYTES;
  for (int y = 0; y < p->height; y += 4) {
    const char *in[4], *w = (const char *)p->weights + c->begin[2];
    char *out[4];
    for (int i = 0; i < 4; i++) {
      const int row = y + i < p->height ? y + i : p->height - 1;
      in[i] = scratch + r->at_h2 + row * in_row;
      out[i] = scratch + r->at_out + row * c->rows * channel + x * BYTES;
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
  const Room r = room_for(p->shape, p->width, p->height);
  char *scratch = p->scratch;
  memset(scratch + r.at_h1 - TILE * BYTES, 0, TILE * BYTES);
  memset(scratch + r.at_h2 - TILE * BYTES, 0, TILE * BYTES);
  memset(scratch + r.at_out - TILE * BYTES, 0, TILE * BYTES);

  configure(r.cut.rows);
  load_inputs(p, &r);
  first_layer(p, &r);
  for (int x = 0; x < r.columns; x++) {
    second_layer(p, &r, x);
    last_layer(p, &r, x);
  }
  _tile_release();
  store_outputs(p, &r);
}

/* Each lane has four samples of a row; a 720p picture in 4:2:0 has 230 such tiles. */
void zsd_pass_init_amx(ZsdKernels *k) {
  k->pass[ZSD_BF16] = (ZsdPassKernel){weights_size, scratch_size, pack, run, 64, 16};
}
