/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the denoiser learns, and what it does when it cannot. */
#include "frames.h"
#include "suite.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* --- when it learns --- */

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

/* Frames of a scene at rest with noise of this deviation. Returns the least gain of one. */
static double frames_with(ZsdDenoiser *d, double sigma, int count, const ZsdSettings *s) {
  double least = 100;
  for (int i = 0; i < count; i++) {
    Picture clean, p;
    new_scene(&clean, "GRAY8", 0, 0, 0);
    new_scene(&p, "GRAY8", 0, sigma, status_of(d).frames + 1);
    const double before = picture_psnr(&p.image, &clean.image, 0);
    process(d, &p, s);
    least = fmin(least, picture_psnr(&p.image, &clean.image, 0) - before);
    picture_free(&p);
    picture_free(&clean);
  }
  return least;
}

/* A camera takes another gain: what there is to learn from is new, but what was known goes on
 * serving. */
START_TEST(test_other_noise) {
  static const double sigmas[] = {16, 6, 11.2, 9};
  ZsdSettings s = zsd_settings_default();
  s.background = _i / 4;
  const double sigma = sigmas[_i % 4];
  ZsdDenoiser *d = new_denoiser();
  frames_with(d, 10, 24, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  frames_with(d, 10, 8, &s);
  ck_assert_double_gt(frames_with(d, sigma, 96, &s), 11);
  ck_assert_uint_eq(status_of(d).keyframes, _i % 4 < 2 ? 2 : 1);
  zsd_denoiser_free(d);
}
END_TEST

/* No training on short changes, nor at all where only the first frame is a keyframe. */
START_TEST(test_other_noise_passes) {
  ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *d = new_denoiser();
  frames_with(d, 10, 24, &s);
  frames_with(d, 14, 32, &s);
  frames_with(d, 10, 16, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  s.scene_threshold = 0;
  frames_with(d, 25, 80, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  s.scene_threshold = 0.15;
  frames_with(d, 25, 80, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  zsd_denoiser_free(d);
}
END_TEST

/* Frames come out as if there had been none before the reset, also where the first one does not
 * tell the noise's strength (correlated noise) or there is none in it (black). */
START_TEST(test_reset_forgets) {
  ZsdSettings s = quick_settings();
  s.epochs = 0;
  for (int black = 0; black < 2; black++) {
    ZsdDenoiser *used = new_denoiser(), *fresh = new_denoiser();
    for (uint64_t frame = 1; frame <= 4; frame++)
      gain_of_frame(used, "GRAY8", 0, frame, &s);
    zsd_denoiser_reset(used);
    for (uint64_t frame = 1; frame <= 4; frame++) {
      Picture a, b;
      new_scene(&a, "GRAY8", 5, 0, 0);
      if (black)
        picture_flat(&a.image, 0);
      else
        picture_noise(&a.image, ZSD_NOISE_CORRELATED, 20, frame);
      picture_copy(&b, &a);
      process(used, &a, &s);
      process(fresh, &b, &s);
      ck_assert_mem_eq(a.memory, b.memory, a.size);
      picture_free(&a);
      picture_free(&b);
    }
    zsd_denoiser_free(used);
    zsd_denoiser_free(fresh);
  }
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

/* There are built-in weights for all formats, whichever the profile: by default nothing has to
 * be learned on a keyframe. */
START_TEST(test_built_in) {
  static const ZsdProfile profiles[] = {ZSD_PROFILE_REALTIME, ZSD_PROFILE_BALANCED,
                                        ZSD_PROFILE_BEST};
  for (int p = 0; p < 3; p++) {
    ZsdSettings s = zsd_settings_default();
    ZsdDenoiser *d = new_denoiser();
    s.profile = profiles[p];
    ck_assert_double_gt(gain_of_frame(d, formats[_i].name, 0, 1, &s), 3);
    ck_assert_uint_eq(status_of(d).keyframes, 1);
    ck_assert_uint_eq(status_of(d).trainings, 0);
    zsd_denoiser_free(d);
  }
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

/* A frame that teaches nothing, black, does not end what was learned before it. */
START_TEST(test_finetuning_on_black) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  Picture black;
  new_scene(&black, "GRAY8", 0, 0, 0);
  picture_flat(&black.image, 0);
  s.scene_threshold = 0; /* it came slowly */
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 1, &s), 3);
  s.finetune_interval = 1;
  s.finetune_epochs = 8;
  process(d, &black, &s);
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 2, &s), 3);
  picture_free(&black);
  zsd_denoiser_free(d);
}
END_TEST

/* A cut between the fields of a frame is a keyframe with the next frame; frames, not fields,
 * count for fine-tuning. */
START_TEST(test_second_field) {
  ZsdSettings s = quick_settings();
  ZsdDenoiser *d = new_denoiser();
  Picture first, second;
  new_scene(&first, "GRAY8", 0, 25, 1);
  new_scene(&second, "GRAY8", 5, 25, 2);
  s.epochs = 20;
  first.image.part = ZSD_EVEN_FIELD;
  second.image.part = ZSD_ODD_FIELD;
  ck_assert_int_eq(zsd_denoiser_process(d, &first.image, 0, &s), ZSD_OK);
  ck_assert_int_eq(zsd_denoiser_process(d, &second.image, 1, &s), ZSD_OK);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  ck_assert_uint_eq(status_of(d).frames, 1);
  picture_free(&first);
  picture_free(&second);

  s = quick_settings();
  s.finetune_interval = 2;
  s.finetune_epochs = 2;
  for (uint64_t frame = 1; frame <= 7; frame++) {
    new_scene(&first, "GRAY8", 5, 25, frame);
    process_fields(d, &first, &s);
    ck_assert_uint_eq(status_of(d).finetunings, (frame - 1) / 2);
    picture_free(&first);
  }
  ck_assert_uint_eq(status_of(d).keyframes, 2);
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

/* --- observers --- */

/* Cancels after a step; 0: never. */
typedef struct {
  unsigned step;
  atomic_bool reached;
} Stop;

static void note_step(void *user, const ZsdTraining *training) {
  Stop *stop = user;
  if (training->step == stop->step)
    atomic_store(&stop->reached, true);
}

static bool is_reached(void *user) {
  return atomic_load(&((Stop *)user)->reached);
}

static ZsdDenoiser *new_observed(Stop *stop) {
  const ZsdObserver observer = {stop, note_step, is_reached};
  ZsdDenoiser *d = new_denoiser();
  zsd_denoiser_observe(d, &observer);
  return d;
}

static void check_cancelled(ZsdDenoiser *d, Stop *stop, unsigned step, int kind,
                            const ZsdSettings *s) {
  Picture noisy, p;
  new_scene(&noisy, "GRAY8", kind, 25, 1);
  picture_copy(&p, &noisy);
  stop->step = step;
  ck_assert_int_eq(zsd_denoiser_process(d, &p.image, 0, s), ZSD_CANCELLED);
  stop->step = 0;
  atomic_store(&stop->reached, false);
  ck_assert_mem_eq(p.memory, noisy.memory, p.size);
  picture_free(&noisy);
  picture_free(&p);
}

START_TEST(test_cancel) {
  const ZsdSettings s = quick_settings();
  Stop stop = {0};
  ZsdDenoiser *d = new_observed(&stop);
  check_cancelled(d, &stop, 1, 0, &s);
  check_cancelled(d, &stop, 30, 0, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 0);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_WAITING);
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 2, &s), 3); /* the next one is a keyframe */
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  check_cancelled(d, &stop, 10, 5, &s); /* a cut */
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 5, 3, &s), 3);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  zsd_denoiser_free(d);
}
END_TEST

/* The weights are kept when fine-tuning is cancelled. */
START_TEST(test_cancel_finetuning) {
  ZsdSettings s = quick_settings();
  Stop stop = {0};
  ZsdDenoiser *d = new_observed(&stop);
  gain_of_frame(d, "GRAY8", 0, 3, &s);
  s.finetune_interval = 1;
  s.finetune_epochs = 20;
  check_cancelled(d, &stop, 5, 0, &s);
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

Suite *make_suite(void) {
  Suite *suite = suite_create("keyframes");
  TCase *tc = tcase_create("keyframes");
  tcase_add_test(tc, test_cut);
  tcase_add_test(tc, test_reset);
  tcase_add_loop_test(tc, test_other_noise, 0, 8);
  tcase_add_test(tc, test_other_noise_passes);
  tcase_add_test(tc, test_reset_forgets);
  tcase_add_test(tc, test_new_format);
  tcase_add_test(tc, test_new_size);
  tcase_add_loop_test(tc, test_built_in, 0, N_FORMATS);
  tcase_add_test(tc, test_finetuning);
  tcase_add_test(tc, test_finetuning_on_black);
  tcase_add_test(tc, test_second_field);
  tcase_add_test(tc, test_black_first);
  tcase_add_test(tc, test_noise_comes_slowly);
  tcase_add_test(tc, test_cancel);
  tcase_add_test(tc, test_cancel_finetuning);
  tcase_add_test(tc, test_wrong_cpu);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
