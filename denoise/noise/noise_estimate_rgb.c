/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/noise_estimate_rgb.h"

#include "noise/texture.h"

#include <math.h>
#include <stdlib.h>

enum { PAIRS = ZSD_MAX_COMPONENTS, GREEN = 1 };

/* The two components of each pair. */
static const int pairs[PAIRS][2] = {{0, 1}, {1, 2}, {0, 2}};

/* Below this lag-1 correlation, noise of a single component is hardly texture. */
static const double WHITE = 0.08;

/* Below this lag-1 correlation of the differences the noise is taken for white. */
static const double UNCORRELATED = 0.15;

/* Lag-1 correlation of a single component above which a camera has processed the noise: it is
 * no longer shot noise, and what rises with brightness is texture. */
static const double PROCESSED = 0.45;

/* Minimum variance of the differences relative to that of a single component. Below, the noise
 * is common to all components, as in a gray picture. */
static const double LEAST_PART = 0.15;

/* Excess of the differences' lag-1 correlation over a single component's that indicates
 * subsampled chroma (JPEG): the differences then have less noise than the brightness. */
static const double SUBSAMPLED = 0.3;

/* Limits between texture and noise that the components share, as after a camera's reduction of
 * chroma noise or in frames of a film with chroma of half size: that part of the variance of a
 * single component (if small, it is of no use either), its lag-1 correlation, what this is more
 * and less than that of the differences, and the deviation, kurtosis and anisotropy of the
 * component. */
typedef struct {
  double texture, noise;
} Limits;
static const Limits PART = {0.85, 0.75}, LEAST_SHARED = {0.2, 0.35};
static const Limits CORRELATION = {0.52, 0.44}, EXCESS = {0.1, 0.03}, DEFICIT = {0.24, 0.18};
static const Limits DEVIATION = {2.5 / 255, 4.0 / 255}, KURTOSIS = {4, 3.6};
static const Limits ANISOTROPY = {0.12, 0.09};

/* Maximum ratio of a component's noise variance to the common one. */
static const double MOST_FACTOR = 3;

/* --- differences --- */

/* difference = (a - b) / sqrt(2); brightness = their mean, clipped where a or b is. */
static void subtract(float *difference, float *brightness, const float *a, const float *b,
                     size_t n) {
  const float scale = sqrtf(0.5f);
  for (size_t i = 0; i < n; i++) {
    const float low = fminf(a[i], b[i]), high = fmaxf(a[i], b[i]);
    difference[i] = scale * (a[i] - b[i]);
    brightness[i] = low <= 0 ? 0 : high >= 1 ? 1 : (low + high) / 2;
  }
}

/* Estimates the models of the differences, whose variance is the mean of both components'.
 * Returns 1, 0 if one has no model, or -1 without memory. */
static int estimate_pairs(ZsdNoiseModel models[PAIRS], ZsdNoiseEstimator *estimator,
                          const ZsdFrame *frame, const ZsdRegionMap *regions, bool processed,
                          const ZsdKernels *kernels, int threads) {
  const ZsdFrameComponent *c = frame->component;
  const size_t n = zsd_component_size(c);
  float *planes = malloc(2 * PAIRS * n * sizeof(float) + 1);
  ZsdNoiseSource sources[PAIRS];
  if (!planes)
    return -1;
  for (int i = 0; i < PAIRS; i++) {
    float *difference = planes + 2 * i * n, *brightness = difference + n;
    subtract(difference, brightness, c[pairs[i][0]].y, c[pairs[i][1]].y, n);
    sources[i] =
        (ZsdNoiseSource){difference, brightness, c->width, c->height, 1, regions, processed};
  }
  const unsigned found =
      zsd_noise_estimate(estimator, models, sources, PAIRS, kernels, threads);
  free(planes);
  return found == (1U << PAIRS) - 1;
}

/* --- components --- */

static double mean_of(const ZsdFrameComponent *c) {
  const size_t n = zsd_component_size(c);
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += c->y[i];
  return sum / (double)n;
}

/* The mean of the pairs' models. */
static ZsdNoiseModel common_model(const ZsdNoiseModel pair[PAIRS]) {
  ZsdNoiseModel all = {0};
  double variance = 0;
  for (int i = 0; i < PAIRS; i++) {
    variance += pair[i].sigma * pair[i].sigma / PAIRS;
    all.base += pair[i].base / PAIRS;
    all.slope += pair[i].slope / PAIRS;
    all.lag1 += pair[i].lag1 / PAIRS;
    all.lag2 += pair[i].lag2 / PAIRS;
  }
  if (all.lag1 < UNCORRELATED)
    all.lag1 = all.lag2 = 0;
  all.sigma = sqrt(variance);
  return all;
}

/* The components' models: the common one, scaled to each component's variance. As pair ab has
 * (a + b) / 2, the variance of a is ab + ac - bc. */
static void split_model(ZsdNoiseModel models[PAIRS], const ZsdNoiseModel pair[PAIRS],
                        const ZsdFrame *frame) {
  const ZsdNoiseModel all = common_model(pair);
  double expected[PAIRS], ratio[PAIRS], sum = 0;
  for (int i = 0; i < PAIRS; i++)
    expected[i] = zsd_noise_variance(&all, (float)mean_of(&frame->component[i]));
  for (int i = 0; i < PAIRS; i++) {
    const double both = (expected[pairs[i][0]] + expected[pairs[i][1]]) / 2;
    ratio[i] = both > 0 ? pair[i].sigma * pair[i].sigma / both : 1;
    sum += ratio[i];
  }
  for (int i = 0; i < PAIRS; i++) {
    const double without = ratio[(i + 1) % PAIRS]; /* the pair without component i */
    const double factor = fmax(1 / MOST_FACTOR, fmin(MOST_FACTOR, sum - 2 * without));
    models[i] = all;
    models[i].base *= factor;
    models[i].slope *= factor;
    models[i].sigma = sqrt(expected[i] * factor);
  }
}

/* --- noise that the components share --- */

static double likeness(double x, Limits limits) {
  return zsd_ramp(x, limits.texture, limits.noise);
}

/* Adds a share of the noise that the differences do not show: what `single`, the model of green
 * by itself, has more than green's by the differences, whose mean is `all`. */
static void add_shared(ZsdNoiseModel models[PAIRS], const ZsdNoiseModel *single,
                       const ZsdNoiseModel *all) {
  const double own = models[GREEN].sigma * models[GREEN].sigma;
  const double total = single->sigma * single->sigma;
  const double shared = total - own;
  if (shared <= 0 || own <= 0)
    return;
  const double lag1 = (single->lag1 * total - all->lag1 * own) / shared;
  const double lag2 = (single->lag2 * total - all->lag2 * own) / shared;
  const double part = likeness(shared / total, PART) * likeness(shared / total, LEAST_SHARED) *
                      likeness(lag1, CORRELATION) * likeness(lag1 - all->lag1, EXCESS) *
                      likeness(all->lag1 - lag1, DEFICIT) * likeness(single->sigma, DEVIATION) *
                      likeness(single->kurtosis, KURTOSIS) *
                      likeness(single->anisotropy, ANISOTROPY);
  const double added = part * shared / own;
  for (int i = 0; i < PAIRS; i++) {
    zsd_noise_scale(&models[i], sqrt(1 + added));
    models[i].common = added / (1 + added);
    models[i].lag1 += (lag1 - models[i].lag1) * models[i].common;
    models[i].lag2 += (lag2 - models[i].lag2) * models[i].common;
  }
}

static int estimate(ZsdNoiseModel models[PAIRS], ZsdNoiseEstimator *estimator,
                    const ZsdFrame *frame, const ZsdRegionMap *regions,
                    const ZsdKernels *kernels, int threads) {
  const ZsdFrameComponent *c = &frame->component[frame->brightness];
  const ZsdNoiseSource source = {c->y, c->y, c->width, c->height, 1, regions, false};
  ZsdNoiseModel pair[PAIRS], single;
  if (!zsd_noise_estimate(estimator, &single, &source, 1, kernels, threads) ||
      single.lag1 < WHITE)
    return 0;
  const bool processed = single.lag1 > PROCESSED;
  const int found =
      estimate_pairs(pair, estimator, frame, regions, processed, kernels, threads);
  if (found < 1)
    return found;
  const ZsdNoiseModel all = common_model(pair);
  if (all.sigma * all.sigma < LEAST_PART * single.sigma * single.sigma ||
      all.lag1 > single.lag1 + SUBSAMPLED)
    return 0;
  split_model(models, pair, frame);
  add_shared(models, &single, &all);
  return 1;
}

int zsd_noise_estimate_rgb(ZsdNoiseModel models[ZSD_MAX_COMPONENTS], const ZsdFrame *frame,
                           const ZsdRegionMap *regions, const ZsdKernels *kernels,
                           int threads) {
  if (frame->components != PAIRS || frame->brightness != GREEN)
    return 0;
  ZsdNoiseEstimator *estimator = zsd_noise_estimator_new();
  const int found =
      estimator ? estimate(models, estimator, frame, regions, kernels, threads) : -1;
  zsd_noise_estimator_free(estimator);
  return found;
}
