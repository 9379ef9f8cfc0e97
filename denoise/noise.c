/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum {
  BLOCK = 16,
  MAX_BLOCKS = 8192, /* of a larger picture every other block or fewer are looked at */
  BINS = 8,          /* of brightness */
  BIN_BLOCKS = 10,   /* a bin with fewer says nothing */
  FEWEST = 4,        /* blocks, for an estimate */
};

/* What is more correlated than this is no noise: in a residual, where little else can be, and
 * in a picture. */
static const double MOST_LAG1[2] = {0.92, 0.75}, MOST_LAG2[2] = {0.85, 0.45};

/* The part of the blocks, from the flattest on, that is taken for nothing but noise. */
static const double FLATTEST = 0.04;

typedef struct {
  float variance;
  float lag1, lag2; /* covariances, the mean of across and down */
  float rough;      /* variance of the white noise that would be as rough */
  float brightness;
  float clipped; /* part of the samples at an end of the range */
} Block;

/* --- blocks --- */

/* Subtracts the plane of best fit; its normal equations are diagonal about the block's centre.
 */
static void detrend(float v[BLOCK][BLOCK]) {
  const double centre = (BLOCK - 1) / 2.0, n = BLOCK * BLOCK;
  const double moment = n * (BLOCK * BLOCK - 1) / 12.0;
  double mean = 0, across = 0, down = 0;
  for (int y = 0; y < BLOCK; y++)
    for (int x = 0; x < BLOCK; x++) {
      mean += v[y][x];
      across += v[y][x] * (x - centre);
      down += v[y][x] * (y - centre);
    }
  for (int y = 0; y < BLOCK; y++)
    for (int x = 0; x < BLOCK; x++)
      v[y][x] -=
          (float)(mean / n + across / moment * (x - centre) + down / moment * (y - centre));
}

/* The mean product of samples that lie (dx, dy) apart. */
static double covariance(float v[BLOCK][BLOCK], int dx, int dy) {
  double sum = 0;
  for (int y = 0; y < BLOCK - dy; y++)
    for (int x = 0; x < BLOCK - dx; x++)
      sum += v[y][x] * v[y + dy][x + dx];
  return sum / ((BLOCK - dx) * (BLOCK - dy));
}

/* What is left of noise behind a Laplacian (Immerkaer, "Fast Noise Variance Estimation", 1996),
 * which nothing is of smooth texture. */
static double roughness(float v[BLOCK][BLOCK]) {
  double sum = 0;
  for (int y = 1; y < BLOCK - 1; y++)
    for (int x = 1; x < BLOCK - 1; x++) {
      const float l = v[y - 1][x - 1] + v[y - 1][x + 1] + v[y + 1][x - 1] + v[y + 1][x + 1] +
                      4 * v[y][x] - 2 * (v[y - 1][x] + v[y + 1][x] + v[y][x - 1] + v[y][x + 1]);
      sum += l * l;
    }
  return sum / (36 * (BLOCK - 2) * (BLOCK - 2));
}

typedef struct {
  const ZsdNoiseSource *source;
  Block *blocks;
  int across, every;
} Look;

static void look_at_block(void *context, int worker, int item) {
  (void)worker;
  const Look *look = context;
  const ZsdNoiseSource *s = look->source;
  const int left = item * look->every % look->across * BLOCK;
  const int top = item * look->every / look->across * BLOCK;
  Block *block = &look->blocks[item];
  float v[BLOCK][BLOCK];
  double brightness = 0;
  int clipped = 0;

  for (int y = 0; y < BLOCK; y++)
    for (int x = 0; x < BLOCK; x++) {
      const ptrdiff_t at = (ptrdiff_t)(top + y) * s->width + left + x;
      const float b = s->brightness ? s->brightness[at] : 0.5f;
      v[y][x] = s->residual[at];
      brightness += b;
      clipped += b <= 0 || b >= 1;
    }
  if (s->detrend)
    detrend(v);
  block->variance = (float)covariance(v, 0, 0);
  block->lag1 = (float)(covariance(v, 1, 0) + covariance(v, 0, 1)) / 2;
  block->lag2 = (float)(covariance(v, 2, 0) + covariance(v, 0, 2)) / 2;
  block->rough = (float)roughness(v);
  block->brightness = (float)(brightness / (BLOCK * BLOCK));
  block->clipped = (float)clipped / (BLOCK * BLOCK);
}

/* --- the model --- */

static int ascending(const void *a, const void *b) {
  const float x = ((const Block *)a)->variance, y = ((const Block *)b)->variance;
  return (x > y) - (x < y);
}

/* The relative deviation of a block's variance where there is nothing but noise: of n
 * independent samples sqrt(2 / n), of correlated ones as of fewer. */
static double spread(double lag1, double lag2) {
  const double along = 1 + 2 * (lag1 * lag1 + lag2 * lag2);
  return sqrt(2.0 / (BLOCK * BLOCK)) * along;
}

/* How many of n sorted blocks are taken for nothing but noise at first. */
static int few_of(int n) {
  const int few = (int)fmax(FEWEST, FLATTEST * n);
  return few < n ? few : n;
}

/* The mean variance of those of n sorted blocks that are nothing but noise. The flattest ones
 * are that at least; the mean is raised for as long as the blocks within two deviations of it
 * say so, up to what it would be if all n were noise and these the lower end of the
 * distribution. `taken` says how many blocks that were. */
static double pure_variance(const Block *blocks, int n, double relative, int *taken) {
  const int few = few_of(n);
  double low = 0, mean;

  for (int i = 0; i < few; i++)
    low += blocks[i].variance;
  low /= few;
  const double high = low / fmax(0.3, 1 - 2.15 * relative);
  mean = low;
  *taken = few;
  for (int round = 0; round < 20; round++) {
    double sum = 0;
    int k = 0;
    while (k < n && blocks[k].variance < mean * (1 + 2 * relative))
      sum += blocks[k++].variance;
    if (k <= *taken)
      break;
    *taken = k;
    mean = fmin(sum / k, high);
  }
  return mean;
}

/* The part of the noise's variance that goes with a block's plane of best fit: that of three of
 * its samples where the noise is white, more where the samples go together. */
static double lost(const ZsdNoiseModel *model) {
  const double along = 1 + 2 * (model->lag1 * (BLOCK - 1) + model->lag2 * (BLOCK - 2)) / BLOCK;
  return 3 * along * along / (BLOCK * BLOCK);
}

/* A plane taken off lowers all covariances alike, by an amount that depends on what is wanted:
 * a few rounds find it. */
static void correlation(ZsdNoiseModel *model, const Block *blocks, int n, int detrend) {
  double variance = 0, lag1 = 0, lag2 = 0;
  for (int i = 0; i < n; i++) {
    variance += blocks[i].variance;
    lag1 += blocks[i].lag1;
    lag2 += blocks[i].lag2;
  }
  lag1 = variance > 0 ? lag1 / variance : 0;
  lag2 = variance > 0 ? lag2 / variance : 0;
  model->lag1 = model->lag2 = 0;
  for (int round = 0; round < 4; round++) {
    const double part = detrend && variance > 0 ? lost(model) : 0;
    model->lag1 = fmax(0, fmin(0.95, lag1 + part * (1 - lag1)));
    model->lag2 = fmax(0, fmin(0.95, lag2 + part * (1 - lag2)));
  }
}

/* --- brightness --- */

/* How variance may depend on brightness: its values at 0 and at 1. From what bright areas that
 * were compressed show to what shot noise is, also where black is 16 of 255. */
typedef struct {
  double dark, bright;
} Shape;

static const Shape shapes[] = {
    {1, 1},   {1, 0.25}, {1, 0.5},  {0.75, 1}, {0.6, 1},  {0.5, 1}, {0.4, 1},
    {0.3, 1}, {0.22, 1}, {0.15, 1}, {0.1, 1},  {0.05, 1}, {0, 1},   {-0.067, 1},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* Texture is seen by a correlation between neighbours that differs from the noise's by as much.
 */
static const double ALIEN = 0.15;

/* The misfit of a shape other than the first has to be smaller by this factor, and by so much:
 * the flattest blocks of some brightness may still be texture, or motion that was missed. */
static const double BETTER = 0.7, MUCH_BETTER = 0.05;

static double at(const Shape *shape, double brightness) {
  const ZsdNoiseModel line = {.base = shape->dark, .slope = shape->bright - shape->dark};
  return zsd_noise_variance(&line, (float)fmax(0, fmin(1, brightness)));
}

typedef struct {
  double variance, weight;
  double noise; /* 0..1: how far its flattest blocks look like nothing but noise */
} Bin;

/* The bins of blocks as they would be if variance did not depend on brightness. */
static int fill_bins(Bin bins[BINS], const Shape *shape, const Block *blocks, int n,
                     const ZsdNoiseModel *model, int detrend, Block *scratch) {
  const double relative = spread(model->lag1, model->lag2);
  int found = 0, taken;
  for (int b = 0; b < BINS; b++) {
    int k = 0;
    for (int i = 0; i < n; i++)
      if ((int)fmin(BINS - 1, blocks[i].brightness * BINS) == b) {
        scratch[k] = blocks[i];
        scratch[k].variance /= (float)at(shape, blocks[i].brightness);
        scratch[k].lag1 /= (float)at(shape, blocks[i].brightness);
        scratch[k++].lag2 /= (float)at(shape, blocks[i].brightness);
      }
    qsort(scratch, k, sizeof *scratch, ascending);
    if (k < BIN_BLOCKS)
      continue;
    const double variance = pure_variance(scratch, k, relative, &taken);
    ZsdNoiseModel here;
    correlation(&here, scratch, taken, detrend);
    const double alien = fabs(here.lag1 - model->lag1) / ALIEN;
    bins[found++] = (Bin){variance, sqrt(k), alien < 1 ? 1 - alien : 0};
  }
  return found;
}

/* How badly a variance fits the bins, 0 for perfectly. One whose flattest blocks vary too much
 * may be all texture; one that varies too little is a contradiction. */
static double misfit(const Bin bins[BINS], int n, double variance) {
  double sum = 0, weight = 0;
  for (int b = 0; b < n; b++) {
    const double miss = bins[b].variance / variance - 1;
    sum += bins[b].weight * (miss > 0 ? 0.3 * bins[b].noise * fmin(miss, 2) : -miss);
    weight += bins[b].weight;
  }
  return sum / weight;
}

/* The misfit of the variance that fits best: as absolute values are added, it is one of the
 * bins' own. */
static double least_misfit(const Bin bins[BINS], int n) {
  double least = INFINITY;
  for (int b = 0; b < n; b++)
    if (bins[b].variance > 0)
      least = fmin(least, misfit(bins, n, bins[b].variance));
  return least;
}

/* The shape for which the bins agree best. */
static const Shape *choose_shape(const Block *blocks, int n, const ZsdNoiseModel *model,
                                 int detrend, Block *scratch) {
  const Shape *best = &shapes[0];
  double least = 0;
  for (int s = 0; s < N_SHAPES; s++) {
    Bin bins[BINS];
    const int found = fill_bins(bins, &shapes[s], blocks, n, model, detrend, scratch);
    const double miss = least_misfit(bins, found);
    if (s == 0) {
      least = fmin(BETTER * miss, miss - MUCH_BETTER);
    } else if (miss < least) {
      least = miss;
      best = &shapes[s];
    }
  }
  return best;
}

/* --- the estimate --- */

/* The correlation of blocks sorted by variance, and the relative deviation of their variances.
 */
static double correlate(ZsdNoiseModel *model, Block *blocks, int n, int detrend) {
  int taken;
  qsort(blocks, n, sizeof *blocks, ascending);
  correlation(model, blocks, few_of(n), detrend);
  pure_variance(blocks, n, spread(model->lag1, model->lag2), &taken);
  correlation(model, blocks, taken, detrend);
  return spread(model->lag1, model->lag2);
}

/* In a picture without noise the flattest blocks are smooth texture: what noise there is then
 * is no more than what is rough in them. */
static void take_rough(ZsdNoiseModel *model, const Block *blocks, int n) {
  double rough = 0;
  for (int i = 0; i < n; i++)
    rough += blocks[i].rough / n;
  *model = (ZsdNoiseModel){.sigma = sqrt(rough), .base = rough};
}

/* Returns -1 where a residual is nothing but motion that was missed, or another picture. */
static int model_blocks(ZsdNoiseModel *model, Block *blocks, int n, int detrend,
                        Block *scratch) {
  correlate(model, blocks, n, detrend);
  const Shape *shape = choose_shape(blocks, n, model, detrend, scratch);
  double mean = 0;
  int taken;

  for (int i = 0; i < n; i++) {
    const double expected = at(shape, blocks[i].brightness);
    blocks[i].variance /= (float)expected;
    blocks[i].lag1 /= (float)expected;
    blocks[i].lag2 /= (float)expected;
    mean += expected / n;
  }
  const double relative = correlate(model, blocks, n, detrend);
  const double scale =
      pure_variance(blocks, n, relative, &taken) / (detrend ? 1 - lost(model) : 1);
  if (model->lag1 > MOST_LAG1[detrend] || model->lag2 > MOST_LAG2[detrend]) {
    if (!detrend)
      return -1;
    take_rough(model, blocks, few_of(n));
    return 0;
  }
  model->base = scale * shape->dark;
  model->slope = scale * (shape->bright - shape->dark);
  model->sigma = sqrt(scale * mean);
  return 0;
}

/* Of a picture that has not enough blocks: white noise that leaves as much behind the Laplacian
 * as the picture does; of a residual its deviation. Returns -1 where a residual leans to one
 * side as another picture's does. */
static int model_small(ZsdNoiseModel *model, const ZsdNoiseSource *s) {
  double sum = 0, lean = 0, n = 0;
  for (int y = 1; y < s->height - 1; y++)
    for (int x = 1; x < s->width - 1; x++, n++) {
      const float *r = s->residual + (ptrdiff_t)y * s->width + x;
      const float *a = r - s->width, *b = r + s->width;
      sum +=
          s->detrend
              ? fabs(a[-1] + a[1] + b[-1] + b[1] - 2 * (a[0] + b[0] + r[-1] + r[1]) + 4 * r[0])
              : fabs(6 * r[0]);
      lean += s->detrend ? 0 : 6 * r[0];
    }
  if (fabs(lean) > sum / 2)
    return -1;
  model->sigma = sqrt(acos(-1) / 2) / 6 * sum / n;
  model->base = model->sigma * model->sigma;
  model->slope = model->lag1 = model->lag2 = 0;
  return 0;
}

int zsd_noise_estimate(ZsdNoiseModel *model, const ZsdNoiseSource *source,
                       ZsdThreads *threads) {
  const int across = source->width / BLOCK, down = source->height / BLOCK;
  const int every = across * down / MAX_BLOCKS + 1, all = across * down / every;
  if (source->width < 3 || source->height < 3)
    return -1;
  if (across < 2 || down < 2)
    return model_small(model, source);
  Look look = {source, malloc(2 * all * sizeof(Block)), across, every};
  if (!look.blocks)
    return -1;
  zsd_threads_run(threads, look_at_block, &look, all);

  int n = 0;
  for (int i = 0; i < all; i++)
    if (look.blocks[i].clipped < 0.125f)
      look.blocks[n++] = look.blocks[i];
  ZsdNoiseModel found;
  const int failed =
      n < FEWEST || model_blocks(&found, look.blocks, n, source->detrend, look.blocks + all);
  free(look.blocks);
  if (failed)
    return -1;
  *model = found;
  return 0;
}
