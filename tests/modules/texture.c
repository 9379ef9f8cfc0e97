/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Correlated noise of single pictures, and texture that is none. The pictures are crops of
 * photographs. */
#include "noise/texture.h"

#include "base/cpu.h"
#include "clip.h"
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
  ck_assert_int_eq(zsd_fusion_add(fusion, &frame, THREADS), 0);
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

Suite *make_suite(void) {
  Suite *suite = suite_create("texture");
  TCase *tcase = tcase_create("texture");
  tcase_add_loop_test(tcase, test_first_frame, 0, PICTURES);
  tcase_add_loop_test(tcase, test_clean, 0, PICTURES);
  tcase_add_test(tcase, test_signs);
  tcase_add_test(tcase, test_discount);
  suite_add_tcase(suite, tcase);
  return suite;
}
