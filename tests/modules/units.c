/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The small things the engine stands on: random numbers, processors, tensors, settings. */
#include "base/cpu.h"
#include "kernels/kernels.h"
#include "base/random.h"
#include "settings.h"
#include "suite.h"
#include "base/tensor.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* --- random numbers --- */

/* The generator's published test: its first numbers from this state. */
START_TEST(test_random_published) {
  static const uint64_t expected[] = {
      41943041u,
      58720359u,
      3588806011781223u,
      3591011842654386u,
      9228616714210784205u,
      9973669472204895162u,
      14011001112246962877u,
      12406186145184390807u,
      15849039046786891736u,
      10450023813501588000u,
  };
  ZsdRandom random = {{1, 2, 3, 4}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    ck_assert_uint_eq(zsd_random_next(&random), expected[i]);
}
END_TEST

/* Computed by another implementation of SplitMix64 and xoshiro256++. */
START_TEST(test_random_seeds) {
  static const struct {
    uint64_t seed, first[4];
  } known[] = {
      {0, {0x53175d61490b23df, 0x61da6f3dc380d507, 0x5c0fdf91ec9a7bfc, 0x02eebf8c3bbe5e1a}},
      {42, {0xd0764d4f4476689f, 0x519e4174576f3791, 0xfbe07cfb0c24ed8c, 0xb37d9f600cd835b8}},
      {UINT64_MAX,
       {0x56ccf8ce948e27b2, 0xe68588432e5a5b90, 0xe3e9b5a48119ca8b, 0x460f19495532ae73}},
  };
  for (int i = 0; i < 3; i++) {
    ZsdRandom random, again;
    zsd_random_seed(&random, known[i].seed);
    zsd_random_seed(&again, known[i].seed);
    for (int j = 0; j < 4; j++)
      ck_assert_uint_eq(zsd_random_next(&random), known[i].first[j]);
    for (int j = 0; j < 4; j++)
      ck_assert_uint_eq(zsd_random_next(&again), known[i].first[j]);
  }
}
END_TEST

START_TEST(test_random_uniform) {
  enum { N = 1000000 };
  ZsdRandom random;
  double sum = 0, squares = 0;
  zsd_random_seed(&random, 7);
  for (int i = 0; i < N; i++) {
    const double x = zsd_random_uniform(&random);
    ck_assert(x >= 0 && x < 1);
    sum += x;
    squares += (x - 0.5) * (x - 0.5);
  }
  ck_assert_double_eq_tol(sum / N, 0.5, 0.002);
  ck_assert_double_eq_tol(squares / N, 1.0 / 12, 0.0005);
}
END_TEST

/* Mean, deviation, skewness, kurtosis, and how much lies beyond two deviations. */
START_TEST(test_random_normal) {
  enum { N = 1000000 };
  ZsdRandom random;
  double sums[5] = {0};
  int beyond = 0;
  zsd_random_seed(&random, 8);
  for (int i = 0; i < N; i++) {
    const double x = zsd_random_normal(&random);
    ck_assert(isfinite(x));
    for (int power = 1; power <= 4; power++)
      sums[power] += pow(x, power) / N;
    beyond += fabs(x) > 2;
  }
  ck_assert_double_eq_tol(sums[1], 0, 0.005);
  ck_assert_double_eq_tol(sums[2], 1, 0.01);
  ck_assert_double_eq_tol(sums[3], 0, 0.02);
  ck_assert_double_eq_tol(sums[4], 3, 0.05);
  ck_assert_double_eq_tol((double)beyond / N, 0.0455, 0.001);
}
END_TEST

START_TEST(test_random_below) {
  static const uint32_t limits[] = {1, 2, 3, 10, 1000};
  ZsdRandom random;
  zsd_random_seed(&random, 9);
  for (int l = 0; l < 5; l++) {
    int seen[1000] = {0};
    for (uint32_t i = 0; i < 100 * limits[l]; i++) {
      const uint32_t x = zsd_random_below(&random, limits[l]);
      ck_assert_uint_lt(x, limits[l]);
      seen[x]++;
    }
    for (uint32_t i = 0; i < limits[l]; i++)
      ck_assert_int_gt(seen[i], 50);
  }
  ck_assert_uint_lt(zsd_random_below(&random, UINT32_MAX), UINT32_MAX);
}
END_TEST

/* --- processors --- */

START_TEST(test_cpu_choice) {
  char error[200] = "";
  unsigned flags = 77;
  unsetenv("ZSDENOISE_CPU");
  ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), 0);
  ck_assert_uint_eq(flags, zsd_cpu_detect());
  setenv("ZSDENOISE_CPU", "", 1);
  ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), 0);
  ck_assert_uint_eq(flags, zsd_cpu_detect());
  setenv("ZSDENOISE_CPU", "c", 1);
  ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), 0);
  ck_assert_uint_eq(flags, 0);
  ck_assert_str_eq(zsd_cpu_name(flags), "c");
  ck_assert_str_eq(error, "");

  if (zsd_cpu_detect() & ZSD_CPU_AMX) { /* held back by the set below it */
    setenv("ZSDENOISE_CPU", "avx512", 1);
    ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), 0);
    ck_assert_uint_eq(flags, ZSD_CPU_AVX2 | ZSD_CPU_AVX512 | ZSD_CPU_AVX512VNNI);
    ck_assert_str_eq(zsd_cpu_name(flags), "avx512");
    setenv("ZSDENOISE_CPU", "avx512f", 1);
    ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), 0);
    ck_assert_uint_eq(flags, ZSD_CPU_AVX2 | ZSD_CPU_AVX512);
    ck_assert_str_eq(zsd_cpu_name(flags), "avx512f");
  }

  const char *best = zsd_cpu_name(zsd_cpu_detect());
  setenv("ZSDENOISE_CPU", best, 1);
  ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), 0);
  ck_assert_ptr_eq(zsd_kernels(flags), zsd_kernels(zsd_cpu_detect()));
}
END_TEST

START_TEST(test_cpu_unknown) {
  char error[200] = "", small[8];
  unsigned flags;
  setenv("ZSDENOISE_CPU", "sse9", 1);
  ck_assert_int_eq(zsd_cpu_choose(&flags, error, sizeof error), -1);
  ck_assert_msg(strstr(error, "ZSDENOISE_CPU=sse9") != NULL, "%s", error);
  ck_assert_msg(strstr(error, " c") != NULL, "%s", error);
  ck_assert_msg(strstr(error, zsd_cpu_name(zsd_cpu_detect())) != NULL, "%s", error);
#if defined(__x86_64__)
  ck_assert_msg(strstr(error, " avx2") && strstr(error, " avx512 amx"), "%s", error);
#endif
  memset(small, 'x', sizeof small);
  ck_assert_int_eq(zsd_cpu_choose(&flags, small, 4), -1);
  ck_assert_str_eq(small, "ZSD");
  ck_assert_int_eq(small[4], 'x');
}
END_TEST

/* --- tensors --- */

START_TEST(test_tensor) {
  ZsdTensor t = {0};
  ck_assert_int_eq(zsd_tensor_resize(&t, 3, 5, 7), 0);
  ck_assert_int_eq(zsd_tensor_row(&t, 2, 4) - t.data, (2 * 5 + 4) * 7);
  memset(t.data, 0, 3 * 5 * 7 * sizeof(float));
  ck_assert_int_eq(zsd_tensor_resize(&t, 7, 3, 5), 0); /* the same size */
  ck_assert(t.channels == 7 && t.height == 3 && t.width == 5);
  ck_assert_int_eq(zsd_tensor_resize(&t, 1, 0, 9), 0);
  ck_assert(t.channels == 1 && t.height == 0 && t.width == 9);
  ck_assert_int_eq(zsd_tensor_resize(&t, 2, 2, 2), 0);
  ck_assert_ptr_nonnull(t.data);
  zsd_tensor_clear(&t);
  ck_assert_ptr_null(t.data);
  ck_assert_int_eq(t.channels, 0);
  zsd_tensor_clear(&t);
}
END_TEST

START_TEST(test_tensor_no_memory) {
  ZsdTensor t = {0};
  ck_assert_int_eq(zsd_tensor_resize(&t, 1, 2, 2), 0);
  ck_assert_int_eq(zsd_tensor_resize(&t, 4096, INT32_MAX, 1 << 18), -1);
  ck_assert_ptr_null(t.data);
  ck_assert(t.channels == 0 && t.height == 0 && t.width == 0);
}
END_TEST

/* --- settings --- */

START_TEST(test_settings) {
  ZsdSettings s = zsd_settings_default();
  ck_assert_int_eq(s.profile, ZSD_PROFILE_BALANCED);
  ck_assert_double_eq(s.strength, 1);
  for (int profile = ZSD_PROFILE_REALTIME; profile <= ZSD_PROFILE_PAPER; profile++) {
    s.profile = (ZsdProfile)profile;
    const ZsdSettings r = zsd_settings_resolve(&s);
    ck_assert(r.learning_rate > 0 && r.step_size > 0 && r.gamma > 0 && r.hidden_channels > 0);
    /* from the built-in weights a keyframe needs no learning of its own */
    ck_assert_int_eq(r.epochs > 0, profile == ZSD_PROFILE_PAPER);
    ck_assert_int_eq(r.warm_start && r.temporal, profile != ZSD_PROFILE_PAPER);
    ck_assert_int_eq(r.precision == ZSD_PRECISION_FP32, profile == ZSD_PROFILE_PAPER);
    s.warm_start = false;
    ck_assert_uint_gt(zsd_settings_resolve(&s).epochs, 0);
    s.warm_start = true;
    ck_assert_int_eq((zsd_settings_curriculum(&s).patches == 0), profile == ZSD_PROFILE_PAPER);
  }
}
END_TEST

/* Settings of the user have priority over every profile. */
START_TEST(test_settings_own) {
  ZsdSettings s = zsd_settings_default();
  s.epochs = 3;
  s.learning_rate = 0.5;
  s.step_size = 7;
  s.gamma = 0.25;
  s.hidden_channels = 11;
  s.precision = ZSD_PRECISION_BF16;
  for (int profile = ZSD_PROFILE_REALTIME; profile <= ZSD_PROFILE_PAPER; profile++) {
    s.profile = (ZsdProfile)profile;
    const ZsdSettings r = zsd_settings_resolve(&s);
    ck_assert_uint_eq(r.epochs, 3);
    ck_assert_double_eq(r.learning_rate, 0.5);
    ck_assert_uint_eq(r.step_size, 7);
    ck_assert_double_eq(r.gamma, 0.25);
    ck_assert_uint_eq(r.hidden_channels, 11);
    ck_assert_int_eq(r.precision, ZSD_PRECISION_BF16);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("units");
  TCase *tc = tcase_create("units");
  tcase_add_test(tc, test_random_published);
  tcase_add_test(tc, test_random_seeds);
  tcase_add_test(tc, test_random_uniform);
  tcase_add_test(tc, test_random_normal);
  tcase_add_test(tc, test_random_below);
  tcase_add_test(tc, test_cpu_choice);
  tcase_add_test(tc, test_cpu_unknown);
  tcase_add_test(tc, test_tensor);
  tcase_add_test(tc, test_tensor_no_memory);
  tcase_add_test(tc, test_settings);
  tcase_add_test(tc, test_settings_own);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
