/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is measured of pictures, cuts and the level of noise, and the noise that is added. */
#include "noise.h"
#include "picture.h"
#include "scene.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- cuts --- */

enum { WIDTH = 160, HEIGHT = 96 };

static double change(const ZsdTensor *a, const ZsdTensor *b) {
  ZsdScene before, now;
  zsd_scene_see(&before, a, 0);
  zsd_scene_see(&now, b, 0);
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
  zsd_scene_see(&scene, &a, 0);
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

/* --- the level of noise --- */

static double sigma_of_flat(const char *format, int size, double level, double sigma) {
  Picture p;
  picture_new(&p, format_named(format), size, size);
  picture_flat(&p.image, level);
  if (sigma > 0)
    picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, sigma, 3);
  const double estimate = zsd_noise_sigma(&p.image);
  picture_free(&p);
  return estimate;
}

START_TEST(test_sigma) {
  static const double sigmas[] = {2, 5, 10, 25, 50};
  static const char *const names[] = {"GRAY8", "I420", "RGB", "P010", "GRAY16"};
  for (int i = 0; i < 5; i++) {
    const double estimate = sigma_of_flat(names[_i], 256, 0.5, sigmas[i]);
    ck_assert_msg(fabs(estimate - sigmas[i]) <= 0.03 * sigmas[i], "%s: %g instead of %g",
                  names[_i], estimate, sigmas[i]);
  }
}
END_TEST

START_TEST(test_sigma_none) {
  ck_assert_double_eq(sigma_of_flat("GRAY8", 64, 0.5, 0), 0);
  ck_assert_double_eq(sigma_of_flat("GRAY8", 64, 0, 0), 0);
  ck_assert_double_eq(sigma_of_flat("GRAY8", 64, 1, 0), 0);
  ck_assert_double_eq(sigma_of_flat("RGB16", 64, 1, 0), 0);
  ck_assert_double_eq(sigma_of_flat("GRAY8", 15, 0.5, 10), -1);
  ck_assert_double_eq(sigma_of_flat("I420", 1, 0.5, 10), -1);
  ck_assert_double_gt(sigma_of_flat("I420", 16, 0.5, 10), 5);
}
END_TEST

/* Content adds little: the estimate is taken where the picture is flat. */
START_TEST(test_sigma_scene) {
  for (int kind = 0; kind < 6; kind++) {
    Picture p;
    picture_new(&p, format_named("I420"), 256, 192);
    picture_scene(&p.image, kind, 0);
    picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, 10, 3);
    ck_assert_double_eq_tol(zsd_noise_sigma(&p.image), 10, 0.5);
    picture_free(&p);
  }
}
END_TEST

/* Noise that is cut off at an end of the range is not taken for less noise: the estimate comes
 * from the grey half. */
START_TEST(test_sigma_clipped) {
  Picture p;
  picture_new(&p, format_named("GRAY8"), 256, 256);
  for (int y = 0; y < 256; y++)
    for (int x = 0; x < 256; x++)
      picture_set(&p.image, 0, x, y, x < 128 ? 128 : y < 128 ? 0 : 255);
  picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, 20, 3);
  ck_assert_double_eq_tol(zsd_noise_sigma(&p.image), 20, 1);
  picture_free(&p);
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
  tcase_add_test(tc, test_brightness);
  tcase_add_test(tc, test_scene_edges);
  tcase_add_loop_test(tc, test_sigma, 0, 5);
  tcase_add_test(tc, test_sigma_none);
  tcase_add_test(tc, test_sigma_scene);
  tcase_add_test(tc, test_sigma_clipped);
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
