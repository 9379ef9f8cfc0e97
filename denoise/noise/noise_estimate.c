/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/noise_estimate.h"

#include "base/clamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  BLOCK = ZSD_NOISE_BLOCK,
  MAX_BLOCKS = 2048, /* maximum; a larger picture is subsampled */
  ITEM = 32,         /* blocks that a thread measures at a time */
  BINS = 8,          /* of brightness */
  BIN_BLOCKS = 10,   /* minimum for a bin to be used */
  FEWEST = 4,        /* minimum of blocks for an estimate */
};

/* Maximum correlation of noise: in a residual, which has little else, and in a picture. */
static const double MOST_LAG1[2] = {0.92, 0.75}, MOST_LAG2[2] = {0.85, 0.45};

/* Share of the blocks, the flattest ones, that are taken for pure noise. */
static const double FLATTEST = 0.04;

typedef ZsdNoiseStats Block;

/* The blocks of one source: all in the picture's order, and the usable ones by bins of
 * brightness. */
typedef struct {
  ZsdNoiseSource source;
  int across, every, count;
  Block seen[MAX_BLOCKS], block[MAX_BLOCKS];
  float variance[MAX_BLOCKS]; /* normalised for the dependence on brightness */
  int bin[BINS + 1];          /* first block of each */
} Survey;

struct ZsdNoiseEstimator {
  Survey survey[ZSD_MAX_COMPONENTS];
};

ZsdNoiseEstimator *zsd_noise_estimator_new(void) {
  return malloc(sizeof(ZsdNoiseEstimator));
}

void zsd_noise_estimator_free(ZsdNoiseEstimator *estimator) {
  free(estimator);
}

/* --- blocks --- */

/* Smallest share of the blocks that says enough about the noise without the others. */
static const double FEW_BLOCKS = 0.05;

/* Flags of the cells of the `index`-th block, combined by OR. */
static unsigned flags_of(const Survey *s, int index) {
  const ZsdRegionMap *map = s->source.regions;
  const int place = index * s->every;
  const int x = place % s->across * BLOCK, y = place / s->across * BLOCK;
  unsigned flags = 0;
  for (int j = 0; j < BLOCK; j += ZSD_CELL)
    for (int i = 0; i < BLOCK; i += ZSD_CELL)
      flags |= zsd_region_at(map, x + i, y + j);
  return flags;
}

/* Drops the blocks of which any cell has one of these flags, unless too few are left. Returns
 * whether enough are. */
static bool drop_blocks(Survey *s, unsigned flags) {
  int n = 0;
  for (int i = 0; i < s->count; i++)
    n += !(flags_of(s, i) & flags);
  if (n < FEWEST || n < FEW_BLOCKS * s->count)
    return false;
  for (int i = 0, to = 0; i < s->count; i++)
    if (!(flags_of(s, i) & flags))
      s->seen[to++] = s->seen[i];
  s->count = n;
  return true;
}

/* Drops the blocks without noise of their own. Weak noise leaves many rows constant by
 * rounding: then only repeated cells count. Returns false for a residual of a frame that
 * repeats the last one nearly everywhere. */
static bool drop_clean(Survey *s) {
  if (!s->source.regions || drop_blocks(s, ~0U))
    return true;
  return s->source.detrend || drop_blocks(s, ZSD_REPEATED);
}

static int bin_of(const Block *block) {
  const int bin = (int)(block->brightness * BINS);
  return zsd_clamp(bin, 0, BINS - 1);
}

/* Drops clipped blocks and sorts the others into bins. */
static void sort_blocks(Survey *s) {
  int n = 0, next[BINS + 1] = {0};
  for (int i = 0; i < s->count; i++)
    if (s->seen[i].clipped < 0.125f)
      s->seen[n++] = s->seen[i];
  for (int i = 0; i < n; i++)
    next[bin_of(&s->seen[i]) + 1]++;
  for (int b = 0; b < BINS; b++)
    next[b + 1] += next[b];
  memcpy(s->bin, next, sizeof next);
  for (int i = 0; i < n; i++)
    s->block[next[bin_of(&s->seen[i])]++] = s->seen[i];
  s->count = n;
}

/* --- the model --- */

/* Relative standard deviation of a block's sample variance under pure noise: sqrt(2 / n) for n
 * independent samples, more for correlated ones. */
static double spread(double lag1, double lag2) {
  const double along = 1 + 2 * (lag1 * lag1 + lag2 * lag2);
  return sqrt(2.0 / (BLOCK * BLOCK)) * along;
}

/* A range of blocks and their variances. */
typedef struct {
  const Block *block;
  const float *variance;
  int n;
} Run;

/* Number of the flattest of n blocks that the iteration begins with. */
static int few_of(int n) {
  return zsd_smaller(n, (int)fmax(FEWEST, FLATTEST * n));
}

/* The `few`-th smallest of n variances, by bisection on the bits: non-negative floats are
 * ordered as their bits. */
static float least_few(const float *variance, int n, int few) {
  int32_t low = 0, high = INT32_MAX;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    int count = 0;
    for (int i = 0; i < n; i++) {
      int32_t bits;
      memcpy(&bits, &variance[i], sizeof bits);
      count += bits <= middle;
    }
    if (count >= few)
      high = middle;
    else
      low = middle + 1;
  }
  float least;
  memcpy(&least, &low, sizeof least);
  return least;
}

/* Sum and number of the variances up to `most`. */
static double sum_below(const Run *run, double most, int *count) {
  double sum = 0;
  int n = 0;
  for (int i = 0; i < run->n; i++) {
    const int counts = run->variance[i] <= most;
    sum += counts ? run->variance[i] : 0;
    n += counts;
  }
  *count = n;
  return sum;
}

/* Mean variance of the blocks of pure noise. The iteration begins with the flattest blocks and
 * adds those within two standard deviations of the mean, until none is added. The limit is the
 * mean that all n blocks would have if they were noise and the flattest ones the tail of their
 * distribution. `most`: largest variance of the blocks taken. */
static double pure_variance(const Run *run, double relative, float *most) {
  int taken;
  *most = least_few(run->variance, run->n, few_of(run->n));
  const double low = sum_below(run, *most, &taken) / taken;
  const double high = low / fmax(0.3, 1 - 2.15 * relative);
  double mean = low;
  for (int round = 0; round < 20; round++) {
    const float reach = (float)(mean * (1 + 2 * relative));
    int count;
    const double sum = sum_below(run, reach, &count);
    if (count <= taken)
      break;
    taken = count;
    *most = reach;
    mean = fmin(sum / count, high);
  }
  return mean;
}

/* Share of the noise's variance that subtracting the plane of least squares removes: three
 * degrees of freedom of the block's samples for white noise, more for correlated noise. */
static double lost(const ZsdNoiseModel *model) {
  const double along = 1 + 2 * (model->lag1 * (BLOCK - 1) + model->lag2 * (BLOCK - 2)) / BLOCK;
  return 3 * along * along / (BLOCK * BLOCK);
}

/* Kurtosis and anisotropy of the blocks with a variance up to `most`. */
static void shape_of_noise(ZsdNoiseModel *model, const Run *run, float most) {
  double fourth = 0, difference = 0;
  int n = 0;
  for (int i = 0; i < run->n; i++) {
    const Block *block = &run->block[i];
    if (run->variance[i] > most || block->variance <= 0)
      continue;
    fourth += block->fourth / ((double)block->variance * block->variance);
    difference += fabs(block->anisotropy / block->variance);
    n++;
  }
  model->kurtosis = n ? fourth / n : 0;
  model->anisotropy = n ? difference / n : 0;
}

/* Correlation of the blocks with a variance up to `most`. Subtracting a plane lowers all
 * covariances by the same amount, which depends on the correlation: iteration finds it. */
static void correlation(ZsdNoiseModel *model, const Run *run, float most, int detrend) {
  double variance = 0, lag1 = 0, lag2 = 0;
  for (int i = 0; i < run->n; i++)
    if (run->variance[i] <= most) {
      const double scale =
          run->block[i].variance > 0 ? run->variance[i] / run->block[i].variance : 0;
      variance += run->variance[i];
      lag1 += scale * run->block[i].lag1;
      lag2 += scale * run->block[i].lag2;
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

/* --- noise behind a lossy encoder --- */

/* Groups of equally many blocks, by rising variance, and the fewest blocks for it. */
enum { GROUPS = 8, GROUP_BLOCKS = 8 };

/* Limits of groups of noise: mean kurtosis, that of a group below one of noise, and difference
 * of the correlations from those of the groups below. Missed motion has heavier tails. */
typedef struct {
  double kurtosis, partial, lag;
} GroupLimits;

/* If the flattest group's kurtosis is or is not above HOLES: in parts of its blocks an encoder
 * has repeated the noise, or left it out. */
static const double HOLES = 4;
static const GroupLimits EVEN = {3.7, 4.8, 0.05}, HOLED = {4.5, 5.15, 0.15};

/* A block of a larger kurtosis, and a group of a larger lag-2 correlation, is no noise. */
static const double MAX_KURTOSIS = 7, MAX_LAG2 = 0.3;

/* Ratio of the groups' mean variance to the flattest blocks' from which the first one begins to
 * count, and from which it counts alone. */
static const double UNEVEN = 1.25, VERY_UNEVEN = 1.5;

typedef struct {
  double n, variance;          /* number and mean variance of the blocks that may be noise */
  double kurtosis, lag1, lag2; /* means of all blocks */
} Group;

/* The blocks with a variance above `low` and up to `high`. */
static Group group_between(const Run *run, float low, float high) {
  Group g = {0};
  int all = 0;
  for (int i = 0; i < run->n; i++) {
    const Block *block = &run->block[i];
    const double variance = block->variance;
    if (run->variance[i] <= low || run->variance[i] > high || variance <= 0)
      continue;
    const double kurtosis = block->fourth / (variance * variance);
    if (kurtosis <= MAX_KURTOSIS) {
      g.n++;
      g.variance += run->variance[i];
    }
    all++;
    g.kurtosis += fmin(kurtosis, MAX_KURTOSIS + 2);
    g.lag1 += block->lag1 / variance;
    g.lag2 += block->lag2 / variance;
  }
  const double part = all ? 1.0 / all : 0;
  return (Group){g.n, g.n > 0 ? g.variance / g.n : 0, g.kurtosis * part, g.lag1 * part,
                 g.lag2 * part};
}

/* Adds a group to those below. */
static void join(Group *below, const Group *g) {
  const double n = fmax(below->n + g->n, 1), share = g->n / n;
  below->n = n;
  below->variance += share * (g->variance - below->variance);
  below->lag1 += share * (g->lag1 - below->lag1);
  below->lag2 += share * (g->lag2 - below->lag2);
}

static bool may_be_noise(const Group *g, const Group *below, const GroupLimits *limits) {
  return g->kurtosis <= limits->partial && fabs(g->lag1 - below->lag1) <= limits->lag &&
         fabs(g->lag2 - below->lag2) <= limits->lag;
}

/* Mean variance of a residual's blocks of noise where it is uneven: an encoder repeats noise of
 * the last frame, wholly or in part, and the flattest blocks are those with the least of their
 * own. `flattest`: their variance. */
static double uneven_variance(const Run *run, double flattest) {
  Group below = {0};
  const GroupLimits *limits = &EVEN;
  double mean = 0;
  float low = -1;
  if (run->n < GROUPS * GROUP_BLOCKS || flattest <= 0)
    return flattest;
  for (int i = 0; i < GROUPS; i++) {
    const float high = least_few(run->variance, run->n, run->n * (i + 1) / GROUPS);
    const Group group = group_between(run, low, high);
    if (i == 0 && group.kurtosis > HOLES)
      limits = &HOLED;
    if (group.lag2 > MAX_LAG2 || (i > 0 && !may_be_noise(&group, &below, limits)))
      break;
    join(&below, &group);
    if (group.kurtosis <= limits->kurtosis)
      mean = below.variance;
    low = high;
  }
  const double ratio = mean / flattest;
  const double share = fmax(0, fmin(1, (ratio - UNEVEN) / (VERY_UNEVEN - UNEVEN)));
  return flattest * (1 + share * (ratio - 1));
}

/* --- brightness --- */

/* Relative variance at brightness 0 and 1. The shapes range from noise that is compressed in
 * bright areas to shot noise, with black at 0 and at 16 of 255. The last ones, noise that a
 * camera has hardly left in bright areas, are for pictures only. */
typedef struct {
  double dark, bright;
} Shape;

static const Shape shapes[] = {
    {1, 1},    {1, 0.25}, {1, 0.5}, {0.75, 1}, {0.6, 1}, {0.5, 1},    {0.4, 1},  {0.3, 1},
    {0.22, 1}, {0.15, 1}, {0.1, 1}, {0.05, 1}, {0, 1},   {-0.067, 1}, {1, 0.03}, {1, 0.1},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes, N_PICTURE_ONLY = 2 };

/* Difference from the noise's lag-1 correlation at which blocks are certainly texture. */
static const double ALIEN = 0.15;

/* Factor and difference by which the misfit of a shape must be below that of the constant one:
 * the flattest blocks of a brightness may still be texture or missed motion. In a residual
 * these do not pass for shot noise. */
typedef struct {
  double factor, difference;
} Margin;
static const Margin SHAPE = {0.7, 0.05}, SHOT_NOISE = {0.85, 0.02};

/* Most variance of shot noise at brightness 0, relative to that at 1. */
static const double SHOT_DARK = 0.1;

static ZsdNoiseModel line_of(const Shape *shape) {
  return (ZsdNoiseModel){.base = shape->dark, .slope = shape->bright - shape->dark};
}

/* Divides the blocks' variances by the shape at their brightness. Returns the mean divisor. */
static double normalise(Survey *s, const Shape *shape) {
  const ZsdNoiseModel line = line_of(shape);
  double sum = 0;
  for (int i = 0; i < s->count; i++) {
    const float expected = zsd_noise_variance(&line, s->block[i].brightness);
    s->variance[i] = s->block[i].variance / expected;
    sum += expected;
  }
  return sum / s->count;
}

static Run run_of(const Survey *s, int begin, int end) {
  return (Run){s->block + begin, s->variance + begin, end - begin};
}

typedef struct {
  double variance, weight;
  double noise; /* 0..1: likeness of its flattest blocks to pure noise */
} Bin;

/* Estimates the normalised variance of each bin. Returns the number of usable bins. */
static int fill_bins(Bin bins[BINS], const Survey *s, const ZsdNoiseModel *model) {
  const double relative = spread(model->lag1, model->lag2);
  int found = 0;
  for (int b = 0; b < BINS; b++) {
    const Run run = run_of(s, s->bin[b], s->bin[b + 1]);
    if (run.n < BIN_BLOCKS)
      continue;
    float most;
    const double variance = pure_variance(&run, relative, &most);
    ZsdNoiseModel here;
    correlation(&here, &run, most, s->source.detrend);
    const double alien = fabs(here.lag1 - model->lag1) / ALIEN;
    bins[found++] = (Bin){variance, sqrt(run.n), alien < 1 ? 1 - alien : 0};
  }
  return found;
}

/* Misfit of a variance to the bins, 0 or more. A bin of larger variance may be all texture and
 * counts little; one of smaller variance contradicts. */
static double misfit(const Bin bins[BINS], int n, double variance) {
  double sum = 0, weight = 0;
  for (int b = 0; b < n; b++) {
    const double miss = bins[b].variance / variance - 1;
    sum += bins[b].weight * (miss > 0 ? 0.3 * bins[b].noise * fmin(miss, 2) : -miss);
    weight += bins[b].weight;
  }
  return sum / weight;
}

/* The smallest misfit, which one of the bins' variances has: it is a sum of absolute values. */
static double least_misfit(const Bin bins[BINS], int n) {
  double least = INFINITY;
  for (int b = 0; b < n; b++)
    if (bins[b].variance > 0)
      least = fmin(least, misfit(bins, n, bins[b].variance));
  return least;
}

/* The misfit that a shape has to stay below. `constant`: that of the constant one. */
static double limit_of(const Shape *shape, double constant, int detrend) {
  const bool shot = !detrend && shape->dark <= SHOT_DARK;
  const Margin *margin = shot ? &SHOT_NOISE : &SHAPE;
  return fmin(margin->factor * constant, constant - margin->difference);
}

/* The shape with the smallest misfit. */
static const Shape *choose_shape(Survey *survey, const ZsdNoiseModel *model) {
  const int detrend = survey->source.detrend;
  const int count = detrend ? N_SHAPES : N_SHAPES - N_PICTURE_ONLY;
  const Shape *best = &shapes[0];
  double constant = 0, least = INFINITY;
  for (int s = 0; s < count; s++) {
    Bin bins[BINS];
    if (survey->source.processed && shapes[s].bright > shapes[s].dark)
      continue;
    normalise(survey, &shapes[s]);
    const int found = fill_bins(bins, survey, model);
    const double miss = least_misfit(bins, found);
    if (s == 0) {
      constant = miss;
    } else if (miss < fmin(least, limit_of(&shapes[s], constant, detrend))) {
      least = miss;
      best = &shapes[s];
    }
  }
  return best;
}

/* --- the estimate --- */

/* Correlation of the blocks of pure noise. Returns their mean variance. */
static double correlate(ZsdNoiseModel *model, const Run *run, int detrend) {
  float most = least_few(run->variance, run->n, few_of(run->n));
  correlation(model, run, most, detrend);
  pure_variance(run, spread(model->lag1, model->lag2), &most);
  correlation(model, run, most, detrend);
  shape_of_noise(model, run, most);
  return pure_variance(run, spread(model->lag1, model->lag2), &most);
}

/* Model from the Laplacian variance of the flattest blocks: in a nearly clean picture they are
 * smooth texture, and this is an upper limit of their noise. */
static void take_rough(ZsdNoiseModel *model, const Run *run) {
  const float most = least_few(run->variance, run->n, few_of(run->n));
  double rough = 0;
  int n = 0;
  for (int i = 0; i < run->n; i++)
    if (run->variance[i] <= most) {
      rough += run->block[i].laplacian_variance;
      n++;
    }
  *model = (ZsdNoiseModel){.sigma = sqrt(rough / n), .base = rough / n};
}

/* Returns -1 if a residual consists of missed motion or belongs to another picture. */
static int model_blocks(ZsdNoiseModel *model, Survey *s) {
  const int detrend = s->source.detrend;
  const Run all = run_of(s, 0, s->count);
  normalise(s, &shapes[0]);
  correlate(model, &all, detrend);
  const Shape *shape = choose_shape(s, model);
  const double mean = normalise(s, shape);
  double scale = correlate(model, &all, detrend);
  if (model->lag1 > MOST_LAG1[detrend] || model->lag2 > MOST_LAG2[detrend]) {
    if (!detrend)
      return -1;
    take_rough(model, &all);
    return 0;
  }
  scale = detrend ? scale / (1 - lost(model)) : uneven_variance(&all, scale);
  model->base = scale * shape->dark;
  model->slope = scale * (shape->bright - shape->dark);
  model->sigma = sqrt(scale * mean);
  return 0;
}

/* Model of a source with too few blocks: white noise with the picture's mean absolute response
 * to Immerkaer's Laplacian mask, or with a residual's mean absolute value. Returns -1 if a
 * residual has so large a mean that it belongs to another picture. */
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
  model->kurtosis = 3;
  model->anisotropy = 0;
  return 0;
}

/* --- sources --- */

static bool is_small(const ZsdNoiseSource *source) {
  return source->width < 2 * BLOCK || source->height < 2 * BLOCK;
}

/* Chooses the blocks of a source to measure. */
static void prepare(Survey *s, const ZsdNoiseSource *source) {
  const int across = source->width / BLOCK, blocks = across * (source->height / BLOCK);
  s->source = *source;
  s->across = across;
  s->every = blocks / MAX_BLOCKS + 1;
  s->count = is_small(source) ? 0 : blocks / s->every;
}

/* Measures a block, of those of all sources. */
static void measure_block(Survey *s, const ZsdKernels *kernels, int b) {
  while (b >= s->count)
    b -= (s++)->count;
  const int place = b * s->every;
  const ptrdiff_t at =
      (ptrdiff_t)(place / s->across) * BLOCK * s->source.width + place % s->across * BLOCK;
  kernels->noise_stats(&s->seen[b], s->source.residual + at, s->source.brightness + at,
                       s->source.width, s->source.detrend);
}

/* Returns whether there is a model of the source's noise. */
static bool model_source(ZsdNoiseModel *to, Survey *s) {
  ZsdNoiseModel model = {0};
  int failed = s->source.width < 3 || s->source.height < 3;
  if (!failed && is_small(&s->source)) {
    failed = model_small(&model, &s->source);
  } else if (!failed) {
    failed = !drop_clean(s);
    if (!failed)
      sort_blocks(s);
    failed = failed || s->count < FEWEST || model_blocks(&model, s);
  }
  if (!failed)
    *to = model;
  return !failed;
}

unsigned zsd_noise_estimate(ZsdNoiseEstimator *estimator, ZsdNoiseModel *models,
                            const ZsdNoiseSource *sources, int n, const ZsdKernels *kernels,
                            int threads) {
  Survey *surveys = estimator->survey;
  int blocks = 0;
  unsigned found = 0;
  for (int i = 0; i < n; i++) {
    prepare(&surveys[i], &sources[i]);
    blocks += surveys[i].count;
  }
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic, ITEM)
    for (int b = 0; b < blocks; b++)
      measure_block(surveys, kernels, b);
#pragma omp for schedule(dynamic) reduction(| : found)
    for (int i = 0; i < n; i++)
      found |= model_source(&models[i], &surveys[i]) ? 1U << i : 0;
  }
  return found;
}
