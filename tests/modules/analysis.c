/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise estimates, cuts, changes of the noise, and the noise generator. */
#include "base/cpu.h"
#include "noise/noise_estimate.h"
#include "picture.h"
#include "base/random.h"
#include "frame/scene_change.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- cuts --- */

enum { WIDTH = 160, HEIGHT = 96 };

/* Each sample as four: cells of 8x8 samples of the scene. */
static void see(ZsdScene *scene, const ZsdTensor *t) {
  float *plane = malloc((size_t)4 * t->width * t->height * sizeof *plane);
  ck_assert_ptr_nonnull(plane);
  for (int y = 0; y < 2 * t->height; y++)
    for (int x = 0; x < 2 * t->width; x++)
      plane[y * 2 * t->width + x] = zsd_tensor_row(t, 0, y / 2)[x / 2];
  zsd_scene_measure(scene, plane, 2 * t->width, 2 * t->height);
  free(plane);
}

static double change(const ZsdTensor *a, const ZsdTensor *b) {
  ZsdScene before, now;
  see(&before, a);
  see(&now, b);
  return zsd_scene_change(&before, &now);
}

static double change_of_scene(int kind, int other_kind, int dx, double sigma) {
  ZsdTensor a = {0}, b = {0}, moved = {0};
  tensor_scene(&a, 1, HEIGHT, WIDTH, kind, sigma, 1);
  tensor_scene(&moved, 1, HEIGHT, WIDTH + dx, other_kind, sigma, 2);
  ck_assert_int_eq(zsd_tensor_resize(&b, 1, HEIGHT, WIDTH), 0);
  for (int y = 0; y < HEIGHT; y++)
    memcpy(zsd_tensor_row(&b, 0, y), zsd_tensor_row(&moved, 0, y) + dx, WIDTH * sizeof(float));
  const double result = change(&a, &b);
  zsd_tensor_clear(&a);
  zsd_tensor_clear(&b);
  zsd_tensor_clear(&moved);
  return result;
}

START_TEST(test_same_scene) {
  for (int kind = 0; kind < 6; kind++) {
    ck_assert_double_eq(change_of_scene(kind, kind, 0, 0), 0);
    ck_assert_double_lt(change_of_scene(kind, kind, 0, 0.1), 0.1);
    ck_assert_double_lt(change_of_scene(kind, kind, 0, 0.2), 0.15);
    ck_assert_double_lt(change_of_scene(kind, kind, 3, 0.1), 0.06);
    ck_assert_double_lt(change_of_scene(kind, kind, 9, 0.05), 0.06);
  }
}
END_TEST

/* All are far from what movement and noise do, and nearly all above the default threshold. */
START_TEST(test_other_scene) {
  int pairs = 0, cuts = 0;
  for (int kind = 0; kind < 6; kind++)
    for (int other = 0; other < 6; other++)
      if (kind != other) {
        const double clean = change_of_scene(kind, other, 0, 0);
        const double noisy = change_of_scene(kind, other, 0, 0.1);
        ck_assert_double_gt(fmin(clean, noisy), 0.18);
        cuts += (clean > 0.25) + (noisy > 0.25);
        pairs += 2;
      }
  ck_assert_int_ge(cuts, pairs * 9 / 10);
}
END_TEST

/* Whether the picture is a cut. The rows from `top` to `bottom` are lost, and concealed by the
 * row above or below them. */
static bool is_cut(ZsdSceneHistory *history, const ZsdTensor *t, int top, int bottom) {
  ZsdTensor damaged = {0};
  ck_assert_int_eq(zsd_tensor_resize(&damaged, 1, t->height, t->width), 0);
  for (int y = 0; y < t->height; y++) {
    const int from = y < top || y >= bottom ? y : top > 0 ? top - 1 : bottom;
    memcpy(zsd_tensor_row(&damaged, 0, y), zsd_tensor_row(t, 0, from),
           t->width * sizeof(float));
  }
  const bool cut =
      zsd_scene_history_is_cut(history, damaged.data, damaged.width, damaged.height, 0.15);
  zsd_tensor_clear(&damaged);
  return cut;
}

/* Gaps of `missing` frames before the next picture, the first of which is that of an earlier
 * loss. */
static void lose(ZsdSceneHistory *history, double missing) {
  zsd_scene_history_doubt(history, 0);
  zsd_scene_history_doubt(history, missing);
}

/* Number of cuts in n pictures. The rows from `top` to `bottom` are lost. */
static int cuts_in(ZsdSceneHistory *history, const ZsdTensor *t, int n, int top, int bottom) {
  int cuts = 0;
  for (int i = 0; i < n; i++)
    cuts += is_cut(history, t, top, bottom);
  return cuts;
}

/* Lost packets at a cut: the upper half stays that of the scene before, for some frames. The
 * cut is found once, some seconds later. */
START_TEST(test_lost_at_a_cut) {
  for (int kind = 0; kind < 6; kind++) {
    ZsdSceneHistory history = {0};
    ZsdTensor scene = {0}, other = {0}, half = {0};
    tensor_scene(&scene, 1, 2 * HEIGHT, 2 * WIDTH, kind, 0.05, 1);
    tensor_scene(&other, 1, 2 * HEIGHT, 2 * WIDTH, (kind + 1) % 6, 0.05, 1);
    tensor_scene(&half, 1, 2 * HEIGHT, 2 * WIDTH, (kind + 1) % 6, 0.05, 1);
    for (int y = 0; y < HEIGHT; y++)
      memcpy(zsd_tensor_row(&half, 0, y), zsd_tensor_row(&scene, 0, y),
             2 * WIDTH * sizeof(float));
    ck_assert_int_eq(cuts_in(&history, &scene, 40, 0, 0), 0);
    lose(&history, 1);
    ck_assert_int_eq(cuts_in(&history, &half, 3, 0, 0), 0);
    ck_assert_int_eq(cuts_in(&history, &other, 120, 0, 0), 1);
    zsd_tensor_clear(&scene);
    zsd_tensor_clear(&other);
    zsd_tensor_clear(&half);
  }
}
END_TEST

/* Lost packets: half of a picture is lost, then the other half, nearly all, then nothing. */
START_TEST(test_lost_packets) {
  for (int kind = 0; kind < 6; kind++) {
    ZsdSceneHistory history = {0};
    ZsdTensor scene = {0}, other = {0};
    int cuts = 0;
    tensor_scene(&scene, 1, 2 * HEIGHT, 2 * WIDTH, kind, 0.05, 1);
    tensor_scene(&other, 1, 2 * HEIGHT, 2 * WIDTH, (kind + 1) % 6, 0.05, 1);
    ck_assert_int_eq(cuts_in(&history, &scene, 40, 0, 0), 0);
    lose(&history, 1);
    ck_assert_int_eq(cuts_in(&history, &scene, 10, HEIGHT, 2 * HEIGHT), 0);
    ck_assert_int_eq(cuts_in(&history, &scene, 10, 0, HEIGHT), 0);
    ck_assert_int_eq(cuts_in(&history, &scene, 60, 1, 2 * HEIGHT), 0);
    ck_assert_int_eq(cuts_in(&history, &scene, 10, 0, 0), 0);
    /* Another scene is one for all that, in as much time where two of three frames are lost. */
    for (int i = 0; i < 40; i++) {
      lose(&history, 2);
      cuts += is_cut(&history, &other, 0, 0);
      ck_assert_int_le(cuts, i > 20);
    }
    ck_assert_int_eq(cuts, 1);
    /* So is the first one after it, when no more is lost. */
    ck_assert_int_eq(cuts_in(&history, &other, 520, 0, 0), 0);
    ck_assert(is_cut(&history, &scene, 0, 0));
    zsd_tensor_clear(&scene);
    zsd_tensor_clear(&other);
  }
}
END_TEST

/* A cut while the last pictures may yet be damaged: they no longer may before it is certain. */
START_TEST(test_end_of_doubt) {
  for (int before = 380; before < 520; before += 20) {
    ZsdSceneHistory history = {0};
    ZsdTensor scene = {0}, other = {0};
    tensor_scene(&scene, 1, 2 * HEIGHT, 2 * WIDTH, 1, 0.05, 1);
    tensor_scene(&other, 1, 2 * HEIGHT, 2 * WIDTH, 2, 0.05, 1);
    ck_assert_int_eq(cuts_in(&history, &scene, 40, 0, 0), 0);
    lose(&history, 1);
    ck_assert_int_eq(cuts_in(&history, &scene, before, 0, 0), 0);
    ck_assert_int_eq(cuts_in(&history, &other, 120, 0, 0), 1);
    zsd_tensor_clear(&scene);
    zsd_tensor_clear(&other);
  }
}
END_TEST

/* A camera that was moved in a gap, the first one: another scene. Half a picture is none. */
START_TEST(test_first_gap) {
  for (int kind = 0; kind < 6; kind++) {
    ZsdSceneHistory history = {0};
    ZsdTensor scene = {0}, other = {0};
    tensor_scene(&scene, 1, 2 * HEIGHT, 2 * WIDTH, kind, 0.05, 1);
    tensor_scene(&other, 1, 2 * HEIGHT, 2 * WIDTH, (kind + 1) % 6, 0.05, 1);
    ck_assert_int_eq(cuts_in(&history, &scene, 40, 0, 0), 0);
    zsd_scene_history_doubt(&history, 50);
    ck_assert_int_eq(cuts_in(&history, &scene, 1, 0, HEIGHT), 0);
    history = (ZsdSceneHistory){0};
    ck_assert_int_eq(cuts_in(&history, &scene, 40, 0, 0), 0);
    zsd_scene_history_doubt(&history, 50);
    ck_assert_int_eq(cuts_in(&history, &other, 1, 0, 0), 1);
    ck_assert_int_eq(cuts_in(&history, &other, 200, 0, 0), 0);
    zsd_tensor_clear(&scene);
    zsd_tensor_clear(&other);
  }
}
END_TEST

START_TEST(test_brightness) {
  ZsdTensor a = {0}, b = {0};
  tensor_scene(&a, 1, HEIGHT, WIDTH, 1, 0, 1);
  tensor_scene(&b, 1, HEIGHT, WIDTH, 1, 0, 1);
  for (int i = 0; i < HEIGHT * WIDTH; i++)
    b.data[i] += 0.3f;
  ck_assert_double_lt(change(&a, &b), 1e-3);
  for (int i = 0; i < HEIGHT * WIDTH; i++) /* contrast: a fade */
    b.data[i] = 0.9f * a.data[i];
  ck_assert_double_lt(change(&a, &b), 0.1);
  zsd_tensor_clear(&a);
  zsd_tensor_clear(&b);
}
END_TEST

START_TEST(test_scene_edges) {
  ZsdTensor a = {0}, b = {0};
  ZsdScene nothing = {0}, scene;
  tensor_scene(&a, 1, HEIGHT, WIDTH, 1, 0, 1);
  see(&scene, &a);
  ck_assert_double_eq(zsd_scene_change(&nothing, &scene), 0);
  tensor_scene(&b, 1, HEIGHT, WIDTH / 2, 1, 0, 1);
  ck_assert_double_eq(change(&a, &b), 1);
  tensor_scene(&a, 1, 1, 1, 1, 0, 1);
  tensor_scene(&b, 1, 1, 1, 2, 0, 1);
  ck_assert_double_lt(change(&a, &b), 1e-6);
  tensor_scene(&a, 1, 3, 2000, 1, 0, 1);
  ck_assert_double_eq(change(&a, &a), 0);
  zsd_tensor_clear(&a);
  zsd_tensor_clear(&b);
}
END_TEST

/* --- the noise that a picture has --- */

enum { WIDE = 384, HIGH = 256, SAMPLES = WIDE * HIGH };

/* One way of noise. Its filter is [r 1 r] across and down: r 0 makes it white. */
typedef struct {
  double sigma; /* 0..255 scale */
  double r;
} Grain;

static const Grain grains[] = {{5, 0},    {10, 0},   {25, 0},   {50, 0},    {5, 0.5},
                               {10, 0.5}, {20, 0.5}, {30, 0.5}, {20, 0.25}, {30, 0.25}};
enum { N_GRAINS = sizeof grains / sizeof *grains, N_SCENES = 6 };

/* Correlations of a [r 1 r] filter's noise. */
static double lag1_of(double r) {
  return 2 * r / (1 + 2 * r * r);
}

static double lag2_of(double r) {
  return r * r / (1 + 2 * r * r);
}

static float *new_plane(void) {
  float *plane = calloc(SAMPLES, sizeof *plane);
  ck_assert_ptr_nonnull(plane);
  return plane;
}

static float *grain_plane(Grain grain, uint64_t seed) {
  enum { ROW = WIDE + 2 };
  float *plane = new_plane(), *white = malloc(ROW * (HIGH + 2) * sizeof *white);
  const double weight[] = {grain.r, 1, grain.r};
  const double scale = grain.sigma / 255 / (1 + 2 * grain.r * grain.r);
  ZsdRandom random;
  ck_assert_ptr_nonnull(white);
  zsd_random_seed(&random, seed);
  for (int i = 0; i < ROW * (HIGH + 2); i++)
    white[i] = (float)zsd_random_normal(&random);
  for (int i = 0; i < SAMPLES; i++) {
    const float *corner = white + i / WIDE * ROW + i % WIDE;
    double sum = 0;
    for (int t = 0; t < 9; t++)
      sum += weight[t / 3] * weight[t % 3] * corner[t / 3 * ROW + t % 3];
    plane[i] = (float)(scale * sum);
  }
  free(white);
  return plane;
}

static float *scene_plane(int kind) {
  float *plane = new_plane();
  for (int i = 0; i < SAMPLES; i++)
    plane[i] = (float)scene_at(kind, i % WIDE / 2.0, i / WIDE / 2.0);
  return plane;
}

/* Whether there is a model of the source. */
static bool estimated(ZsdNoiseModel *model, const ZsdNoiseSource *source, int threads) {
  ZsdNoiseEstimator *estimator = zsd_noise_estimator_new();
  ck_assert_ptr_nonnull(estimator);
  const unsigned found =
      zsd_noise_estimate(estimator, model, source, 1, zsd_kernels(zsd_cpu_detect()), threads);
  zsd_noise_estimator_free(estimator);
  return found == 1;
}

static ZsdNoiseModel estimate_on(const ZsdNoiseSource *source, int threads) {
  ZsdNoiseModel model = {.sigma = -1};
  ck_assert(estimated(&model, source, threads));
  return model;
}

static ZsdNoiseModel estimate(const float *residual, const float *brightness, int detrend) {
  const ZsdNoiseSource source = {residual, brightness, WIDE, HIGH, detrend, NULL, false};
  return estimate_on(&source, 1);
}

static float *gray_plane(void) {
  float *plane = new_plane();
  for (int i = 0; i < SAMPLES; i++)
    plane[i] = 0.5f;
  return plane;
}

static void check_model(const ZsdNoiseModel *m, Grain g, const char *what) {
  const double sigma = 255 * m->sigma;
  ck_assert_msg(fabs(sigma - g.sigma) <= 0.06 * g.sigma, "%s: %g instead of %g", what, sigma,
                g.sigma);
  ck_assert_msg(fabs(m->lag1 - lag1_of(g.r)) <= 0.03, "%s, %g: lag 1 %g instead of %g", what,
                g.sigma, m->lag1, lag1_of(g.r));
  ck_assert_msg(fabs(m->lag2 - lag2_of(g.r)) <= 0.03, "%s, %g: lag 2 %g instead of %g", what,
                g.sigma, m->lag2, lag2_of(g.r));
}

/* A frame by itself, its noise cut off where it leaves the range. */
START_TEST(test_noise_of_picture) {
  for (int kind = 0; kind < N_SCENES; kind++) {
    char what[30];
    snprintf(what, sizeof what, "scene %d", kind);
    float *picture = scene_plane(kind), *noise = grain_plane(grains[_i], 3 + kind);
    for (int i = 0; i < SAMPLES; i++)
      picture[i] = fminf(fmaxf(picture[i] + noise[i], 0), 1);
    const ZsdNoiseModel model = estimate(picture, picture, 1);
    check_model(&model, grains[_i], what);
    ck_assert_double_eq_tol(model.base, model.sigma * model.sigma, 1e-9);
    ck_assert_double_eq(model.slope, 0);
    free(picture);
    free(noise);
  }
}
END_TEST

/* Nothing but noise, as what a good prediction misses. */
START_TEST(test_noise_of_residual) {
  float *noise = grain_plane(grains[_i], 5), *scene = scene_plane(1), *gray = gray_plane();
  ZsdNoiseModel model = estimate(noise, gray, 0);
  check_model(&model, grains[_i], "residual");
  ck_assert_double_eq_tol(model.base, model.sigma * model.sigma, 1e-9);
  ck_assert_double_eq(model.slope, 0);
  model = estimate(noise, scene, 0);
  check_model(&model, grains[_i], "residual with brightness");
  ck_assert_double_eq_tol(
      zsd_noise_variance(&model, 0.4f) * 255 * 255 / pow(grains[_i].sigma, 2), 1, 0.1);
  free(noise);
  free(scene);
  free(gray);
}
END_TEST

/* Noise alone is found exactly, taken for a picture or for a residual. */
START_TEST(test_noise_of_flat) {
  static const double sigmas[] = {2, 5, 10, 25, 50};
  float *gray = gray_plane();
  for (int i = 0; i < 5; i++)
    for (int detrend = 0; detrend < 2; detrend++) {
      const Grain grain = {sigmas[i], _i * 0.25};
      float *noise = grain_plane(grain, 7);
      const ZsdNoiseModel model = estimate(noise, gray, detrend);
      ck_assert_double_eq_tol(255 * model.sigma, grain.sigma, 0.02 * grain.sigma);
      ck_assert_double_eq_tol(model.lag1, lag1_of(grain.r), 0.02);
      ck_assert_double_eq_tol(model.lag2, lag2_of(grain.r), 0.02);
      free(noise);
    }
  free(gray);
}
END_TEST

/* Motion on a third of the picture is not taken for noise. */
START_TEST(test_noise_of_bad_prediction) {
  float *residual = grain_plane(grains[_i], 6), *scene = scene_plane(2);
  for (int i = 0; i < SAMPLES; i++)
    if (i % WIDE < WIDE / 3)
      residual[i] += 0.5f * (float)scene_at(3, i % WIDE * 1.7, i / WIDE * 1.3);
  const ZsdNoiseModel model = estimate(residual, scene, 0);
  check_model(&model, grains[_i], "residual with misses");
  free(residual);
  free(scene);
}
END_TEST

enum { BLOCK = 16 };

/* A value in 0..1 that changes from block to block. */
static double by_block(int sample) {
  const int block = sample / WIDE / BLOCK * (WIDE / BLOCK) + sample % WIDE / BLOCK;
  return block * 7 % 16 / 15.0;
}

/* Multiplies the noise by a factor that changes from block to block, `least` to 1, as an
 * encoder does that repeats parts of the last frame. Returns the deviation, 0..255. */
static double make_uneven(float *noise, double least) {
  double sum = 0;
  for (int i = 0; i < SAMPLES; i++) {
    noise[i] *= (float)(least + (1 - least) * by_block(i));
    sum += noise[i] * noise[i];
  }
  return 255 * sqrt(sum / SAMPLES);
}

/* Checks the deviation that is found in a residual to within this part. Frees the residual. */
static void check_residual(float *residual, double sigma, double tolerance) {
  float *gray = gray_plane();
  const ZsdNoiseModel model = estimate(residual, gray, 0);
  ck_assert_double_eq_tol(255 * model.sigma, sigma, tolerance * sigma);
  free(residual);
  free(gray);
}

/* Of noise that is uneven the mean is found, not that of the flattest blocks. */
START_TEST(test_uneven_noise) {
  float *residual = grain_plane(grains[_i], 8);
  check_residual(residual, make_uneven(residual, 0.45), 0.08);
}
END_TEST

/* Likewise of noise that an encoder has weakened in parts of the blocks. */
START_TEST(test_holed_noise) {
  enum { CELL = 4 };
  float *residual = grain_plane(grains[_i], 10);
  ZsdRandom random;
  zsd_random_seed(&random, 3);
  for (int y = 0; y < HIGH; y += CELL)
    for (int x = 0; x < WIDE; x += CELL) {
      const float factor = zsd_random_uniform(&random) < 0.45 ? 0.4f : 1;
      for (int i = 0; i < CELL * CELL; i++)
        residual[(y + i / CELL) * WIDE + x + i % CELL] *= factor;
    }
  check_residual(residual, make_uneven(residual, 0.45), 0.12);
}
END_TEST

/* Misses of the motion, everywhere and of any size, are not uneven noise. */
START_TEST(test_uneven_misses) {
  enum { APART = 9 };
  float *residual = grain_plane(grains[_i], 9);
  for (int i = 0; i < SAMPLES; i += APART)
    residual[i] += (float)(7.5 * grains[_i].sigma / 255 * by_block(i));
  check_residual(residual, grains[_i].sigma, 0.12);
}
END_TEST

/* Variance base + slope x brightness, on a picture of all brightnesses. The model keeps a base
 * where there is none: that takes a tenth of the slope. */
START_TEST(test_shot_noise) {
  static const double lines[][3] = {/* base, slope, tolerance of the slope */
                                    {0.0005, 0.005, 0.1},
                                    {0.001, 0.003, 0.1},
                                    {0.004, -0.003, 0.1},
                                    {0, 0.01, 0.2}};
  const double base = lines[_i][0], slope = lines[_i][1];
  float *noise = grain_plane((Grain){255, 0}, 8), *scene = scene_plane(3);
  for (int i = 0; i < SAMPLES; i++)
    noise[i] *= (float)sqrt(base + slope * scene[i]);
  const ZsdNoiseModel m = estimate(noise, scene, 0);
  for (double b = 0.2; b < 0.9; b += 0.1)
    ck_assert_double_eq_tol(zsd_noise_variance(&m, (float)b) / (base + slope * b), 1, 0.12);
  ck_assert_double_eq_tol(m.slope / slope, 1, lines[_i][2]);
  free(noise);
  free(scene);
}
END_TEST

/* Noise that a camera has processed may fall with brightness, but not rise. */
START_TEST(test_processed_noise) {
  const double slopes[] = {0.005, -0.003};
  float *noise = grain_plane((Grain){255, 0}, 8), *scene = scene_plane(3);
  for (int i = 0; i < SAMPLES; i++)
    noise[i] *= (float)sqrt(0.004 + slopes[_i] * scene[i]);
  const ZsdNoiseSource source = {noise, scene, WIDE, HIGH, 0, NULL, true};
  const ZsdNoiseModel m = estimate_on(&source, 1);
  if (slopes[_i] > 0)
    ck_assert_double_eq(m.slope, 0);
  else
    ck_assert_double_lt(m.slope, -0.002);
  free(noise);
  free(scene);
}
END_TEST

/* The variance that the model has is never negative, whatever the samples say. */
START_TEST(test_variance_positive) {
  float *noise = grain_plane((Grain){255, 0}, 9), *scene = scene_plane(3);
  for (int i = 0; i < SAMPLES; i++) {
    const double variance = 0.01 * (_i ? scene[i] - 0.35 : 0.65 - scene[i]);
    noise[i] *= (float)sqrt(fmax(variance, 1e-6));
  }
  const ZsdNoiseModel m = estimate(noise, scene, 0);
  ck_assert_double_gt(m.sigma, 0);
  for (int b = 0; b <= 10; b++)
    ck_assert_float_ge(zsd_noise_variance(&m, 0.1f * b), 0);
  free(noise);
  free(scene);
}
END_TEST

/* A source of this size says nothing, and the model stays as it is. */
START_TEST(test_noise_too_small) {
  static const int sizes[][2] = {{0, 0}, {1, 1}, {2, 9}, {9, 2}};
  static const int small[][2] = {{12, 12}, {31, 32}, {32, 31}, {31, 2000}, {32, 32}};
  const ZsdNoiseModel before = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
  ZsdNoiseModel model = before;
  float *noise = grain_plane(grains[1], 2), *gray = gray_plane();
  for (int detrend = 0; detrend < 2; detrend++) {
    for (int i = 0; i < 4; i++) {
      const ZsdNoiseSource source = {noise,   noise, sizes[i][0], sizes[i][1],
                                     detrend, NULL,  false};
      ck_assert(!estimated(&model, &source, 1));
      ck_assert_mem_eq(&model, &before, sizeof model);
    }
    for (int i = 0; i < 5; i++) {
      const ZsdNoiseSource source = {noise,   gray, small[i][0], small[i][1],
                                     detrend, NULL, false};
      ZsdNoiseModel found = before;
      ck_assert(estimated(&found, &source, 1));
      ck_assert_double_eq_tol(found.sigma / (grains[1].sigma / 255), 1, 0.25);
    }
  }
  free(noise);
  free(gray);
}
END_TEST

START_TEST(test_no_noise) {
  float *flat = new_plane();
  for (double level = 0.25; level <= 1; level += 0.25) {
    for (int i = 0; i < SAMPLES; i++)
      flat[i] = (float)level;
    if (level == 1) { /* an end of the range says nothing */
      ZsdNoiseModel model;
      const ZsdNoiseSource source = {flat, flat, WIDE, HIGH, 1, NULL, false};
      ck_assert(!estimated(&model, &source, 1));
      break;
    }
    const ZsdNoiseModel m = estimate(flat, flat, 1);
    ck_assert_double_lt(m.sigma, 1e-6);
    ck_assert_double_eq_tol(m.base + fabs(m.slope), 0, 1e-12);
    ck_assert_double_eq(m.lag1, 0);
    ck_assert_double_eq(m.lag2, 0);
  }
  free(flat);
}
END_TEST

/* Noise that is cut off at an end of the range is not taken for less noise: the estimate comes
 * from the grey half. */
START_TEST(test_noise_clipped) {
  float *picture = grain_plane((Grain){20, 0}, 3);
  for (int i = 0; i < SAMPLES; i++) {
    const float level = i % WIDE < WIDE / 2 ? 0.5f : i < SAMPLES / 2 ? 0 : 1;
    picture[i] = fminf(fmaxf(picture[i] + level, 0), 1);
  }
  const ZsdNoiseModel m = estimate(picture, picture, 1);
  ck_assert_double_eq_tol(255 * m.sigma, 20, 1);
  free(picture);
}
END_TEST

/* Of a large picture only a part is looked at, by any number of threads. */
START_TEST(test_noise_threads) {
  enum { LARGE = 2048 };
  float *picture = malloc((size_t)LARGE * LARGE * sizeof *picture);
  ZsdRandom random;
  ck_assert_ptr_nonnull(picture);
  zsd_random_seed(&random, 4);
  for (int i = 0; i < LARGE * LARGE; i++)
    picture[i] =
        (float)(0.3 + 0.4 * i / (LARGE * LARGE) + 0.1 * (zsd_random_uniform(&random) - 0.5));
  const ZsdNoiseSource source = {picture, picture, LARGE, LARGE, 1, NULL, false};
  const ZsdNoiseModel one = estimate_on(&source, 1), three = estimate_on(&source, 3);
  ck_assert_mem_eq(&one, &three, sizeof one);
  ck_assert_double_eq_tol(one.sigma / (0.1 / sqrt(12)), 1, 0.03);
  free(picture);
}
END_TEST

/* --- adding noise --- */

/* The noise of a flat gray picture. */
enum { SIDE = 512 };
typedef struct {
  double value[SIDE][SIDE];
  double mean, deviation;
} Field;

static Field *noise_field(const char *format, double level, ZsdNoiseKind kind, double sigma,
                          int component) {
  Picture p;
  Field *f = calloc(1, sizeof *f);
  ck_assert_ptr_nonnull(f);
  picture_new(&p, format_named(format), SIDE, SIDE);
  picture_flat(&p.image, level);
  const double scale = 255.0 / ((1 << p.image.depth) - 1);
  const double flat = scale * picture_get(&p.image, component, 0, 0);
  picture_noise(&p.image, kind, sigma, 11);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      f->mean += f->value[y][x] = scale * picture_get(&p.image, component, x, y) - flat;
  f->mean /= SIDE * SIDE;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      f->deviation += pow(f->value[y][x] - f->mean, 2);
  f->deviation = sqrt(f->deviation / (SIDE * SIDE));
  picture_free(&p);
  return f;
}

static double correlation(const Field *f, int dx, int dy) {
  double sum = 0;
  for (int y = 0; y < SIDE - dy; y++)
    for (int x = 0; x < SIDE - dx; x++)
      sum += (f->value[y][x] - f->mean) * (f->value[y + dy][x + dx] - f->mean);
  return sum / ((SIDE - dx) * (SIDE - dy)) / pow(f->deviation, 2);
}

START_TEST(test_gaussian) {
  static const char *const names[] = {"GRAY8", "RGB", "Y444_10", "GRAY16"};
  Field *f = noise_field(names[_i], 0.5, ZSD_NOISE_GAUSSIAN, 20, 0);
  ck_assert_double_eq_tol(f->mean, 0, 0.2);
  ck_assert_double_eq_tol(f->deviation, 20, 0.2);
  for (int lag = 1; lag <= 3; lag++) {
    ck_assert_double_eq_tol(correlation(f, lag, 0), 0, 0.01);
    ck_assert_double_eq_tol(correlation(f, 0, lag), 0, 0.01);
  }
  free(f);
}
END_TEST

/* The [1/2 1 1/2] filter's: 2/3 with the next sample, 1/6 with the one after, 0 beyond. */
START_TEST(test_correlated) {
  static const double expected[] = {1, 0.667, 0.167, 0, 0};
  Field *f = noise_field(_i ? "GRAY16" : "GRAY8", 0.5, ZSD_NOISE_CORRELATED, 20, 0);
  ck_assert_double_eq_tol(f->mean, 0, 0.4);
  ck_assert_double_eq_tol(f->deviation, 20, 0.2);
  for (int lag = 0; lag <= 4; lag++) {
    ck_assert_double_eq_tol(correlation(f, lag, 0), expected[lag], 0.02);
    ck_assert_double_eq_tol(correlation(f, 0, lag), expected[lag], 0.02);
  }
  ck_assert_double_eq_tol(correlation(f, 1, 1), 0.667 * 0.667, 0.02);
  free(f);
}
END_TEST

/* The variance is in proportion to the brightness, where there are few photons (to the right
 * of 4 in 255) and where there are many. */
START_TEST(test_poisson) {
  static const double levels[] = {0.05, 0.1, 0.25, 0.5, 0.75};
  for (int i = 0; i < 5; i++) {
    Field *f = noise_field("GRAY16", levels[i], ZSD_NOISE_POISSON, 20, 0);
    ck_assert_double_eq_tol(f->mean, 0, 0.2);
    ck_assert_double_eq_tol(pow(f->deviation, 2) / (levels[i] * 400), 1, 0.02);
    ck_assert_double_eq_tol(correlation(f, 1, 0), 0, 0.01);
    free(f);
  }
  Field *black = noise_field("GRAY8", 0, ZSD_NOISE_POISSON, 20, 0);
  ck_assert_double_eq(black->deviation, 0);
  free(black);
}
END_TEST

/* The components' noise is their own. */
START_TEST(test_components) {
  Field *red = noise_field("RGB", 0.5, (ZsdNoiseKind)_i, 20, 0);
  Field *blue = noise_field("RGB", 0.5, (ZsdNoiseKind)_i, 20, 2);
  double sum = 0;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      sum += red->value[y][x] * blue->value[y][x];
  sum /= SIDE * SIDE * red->deviation * blue->deviation;
  ck_assert_double_eq_tol(sum, 0, 0.02);
  free(red);
  free(blue);
}
END_TEST

/* Only samples change, all formats and sizes; the same seed gives the same noise. */
START_TEST(test_noise_bytes) {
  static const int sizes[][2] = {{1, 1}, {1, 5}, {5, 1}, {17, 9}};
  for (int s = 0; s < 4; s++)
    for (int kind = 0; kind < 3; kind++) {
      Picture p, again, clean;
      picture_new(&p, &formats[_i], sizes[s][0], sizes[s][1]);
      picture_flat(&p.image, 0.5);
      picture_copy(&again, &p);
      picture_copy(&clean, &p);
      picture_noise(&p.image, (ZsdNoiseKind)kind, 60, 1);
      picture_noise(&again.image, (ZsdNoiseKind)kind, 60, 1);
      ck_assert_mem_eq(p.memory, again.memory, p.size);
      picture_noise(&clean.image, (ZsdNoiseKind)kind, 0, 1);
      ck_assert_uint_eq(picture_get(&clean.image, 0, 0, 0), (1u << clean.image.depth) / 2);
      picture_flat(&p.image, 0.5);
      ck_assert_mem_eq(p.memory, clean.memory, p.size);
      picture_free(&p);
      picture_free(&again);
      picture_free(&clean);
    }
}
END_TEST

START_TEST(test_noise_clips) {
  for (int kind = 0; kind < 3; kind++)
    for (double level = 0; level <= 1; level += 0.5) {
      Picture p;
      picture_new(&p, &formats[_i], 40, 40);
      picture_flat(&p.image, level);
      picture_noise(&p.image, (ZsdNoiseKind)kind, 255, 4);
      for (int y = 0; y < 40; y++)
        for (int x = 0; x < 40; x++)
          ck_assert_uint_lt(picture_get(&p.image, 0, x, y), 1u << p.image.depth);
      picture_free(&p);
    }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("analysis");
  TCase *tc = tcase_create("pictures");
  tcase_add_test(tc, test_same_scene);
  tcase_add_test(tc, test_other_scene);
  tcase_add_test(tc, test_lost_packets);
  tcase_add_test(tc, test_lost_at_a_cut);
  tcase_add_test(tc, test_end_of_doubt);
  tcase_add_test(tc, test_first_gap);
  tcase_add_test(tc, test_brightness);
  tcase_add_test(tc, test_scene_edges);
  tcase_add_loop_test(tc, test_noise_of_picture, 0, N_GRAINS);
  tcase_add_loop_test(tc, test_noise_of_residual, 0, N_GRAINS);
  tcase_add_loop_test(tc, test_noise_of_flat, 0, 3);
  tcase_add_loop_test(tc, test_noise_of_bad_prediction, 0, N_GRAINS);
  tcase_add_loop_test(tc, test_uneven_noise, 0, N_GRAINS);
  tcase_add_loop_test(tc, test_holed_noise, 0, N_GRAINS);
  tcase_add_loop_test(tc, test_uneven_misses, 0, N_GRAINS);
  tcase_add_loop_test(tc, test_shot_noise, 0, 4);
  tcase_add_loop_test(tc, test_processed_noise, 0, 2);
  tcase_add_loop_test(tc, test_variance_positive, 0, 2);
  tcase_add_test(tc, test_noise_too_small);
  tcase_add_test(tc, test_no_noise);
  tcase_add_test(tc, test_noise_clipped);
  tcase_add_test(tc, test_noise_threads);
  tcase_add_loop_test(tc, test_gaussian, 0, 4);
  tcase_add_loop_test(tc, test_correlated, 0, 2);
  tcase_add_test(tc, test_poisson);
  tcase_add_loop_test(tc, test_components, 0, 3);
  tcase_add_loop_test(tc, test_noise_bytes, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_noise_clips, 0, N_FORMATS);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
