/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Correlated noise of single pictures, and texture that is none. The pictures are crops of
 * photographs. */
#include "noise/texture.h"

#include "base/cpu.h"
#include "base/random.h"
#include "clip.h"
#include "noise/noise_estimate_camera.h"
#include "suite.h"
#include "temporal/fusion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PICTURES = 4, KODIM05 = 0, KODIM13 = 2, THREADS = 2 };

/* Noise that a fusion finds in its first frame. */
static ZsdNoiseModel found(int picture, double sigma) {
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  Clip clip;
  clip_read(&clip, KODAK, picture, 1);
  ZsdImage image = image_of(clip.data, clip.width, clip.height);
  ZsdFrame frame = {0};
  ck_assert_int_eq(zsd_frame_resize(&frame, &image), 0);
  ZsdFusion *fusion = zsd_fusion_new(&frame, kernels);
  ZsdNoise *noise = zsd_noise_new(picture);
  ck_assert(fusion && noise);
  ck_assert_int_eq(zsd_noise_add(noise, &image, ZSD_NOISE_CORRELATED, sigma / 255), 0);
  zsd_frame_load(&frame, &image, kernels, THREADS);
  ck_assert_int_eq(zsd_fusion_add(fusion, &frame, NULL, THREADS), 0);
  const ZsdNoiseModel result = *zsd_fusion_found_noise(fusion, 0);
  printf("# picture %d, noise of %.0f: found %.2f, correlation %.2f\n", picture, sigma,
         255 * result.sigma, result.lag1);
  zsd_noise_free(noise);
  zsd_fusion_free(fusion);
  zsd_frame_clear(&frame);
  free(clip.data);
  return result;
}

/* The first frame tells correlated noise from texture where there are flat parts. */
START_TEST(test_first_frame) {
  static const double sigmas[] = {5, 10, 20};
  for (int i = 0; i < 3; i++) {
    const ZsdNoiseModel noise = found(_i, sigmas[i]);
    if (_i == KODIM05 || _i == KODIM13) /* texture everywhere */
      continue;
    ck_assert_double_gt(255 * noise.sigma, 0.8 * sigmas[i]);
    ck_assert_double_lt(255 * noise.sigma, 1.2 * sigmas[i]);
    ck_assert_double_gt(noise.lag1, 0.55);
    ck_assert_double_lt(noise.lag1, 0.75);
  }
  ck_assert_double_gt(255 * found(_i, 20).sigma, 16);
}
END_TEST

/* In a clean picture it takes next to nothing for correlated noise. */
START_TEST(test_clean) {
  const double most = _i == KODIM05 || _i == KODIM13 ? 5 : 2;
  ck_assert_double_lt(255 * found(_i, 0).sigma, most);
}
END_TEST

/* Noise of 10, as correlated as a camera's. */
static const ZsdNoiseModel camera = {.sigma = 10.0 / 255,
                                     .base = 100.0 / (255 * 255),
                                     .lag1 = 0.67,
                                     .lag2 = 0.17,
                                     .kurtosis = 3,
                                     .anisotropy = 0.06};

/* Each sign of texture alone makes correlated variance suspect, and a white one never is. */
START_TEST(test_signs) {
  ck_assert_double_eq(zsd_texture_part(&camera), 0);
  ZsdNoiseModel weak = camera, peaked = camera, directed = camera, far = camera;
  ZsdNoiseModel white = {.sigma = camera.sigma, .base = camera.base, .kurtosis = 9};
  zsd_noise_scale(&weak, 0.2);
  peaked.kurtosis = 6;
  directed.anisotropy = 0.3;
  far.lag2 = 0.5;
  ck_assert_double_gt(zsd_texture_part(&weak), 0.8);
  ck_assert_double_gt(zsd_texture_part(&peaked), 0.8);
  ck_assert_double_gt(zsd_texture_part(&directed), 0.8);
  ck_assert_double_gt(zsd_texture_part(&far), 0.8);
  directed.lag1 = 0.25;
  ck_assert_double_gt(zsd_texture_part(&directed), 0.8);
  ck_assert_double_eq(zsd_texture_part(&white), 0);
}
END_TEST

/* The part that is left keeps its correlation if that is strong, and is white if it is
 * weak. */
START_TEST(test_discount) {
  ZsdNoiseModel kept = camera, texture = camera, veiled = camera;
  zsd_texture_discount(&kept);
  ck_assert_double_eq_tol(kept.sigma, camera.sigma, 1e-9);
  ck_assert_double_eq_tol(kept.lag1, camera.lag1, 1e-9);
  texture.kurtosis = 9;
  zsd_texture_discount(&texture);
  ck_assert_double_eq_tol(texture.sigma, camera.sigma * sqrt(0.1), 1e-6);
  ck_assert_double_eq_tol(texture.base, camera.base * 0.1, 1e-6);
  veiled.lag1 = 0.15;
  zsd_texture_discount(&veiled);
  ck_assert_double_eq_tol(veiled.sigma, camera.sigma, 1e-9);
  ck_assert_double_eq(veiled.lag1, 0);
}
END_TEST

enum { SIDE = 256, TAPS = 5, ROW = SIDE + TAPS - 1 };

/* Mean of a filter's noise in a window, with these weights across and down. */
static double filtered(const double *white, const double weight[TAPS], int x, int y) {
  double sum = 0;
  for (int i = 0; i < TAPS * TAPS; i++)
    sum += weight[i / TAPS] * weight[i % TAPS] * white[(y + i / TAPS) * ROW + x + i % TAPS];
  return sum;
}

/* The deviation that is found, relative to that of weak noise, which is filtered with these
 * weights, of a sum of squares of 1, but for a part of its variance that is white. */
static double found_by_camera(const double weight[TAPS], double part) {
  const double sigma = 2.0 / 255;
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  static uint16_t samples[SIDE * SIDE];
  static double white[2][ROW * ROW];
  ZsdImage image = {.width = SIDE, .height = SIDE, .components = 1, .depth = 16};
  ZsdFrame frame = {0};
  ZsdNoiseModel models[ZSD_MAX_COMPONENTS] = {0};
  ZsdRandom random;
  zsd_random_seed(&random, 5);
  for (int i = 0; i < 2 * ROW * ROW; i++)
    white[i / (ROW * ROW)][i % (ROW * ROW)] = zsd_random_normal(&random);
  for (int i = 0; i < SIDE * SIDE; i++) {
    const int x = i % SIDE, y = i / SIDE;
    const double noise =
        sqrt(1 - part) * filtered(white[0], weight, x, y) + sqrt(part) * white[1][y * ROW + x];
    samples[i] = (uint16_t)lrint(65535 * (0.5 + sigma * noise));
  }
  image.component[0] = (ZsdComponent){.data = (uint8_t *)samples,
                                      .stride = SIDE * sizeof *samples,
                                      .step = sizeof *samples,
                                      .width = SIDE,
                                      .height = SIDE};
  ck_assert_int_eq(zsd_frame_resize(&frame, &image), 0);
  ZsdRegions *regions = zsd_regions_new(&frame);
  ck_assert_ptr_nonnull(regions);
  zsd_frame_load(&frame, &image, kernels, THREADS);
  ck_assert_int_eq(zsd_noise_estimate_camera(models, &frame, regions, kernels, THREADS), 0);
  zsd_regions_free(regions);
  zsd_frame_clear(&frame);
  return models[0].sigma / sigma;
}

/* Weak noise that a camera has spread is taken for stronger outside of the flattest parts, but
 * not where it reaches as far as texture does. */
START_TEST(test_camera) {
  const double near[TAPS] = {0, sqrt(1 / 6.0), sqrt(4 / 6.0), sqrt(1 / 6.0), 0};
  const double far[TAPS] = {1 / 6.0, 3 / 6.0, 4 / 6.0, 3 / 6.0, 1 / 6.0};
  ck_assert_double_eq_tol(found_by_camera(near, 0), 2, 0.2);
  ck_assert_double_lt(found_by_camera(far, 0.12), 1.4);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("texture");
  TCase *tcase = tcase_create("texture");
  tcase_add_loop_test(tcase, test_first_frame, 0, PICTURES);
  tcase_add_loop_test(tcase, test_clean, 0, PICTURES);
  tcase_add_test(tcase, test_signs);
  tcase_add_test(tcase, test_discount);
  tcase_add_test(tcase, test_camera);
  suite_add_tcase(suite, tcase);
  return suite;
}
