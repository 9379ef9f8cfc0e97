/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole way of a frame: what is learned when, what is filtered, what is left alone. */
#include "picture.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 128, HEIGHT = 96 };

static ZsdDenoiser *new_denoiser(void) {
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  ck_assert_msg(d != NULL, "%s", error);
  return d;
}

/* Little, but enough for a picture in gray. */
static ZsdSettings quick_settings(void) {
  ZsdSettings s = zsd_settings_default();
  s.epochs = 250;
  s.learning_rate = 5e-3;
  s.step_size = 190;
  s.hidden_channels = 24;
  return s;
}

static ZsdStatus status_of(const ZsdDenoiser *d) {
  ZsdStatus status;
  zsd_denoiser_status(d, &status);
  return status;
}

static void process(ZsdDenoiser *d, Picture *p, const ZsdSettings *s) {
  ck_assert_int_eq(zsd_denoiser_process(d, &p->image, 0, s, NULL, NULL), ZSD_OK);
}

static void new_scene(Picture *p, const char *format, int kind, double sigma, uint64_t seed) {
  picture_new(p, format_named(format), WIDTH, HEIGHT);
  picture_scene(&p->image, kind, 0);
  if (sigma > 0)
    picture_noise(&p->image, ZSD_NOISE_GAUSSIAN, sigma, seed);
}

/* A noisy frame of a scene goes through; how many dB it gains in its least component. */
static double gain_of_frame(ZsdDenoiser *d, const char *format, int kind, uint64_t seed,
                            const ZsdSettings *s) {
  Picture clean, noisy, p;
  double gain = INFINITY;
  new_scene(&clean, format, kind, 0, 0);
  new_scene(&noisy, format, kind, 25, seed);
  picture_copy(&p, &noisy);
  process(d, &p, s);
  for (int c = 0; c < p.image.components; c++)
    gain = fmin(gain, picture_psnr(&p.image, &clean.image, c) -
                          picture_psnr(&noisy.image, &clean.image, c));
  picture_free(&clean);
  picture_free(&noisy);
  picture_free(&p);
  return gain;
}

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

START_TEST(test_split) {
  static const double splits[] = {0.3, 0.5, 1};
  Picture noisy, p;
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  s.split = splits[_i];
  new_scene(&noisy, "I420", 0, 25, 1);
  picture_copy(&p, &noisy);
  process(d, &p, &s);
  int changed = 0;
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < p.image.component[c].height; y++)
      for (int x = 0; x < p.image.component[c].width; x++) {
        const bool same = picture_get(&p.image, c, x, y) == picture_get(&noisy.image, c, x, y);
        const double border = s.split * p.image.component[c].width;
        ck_assert_msg(same || x >= border - 1, "component %d, column %d changed", c, x);
        changed += !same && x < border + 2;
      }
  ck_assert_int_eq(changed > 0, s.split < 1);
  picture_free(&noisy);
  picture_free(&p);
  zsd_denoiser_free(d);
}
END_TEST

/* --- keyframes --- */

START_TEST(test_cut) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  gain_of_frame(d, "GRAY8", 0, 1, &s);
  gain_of_frame(d, "GRAY8", 5, 2, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  gain_of_frame(d, "GRAY8", 5, 3, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  s.scene_threshold = 0;
  gain_of_frame(d, "GRAY8", 0, 4, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_reset) {
  const ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  gain_of_frame(d, "GRAY8", 0, 1, &s);
  zsd_denoiser_reset(d);
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 2, &s), 3);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  gain_of_frame(d, "GRAY8", 0, 3, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  zsd_denoiser_free(d);
}
END_TEST

/* Another format is a keyframe, be it of as many channels; the same format laid out otherwise
 * may be one or not. */
START_TEST(test_new_format) {
  static const char *const names[] = {"Y444", "RGB", "Y444_10", "I420", "P010", "YUY2"};
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  s.scene_threshold = 0;
  s.epochs = 20;
  for (int i = 0; i < 6; i++)
    for (int again = 0; again < 2; again++) {
      gain_of_frame(d, names[i], 0, 1, &s);
      ck_assert_msg(status_of(d).keyframes == (uint64_t)i + 1, "%d. frame of %s: %d keyframes",
                    again + 1, names[i], (int)status_of(d).keyframes);
    }
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_new_size) {
  static const int sizes[][2] = {{96, 64}, {98, 64}, {98, 66}, {33, 17}, {96, 64}};
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  s.scene_threshold = 0;
  s.epochs = 20;
  for (int i = 0; i < 5; i++)
    for (int again = 0; again < 2; again++) {
      Picture p;
      picture_new(&p, format_named("I420"), sizes[i][0], sizes[i][1]);
      picture_scene(&p.image, 0, 0);
      picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, 25, 1);
      process(d, &p, &s);
      ck_assert_uint_eq(status_of(d).keyframes, i + 1);
      picture_free(&p);
    }
  s.hidden_channels++;
  gain_of_frame(d, "GRAY8", 0, 1, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 6);
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_finetuning) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  s.finetune_interval = 3;
  s.finetune_epochs = 8;
  for (uint64_t frame = 1; frame <= 10; frame++) {
    ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, frame, &s), 3);
    ck_assert_uint_eq(status_of(d).keyframes, 1);
    ck_assert_uint_eq(status_of(d).finetunings, (frame - 1) / 3);
  }
  ck_assert_uint_eq(status_of(d).training.steps, 8);
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

/* --- pictures that teach nothing at first --- */

static void new_noisy(Picture *p, double level, double sigma, uint64_t seed) {
  picture_new(p, format_named("GRAY8"), WIDTH, HEIGHT);
  picture_flat(&p->image, level);
  if (sigma > 0)
    picture_noise(&p->image, ZSD_NOISE_GAUSSIAN, sigma, seed);
}

START_TEST(test_black_first) {
  const ZsdSettings s = quick_settings();
  Picture black;
  ZsdDenoiser *d = new_denoiser();
  new_noisy(&black, 0, 0, 0);
  for (int frame = 0; frame < 3; frame++)
    process(d, &black, &s);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_PASSING);
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 1, &s), 3);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_FILTERING);
  picture_free(&black);
  zsd_denoiser_free(d);
}
END_TEST

/* Noise that comes slowly, as a camera's when night falls, is learned in the end, too. */
START_TEST(test_noise_comes_slowly) {
  const ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  double sigma = 0.3;
  for (uint64_t frame = 1; sigma < 12; frame++, sigma *= 1.08) {
    Picture p;
    new_scene(&p, "GRAY8", 0, sigma, frame);
    process(d, &p, &s);
    picture_free(&p);
  }
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_FILTERING);
  zsd_denoiser_free(d);
}
END_TEST

/* --- fields --- */

static void process_fields(ZsdDenoiser *d, const Picture *p, const ZsdSettings *s) {
  for (int field = 0; field < 2; field++) {
    ZsdImage f = zsd_image_field(&p->image, field);
    ck_assert_int_eq(zsd_denoiser_process(d, &f, field, s, NULL, NULL), ZSD_OK);
  }
}

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

/* --- the callback --- */

static bool stop_at(void *user, const ZsdTraining *training) {
  return training->step < *(unsigned *)user;
}

static void check_cancelled(ZsdDenoiser *d, unsigned step, int kind, const ZsdSettings *s) {
  Picture noisy, p;
  new_scene(&noisy, "GRAY8", kind, 25, 1);
  picture_copy(&p, &noisy);
  ck_assert_int_eq(zsd_denoiser_process(d, &p.image, 0, s, stop_at, &step), ZSD_CANCELLED);
  ck_assert_mem_eq(p.memory, noisy.memory, p.size);
  picture_free(&noisy);
  picture_free(&p);
}

START_TEST(test_cancel) {
  const ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  check_cancelled(d, 1, 0, &s);
  check_cancelled(d, 30, 0, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 0);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_WAITING);
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 2, &s), 3); /* the next one is a keyframe */
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  check_cancelled(d, 10, 5, &s); /* a cut */
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 5, 3, &s), 3);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  zsd_denoiser_free(d);
}
END_TEST

/* What was learned before is kept when fine-tuning is cancelled. */
START_TEST(test_cancel_finetuning) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  gain_of_frame(d, "GRAY8", 0, 1, &s);
  s.finetune_interval = 1;
  s.finetune_epochs = 20;
  check_cancelled(d, 5, 0, &s);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_FILTERING);
  ck_assert_uint_eq(status_of(d).finetunings, 0);
  s.finetune_interval = 0;
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 2, &s), 3);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_wrong_cpu) {
  char error[200] = "";
  setenv("ZSDENOISE_CPU", "abacus", 1);
  ck_assert_ptr_null(zsd_denoiser_new(error, sizeof error));
  ck_assert_msg(strstr(error, "abacus") != NULL, "%s", error);
  setenv("ZSDENOISE_CPU", "c", 1);
  ZsdDenoiser *d = new_denoiser();
  ck_assert_str_eq(status_of(d).isa, "c");
  zsd_denoiser_free(d);
  zsd_denoiser_free(NULL);
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
  tcase_add_loop_test(tc, test_split, 0, 3);
  tcase_add_loop_test(tc, test_fields, 0, 4);
  tcase_add_loop_test(tc, test_small_fields, 0, N_FORMATS);
  tcase_set_timeout(tc, 60);
  return tc;
}

static TCase *keyframe_tests(void) {
  TCase *tc = tcase_create("keyframes");
  tcase_add_test(tc, test_cut);
  tcase_add_test(tc, test_reset);
  tcase_add_test(tc, test_new_format);
  tcase_add_test(tc, test_new_size);
  tcase_add_test(tc, test_finetuning);
  tcase_add_test(tc, test_black_first);
  tcase_add_test(tc, test_noise_comes_slowly);
  tcase_add_test(tc, test_cancel);
  tcase_add_test(tc, test_cancel_finetuning);
  tcase_add_test(tc, test_wrong_cpu);
  tcase_set_timeout(tc, 60);
  return tc;
}

static TCase *untouched_tests(void) {
  TCase *tc = tcase_create("left alone");
  tcase_add_loop_test(tc, test_strength_0, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_constant, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_only_samples, 0, N_FORMATS);
  tcase_set_timeout(tc, 60);
  return tc;
}

Suite *make_suite(void) {
  Suite *suite = suite_create("denoiser");
  suite_add_tcase(suite, denoising_tests());
  suite_add_tcase(suite, keyframe_tests());
  suite_add_tcase(suite, untouched_tests());
  return suite;
}
