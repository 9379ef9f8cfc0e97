/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Less noise in frames of every format, and no change where there is none. */
#include "frames.h"
#include "suite.h"

#include <math.h>
#include <string.h>

/* --- denoising --- */

/* More, for pictures in colour. */
static ZsdSettings colour_settings(void) {
  ZsdSettings s = quick_settings();
  s.epochs = 450;
  s.step_size = 340;
  s.hidden_channels = 32;
  return s;
}

START_TEST(test_gain) {
  static const char *const names[] = {"GRAY8", "I420", "YUY2", "RGB", "P010", "GRAY16"};
  const ZsdSettings s = colour_settings();
  ZsdDenoiser *d = new_denoiser();
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_WAITING);
  ck_assert_double_eq(status_of(d).sigma, -1);
  ck_assert_double_gt(gain_of_frame(d, names[_i], 0, 1, &s), 3);
  const ZsdStatus status = status_of(d);
  ck_assert_int_eq(status.state, ZSD_STATE_FILTERING);
  ck_assert_double_eq_tol(status.sigma, 25, 2);
  ck_assert_uint_eq(status.frames, 1);
  ck_assert_uint_eq(status.keyframes, 1);
  ck_assert_uint_eq(status.training.step, s.epochs);
  ck_assert_uint_eq(status.training.steps, s.epochs);
  zsd_denoiser_free(d);
}
END_TEST

/* Unpacked and in steps of the whole picture. */
START_TEST(test_gain_paper) {
  ZsdSettings s = quick_settings();
  s.profile = ZSD_PROFILE_PAPER;
  ZsdDenoiser *d = new_denoiser();
  ck_assert_double_gt(gain_of_frame(d, "BGRA", 0, 1, &s), 3);
  zsd_denoiser_free(d);
}
END_TEST

/* Frames after the first are filtered with what was learned there. */
START_TEST(test_next_frames) {
  const ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  for (uint64_t frame = 1; frame <= 5; frame++) {
    ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, frame, &s), 3);
    ck_assert_uint_eq(status_of(d).keyframes, 1);
    ck_assert_uint_eq(status_of(d).finetunings, 0);
    ck_assert_uint_eq(status_of(d).frames, frame);
  }
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_half_strength) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  const double full = gain_of_frame(d, "GRAY8", 0, 1, &s);
  s.strength = 0.5;
  const double half = gain_of_frame(d, "GRAY8", 0, 1, &s);
  ck_assert(half > 2 && half < full - 0.5);
  zsd_denoiser_free(d);
}
END_TEST

/* Same seed, same input: same output, whatever the number of threads. */
START_TEST(test_repeatable) {
  static const unsigned threads[] = {1, 3, 0};
  Picture first;
  ZsdSettings s = quick_settings();
  for (int i = 0; i < 3; i++) {
    Picture p;
    ZsdDenoiser *d = new_denoiser();
    s.threads = threads[i];
    new_scene(&p, "I420", 0, 25, 1);
    process(d, &p, &s);
    if (threads[i])
      ck_assert_int_eq(status_of(d).threads, (int)threads[i]);
    if (i == 0)
      picture_copy(&first, &p);
    ck_assert_mem_eq(p.memory, first.memory, p.size);
    picture_free(&p);
    zsd_denoiser_free(d);
  }
  picture_free(&first);
}
END_TEST

START_TEST(test_threads_change) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  for (unsigned frame = 1; frame <= 6; frame++) {
    s.threads = frame % 4;
    ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, frame, &s), 3);
    ck_assert_uint_eq(status_of(d).keyframes, 1);
  }
  zsd_denoiser_free(d);
}
END_TEST

static const char *fastest(const char *isa) {
  static const char *const known[][2] = {{"c", "fp32"},
                                         {"neon", "fp32"},
                                         {"neonfp16", "fp16"},
                                         {"neoni8mm", "int8"},
                                         {"amx", "bf16"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(isa, known[i][0]) == 0)
      return known[i][1];
  return "int16";
}

/* The arithmetic changes between two frames, and the pictures hardly do. */
START_TEST(test_precision) {
  static const ZsdPrecisionChoice choices[] = {ZSD_PRECISION_FP32,  ZSD_PRECISION_BF16,
                                               ZSD_PRECISION_INT16, ZSD_PRECISION_FP16,
                                               ZSD_PRECISION_INT8,  ZSD_PRECISION_AUTO};
  double fp32 = 0;
  for (int first = 0; first < 6; first++) {
    ZsdDenoiser *d = new_denoiser();
    ck_assert_ptr_null(status_of(d).precision);
    for (int i = 0; i < 6; i++) {
      const ZsdPrecisionChoice choice = choices[(first + i) % 6];
      ZsdSettings s = quick_settings();
      s.temporal = false;
      s.precision = choice;
      const double gain = gain_of_frame(d, "GRAY8", 0, 1, &s);
      const ZsdStatus status = status_of(d);
      ck_assert_str_eq(status.precision, choice == ZSD_PRECISION_FP32    ? "fp32"
                                         : choice == ZSD_PRECISION_BF16  ? "bf16"
                                         : choice == ZSD_PRECISION_INT16 ? "int16"
                                         : choice == ZSD_PRECISION_FP16  ? "fp16"
                                         : choice == ZSD_PRECISION_INT8  ? "int8"
                                                                         : fastest(status.isa));
      ck_assert_uint_eq(status.keyframes, 1);
      fp32 = first == 0 && i == 0 ? gain : fp32;
      ck_assert_double_eq_tol(gain, fp32, 0.05);
    }
    zsd_denoiser_free(d);
  }
}
END_TEST

/* Every row and every column, whatever part of a tile they are. */
START_TEST(test_everywhere) {
  static const int sizes[][2] = {{96, 64}, {131, 37}, {129, 66}, {67, 33}, {34, 131}};
  Picture noisy, p;
  const ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  picture_new(&noisy, format_named("GRAY8"), sizes[_i][0], sizes[_i][1]);
  picture_scene(&noisy.image, 0, 0);
  picture_noise(&noisy.image, ZSD_NOISE_GAUSSIAN, 25, 1);
  picture_copy(&p, &noisy);
  process(d, &p, &s);
  int rows[200] = {0}, columns[200] = {0};
  for (int y = 0; y < p.image.height; y++)
    for (int x = 0; x < p.image.width; x++) {
      const bool changed = picture_get(&p.image, 0, x, y) != picture_get(&noisy.image, 0, x, y);
      rows[y] += changed;
      columns[x] += changed;
    }
  for (int y = 0; y < p.image.height; y++)
    ck_assert_msg(rows[y] > p.image.width / 2, "row %d", y);
  for (int x = 0; x < p.image.width; x++)
    ck_assert_msg(columns[x] > p.image.height / 2, "column %d", x);
  picture_free(&noisy);
  picture_free(&p);
  zsd_denoiser_free(d);
}
END_TEST

/* --- what is left alone --- */

static void check_untouched(const Picture *original, const ZsdSettings *s, ZsdState state) {
  Picture p;
  ZsdDenoiser *d = new_denoiser();
  for (int frame = 1; frame <= 2; frame++) {
    picture_copy(&p, original);
    process(d, &p, s);
    ck_assert_mem_eq(p.memory, original->memory, p.size);
    ck_assert_uint_eq(status_of(d).frames, frame);
    ck_assert_int_eq(status_of(d).state, state);
    picture_free(&p);
  }
  zsd_denoiser_free(d);
}

START_TEST(test_strength_0) {
  Picture p;
  ZsdSettings s = quick_settings();
  s.strength = 0;
  new_scene(&p, formats[_i].name, 0, 25, 1);
  check_untouched(&p, &s, ZSD_STATE_WAITING);
  picture_free(&p);
}
END_TEST

START_TEST(test_constant) {
  for (double value = 0; value <= 1; value += 0.5) {
    Picture p;
    const ZsdSettings s = quick_settings();
    new_scene(&p, formats[_i].name, 0, 25, 1);
    picture_flat(&p.image, value);
    check_untouched(&p, &s, ZSD_STATE_PASSING);
    picture_free(&p);
  }
}
END_TEST

/* A picture without noise is not worth learning on. */
START_TEST(test_clean) {
  for (int kind = 0; kind < 6; kind++) {
    Picture p;
    const ZsdSettings s = quick_settings();
    new_scene(&p, "GRAY8", kind, 0, 0);
    check_untouched(&p, &s, ZSD_STATE_PASSING);
    ZsdDenoiser *d = new_denoiser();
    process(d, &p, &s);
    ck_assert_uint_eq(status_of(d).keyframes, 0);
    zsd_denoiser_free(d);
    picture_free(&p);
  }
}
END_TEST

/* Alpha, and the bytes between rows and around planes, whatever is done to the samples. */
START_TEST(test_only_samples) {
  static const int sizes[][2] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 5}, {17, 19}, {65, 33}};
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  s.epochs = 3;
  for (int i = 0; i < 7; i++) {
    Picture p, blank;
    picture_new(&blank, &formats[_i], sizes[i][0], sizes[i][1]);
    picture_flat(&blank.image, 0.5);
    picture_copy(&p, &blank);
    picture_random(&p.image, 3);
    process(d, &p, &s);
    picture_flat(&p.image, 0.5);
    ck_assert_mem_eq(p.memory, blank.memory, p.size);
    picture_free(&p);
    picture_free(&blank);
  }
  zsd_denoiser_free(d);
}
END_TEST

/* --- fields --- */

/* The two fields of a picture of odd height are of different size. */
START_TEST(test_fields) {
  static const int heights[] = {96, 97, 98, 99};
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  Picture clean;
  picture_new(&clean, format_named("GRAY8"), WIDTH, heights[_i]);
  picture_scene(&clean.image, 0, 0);
  for (uint64_t frame = 1; frame <= 4; frame++) {
    Picture noisy, p;
    picture_copy(&noisy, &clean);
    picture_noise(&noisy.image, ZSD_NOISE_GAUSSIAN, 25, frame);
    picture_copy(&p, &noisy);
    process_fields(d, &p, &s);
    for (int field = 0; field < 2; field++) {
      const ZsdImage c = zsd_image_field(&clean.image, field);
      const ZsdImage n = zsd_image_field(&noisy.image, field);
      const ZsdImage f = zsd_image_field(&p.image, field);
      ck_assert_double_gt(picture_psnr(&f, &c, 0) - picture_psnr(&n, &c, 0), 3);
    }
    ck_assert_uint_eq(status_of(d).keyframes, 1);
    ck_assert_uint_eq(status_of(d).frames, frame);
    picture_free(&noisy);
    picture_free(&p);
  }
  picture_free(&clean);
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_small_fields) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  s.epochs = 3;
  for (int height = 1; height < 8; height++) {
    Picture p;
    picture_new(&p, &formats[_i], 5, height);
    picture_random(&p.image, 2);
    process_fields(d, &p, &s);
    process_fields(d, &p, &s);
    picture_free(&p);
  }
  ck_assert_uint_eq(status_of(d).frames, 14);
  zsd_denoiser_free(d);
}
END_TEST

static TCase *denoising_tests(void) {
  TCase *tc = tcase_create("denoising");
  tcase_add_loop_test(tc, test_gain, 0, 6);
  tcase_add_test(tc, test_gain_paper);
  tcase_add_test(tc, test_next_frames);
  tcase_add_test(tc, test_half_strength);
  tcase_add_test(tc, test_repeatable);
  tcase_add_test(tc, test_threads_change);
  tcase_add_test(tc, test_precision);
  tcase_add_loop_test(tc, test_everywhere, 0, 5);
  tcase_add_loop_test(tc, test_fields, 0, 4);
  tcase_add_loop_test(tc, test_small_fields, 0, N_FORMATS);
  tcase_set_timeout(tc, 60);
  return tc;
}

static TCase *untouched_tests(void) {
  TCase *tc = tcase_create("left alone");
  tcase_add_loop_test(tc, test_strength_0, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_constant, 0, N_FORMATS);
  tcase_add_test(tc, test_clean);
  tcase_add_loop_test(tc, test_only_samples, 0, N_FORMATS);
  tcase_set_timeout(tc, 60);
  return tc;
}

Suite *make_suite(void) {
  Suite *suite = suite_create("denoiser");
  suite_add_tcase(suite, denoising_tests());
  suite_add_tcase(suite, untouched_tests());
  return suite;
}
