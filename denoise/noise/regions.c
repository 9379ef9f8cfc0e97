/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/regions.h"

#include "base/clamp.h"

#include <stdlib.h>
#include <string.h>

enum {
  FULL = 65535,  /* stored value of 1 */
  SYNTHETIC = 8, /* consecutive repetitions after which a cell with constant rows or columns
                    belongs to a static synthetic region */
};

/* Mean squared difference to the last frame of a cell that repeats it: at most this part of
 * that of independent noise, and this deviation (0..1). */
static const double REPEATED_PART = 0.1, REPEATED_DEVIATION = 1.0 / 255;

/* One component. */
typedef struct {
  ZsdRegionMap map;
  int width, height;
  uint16_t *now, *last; /* samples of this frame and the last one; 65535 is 1 */
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
  p->now = malloc(n * sizeof *p->now);
  p->last = malloc(n * sizeof *p->last);
  p->value = malloc(cells * sizeof *p->value);
  p->constant = malloc(cells);
  p->repetitions = calloc(cells, 1);
  p->map.flags = calloc(cells, 1);
  return p->now && p->last && p->value && p->constant && p->repetitions && p->map.flags ? 0
                                                                                        : -1;
}

static void plane_clear(Plane *p) {
  free(p->now);
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
  const uint16_t *samples;
  int width, height;
  ptrdiff_t row;
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
static Differences outer_differences(const Cell *c, const uint16_t *last) {
  Differences d = {0};
  uint16_t down[ZSD_CELL] = {0};
  for (int y = 0; y < c->height; y++) {
    const uint16_t *s = c->samples + y * c->row, *t = last + y * c->row;
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
static bool is_near(const Cell *c, const uint16_t *last, double most) {
  const double limit = most * c->width * c->height;
  double sum = 0;
  for (int y = 0; y < c->height && sum <= limit; y++)
    for (int x = 0; x < c->width; x++) {
      const double d = (double)c->samples[y * c->row + x] - last[y * c->row + x];
      sum += d * d;
    }
  return sum <= limit;
}

/* Classifies a cell by itself. `most`: mean squared difference of a repeated one; negative:
 * there is no last frame. */
static void classify(const Plane *p, int i, int j, double most) {
  const int at = j * p->map.across + i;
  const ptrdiff_t first = (ptrdiff_t)j * ZSD_CELL * p->width + i * ZSD_CELL;
  const Cell cell = {p->now + first, zsd_smaller(ZSD_CELL, p->width - i * ZSD_CELL),
                     zsd_smaller(ZSD_CELL, p->height - j * ZSD_CELL), p->width};
  const Differences inner = inner_differences(&cell);
  unsigned flags = inner.row || inner.column ? ZSD_PARTLY_CLEAN : 0;
  if (most >= 0) {
    const Differences outer = outer_differences(&cell, p->last + first);
    const bool same = outer.all == 0;
    flags |= outer.row || outer.column ? ZSD_PARTLY_CLEAN : 0;
    flags |= same || is_near(&cell, p->last + first, most) ? ZSD_REPEATED : 0;
    p->repetitions[at] = (uint8_t)(same ? zsd_smaller(p->repetitions[at] + 1, SYNTHETIC) : 0);
  } else {
    p->repetitions[at] = 0;
  }
  if (p->repetitions[at] == SYNTHETIC && (inner.row || inner.column))
    flags |= ZSD_CLEAN;
  p->constant[at] = inner.all == 0;
  p->value[at] = cell.samples[0];
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

/* Loads and classifies a row of cells. */
static void classify_row(const Plane *p, const ZsdFrameComponent *c, int j, double most,
                         const ZsdKernels *kernels) {
  const int top = j * ZSD_CELL, bottom = zsd_smaller(top + ZSD_CELL, p->height);
  for (int y = top; y < bottom; y++) {
    const ptrdiff_t at = (ptrdiff_t)y * p->width;
    kernels->store16((uint8_t *)(p->now + at), sizeof *p->now, c->y + at, c->y + at, p->width,
                     0, FULL, 0);
  }
  for (int i = 0; i < p->map.across; i++)
    classify(p, i, j, most);
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
  for (int k = 0; k < r->components; k++) {
    Plane *p = &r->plane[k];
    uint16_t *now = p->now;
    p->now = p->last;
    p->last = now;
  }
  return false;
}
