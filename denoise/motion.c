/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "motion.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

enum {
  MARGIN = 48,
  WINDOW = 16, /* samples compared for a block, which lies in its middle */
  AROUND = (WINDOW - ZSD_BLOCK) / 2,
  SMALLEST = 96,  /* a level is not halved again if its shorter side is below this */
  SMOOTHINGS = 2, /* passes in which blocks try their neighbours' vectors */
};

/* The price of a step away from the expected vector, for each sample of the window and for each
 * unit of the noise's deviation; and how many steps cost at most. */
static const double PRICE = 0.019;
enum { MOST_STEPS = 16 };

/* --- pyramids --- */

static int gray_resize(ZsdGray *gray, int width, int height) {
  gray->width = width;
  gray->height = height;
  gray->row = width + 2 * MARGIN;
  gray->memory = malloc((size_t)gray->row * (height + 2 * MARGIN));
  if (!gray->memory)
    return -1;
  gray->data = gray->memory + MARGIN * gray->row + MARGIN;
  return 0;
}

int zsd_pyramid_resize(ZsdPyramid *pyramid, int width, int height) {
  if (pyramid->levels && pyramid->level[0].width == width && pyramid->level[0].height == height)
    return 0;
  zsd_pyramid_clear(pyramid);
  do {
    if (gray_resize(&pyramid->level[pyramid->levels++], width, height)) {
      zsd_pyramid_clear(pyramid);
      return -1;
    }
    width /= 2;
    height /= 2;
  } while (pyramid->levels < ZSD_MAX_LEVELS && width >= SMALLEST / 2 && height >= SMALLEST / 2);
  return 0;
}

void zsd_pyramid_clear(ZsdPyramid *pyramid) {
  for (int l = 0; l < pyramid->levels; l++)
    free(pyramid->level[l].memory);
  *pyramid = (ZsdPyramid){0};
}

static void fill_margin(const ZsdGray *gray) {
  const int w = gray->width, h = gray->height;
  for (int y = 0; y < h; y++) {
    uint8_t *row = gray->data + y * gray->row;
    memset(row - MARGIN, row[0], MARGIN);
    memset(row + w, row[w - 1], MARGIN);
  }
  uint8_t *first = gray->data - MARGIN, *last = first + (h - 1) * gray->row;
  for (int y = 1; y <= MARGIN; y++) {
    memcpy(first - y * gray->row, first, gray->row);
    memcpy(last + y * gray->row, last, gray->row);
  }
}

typedef struct {
  const ZsdGray *to;
  const ZsdGray *from; /* the level above, or NULL */
  const float *luma;
} Fill;

/* Light that changes may carry a fused picture past either end of the range. */
static uint8_t to_byte(float v) {
  return (uint8_t)((v < 0 ? 0 : v < 1 ? v : 1) * 255 + 0.5f);
}

/* One row of binomially smoothed luma: down the columns into `column` first, then along it. */
static void smooth_row(void *context, int worker, int y) {
  (void)worker;
  const Fill *fill = context;
  const int w = fill->to->width, h = fill->to->height;
  const float *r[5];
  uint8_t *out = fill->to->data + y * fill->to->row;
  for (int i = 0; i < 5; i++)
    r[i] = fill->luma + (ptrdiff_t)zsd_clamp(y + i - 2, 0, h - 1) * w;
  enum { STRIP = 256 };
  for (int x0 = 0; x0 < w; x0 += STRIP) {
    float column[STRIP + 4];
    const int n = w - x0 < STRIP ? w - x0 : STRIP;
    for (int i = -2; i < n + 2; i++) {
      const int x = zsd_clamp(x0 + i, 0, w - 1);
      column[i + 2] = r[0][x] + r[4][x] + 4 * (r[1][x] + r[3][x]) + 6 * r[2][x];
    }
    for (int i = 0; i < n; i++)
      out[x0 + i] = to_byte((column[i] + column[i + 4] + 4 * (column[i + 1] + column[i + 3]) +
                             6 * column[i + 2]) /
                            256);
  }
}

static void halve_row(void *context, int worker, int y) {
  (void)worker;
  const Fill *fill = context;
  const uint8_t *upper = fill->from->data + 2 * y * fill->from->row;
  const uint8_t *lower = upper + fill->from->row;
  uint8_t *out = fill->to->data + y * fill->to->row;
  for (int x = 0; x < fill->to->width; x++)
    out[x] =
        (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) / 4);
}

void zsd_pyramid_fill(ZsdPyramid *pyramid, const float *luma, ZsdThreads *threads) {
  for (int l = 0; l < pyramid->levels; l++) {
    Fill fill = {&pyramid->level[l], l ? &pyramid->level[l - 1] : NULL, luma};
    zsd_threads_run(threads, l ? halve_row : smooth_row, &fill, fill.to->height);
    fill_margin(fill.to);
  }
}

void zsd_gray_map(const ZsdGray *gray, const uint8_t table[256]) {
  const size_t n = (size_t)gray->row * (gray->height + 2 * MARGIN);
  for (size_t i = 0; i < n; i++)
    gray->memory[i] = table[gray->memory[i]];
}

/* --- fields --- */

/* The vectors of a frame of width x height luma samples, all zero. Returns 0, or -1 without
 * memory. */
static int field_new(ZsdField *field, int width, int height) {
  field->across = (width + ZSD_BLOCK - 1) / ZSD_BLOCK;
  field->down = (height + ZSD_BLOCK - 1) / ZSD_BLOCK;
  field->vector = calloc((size_t)field->across * field->down, sizeof *field->vector);
  return field->vector ? 0 : -1;
}

static void field_clear(ZsdField *field) {
  free(field->vector);
  *field = (ZsdField){0};
}

static ZsdVector vector_at(const ZsdField *field, int i, int j) {
  return field->vector[zsd_clamp(j, 0, field->down - 1) * field->across +
                       zsd_clamp(i, 0, field->across - 1)];
}

/* --- searching --- */

struct ZsdMotion {
  ZsdField field[ZSD_MAX_LEVELS], smoothed[ZSD_MAX_LEVELS];
  ZsdField last; /* the result of the search before, at full size */
};

ZsdMotion *zsd_motion_new(int width, int height) {
  ZsdMotion *m = calloc(1, sizeof *m);
  if (!m)
    return NULL;
  int failed = field_new(&m->last, width, height);
  for (int l = 0; l < ZSD_MAX_LEVELS; l++)
    failed |= field_new(&m->field[l], (width >> l) + 1, (height >> l) + 1) |
              field_new(&m->smoothed[l], (width >> l) + 1, (height >> l) + 1);
  if (failed) {
    zsd_motion_free(m);
    return NULL;
  }
  return m;
}

void zsd_motion_free(ZsdMotion *m) {
  if (!m)
    return;
  field_clear(&m->last);
  for (int l = 0; l < ZSD_MAX_LEVELS; l++) {
    field_clear(&m->field[l]);
    field_clear(&m->smoothed[l]);
  }
  free(m);
}

/* One block's search. */
typedef struct {
  const ZsdKernels *kernels;
  const ZsdGray *now, *before;
  int x, y; /* the block */
  double price;
  ZsdVector expected;
  ZsdVector doubt; /* how far off it may be, each way, at no price */
  ZsdVector best;
  unsigned cost;
} Block;

static int steps_away(int d, int expected, int doubt) {
  const int steps = abs(d - expected) - doubt;
  return steps > 0 ? steps : 0;
}

static void try(Block *b, int dx, int dy) {
  const int x = b->x - AROUND + dx, y = b->y - AROUND + dy;
  if (x < -MARGIN || y < -MARGIN || x + WINDOW > b->before->width + MARGIN ||
      y + WINDOW > b->before->height + MARGIN)
    return;
  const int steps =
      steps_away(dx, b->expected.x, b->doubt.x) + steps_away(dy, b->expected.y, b->doubt.y);
  unsigned cost = (unsigned)(b->price * (steps < MOST_STEPS ? steps : MOST_STEPS));
  if (cost >= b->cost)
    return;
  cost +=
      b->kernels->sad16(b->now->data + (b->y - AROUND) * b->now->row + b->x - AROUND,
                        b->now->row, b->before->data + y * b->before->row + x, b->before->row);
  if (cost < b->cost) {
    b->cost = cost;
    b->best = (ZsdVector){(int16_t)dx, (int16_t)dy};
  }
}

/* Steps to the best of the eight neighbours until there is no better one. */
static void refine(Block *b, int rounds) {
  for (int k = 0; k < rounds; k++) {
    const ZsdVector c = b->best;
    for (int dy = -1; dy <= 1; dy++)
      for (int dx = -1; dx <= 1; dx++)
        if (dx || dy)
          try(b, c.x + dx, c.y + dy);
    if (b->best.x == c.x && b->best.y == c.y)
      return;
  }
}

typedef struct {
  const ZsdSearch *search;
  const ZsdGray *now, *before;
  int level;
  const ZsdField *coarser; /* or NULL at the coarsest level */
  const ZsdField *last;    /* or NULL */
  const ZsdField *from;    /* the field that is smoothed */
  ZsdField *to;
} Pass;

static Block start(const Pass *pass, int i, int j) {
  return (Block){.kernels = pass->search->kernels,
                 .now = pass->now,
                 .before = pass->before,
                 .x = i * ZSD_BLOCK,
                 .y = j * ZSD_BLOCK,
                 .price = PRICE * WINDOW * WINDOW * 255 * pass->search->sigma,
                 .cost = ~0u};
}

static void search_row(void *context, int worker, int j) {
  (void)worker;
  const Pass *pass = context;
  const int l = pass->level;
  for (int i = 0; i < pass->to->across; i++) {
    Block b = start(pass, i, j);
    if (pass->coarser) {
      const ZsdVector c = vector_at(pass->coarser, i / 2, j / 2);
      b.expected = (ZsdVector){(int16_t)(2 * c.x), (int16_t)(2 * c.y)};
      /* Twice a vector is an even one, whatever the truth; but what stands still is expected to
       * stand still. */
      b.doubt = (ZsdVector){c.x != 0, c.y != 0};
      for (int dj = -1; dj <= 1; dj++)
        for (int di = -1; di <= 1; di++) {
          const ZsdVector v = vector_at(pass->coarser, i / 2 + di, j / 2 + dj);
          try(&b, 2 * v.x, 2 * v.y);
        }
    } else {
      for (int dy = -ZSD_MOTION_REACH; dy <= ZSD_MOTION_REACH; dy++)
        for (int dx = -ZSD_MOTION_REACH; dx <= ZSD_MOTION_REACH; dx++)
          try(&b, dx, dy);
      b.expected = b.best;
    }
    try(&b, 0, 0);
    if (pass->last) {
      const ZsdVector v = vector_at(pass->last, i << l, j << l);
      try(&b, v.x / (1 << l), v.y / (1 << l));
    }
    refine(&b, l ? 3 : 2);
    pass->to->vector[j * pass->to->across + i] = b.best;
  }
}

static int16_t median9(int16_t *v) {
  for (int i = 1; i < 9; i++)
    for (int k = i; k > 0 && v[k] < v[k - 1]; k--) {
      const int16_t t = v[k];
      v[k] = v[k - 1];
      v[k - 1] = t;
    }
  return v[4];
}

/* Each block takes the best of its own and its neighbours' vectors, and their median is what is
 * expected of it. */
static void smooth_field_row(void *context, int worker, int j) {
  (void)worker;
  const Pass *pass = context;
  for (int i = 0; i < pass->to->across; i++) {
    Block b = start(pass, i, j);
    ZsdVector around[9];
    int16_t xs[9], ys[9];
    for (int k = 0; k < 9; k++) {
      around[k] = vector_at(pass->from, i + k % 3 - 1, j + k / 3 - 1);
      xs[k] = around[k].x;
      ys[k] = around[k].y;
    }
    b.expected = (ZsdVector){median9(xs), median9(ys)};
    try(&b, b.expected.x, b.expected.y);
    for (int k = 0; k < 9; k++)
      if (k == 4 || around[k].x != around[4].x || around[k].y != around[4].y)
        try(&b, around[k].x, around[k].y);
    pass->to->vector[j * pass->to->across + i] = b.best;
  }
}

/* The passes go to and fro between two fields, and end in the one that they began with. */
_Static_assert(SMOOTHINGS % 2 == 0, "the last pass ends in the wrong field");

const ZsdField *zsd_motion_search(ZsdMotion *m, const ZsdPyramid *now, const ZsdPyramid *before,
                                  const ZsdSearch *search, int go_on) {
  for (int l = now->levels - 1; l >= 0; l--) {
    ZsdField *a = &m->field[l], *b = &m->smoothed[l];
    a->across = b->across = (now->level[l].width + ZSD_BLOCK - 1) / ZSD_BLOCK;
    a->down = b->down = (now->level[l].height + ZSD_BLOCK - 1) / ZSD_BLOCK;
    Pass pass = {.search = search,
                 .now = &now->level[l],
                 .before = &before->level[l],
                 .level = l,
                 .coarser = l < now->levels - 1 ? &m->field[l + 1] : NULL,
                 .last = go_on ? &m->last : NULL,
                 .to = a};
    zsd_threads_run(search->threads, search_row, &pass, a->down);
    for (int k = 0; k < SMOOTHINGS; k++) {
      pass.from = k % 2 ? b : a;
      pass.to = k % 2 ? a : b;
      zsd_threads_run(search->threads, smooth_field_row, &pass, a->down);
    }
  }
  memcpy(m->last.vector, m->field[0].vector,
         (size_t)m->last.across * m->last.down * sizeof *m->last.vector);
  return &m->field[0];
}
