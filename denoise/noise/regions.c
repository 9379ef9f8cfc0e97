/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/regions.h"

#include "base/clamp.h"

#include <stdlib.h>
#include <string.h>

enum {
  FULL = 65535,  /* stored value of 1 */
  SYNTHETIC = 8, /* consecutive repetitions after which a cell with constant rows or columns
                    belongs to a static synthetic region */
  SPAN = 1024,   /* samples of a row that are classified together */
};

/* Mean squared difference to the last frame of a cell that repeats it: at most this part of
 * that of independent noise, and this deviation (0..1). */
static const double REPEATED_PART = 0.1, REPEATED_DEVIATION = 1.0 / 255;

/* One component. */
typedef struct {
  ZsdRegionMap map;
  int width, height;
  uint16_t *last;       /* samples of the last frame; 65535 is 1 */
  uint16_t *value;      /* of each cell: its constant value */
  uint8_t *constant;    /* of each cell: 1: all samples have one value */
  uint8_t *repetitions; /* of each cell: consecutive ones, up to SYNTHETIC */
} Plane;

struct ZsdRegions {
  int components;
  unsigned any; /* flags of all cells together */
  Plane plane[ZSD_MAX_COMPONENTS];
};

/* --- memory --- */

static int plane_new(Plane *p, const ZsdFrameComponent *c) {
  const size_t n = zsd_component_size(c) + 1;
  *p = (Plane){.width = c->width, .height = c->height};
  p->map.across = (c->width + ZSD_CELL - 1) / ZSD_CELL;
  p->map.down = (c->height + ZSD_CELL - 1) / ZSD_CELL;
  const size_t cells = (size_t)p->map.across * p->map.down + 1;
  p->last = malloc(n * sizeof *p->last);
  p->value = malloc(cells * sizeof *p->value);
  p->constant = malloc(cells);
  p->repetitions = calloc(cells, 1);
  p->map.flags = calloc(cells, 1);
  return p->last && p->value && p->constant && p->repetitions && p->map.flags ? 0 : -1;
}

static void plane_clear(Plane *p) {
  free(p->last);
  free(p->value);
  free(p->constant);
  free(p->repetitions);
  free(p->map.flags);
}

ZsdRegions *zsd_regions_new(const ZsdFrame *shape) {
  ZsdRegions *r = calloc(1, sizeof *r);
  for (int i = 0; r && i < shape->components; i++) {
    r->components = i + 1;
    if (plane_new(&r->plane[i], &shape->component[i])) {
      zsd_regions_free(r);
      return NULL;
    }
  }
  return r;
}

void zsd_regions_free(ZsdRegions *r) {
  for (int i = 0; r && i < r->components; i++)
    plane_clear(&r->plane[i]);
  free(r);
}

const ZsdRegionMap *zsd_regions_map(const ZsdRegions *r, int component) {
  return &r->plane[component].map;
}

bool zsd_regions_any(const ZsdRegions *r, unsigned flags) {
  return r->any & flags;
}

/* --- cells --- */

/* Samples of a cell, each in the rows and columns that the component has. */
typedef struct {
  const uint16_t *samples, *last; /* of this frame and the last one */
  int width, height;
  ptrdiff_t row, last_row; /* from one row to the next, samples */
} Cell;

/* Bits of the differences of a cell's samples, combined by OR: 0 where there is none. */
typedef struct {
  unsigned all;     /* of all samples to the first one */
  bool row, column; /* whether a whole row, or column, has none in itself */
} Differences;

/* Differences of a cell within its rows and columns. */
static Differences inner_differences(const Cell *c) {
  Differences d = {0};
  uint16_t down[ZSD_CELL] = {0};
  for (int y = 0; y < c->height; y++) {
    const uint16_t *s = c->samples + y * c->row, *top = c->samples;
    unsigned across = 0;
    for (int x = 0; x < c->width; x++) {
      across |= s[x] ^ s[0];
      down[x] |= s[x] ^ top[x];
    }
    d.all |= across;
    d.row |= across == 0;
  }
  for (int x = 0; x < c->width; x++) {
    d.all |= down[x];
    d.column |= down[x] == 0;
  }
  return d;
}

/* Differences of a cell to the last frame. */
static Differences outer_differences(const Cell *c) {
  Differences d = {0};
  uint16_t down[ZSD_CELL] = {0};
  for (int y = 0; y < c->height; y++) {
    const uint16_t *s = c->samples + y * c->row, *t = c->last + y * c->last_row;
    unsigned across = 0;
    for (int x = 0; x < c->width; x++) {
      across |= s[x] ^ t[x];
      down[x] |= s[x] ^ t[x];
    }
    d.all |= across;
    d.row |= across == 0;
  }
  for (int x = 0; x < c->width; x++)
    d.column |= down[x] == 0;
  return d;
}

/* Whether the mean squared difference of a cell to the last frame is at most `most`. */
static bool is_near(const Cell *c, double most) {
  const double limit = most * c->width * c->height;
  double sum = 0;
  for (int y = 0; y < c->height && sum <= limit; y++)
    for (int x = 0; x < c->width; x++) {
      const double d = (double)c->samples[y * c->row + x] - c->last[y * c->last_row + x];
      sum += d * d;
    }
  return sum <= limit;
}

/* Classifies cell `at` by itself. `most`: mean squared difference of a repeated one; negative:
 * there is no last frame. */
static void classify(const Plane *p, int at, const Cell *cell, double most) {
  const Differences inner = inner_differences(cell);
  unsigned flags = inner.row || inner.column ? ZSD_PARTLY_CLEAN : 0;
  if (most >= 0) {
    const Differences outer = outer_differences(cell);
    const bool same = outer.all == 0;
    flags |= outer.row || outer.column ? ZSD_PARTLY_CLEAN : 0;
    flags |= same || is_near(cell, most) ? ZSD_REPEATED : 0;
    p->repetitions[at] = (uint8_t)(same ? zsd_smaller(p->repetitions[at] + 1, SYNTHETIC) : 0);
  } else {
    p->repetitions[at] = 0;
  }
  if (p->repetitions[at] == SYNTHETIC && (inner.row || inner.column))
    flags |= ZSD_CLEAN;
  p->constant[at] = inner.all == 0;
  p->value[at] = cell->samples[0];
  p->map.flags[at] = (uint8_t)flags;
}

/* Whether the 3x3 cells around (i, j), those in the picture, have one value. A single constant
 * cell may be what an encoder has left of noise. */
static bool is_amid_constant(const Plane *p, int i, int j) {
  const ZsdRegionMap *m = &p->map;
  const uint16_t value = p->value[j * m->across + i];
  for (int y = j > 0 ? j - 1 : 0; y <= j + 1 && y < m->down; y++)
    for (int x = i > 0 ? i - 1 : 0; x <= i + 1 && x < m->across; x++)
      if (!p->constant[y * m->across + x] || p->value[y * m->across + x] != value)
        return false;
  return true;
}

/* Marks the 3x3 cells around (i, j) as clean. */
static void mark_clean(const Plane *p, int i, int j) {
  const ZsdRegionMap *m = &p->map;
  for (int y = j > 0 ? j - 1 : 0; y <= j + 1 && y < m->down; y++)
    for (int x = i > 0 ? i - 1 : 0; x <= i + 1 && x < m->across; x++)
      m->flags[y * m->across + x] |= ZSD_CLEAN;
}

/* --- frames --- */

/* Stores a frame's samples [begin, end) of a row. */
static void load(uint16_t *to, const ZsdFrameComponent *c, int y, int begin, int end,
                 const ZsdKernels *kernels) {
  const float *from = c->y + (ptrdiff_t)y * c->width + begin;
  kernels->store16((uint8_t *)to, sizeof *to, from, from, end - begin, 0, FULL, 0);
}

/* Classifies cells [first, end) of a row of cells. */
static void classify_span(const Plane *p, const ZsdFrameComponent *c, int j, int first, int end,
                          double most, const ZsdKernels *kernels) {
  uint16_t now[ZSD_CELL][SPAN];
  const int top = j * ZSD_CELL, height = zsd_smaller(ZSD_CELL, p->height - top);
  const int left = first * ZSD_CELL, right = zsd_smaller(end * ZSD_CELL, p->width);
  for (int y = 0; y < height; y++)
    load(now[y], c, top + y, left, right, kernels);
  for (int i = first; i < end; i++) {
    const int x = i * ZSD_CELL;
    const Cell cell = {.samples = now[0] + x - left,
                       .last = p->last + (ptrdiff_t)top * p->width + x,
                       .width = zsd_smaller(ZSD_CELL, p->width - x),
                       .height = height,
                       .row = SPAN,
                       .last_row = p->width};
    classify(p, j * p->map.across + i, &cell, most);
  }
}

/* Whether a whole row of cells repeats the last frame. */
static bool is_repeated(const Plane *p, int j) {
  for (int i = 0; i < p->map.across; i++)
    if (!(p->map.flags[j * p->map.across + i] & ZSD_REPEATED))
      return false;
  return true;
}

/* Makes a row of cells the last frame's. */
static void keep_row(const Plane *p, const ZsdFrameComponent *c, int j,
                     const ZsdKernels *kernels) {
  const int top = j * ZSD_CELL, bottom = zsd_smaller(top + ZSD_CELL, p->height);
  for (int y = top; y < bottom; y++)
    load(p->last + (ptrdiff_t)y * p->width, c, y, 0, p->width, kernels);
}

/* Classifies a row of cells. One that is not repeated proves that the frame is not, and becomes
 * the last frame's, while it is in the cache. */
static void classify_row(const Plane *p, const ZsdFrameComponent *c, int j, double most,
                         const ZsdKernels *kernels) {
  for (int i = 0; i < p->map.across; i += SPAN / ZSD_CELL)
    classify_span(p, c, j, i, zsd_smaller(i + SPAN / ZSD_CELL, p->map.across), most, kernels);
  if (!is_repeated(p, j))
    keep_row(p, c, j, kernels);
}

/* Marks the constant regions. Returns the flags of all cells, by OR (`any`) and by AND. */
static unsigned complete(const Plane *p, unsigned *any) {
  const ZsdRegionMap *m = &p->map;
  unsigned all = ~0U;
  for (int j = 0; j < m->down; j++)
    for (int i = 0; i < m->across; i++)
      if (p->constant[j * m->across + i] && is_amid_constant(p, i, j))
        mark_clean(p, i, j);
  for (int k = 0; k < m->across * m->down; k++) {
    *any |= m->flags[k];
    all &= m->flags[k];
  }
  return all;
}

bool zsd_regions_update(ZsdRegions *r, const ZsdFrame *frame,
                        const double sigma[ZSD_MAX_COMPONENTS], bool has_last,
                        const ZsdKernels *kernels, int threads) {
  unsigned all = ~0U;
  r->any = 0;
  for (int k = 0; k < r->components; k++) {
    const Plane *p = &r->plane[k];
    double most = REPEATED_PART * 2 * sigma[k] * sigma[k];
    if (most > REPEATED_DEVIATION * REPEATED_DEVIATION)
      most = REPEATED_DEVIATION * REPEATED_DEVIATION;
    most = has_last ? most * FULL * FULL : -1;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int j = 0; j < p->map.down; j++)
      classify_row(p, &frame->component[k], j, most, kernels);
    all &= complete(p, &r->any);
  }
  if (has_last && all & ZSD_REPEATED)
    return true;
  for (int k = 0; k < r->components; k++)
    for (int j = 0; j < r->plane[k].map.down; j++)
      if (is_repeated(&r->plane[k], j))
        keep_row(&r->plane[k], &frame->component[k], j, kernels);
  return false;
}
