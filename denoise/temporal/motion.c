/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "temporal/motion.h"

#include "base/clamp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
  MARGIN = ZSD_PYRAMID_MARGIN,
  WINDOW = ZSD_MOTION_WINDOW,
  AROUND = (WINDOW - ZSD_BLOCK) / 2,
  SMALLEST = 96,   /* shorter side of a level below which there is no further one */
  REFINEMENTS = 4, /* steps of the descent from the best candidate at most */
  SMOOTHINGS = 2,  /* passes in which blocks try their neighbours' vectors */
};

/* Cost of a step of one sample away from the predicted vector, for each sample of the window
 * and unit of the noise's deviation, and the number of steps beyond which the cost does not
 * grow. */
static const double COST = 0.019;
enum { MAX_STEPS = 16 };

/* Steps whose cost is the mean difference that noise alone leaves at the right position: 0.8 of
 * its deviation, times the filter's 0.27, over COST. */
enum { NOISE_STEPS = 11 };

/* Steps whose cost a vector has to be better than zero by, for the block to count as moving:
 * the sum of differences varies by as much with noise. */
enum { SIGNIFICANT_STEPS = 4 };

/* Cost of a block without any candidate yet. */
static const unsigned UNTRIED = ~0u;

/* --- pyramids --- */

static int gray_resize(ZsdGrayPlane *gray, int width, int height) {
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

/* Repeats the first and last sample of a row, and the first and last row, into the margin. */
static void fill_margin(const ZsdGrayPlane *gray, int y) {
  uint8_t *row = gray->data + y * gray->row, *memory = row - MARGIN;
  memset(memory, row[0], MARGIN);
  memset(row + gray->width, row[gray->width - 1], MARGIN);
  for (int i = 1; i <= MARGIN && y == 0; i++)
    memcpy(memory - i * gray->row, memory, gray->row);
  for (int i = 1; i <= MARGIN && y == gray->height - 1; i++)
    memcpy(memory + i * gray->row, memory, gray->row);
}

static void smooth_row(const ZsdGrayPlane *to, const float *luma, const ZsdKernels *kernels,
                       int y) {
  const float *rows[5];
  for (int i = 0; i < 5; i++)
    rows[i] = luma + (ptrdiff_t)zsd_clamp(y + i - 2, 0, to->height - 1) * to->width;
  kernels->binomial5x5(to->data + y * to->row, rows, to->width);
}

static void halve_row(const ZsdGrayPlane *from, const ZsdKernels *kernels, int y) {
  const ZsdGrayPlane *to = from + 1;
  const uint8_t *upper = from->data + 2 * y * from->row;
  kernels->downsample2x2(to->data + y * to->row, upper, upper + from->row, to->width);
}

/* Fills the rows of all levels that one row of the coarsest level is made of. */
static void fill_band(const ZsdPyramid *pyramid, const float *luma, const ZsdKernels *kernels,
                      int band) {
  const int levels = pyramid->levels;
  for (int l = 0; l < levels; l++) {
    const ZsdGrayPlane *gray = &pyramid->level[l];
    const int rows = 1 << (levels - 1 - l), end = zsd_smaller((band + 1) * rows, gray->height);
    for (int y = band * rows; y < end; y++) {
      if (l)
        halve_row(gray - 1, kernels, y);
      else
        smooth_row(gray, luma, kernels, y);
      fill_margin(gray, y);
    }
  }
}

void zsd_pyramid_fill(ZsdPyramid *pyramid, const float *luma, const ZsdKernels *kernels,
                      int threads) {
  const int rows = 1 << (pyramid->levels - 1);
  const int bands = (pyramid->level[0].height + rows - 1) / rows;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int band = 0; band < bands; band++)
    fill_band(pyramid, luma, kernels, band);
}

void zsd_gray_plane_map(const ZsdGrayPlane *gray, const uint8_t table[256]) {
  const size_t n = (size_t)gray->row * (gray->height + 2 * MARGIN);
  for (size_t i = 0; i < n; i++)
    gray->memory[i] = table[gray->memory[i]];
}

/* --- fields --- */

/* A field of zero vectors for width x height luma samples. Returns 0, or -1 without memory. */
static int field_new(ZsdMotionField *field, int width, int height) {
  field->across = (width + ZSD_BLOCK - 1) / ZSD_BLOCK;
  field->down = (height + ZSD_BLOCK - 1) / ZSD_BLOCK;
  const size_t blocks = (size_t)field->across * field->down + 1;
  field->vector = calloc(blocks, sizeof *field->vector);
  field->moves = calloc(blocks, 1);
  return field->vector && field->moves ? 0 : -1;
}

static void field_clear(ZsdMotionField *field) {
  free(field->vector);
  free(field->moves);
  *field = (ZsdMotionField){0};
}

static ZsdMotionVector vector_at(const ZsdMotionField *field, int i, int j) {
  return field->vector[zsd_clamp(j, 0, field->down - 1) * field->across +
                       zsd_clamp(i, 0, field->across - 1)];
}

static bool same(ZsdMotionVector a, ZsdMotionVector b) {
  return a.x == b.x && a.y == b.y;
}

/* --- a block's search --- */

/* Vectors, and their sums of absolute differences. */
typedef struct {
  ZsdMotionField field;
  unsigned *sad;
} Matches;

typedef struct {
  const ZsdMotionParams *search;
  const ZsdGrayPlane *now, *before;
  unsigned cost[MAX_STEPS + 1]; /* of 0.. steps away from the predicted vector */
  int level;
  bool last_pass;
  const ZsdMotionField *coarser; /* NULL at the coarsest level */
  const ZsdMotionField *last;    /* of the last frame, or NULL */
  const Matches *from;           /* input of a smoothing pass */
  const Matches *to;
} Pass;

typedef struct {
  const Pass *pass;
  int x, y; /* first sample of the window */
  ZsdMotionVector predicted;
  ZsdMotionVector tolerance; /* distance from the predicted vector that costs nothing */
  ZsdMotionVector tried;     /* last */
  ZsdMotionVector best;
  unsigned sad, cost; /* of the best */
} Block;

static Block start(const Pass *pass, int i, int j) {
  return (Block){
      .pass = pass, .x = i * ZSD_BLOCK - AROUND, .y = j * ZSD_BLOCK - AROUND, .cost = UNTRIED};
}

static int steps_away(int d, int predicted, int tolerance) {
  const int steps = abs(d - predicted) - tolerance;
  return steps > 0 ? steps : 0;
}

static unsigned vector_cost(const Block *b, ZsdMotionVector v) {
  const int steps = steps_away(v.x, b->predicted.x, b->tolerance.x) +
                    steps_away(v.y, b->predicted.y, b->tolerance.y);
  return b->pass->cost[zsd_smaller(steps, MAX_STEPS)];
}

static unsigned sad_of(const Block *b, int dx, int dy) {
  const ZsdGrayPlane *now = b->pass->now, *before = b->pass->before;
  return b->pass->search->kernels->sad16(now->data + b->y * now->row + b->x, now->row,
                                         before->data + (b->y + dy) * before->row + b->x + dx,
                                         before->row);
}

static void try(Block *b, int dx, int dy) {
  const ZsdGrayPlane *before = b->pass->before;
  const int x = b->x + dx, y = b->y + dy;
  const ZsdMotionVector v = {.x = (int16_t)dx, .y = (int16_t)dy};
  if (x < -MARGIN || y < -MARGIN || x > before->width + MARGIN - WINDOW ||
      y > before->height + MARGIN - WINDOW)
    return;
  if (b->cost != UNTRIED && (same(v, b->best) || same(v, b->tried)))
    return;
  b->tried = v;
  const unsigned vector = vector_cost(b, v);
  if (vector >= b->cost)
    return;
  const unsigned sad = sad_of(b, dx, dy);
  if (vector + sad < b->cost) {
    b->cost = vector + sad;
    b->sad = sad;
    b->best = v;
  }
}

static void store(const Block *b, int i, int j) {
  const Matches *to = b->pass->to;
  to->field.vector[j * to->field.across + i] = b->best;
  to->sad[j * to->field.across + i] = b->sad;
}

static void note_moves(const Block *b, int i, int j) {
  const ZsdMotionField *to = &b->pass->to->field;
  to->moves[j * to->across + i] =
      (b->best.x || b->best.y) && sad_of(b, 0, 0) > b->sad + b->pass->cost[SIGNIFICANT_STEPS];
}

/* --- the search --- */

static void try_all(Block *b) {
  for (int dy = -ZSD_MOTION_REACH; dy <= ZSD_MOTION_REACH; dy++)
    for (int dx = -ZSD_MOTION_REACH; dx <= ZSD_MOTION_REACH; dx++)
      try(b, dx, dy);
  b->predicted = b->best;
}

/* Whether the best vector's difference, at full size, is no more than noise alone leaves. */
static bool is_good_enough(const Block *b) {
  return b->pass->level == 0 && b->sad <= b->pass->cost[NOISE_STEPS];
}

/* Tries the vectors of the coarser level here and around. */
static void try_coarser(Block *b, const ZsdMotionField *coarser, int i, int j) {
  const ZsdMotionVector c = vector_at(coarser, i / 2, j / 2);
  b->predicted = (ZsdMotionVector){.x = (int16_t)(2 * c.x), .y = (int16_t)(2 * c.y)};
  /* Doubled vectors are even, true ones may be odd: a step costs nothing, except from zero. */
  b->tolerance = (ZsdMotionVector){.x = c.x != 0, .y = c.y != 0};
  try(b, b->predicted.x, b->predicted.y);
  if (is_good_enough(b))
    return;
  for (int dj = -1; dj <= 1; dj++)
    for (int di = -1; di <= 1; di++) {
      const ZsdMotionVector v = vector_at(coarser, i / 2 + di, j / 2 + dj);
      if (!same(v, c))
        try(b, 2 * v.x, 2 * v.y);
    }
}

/* Steepest descent over the four neighbours. */
static void refine(Block *b, int rounds) {
  for (int k = 0; k < rounds; k++) {
    const ZsdMotionVector c = b->best;
    try(b, c.x, c.y - 1);
    try(b, c.x - 1, c.y);
    try(b, c.x + 1, c.y);
    try(b, c.x, c.y + 1);
    if (same(b->best, c))
      return;
  }
}

static void search_row(const Pass *pass, int j) {
  const int l = pass->level;
  for (int i = 0; i < pass->to->field.across; i++) {
    Block b = start(pass, i, j);
    if (pass->coarser)
      try_coarser(&b, pass->coarser, i, j);
    else
      try_all(&b);
    if (is_good_enough(&b)) {
      store(&b, i, j);
      continue;
    }
    try(&b, 0, 0);
    if (pass->last) {
      const ZsdMotionVector v = vector_at(pass->last, i << l, j << l);
      try(&b, v.x / (1 << l), v.y / (1 << l));
    }
    refine(&b, REFINEMENTS);
    store(&b, i, j);
  }
}

/* --- smoothing --- */

enum { SPAN = 64 }; /* blocks of a row that are processed together */

/* One coordinate of the vectors of a span of blocks and of the blocks around it. */
typedef struct {
  int16_t row[3][SPAN + 2];
  int16_t median[SPAN]; /* of a block and its eight neighbours */
  int16_t range[SPAN];  /* largest less smallest of them */
} Neighbours;

static inline int16_t low(int16_t a, int16_t b) {
  return a < b ? a : b;
}

static inline int16_t high(int16_t a, int16_t b) {
  return a > b ? a : b;
}

static inline int16_t median(int16_t a, int16_t b, int16_t c) {
  return high(low(a, b), low(high(a, b), c));
}

/* Columns of three are sorted first: the median of nine is that of the largest low one, the
 * median middle one and the least high one. */
static void find_medians(Neighbours *a) {
  int16_t least[SPAN + 2], middle[SPAN + 2], most[SPAN + 2];
  const int16_t *above = a->row[0], *row = a->row[1], *below = a->row[2];
  for (int i = 0; i < SPAN + 2; i++) {
    least[i] = low(low(above[i], row[i]), below[i]);
    middle[i] = median(above[i], row[i], below[i]);
    most[i] = high(high(above[i], row[i]), below[i]);
  }
  for (int i = 0; i < SPAN; i++) {
    a->median[i] = median(high(high(least[i], least[i + 1]), least[i + 2]),
                          median(middle[i], middle[i + 1], middle[i + 2]),
                          low(low(most[i], most[i + 1]), most[i + 2]));
    a->range[i] = (int16_t)(high(high(most[i], most[i + 1]), most[i + 2]) -
                            low(low(least[i], least[i + 1]), least[i + 2]));
  }
}

/* Each block takes the best of its own and its neighbours' vectors; their median is the
 * predicted one. */
static void smooth_span(const Pass *pass, int first, int j, int n) {
  const Matches *from = pass->from;
  Neighbours x = {0}, y = {0};
  for (int r = 0; r < 3; r++)
    for (int i = 0; i < n + 2; i++) {
      const ZsdMotionVector v = vector_at(&from->field, first + i - 1, j + r - 1);
      x.row[r][i] = v.x;
      y.row[r][i] = v.y;
    }
  find_medians(&x);
  find_medians(&y);
  for (int i = 0; i < n; i++) {
    Block b = start(pass, first + i, j);
    b.predicted = (ZsdMotionVector){.x = x.median[i], .y = y.median[i]};
    b.best = vector_at(&from->field, first + i, j);
    b.sad = from->sad[j * from->field.across + first + i];
    b.cost = b.sad + vector_cost(&b, b.best);
    if (x.range[i] || y.range[i]) {
      b.tried = b.best;
      try(&b, b.predicted.x, b.predicted.y);
      for (int k = 0; k < 9; k++)
        try(&b, x.row[k / 3][i + k % 3], y.row[k / 3][i + k % 3]);
    }
    store(&b, first + i, j);
    if (pass->last_pass)
      note_moves(&b, first + i, j);
  }
}

static void smooth_field_row(const Pass *pass, int j) {
  const int across = pass->to->field.across;
  for (int i = 0; i < across; i += SPAN)
    smooth_span(pass, i, j, zsd_smaller(SPAN, across - i));
}

/* --- levels --- */

struct ZsdMotion {
  Matches level[ZSD_MAX_LEVELS];
  Matches smoothed;    /* scratch memory of the smoothing passes */
  ZsdMotionField last; /* result of the search before, at full size */
};

static int matches_new(Matches *m, int width, int height) {
  if (field_new(&m->field, width, height))
    return -1;
  m->sad = calloc((size_t)m->field.across * m->field.down + 1, sizeof *m->sad);
  return m->sad ? 0 : -1;
}

static void matches_clear(Matches *m) {
  field_clear(&m->field);
  free(m->sad);
}

ZsdMotion *zsd_motion_new(int width, int height) {
  ZsdMotion *m = calloc(1, sizeof *m);
  if (!m)
    return NULL;
  int failed = field_new(&m->last, width, height) | matches_new(&m->smoothed, width, height);
  for (int l = 0; l < ZSD_MAX_LEVELS; l++)
    failed |= matches_new(&m->level[l], width >> l, height >> l);
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
  matches_clear(&m->smoothed);
  for (int l = 0; l < ZSD_MAX_LEVELS; l++)
    matches_clear(&m->level[l]);
  free(m);
}

/* Passes alternate between two fields, and end in the one that they began with. */
_Static_assert(SMOOTHINGS % 2 == 0, "the last pass ends in the wrong field");

/* Searches one level. All threads of the team call it, each with a Pass of its own. */
static void search_level(const ZsdMotion *m, Pass *pass) {
  const Matches *own = &m->level[pass->level];
  const int down = own->field.down;
  Matches smoothed = m->smoothed;
  smoothed.field.across = own->field.across;
  smoothed.field.down = down;
  pass->to = own;
#pragma omp for schedule(dynamic)
  for (int j = 0; j < down; j++)
    search_row(pass, j);
  for (int k = 0; k < SMOOTHINGS; k++) {
    pass->from = k % 2 ? &smoothed : own;
    pass->to = k % 2 ? own : &smoothed;
    pass->last_pass = pass->level == 0 && k == SMOOTHINGS - 1;
#pragma omp for schedule(dynamic)
    for (int j = 0; j < down; j++)
      smooth_field_row(pass, j);
  }
}

ZsdMotionField *zsd_motion_search(ZsdMotion *m, const ZsdPyramid *now, const ZsdPyramid *before,
                                  const ZsdMotionParams *search, int go_on) {
  Pass pass = {.search = search, .last = go_on ? &m->last : NULL};
  for (int i = 0; i <= MAX_STEPS; i++)
    pass.cost[i] = (unsigned)(i * COST * WINDOW * WINDOW * 255 * search->sigma);
#pragma omp parallel num_threads(search->threads) firstprivate(pass)
  for (int l = now->levels - 1; l >= 0; l--) {
    pass.level = l;
    pass.now = &now->level[l];
    pass.before = &before->level[l];
    search_level(m, &pass);
    pass.coarser = &m->level[l].field;
  }
  memcpy(m->last.vector, m->level[0].field.vector,
         (size_t)m->last.across * m->last.down * sizeof *m->last.vector);
  return &m->level[0].field;
}
