/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NL-Bayes against a direct implementation of its formulas in double precision; independence of
 * the number of threads; cancellation. */
#include "still/nl_bayes.h"

#include "base/cpu.h"
#include "patches/group.h"
#include "picture.h"
#include "base/random.h"
#include "solve.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  WIDTH = 34,
  HEIGHT = 46, /* more than one band of patches */
  BAND = 32,
  SEARCH_RADIUS = 6,
  MAX_GROUPS = 4, /* largest group, as a multiple of the group size */
  MOST_SAMPLES = 3 * 5 * 5,
  MOST_PATCHES = (2 * SEARCH_RADIUS + 1) * (2 * SEARCH_RADIUS + 1),
};

static const double EQUAL_DISTANCE = 0.08, WHITE_PART = 0.002;

/* --- direct implementation --- */

typedef struct {
  const ZsdNlBayes *s;
  int samples, grid, across, down;
  double sum[3][WIDTH * HEIGHT], count[3][WIDTH * HEIGHT];
} Naive;

/* Component and index in it of sample `i` of the patch at (x, y). */
static int sample_index(const Naive *n, int i, int x, int y, int *component) {
  for (int c = 0;; c++) {
    const ZsdFrameComponent *f = &n->s->frame->component[c];
    const int width = n->s->patch_size >> f->half_width,
              height = n->s->patch_size >> f->half_height;
    *component = c;
    if (i < width * height)
      return ((y >> f->half_height) + i / width) * f->width + (x >> f->half_width) + i % width;
    i -= width * height;
  }
}

static double sample(const Naive *n, int i, int x, int y, bool clean) {
  int c;
  const int at = sample_index(n, i, x, y, &c);
  return (clean ? n->s->frame->component[c].z : n->s->frame->component[c].y)[at];
}

/* Correlation of the noise of component c: its own, or the mean of all that have noise in
 * common. */
static ZsdNoiseModel lags(const Naive *n, int c) {
  const ZsdNoiseModel *m = n->s->noise;
  if (m[c].common <= 0)
    return m[c];
  return (ZsdNoiseModel){.lag1 = (m[0].lag1 + m[1].lag1 + m[2].lag1) / 3,
                         .lag2 = (m[0].lag2 + m[1].lag2 + m[2].lag2) / 3};
}

/* Covariance of the noise of samples a and b, relative to its variance. */
static double covariance(const Naive *n, int a, int b) {
  int c, d;
  const int at = sample_index(n, a, 0, 0, &c), at_b = sample_index(n, b, 0, 0, &d);
  const int width = n->s->frame->component[c].width;
  const double common = c == d ? 1 : n->s->noise[c].common;
  const ZsdNoiseModel m = lags(n, c);
  if (common <= 0)
    return 0;
  return common *
         ((1 - WHITE_PART) * noise_correlation(m.lag1, m.lag2, abs(at % width - at_b % width)) *
              noise_correlation(m.lag1, m.lag2, abs(at / width - at_b / width)) +
          (at == at_b ? WHITE_PART : 0));
}

/* Sets the variance of the noise for each sample of a patch. */
static void set_variance(const Naive *n, int x, int y, double *variance) {
  double sum[3] = {0};
  int samples[3] = {0}, c;
  for (int i = 0; i < n->samples; i++) {
    sample_index(n, i, x, y, &c);
    sum[c] += sample(n, i, x, y, true);
    samples[c]++;
  }
  for (int i = 0; i < n->samples; i++) {
    sample_index(n, i, x, y, &c);
    variance[i] = zsd_noise_variance(&n->s->noise[c], (float)(sum[c] / samples[c])) + 1e-7;
  }
}

typedef struct {
  double distance;
  int order, x, y;
} Candidate;

static int by_distance(const void *a, const void *b) {
  const Candidate *p = a, *q = b;
  return p->distance < q->distance ? -1 : p->distance > q->distance ? 1 : p->order - q->order;
}

static int find_group(const Naive *n, int x, int y, const double *variance,
                      Candidate found[MOST_PATCHES]) {
  int count = 0, equal = 0;
  for (int v = y - SEARCH_RADIUS; v <= y + SEARCH_RADIUS; v += n->grid)
    for (int u = x - SEARCH_RADIUS; u <= x + SEARCH_RADIUS; u += n->grid) {
      if (u < 0 || v < 0 || u >= n->across || v >= n->down)
        continue;
      Candidate c = {0, count, u, v};
      for (int i = 0; i < n->samples; i++) {
        const double difference = sample(n, i, x, y, true) - sample(n, i, u, v, true);
        c.distance += difference * difference / variance[i] / n->samples;
      }
      equal += c.distance < EQUAL_DISTANCE;
      found[count++] = c;
    }
  qsort(found, count, sizeof *found, by_distance);
  const int few = n->s->group_size < count ? n->s->group_size : count;
  const int most =
      MAX_GROUPS * n->s->group_size < count ? MAX_GROUPS * n->s->group_size : count;
  return equal < few ? few : equal > most ? most : equal;
}

static void denoise_group(Naive *n, const Candidate *group, int count, const double *variance) {
  static double c[MOST_SAMPLES][MOST_SAMPLES], a[MOST_SAMPLES][MOST_SAMPLES];
  double mean[2][MOST_SAMPLES] = {{0}}, y[MOST_SAMPLES];
  for (int q = 0; q < count; q++)
    for (int i = 0; i < 2 * n->samples; i++)
      mean[i % 2][i / 2] += sample(n, i / 2, group[q].x, group[q].y, i % 2) / count;
  memset(c, 0, sizeof c);
  for (int q = 0; q < count; q++)
    for (int i = 0; i < n->samples; i++)
      for (int j = 0; j < n->samples; j++)
        c[i][j] += (sample(n, i, group[q].x, group[q].y, true) - mean[1][i]) *
                   (sample(n, j, group[q].x, group[q].y, true) - mean[1][j]) /
                   (count > 1 ? count - 1 : 1);
  for (int q = 0; q < count; q++) {
    for (int i = 0; i < n->samples; i++) {
      y[i] = sample(n, i, group[q].x, group[q].y, false) - mean[0][i];
      for (int j = 0; j < n->samples; j++)
        a[i][j] = c[i][j] + sqrt(variance[i] * variance[j]) * covariance(n, i, j);
    }
    solve(a[0], MOST_SAMPLES, y, n->samples); /* y is (C + N)^-1 (y - m) now */
    for (int i = 0; i < n->samples; i++) {
      double clean = mean[0][i];
      int component;
      for (int j = 0; j < n->samples; j++)
        clean += c[i][j] * y[j];
      const int at = sample_index(n, i, group[q].x, group[q].y, &component);
      n->sum[component][at] += clean;
      n->count[component][at] += 1;
    }
  }
}

/* Every fourth position, and the last one. */
static int next(int at, int places, int grid) {
  const int last = (places - 1) / grid * grid;
  return at == last ? places : at + 4 > last ? last : at + 4;
}

static void denoise(Naive *n) {
  static bool done[WIDTH * HEIGHT];
  double variance[MOST_SAMPLES];
  Candidate group[MOST_PATCHES];
  for (int y = 0; y < n->down; y = next(y, n->down, n->grid)) {
    if (y % BAND == 0)
      memset(done, 0, sizeof done);
    for (int x = 0; x < n->across; x = next(x, n->across, n->grid)) {
      if (done[y * WIDTH + x])
        continue;
      set_variance(n, x, y, variance);
      const int count = find_group(n, x, y, variance, group);
      denoise_group(n, group, count, variance);
      for (int q = 0; q < count; q++)
        if (group[q].y / BAND == y / BAND)
          done[group[q].y * WIDTH + group[q].x] = true;
    }
  }
}

/* --- cases --- */

static const ZsdObserver nobody = {0};

typedef struct {
  ZsdFrame frame;
  ZsdNlBayes nl_bayes;
  ZsdTraining training;
} Case;

static const struct {
  const char *format;
  int patch;
  ZsdNoiseModel noise;
} cases[] = {
    {"GRAY8", 6, {.sigma = 0.1, .base = 0.01}},
    {"RGB", 5, {.sigma = 0.1, .base = 0.01}},
    {"RGB", 4, {.sigma = 0.08, .base = 0.002, .slope = 0.01}},
    {"RGB", 4, {.sigma = 0.1, .base = 0.01, .lag1 = 0.667, .lag2 = 0.167}},
    {"RGB", 4, {.sigma = 0.1, .base = 0.01, .lag1 = 0.6, .lag2 = 0.17, .common = 0.4}},
    {"I420", 6, {.sigma = 0.1, .base = 0.01, .lag1 = 0.4, .lag2 = 0.1}},
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* A noisy scene, and the scene with less noise as first estimate. */
static void new_case(Case *t, int i) {
  Picture noisy, estimate;
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  ZsdRandom random;
  zsd_random_seed(&random, 3);
  picture_new(&noisy, format_named(cases[i].format), WIDTH, HEIGHT);
  picture_scene(&noisy.image, 1, 0);
  picture_copy(&estimate, &noisy);
  picture_noise(&noisy.image, ZSD_NOISE_GAUSSIAN, 25, 1);
  picture_noise(&estimate.image, ZSD_NOISE_GAUSSIAN, 6, 2);
  *t = (Case){.nl_bayes = {.patch_size = cases[i].patch,
                           .search_radius = SEARCH_RADIUS,
                           .group_size = 12,
                           .observer = &nobody}};
  ck_assert_int_eq(zsd_frame_resize(&t->frame, &noisy.image), 0);
  zsd_frame_load(&t->frame, &estimate.image, kernels, 1);
  for (int c = 0; c < t->frame.components; c++) {
    const ZsdFrameComponent *f = &t->frame.component[c];
    for (int k = 0; k < f->width * f->height; k++) /* makes all distances distinct */
      f->z[k] = f->y[k] + 1e-3f * (float)zsd_random_normal(&random);
    t->nl_bayes.noise[c] = cases[i].noise;
    t->nl_bayes.noise[c].lag1 *= 1 + 0.1 * c;
  }
  zsd_frame_load(&t->frame, &noisy.image, kernels, 1);
  t->nl_bayes.frame = &t->frame;
  t->nl_bayes.training = &t->training;
  picture_free(&noisy);
  picture_free(&estimate);
}

static ZsdResult run(const Case *t, int threads) {
  return zsd_nl_bayes_run(&t->nl_bayes, zsd_kernels(zsd_cpu_detect()), threads);
}

START_TEST(test_formulas) {
  Naive *n = calloc(1, sizeof *n);
  Case t;
  new_case(&t, _i);
  n->s = &t.nl_bayes;
  n->samples = zsd_nl_bayes_patch_samples(&t.frame, cases[_i].patch);
  n->grid = strcmp(cases[_i].format, "I420") == 0 ? 2 : 1;
  n->across = WIDTH - cases[_i].patch + 1;
  n->down = HEIGHT - cases[_i].patch + 1;
  denoise(n);
  ck_assert_int_eq(run(&t, 2), ZSD_OK);
  for (int c = 0; c < t.frame.components; c++) {
    const ZsdFrameComponent *f = &t.frame.component[c];
    for (int i = 0; i < f->width * f->height; i++) {
      ck_assert_double_gt(n->count[c][i], 0);
      ck_assert_double_eq_tol(f->z[i], n->sum[c][i] / n->count[c][i], 1e-5);
    }
  }
  zsd_frame_clear(&t.frame);
  free(n);
}
END_TEST

START_TEST(test_threads) {
  Case one, more;
  new_case(&one, 1);
  new_case(&more, 1);
  ck_assert_int_eq(run(&one, 1), ZSD_OK);
  ck_assert_int_eq(run(&more, 3), ZSD_OK);
  for (int c = 0; c < one.frame.components; c++)
    ck_assert_mem_eq(one.frame.component[c].z, more.frame.component[c].z,
                     WIDTH * HEIGHT * sizeof(float));
  ck_assert_uint_eq(one.training.step, zsd_nl_bayes_bands(HEIGHT));
  zsd_frame_clear(&one.frame);
  zsd_frame_clear(&more.frame);
}
END_TEST

static bool always(void *user) {
  (void)user;
  return true;
}

START_TEST(test_cancelled) {
  static const ZsdObserver observer = {.cancelled = always};
  Case t, before;
  new_case(&t, 1);
  new_case(&before, 1);
  t.nl_bayes.observer = &observer;
  ck_assert_int_eq(run(&t, 2), ZSD_CANCELLED);
  for (int c = 0; c < t.frame.components; c++)
    ck_assert_mem_eq(t.frame.component[c].z, before.frame.component[c].z,
                     WIDTH * HEIGHT * sizeof(float));
  zsd_frame_clear(&t.frame);
  zsd_frame_clear(&before.frame);
}
END_TEST

/* The covariance of the noise is positive definite for all that an estimate may find, and what
 * it says of neighbours one and two apart is what was found, where that is possible. */
START_TEST(test_covariance) {
  static const double lags[][2] = {{0, 0},       {0.25, 0},    {0.444, 0.056}, {0.667, 0.167},
                                   {0.69, 0.16}, {0.66, 0.05}, {0.7, 0.33},    {0.72, 0.44},
                                   {0.9, 0.8},   {0.95, 0.95}, {0.3, 0.6}};
  enum { SIDE = 6, N = SIDE * SIDE, ROW = 40 };
  float covariance[N * ROW];
  for (size_t i = 0; i < sizeof lags / sizeof *lags; i++) {
    const ZsdNoiseModel noise = {.sigma = 1, .base = 1, .lag1 = lags[i][0], .lag2 = lags[i][1]};
    double a[N][N];
    zsd_patch_noise_covariance(covariance, ROW, SIDE, SIDE, &noise);
    ck_assert_double_eq_tol(covariance[1], noise.lag1, 0.003);
    ck_assert_double_eq_tol(covariance[SIDE], noise.lag1, 0.003);
    if (i == 2 || (i >= 6 && i < 9))
      ck_assert_double_eq_tol(covariance[2], noise.lag2, 0.003);
    for (int r = 0; r < N; r++)
      for (int c = 0; c < N; c++)
        a[r][c] = covariance[r * ROW + c];
    for (int p = 0; p < N; p++) { /* all pivots of the elimination are positive */
      ck_assert_double_gt(a[p][p], 1e-4);
      for (int r = p + 1; r < N; r++)
        for (int c = N - 1; c >= p; c--)
          a[r][c] -= a[r][p] / a[p][p] * a[p][c];
    }
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("nl_bayes");
  TCase *tc = tcase_create("nl_bayes");
  tcase_add_loop_test(tc, test_formulas, 0, N_CASES);
  tcase_add_test(tc, test_covariance);
  tcase_add_test(tc, test_threads);
  tcase_add_test(tc, test_cancelled);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
