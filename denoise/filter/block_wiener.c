/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/block_wiener.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  SIDE = ZSD_WIENER_SIDE,
  PHASES = 4,
  MARGIN = 8,                                 /* columns left of a region that blocks cover */
  COLUMNS = PHASES * (ZSD_WIENER_BLOCKS + 2), /* of a row of blocks */
};

/* Lower limit of the variance of the noise in a sample. */
static const float MIN_VARIANCE = 1e-9f;

/* Least variance of the noise in a coefficient, relative to that of white noise. */
static const double MIN_SPECTRUM = 0.05;

struct ZsdBlockWienerScratch {
  float rows[SIDE][5][ZSD_WIENER_ROW]; /* in the order of ZsdWienerRow */
  float sum[SIDE][ZSD_WIENER_ROW], weight[ZSD_WIENER_OVERLAP][ZSD_WIENER_ROW];
  float row_y[COLUMNS], row_z[COLUMNS], row_k[COLUMNS];
  uint16_t row_pilot[COLUMNS];
  float out[ZSD_BLOCK_WIENER_HEIGHT][COLUMNS];
  int first; /* column of `out` that is the first of the region */
};

ZsdBlockWienerScratch *zsd_block_wiener_scratch_new(void) {
  return calloc(1, sizeof(ZsdBlockWienerScratch));
}

/* Variance of the noise in coefficient k of the DCT of a row or column of a block. */
static double row_spectrum(const ZsdNoiseModel *noise, int k) {
  const double lags[] = {1, noise->lag1, noise->lag2};
  const double scale = k == 0 ? 1.0 / SIDE : 2.0 / SIDE;
  double sum = 0;
  for (int a = 0; a < SIDE; a++)
    for (int b = 0; b < SIDE; b++)
      if (abs(a - b) < 3)
        sum += lags[abs(a - b)] * cos(M_PI * (2 * a + 1) * k / (2 * SIDE)) *
               cos(M_PI * (2 * b + 1) * k / (2 * SIDE));
  return scale * sum;
}

void zsd_block_wiener_set_noise(ZsdBlockWiener *wiener, const ZsdNoiseModel *noise,
                                const ZsdNoiseVariance *variance) {
  double row[SIDE];
  wiener->noise = *variance;
  for (int k = 0; k < SIDE; k++)
    row[k] = fmax(row_spectrum(noise, k), MIN_SPECTRUM);
  for (int i = 0; i < SIDE * SIDE; i++)
    wiener->spectrum[i] = (float)(row[i / SIDE] * row[i % SIDE]);
}

/* A position, mirrored at the edges into 0 .. length - 1, as often as it takes. */
static int mirror(int at, int length) {
  const int period = 2 * length, folded = (at % period + period) % period;
  return folded < length ? folded : period - 1 - folded;
}

typedef struct {
  const ZsdBlockWiener *wiener;
  ZsdBlockWienerScratch *scratch;
  const ZsdKernels *kernels;
  int left, columns; /* columns of the picture that blocks cover, or less at its edges */
} Region;

static ZsdWienerRow wiener_row(ZsdBlockWienerScratch *s, int y) {
  float(*row)[ZSD_WIENER_ROW] = s->rows[y & (SIDE - 1)];
  return (ZsdWienerRow){row[0], row[1], row[2], row[3], row[4]};
}

/* Copies n samples from index `from` on to column x. */
static void copy_samples(const Region *r, int x, ptrdiff_t from, int n) {
  const ZsdFrameComponent *c = r->wiener->component;
  ZsdBlockWienerScratch *s = r->scratch;
  memcpy(s->row_y + x, c->y + from, n * sizeof *s->row_y);
  memcpy(s->row_z + x, c->z + from, n * sizeof *s->row_z);
  memcpy(s->row_k + x, c->k + from, n * sizeof *s->row_k);
  memcpy(s->row_pilot + x, r->wiener->pilot + from, n * sizeof *s->row_pilot);
}

/* Copies a row that reaches beyond the picture, which is mirrored at its edges. */
static void copy_row(const Region *r, ptrdiff_t row) {
  const int width = r->wiener->component->width;
  const int first = zsd_clamp(-r->left, 0, r->columns); /* columns inside the picture */
  const int end = zsd_clamp(width - r->left, first, r->columns);
  for (int x = 0; x < first; x++)
    copy_samples(r, x, row + mirror(r->left + x, width), 1);
  copy_samples(r, first, row + r->left + first, end - first);
  for (int x = end; x < r->columns; x++)
    copy_samples(r, x, row + mirror(r->left + x, width), 1);
}

/* Loads row y into the ring buffers, where nothing has been added to it. */
static void load_row(const Region *r, int y) {
  const ZsdFrameComponent *c = r->wiener->component;
  ZsdBlockWienerScratch *s = r->scratch;
  const ZsdWienerRow to = wiener_row(s, y);
  const ptrdiff_t row = (ptrdiff_t)mirror(y, c->height) * c->width, at = row + r->left;
  const int n = r->columns / PHASES;
  memset(s->sum[y & (SIDE - 1)], 0, sizeof *s->sum);
  if (r->left >= 0 && r->left + r->columns <= c->width) {
    r->kernels->wiener_load(&to, c->y + at, c->z + at, c->k + at, r->wiener->pilot + at, n,
                            &r->wiener->noise, MIN_VARIANCE);
    return;
  }
  copy_row(r, row);
  r->kernels->wiener_load(&to, s->row_y, s->row_z, s->row_k, s->row_pilot, n, &r->wiener->noise,
                          MIN_VARIANCE);
}

/* Filters the row of blocks whose first row is y. */
static void filter_blocks(const Region *r, int y, int right) {
  ZsdBlockWienerScratch *s = r->scratch;
  ZsdWienerBlocks blocks = {.weight = s->weight[y / 2 & (ZSD_WIENER_OVERLAP - 1)],
                            .spectrum = r->wiener->spectrum,
                            .first = y & 2};
  blocks.n = (right - r->left - blocks.first + PHASES - 1) / PHASES;
  for (int i = 0; i < SIDE; i++) {
    blocks.row[i] = wiener_row(s, y + i);
    blocks.sum[i] = s->sum[(y + i) & (SIDE - 1)];
  }
  r->kernels->wiener_blocks(&blocks);
}

/* Stores row y of the result. */
static void finish_row(const Region *r, int y, float *out) {
  ZsdBlockWienerScratch *s = r->scratch;
  const float *const weights[] = {s->weight[0], s->weight[1], s->weight[2], s->weight[3]};
  r->kernels->wiener_finish(out, s->sum[y & (SIDE - 1)], weights, r->columns / PHASES);
}

const float *zsd_block_wiener_row(const ZsdBlockWienerScratch *scratch, int row) {
  return scratch->out[row] + scratch->first;
}

void zsd_block_wiener_run(const ZsdBlockWiener *wiener, int x, int y, int width, int height,
                          ZsdBlockWienerScratch *scratch, const ZsdKernels *kernels) {
  Region r = {wiener, scratch, kernels, x / PHASES * PHASES - MARGIN, 0};
  r.columns = ((x + width - r.left + PHASES - 1) / PHASES + 2) * PHASES;
  const int first = y / 2 * 2 - (SIDE - 2);
  scratch->first = x - r.left;
  for (int i = 0; i < SIDE - 2; i++)
    load_row(&r, first + i);
  for (int top = first; top < y + height; top += 2) {
    load_row(&r, top + SIDE - 2);
    load_row(&r, top + SIDE - 1);
    filter_blocks(&r, top, x + width);
    for (int i = 0; i < 2; i++)
      if (top + i >= y && top + i < y + height)
        finish_row(&r, top + i, scratch->out[top + i - y]);
  }
}
