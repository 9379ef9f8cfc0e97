/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NL-Bayes along the motion against a direct implementation of its formulas in double
 * precision, on content that stands still; gain on moving content; clean content; threads;
 * memory. */
#include "patches/video_nl_bayes.h"

#include "base/cpu.h"
#include "base/random.h"
#include "failing.h"
#include "picture.h"
#include "solve.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  WIDTH = 30,
  HEIGHT = 46, /* more than one band of patches */
  BAND = 32,
  FRAMES = 5,
  PATCH = 8,
  STEP = 4,
  RADIUS = 10,
  GROUP = 24,
  SAMPLES = PATCH * PATCH,
  WINDOW = (2 * RADIUS + 1) * (2 * RADIUS + 1),
};

static const double ASSUMED_VARIANCE = 0.9, WHITE_PART = 0.002;

/* --- windows of frames --- */

typedef struct {
  ZsdFrame shape;
  ZsdVideoFrame frame[FRAMES];
  ZsdVideoWindow window;
  uint16_t *clean[ZSD_MAX_COMPONENTS], *out[ZSD_MAX_COMPONENTS]; /* of the current frame */
} Clip;

static const ZsdKernels *kernels(void) {
  return zsd_kernels(zsd_cpu_detect());
}

static uint16_t *new_plane(const Clip *clip, int component) {
  uint16_t *plane = calloc(zsd_component_size(&clip->shape.component[component]), 2);
  ck_assert_ptr_nonnull(plane);
  return plane;
}

/* Copies a plane, and adds white noise of this deviation (of 1). */
static uint16_t *with_noise(const Clip *clip, int component, double sigma, ZsdRandom *random) {
  const ZsdFrameComponent *c = &clip->shape.component[component];
  uint16_t *plane = new_plane(clip, component);
  for (size_t i = 0; i < zsd_component_size(c); i++) {
    const double v = c->y[i] + sigma * zsd_random_normal(random);
    plane[i] = (uint16_t)(65535 * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5);
  }
  return plane;
}

/* A scene that moves `dx` samples from frame to frame, with noise, and pilots with less. Of a
 * scene that stands still all frames have the same pilot. */
static void clip_new(Clip *clip, const char *format, int width, int height, int dx,
                     double sigma, double pilot_sigma) {
  ZsdRandom random;
  Picture picture;
  zsd_random_seed(&random, 5);
  *clip = (Clip){.window = {clip->frame, FRAMES, FRAMES / 2, {{0}}, NULL}};
  picture_new(&picture, format_named(format), width, height);
  ck_assert_int_eq(zsd_frame_resize(&clip->shape, &picture.image), 0);
  for (int t = 0; t < FRAMES; t++) {
    picture_scene(&picture.image, 1, 40 + t * dx);
    zsd_frame_load(&clip->shape, &picture.image, kernels(), 1);
    for (int c = 0; c < clip->shape.components; c++) {
      clip->frame[t].noisy[c] = with_noise(clip, c, sigma, &random);
      clip->frame[t].pilot[c] =
          t && !dx ? clip->frame[0].pilot[c] : with_noise(clip, c, pilot_sigma, &random);
      if (t == FRAMES / 2)
        clip->clean[c] = with_noise(clip, c, 0, &random);
    }
  }
  for (int c = 0; c < clip->shape.components; c++) {
    clip->window.noise[c] = (ZsdNoiseModel){.sigma = sigma, .base = sigma * sigma};
    clip->out[c] = new_plane(clip, c);
  }
  picture_free(&picture);
}

static void clip_free(Clip *clip) {
  for (int c = 0; c < clip->shape.components; c++) {
    for (int t = 0; t < FRAMES; t++) {
      if (t == 0 || clip->frame[t].pilot[c] != clip->frame[0].pilot[c])
        free((void *)clip->frame[t].pilot[c]);
    }
    for (int t = 0; t < FRAMES; t++)
      free((void *)clip->frame[t].noisy[c]);
    free(clip->clean[c]);
    free(clip->out[c]);
  }
  zsd_frame_clear(&clip->shape);
}

static void run(const Clip *clip, const ZsdVideoWindow *window, int threads) {
  ZsdVideoNlBayes *nl_bayes = zsd_video_nl_bayes_new(&clip->shape, kernels());
  ck_assert_ptr_nonnull(nl_bayes);
  ck_assert_int_eq(zsd_video_nl_bayes_run(nl_bayes, window, clip->out, threads), 0);
  zsd_video_nl_bayes_free(nl_bayes);
}

static double psnr(const Clip *clip, const uint16_t *plane, int component) {
  const size_t n = zsd_component_size(&clip->shape.component[component]);
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += pow((plane[i] - clip->clean[component][i]) / 65535.0, 2);
  return 10 * log10((double)n / sum);
}

/* --- direct implementation, for content that stands still --- */

typedef struct {
  const Clip *clip;
  double sum[ZSD_MAX_COMPONENTS][WIDTH * HEIGHT], count[ZSD_MAX_COMPONENTS][WIDTH * HEIGHT];
} Naive;

typedef struct {
  double distance;
  int order, x, y;
} Candidate;

static int by_distance(const void *a, const void *b) {
  const Candidate *p = a, *q = b;
  return p->distance < q->distance ? -1 : p->distance > q->distance ? 1 : p->order - q->order;
}

static double value(const uint16_t *plane, const ZsdFrameComponent *c, const Candidate *at,
                    int i) {
  const int width = PATCH >> c->half_width;
  const int x = (at->x >> c->half_width) + i % width, y = (at->y >> c->half_height) + i / width;
  return plane[y * c->width + x] / 65535.0;
}

static int find_group(const Naive *n, const Candidate *reference, Candidate found[WINDOW]) {
  const ZsdFrameComponent *luma = &n->clip->shape.component[0];
  const uint16_t *pilot = n->clip->frame[0].pilot[0];
  int count = 0;
  for (int y = reference->y - RADIUS; y <= reference->y + RADIUS; y++)
    for (int x = reference->x - RADIUS; x <= reference->x + RADIUS; x++) {
      if (x < 0 || y < 0 || x > WIDTH - PATCH || y > HEIGHT - PATCH)
        continue;
      Candidate c = {0, count, x, y};
      for (int i = 0; i < SAMPLES; i++)
        c.distance += pow(value(pilot, luma, reference, i) - value(pilot, luma, &c, i), 2);
      found[count++] = c;
    }
  qsort(found, count, sizeof *found, by_distance);
  return count < GROUP ? count : GROUP;
}

/* Element (i, j) of the noise's covariance in a patch of this width. */
static double noise_at(const ZsdNoiseModel *m, double variance, int width, int i, int j) {
  return variance *
         ((1 - WHITE_PART) * noise_correlation(m->lag1, m->lag2, abs(i % width - j % width)) *
              noise_correlation(m->lag1, m->lag2, abs(i / width - j / width)) +
          (i == j ? WHITE_PART : 0));
}

/* Pilots are equal in all frames: the deviations from the mean over time have no covariance,
 * and the estimate is that of the means. */
static void denoise_component(Naive *n, int component, const Candidate *group, int count) {
  static double c[SAMPLES][SAMPLES], a[SAMPLES][SAMPLES];
  const ZsdFrameComponent *f = &n->clip->shape.component[component];
  const ZsdNoiseModel *model = &n->clip->window.noise[component];
  const int width = PATCH >> f->half_width, samples = width * (PATCH >> f->half_height);
  const uint16_t *pilot = n->clip->frame[0].pilot[component];
  static double noisy[GROUP][SAMPLES];
  double mean[2][SAMPLES] = {{0}}, y[SAMPLES], brightness = 0;
  memset(noisy, 0, sizeof noisy);
  memset(c, 0, sizeof c);
  for (int i = 0; i < samples; i++) {
    brightness += value(pilot, f, &group[0], i) / samples;
    for (int q = 0; q < count; q++) {
      for (int t = 0; t < FRAMES; t++)
        noisy[q][i] += value(n->clip->frame[t].noisy[component], f, &group[q], i) / FRAMES;
      mean[0][i] += noisy[q][i] / count;
      mean[1][i] += value(pilot, f, &group[q], i) / count;
    }
  }
  const double variance =
      ASSUMED_VARIANCE * (zsd_noise_variance(model, (float)brightness) + 1e-7) / FRAMES;
  for (int q = 0; q < count; q++)
    for (int i = 0; i < samples; i++)
      for (int j = 0; j < samples; j++)
        c[i][j] += (value(pilot, f, &group[q], i) - mean[1][i]) *
                   (value(pilot, f, &group[q], j) - mean[1][j]) / (count - 1);
  for (int q = 0; q < count; q++) {
    for (int i = 0; i < samples; i++) {
      y[i] = noisy[q][i] - mean[0][i];
      for (int j = 0; j < samples; j++)
        a[i][j] = c[i][j] + noise_at(model, variance, width, i, j);
    }
    solve(a[0], SAMPLES, y, samples);
    for (int i = 0; i < samples; i++) {
      double clean = mean[0][i];
      for (int j = 0; j < samples; j++)
        clean += c[i][j] * y[j];
      const int at = ((group[q].y >> f->half_height) + i / width) * f->width +
                     (group[q].x >> f->half_width) + i % width;
      n->sum[component][at] += clean;
      n->count[component][at] += 1;
    }
  }
}

/* Every STEP-th position, and the last one. */
static int next(int at, int places) {
  return at == places - 1 ? places : at + STEP > places - 1 ? places - 1 : at + STEP;
}

static void denoise(Naive *n) {
  static bool done[HEIGHT][WIDTH];
  static Candidate group[WINDOW];
  for (int y = 0; y <= HEIGHT - PATCH; y = next(y, HEIGHT - PATCH + 1))
    for (int x = 0; x <= WIDTH - PATCH; x = next(x, WIDTH - PATCH + 1)) {
      const Candidate reference = {0, 0, x, y};
      if (done[y][x])
        continue;
      const int count = find_group(n, &reference, group);
      for (int c = 0; c < n->clip->shape.components; c++)
        denoise_component(n, c, group, count);
      for (int q = 0; q < count; q++)
        if (group[q].y / BAND == y / BAND)
          done[group[q].y][group[q].x] = true;
    }
  memset(done, 0, sizeof done);
}

/* --- tests --- */

static const struct {
  const char *format;
  ZsdNoiseModel noise;
} cases[] = {
    {"GRAY8", {.sigma = 0.1, .base = 0.01}},
    {"GRAY8", {.sigma = 0.08, .base = 0.002, .slope = 0.01}},
    {"I420", {.sigma = 0.1, .base = 0.01, .lag1 = 0.667, .lag2 = 0.167}},
};
enum { N_CASES = sizeof cases / sizeof *cases };

START_TEST(test_formulas) {
  Naive *n = calloc(1, sizeof *n);
  Clip clip;
  ck_assert_ptr_nonnull(n);
  clip_new(&clip, cases[_i].format, WIDTH, HEIGHT, 0, 0.1, 0.02);
  for (int c = 0; c < clip.shape.components; c++)
    clip.window.noise[c] = cases[_i].noise;
  n->clip = &clip;
  denoise(n);
  run(&clip, &clip.window, 2);
  for (int c = 0; c < clip.shape.components; c++)
    for (size_t i = 0; i < zsd_component_size(&clip.shape.component[c]); i++) {
      const double estimate = n->sum[c][i] / n->count[c][i];
      const double clipped = estimate < 0 ? 0 : estimate > 1 ? 1 : estimate;
      ck_assert_double_gt(n->count[c][i], 0);
      ck_assert_double_eq_tol(clip.out[c][i] / 65535.0, clipped, 3e-5);
    }
  clip_free(&clip);
  free(n);
}
END_TEST

/* The frames before and after add to what the frame alone has, whether the scene moves or not.
 */
START_TEST(test_gain) {
  const int dx[] = {0, 3, 11};
  Clip clip;
  clip_new(&clip, "I420", 160, 96, dx[_i], 25 / 255., 8 / 255.);
  const ZsdVideoWindow alone = {
      clip.frame + FRAMES / 2,
      1,
      0,
      {clip.window.noise[0], clip.window.noise[1], clip.window.noise[2]},
      NULL};
  double with[ZSD_MAX_COMPONENTS];
  run(&clip, &clip.window, 2);
  for (int c = 0; c < 3; c++)
    with[c] = psnr(&clip, clip.out[c], c);
  run(&clip, &alone, 2);
  for (int c = 0; c < 3; c++) {
    ck_assert_double_gt(with[c], psnr(&clip, clip.out[c], c) + 0.5);
    ck_assert_double_gt(with[c], psnr(&clip, clip.frame[FRAMES / 2].pilot[c], c));
  }
  clip_free(&clip);
}
END_TEST

START_TEST(test_clean) {
  Clip clip;
  clip_new(&clip, "I420", 61, 43, 3, 0, 0);
  run(&clip, &clip.window, 2);
  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < zsd_component_size(&clip.shape.component[c]); i++)
      ck_assert_int_le(abs(clip.out[c][i] - clip.clean[c][i]), 128); /* half of 1/255 */
  clip_free(&clip);
}
END_TEST

START_TEST(test_threads) {
  Clip one, more;
  clip_new(&one, "RGB", 64, 150, 5, 0.1, 0.03);
  clip_new(&more, "RGB", 64, 150, 5, 0.1, 0.03);
  run(&one, &one.window, 1);
  run(&more, &more.window, 3);
  for (int c = 0; c < 3; c++)
    ck_assert_mem_eq(one.out[c], more.out[c], 64 * 150 * sizeof *one.out[c]);
  clip_free(&one);
  clip_free(&more);
}
END_TEST

/* Frames smaller than a patch, and just as large. */
START_TEST(test_small) {
  static const int sizes[][2] = {{1, 1}, {7, 40}, {8, 8}, {9, 8}, {17, 9}};
  const int width = sizes[_i][0], height = sizes[_i][1];
  Clip clip;
  clip_new(&clip, "I420", width, height, 1, 0.1, 0.03);
  run(&clip, &clip.window, 2);
  if (width < PATCH || height < PATCH)
    for (int c = 0; c < 3; c++)
      ck_assert_mem_eq(clip.out[c], clip.frame[FRAMES / 2].pilot[c],
                       2 * zsd_component_size(&clip.shape.component[c]));
  else
    ck_assert_double_gt(psnr(&clip, clip.out[0], 0),
                        psnr(&clip, clip.frame[FRAMES / 2].noisy[0], 0));
  clip_free(&clip);
}
END_TEST

/* Refuses each allocation in turn. */
START_TEST(test_memory) {
  Clip clip;
  unsigned n = 0;
  clip_new(&clip, "I420", 40, 40, 1, 0.1, 0.03);
  for (int failed = 1; failed;) {
    failing_begin(++n, false);
    ZsdVideoNlBayes *nl_bayes = zsd_video_nl_bayes_new(&clip.shape, kernels());
    failed = !nl_bayes || zsd_video_nl_bayes_run(nl_bayes, &clip.window, clip.out, 1);
    const bool refused = failing_allocations() > 0;
    failing_end();
    ck_assert_int_eq(failed, refused);
    if (nl_bayes && failed)
      ck_assert_int_eq(zsd_video_nl_bayes_run(nl_bayes, &clip.window, clip.out, 1), 0);
    zsd_video_nl_bayes_free(nl_bayes);
  }
  ck_assert_uint_gt(n, 10);
  clip_free(&clip);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("video_nl_bayes");
  TCase *tc = tcase_create("video_nl_bayes");
  tcase_add_loop_test(tc, test_formulas, 0, N_CASES);
  tcase_add_loop_test(tc, test_gain, 0, 3);
  tcase_add_test(tc, test_clean);
  tcase_add_test(tc, test_threads);
  tcase_add_loop_test(tc, test_small, 0, 5);
  tcase_add_test(tc, test_memory);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
