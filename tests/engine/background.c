/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning beside the stream. What is waited for, a hang would be the failure of. */
#define _GNU_SOURCE /* gettid */
#include "frames.h"
#include "suite.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const uint32_t ENDLESS = 1000000; /* steps, that take longer than any test */

static ZsdSettings beside(void) {
  ZsdSettings s = quick_settings();
  s.background = true;
  return s;
}

/* From random weights. */
static ZsdSettings from_nothing(void) {
  ZsdSettings s = beside();
  s.warm_start = false;
  return s;
}

/* Long enough for a few steps of learning, which make way for each frame. */
static void wait_briefly(void) {
  nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Frames of a scene until something has come to its end. Returns the last one's gain. */
static double frames_until(ZsdDenoiser *d, uint64_t trainings, const ZsdSettings *s) {
  double gain;
  uint64_t seed = 100;
  do {
    wait_briefly();
    gain = gain_of_frame(d, "GRAY8", 0, seed++, s);
  } while (status_of(d).trainings < trainings);
  return gain;
}

/* The built-in weights serve from the first frame on, and what is learned is as good as what is
 * learned while frames wait. */
START_TEST(test_warm) {
  ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *beside = new_denoiser(), *waiting = new_denoiser();
  s.background = true;
  ck_assert_double_gt(gain_of_frame(beside, "GRAY8", 0, 1, &s), 3);
  ck_assert_int_eq(status_of(beside).state, ZSD_STATE_FILTERING);
  frames_until(beside, 1, &s);
  s.background = false;
  for (uint64_t i = 1; i < 30; i++)
    gain_of_frame(waiting, "GRAY8", 0, i, &s);
  ck_assert_uint_eq(status_of(waiting).trainings, 1);
  double lead = 0;
  s.background = true;
  for (uint64_t i = 200; i < 230; i++)
    lead += gain_of_frame(beside, "GRAY8", 0, i, &s);
  s.background = false;
  for (uint64_t i = 200; i < 230; i++)
    lead -= gain_of_frame(waiting, "GRAY8", 0, i, &s);
  ck_assert_double_gt(lead / 30, -0.2);
  ck_assert_uint_eq(status_of(beside).keyframes, 1);
  zsd_denoiser_free(beside);
  zsd_denoiser_free(waiting);
}
END_TEST

/* Frames pass as they are until there is something to filter them with. */
START_TEST(test_cold) {
  const ZsdSettings s = from_nothing();
  ZsdDenoiser *d = new_denoiser();
  Picture noisy, p;
  new_scene(&noisy, "GRAY8", 0, 25, 1);
  picture_copy(&p, &noisy);
  process(d, &p, &s);
  ck_assert_mem_eq(p.memory, noisy.memory, p.size);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_LEARNING);
  frames_until(d, 1, &s);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_FILTERING);
  for (uint64_t i = 0; i < 8; i++)
    gain_of_frame(d, "GRAY8", 0, 10 + i, &s);
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 20, &s), 3);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  picture_free(&noisy);
  picture_free(&p);
  zsd_denoiser_free(d);
}
END_TEST

/* Fades in when training began from random weights: the first frame is closer to the original
 * than to the frame at full strength. */
START_TEST(test_gradual) {
  const ZsdSettings s = from_nothing();
  ZsdDenoiser *d = new_denoiser();
  double gain[12];
  uint64_t seed = 1;
  do {
    wait_briefly();
    gain[0] = gain_of_frame(d, "GRAY8", 0, seed++, &s);
  } while (status_of(d).state != ZSD_STATE_FILTERING);
  for (int i = 1; i < 12; i++)
    gain[i] = gain_of_frame(d, "GRAY8", 0, seed++, &s);
  ck_assert_double_gt(gain[0], 0);
  ck_assert_double_gt(gain[11], 3);
  ck_assert_double_lt(gain[0], gain[11] / 2);
  for (int i = 1; i < 5; i++) /* after that, what is left of the noise hardly counts */
    ck_assert_double_gt(gain[i], gain[i - 1]);
  zsd_denoiser_free(d);
}
END_TEST

/* Keyframes one after the other, new sizes, other threads and ways to learn: none waits for the
 * learning that is under way, and neither does the end. */
START_TEST(test_storm) {
  static const char *const names[] = {"GRAY8", "I420", "RGB"};
  ZsdSettings s = from_nothing();
  ZsdDenoiser *d = new_denoiser();
  s.epochs = ENDLESS;
  for (int i = 0; i < 120; i++) {
    if (i % 5 == 0)
      zsd_denoiser_reset(d);
    s.threads = 1 + i / 40;
    s.warm_start = i / 20 % 2;
    gain_of_frame(d, names[i / 7 % 3], i / 3 % 6, i, &s);
    if (i % 4 == 0)
      wait_briefly();
  }
  ck_assert_uint_gt(status_of(d).keyframes, 24);
  ck_assert_uint_eq(status_of(d).frames, 120);
  zsd_denoiser_free(d);
}
END_TEST

/* A learning that is under way ends with its keyframe: the next one's comes to its end. */
START_TEST(test_no_stale) {
  ZsdSettings s = from_nothing();
  ZsdDenoiser *d = new_denoiser();
  s.epochs = ENDLESS;
  gain_of_frame(d, "GRAY8", 5, 1, &s);
  wait_briefly();
  s.epochs = quick_settings().epochs;
  zsd_denoiser_reset(d);
  frames_until(d, 1, &s);
  ck_assert_uint_eq(status_of(d).training.steps, s.epochs);
  zsd_denoiser_free(d);
}
END_TEST

/* The choice while playing begins anew. */
START_TEST(test_switch) {
  ZsdSettings s = from_nothing();
  ZsdDenoiser *d = new_denoiser();
  s.epochs = ENDLESS;
  gain_of_frame(d, "GRAY8", 0, 1, &s);
  s.epochs = quick_settings().epochs;
  s.background = false;
  ck_assert_double_gt(gain_of_frame(d, "GRAY8", 0, 2, &s), 3);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  s.background = true;
  gain_of_frame(d, "GRAY8", 0, 3, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 3);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_LEARNING);
  zsd_denoiser_free(d);
}
END_TEST

/* With earlier frames or without. Each training that ends is told of once, with all its steps.
 */
START_TEST(test_finetuning) {
  ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *d = new_denoiser();
  ZsdTraining ended[ZSD_MAX_ENDED];
  unsigned trainings = 0, tunings = 0;
  s.background = true;
  s.temporal = _i;
  s.finetune_interval = 3;
  s.finetune_epochs = 20;
  do {
    wait_briefly();
    gain_of_frame(d, "GRAY8", 0, status_of(d).frames, &s);
    const unsigned n = zsd_denoiser_ended(d, ended);
    for (unsigned i = 0; i < n; i++) {
      ck_assert_uint_eq(ended[i].step, ended[i].steps);
      tunings += ended[i].steps == s.finetune_epochs;
    }
    trainings += n;
  } while (status_of(d).finetunings < 3);
  ck_assert_uint_eq(trainings, status_of(d).trainings);
  ck_assert_uint_eq(tunings, status_of(d).finetunings);
  ck_assert_uint_gt(status_of(d).frames, 9);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_FILTERING);
  zsd_denoiser_free(d);
}
END_TEST

typedef struct {
  pthread_t stream;
  atomic_uint steps, elsewhere;
} Heard;

static void on_progress(void *user, const ZsdTraining *training) {
  Heard *heard = user;
  heard->steps += training->step == heard->steps + 1;
  heard->elsewhere += !pthread_equal(pthread_self(), heard->stream);
}

/* It is told of from the thread that learns. */
START_TEST(test_progress) {
  const ZsdSettings s = from_nothing();
  Heard heard = {.stream = pthread_self()};
  const ZsdObserver observer = {&heard, on_progress, NULL};
  ZsdDenoiser *d = new_denoiser();
  zsd_denoiser_observe(d, &observer);
  frames_until(d, 1, &s);
  ck_assert_uint_ge(heard.steps, s.epochs);
  ck_assert_uint_ge(heard.elsewhere, s.epochs);
  zsd_denoiser_free(d);
}
END_TEST

static const int niceness[] = {0, 5, 15, 19};

static atomic_int learner_niceness;

static void note_niceness(void *user, const ZsdTraining *training) {
  (void)user;
  (void)training;
  learner_niceness = getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void *learn_with_niceness(void *stream) {
  const ZsdSettings s = from_nothing();
  const ZsdObserver observer = {NULL, note_niceness, NULL};
  ZsdDenoiser *d = new_denoiser();
  ck_assert_int_eq(setpriority(PRIO_PROCESS, (id_t)gettid(), *(const int *)stream), 0);
  zsd_denoiser_observe(d, &observer);
  frames_until(d, 1, &s);
  zsd_denoiser_free(d);
  return NULL;
}

/* The learning thread is nicer than the stream's by 10, or as nice as can be, whoever runs the
 * process. (To be less nice than the process takes a privilege.) */
START_TEST(test_niceness) {
  const int mine = getpriority(PRIO_PROCESS, 0);
  int stream = niceness[_i] > mine ? niceness[_i] : mine;
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, learn_with_niceness, &stream), 0);
  pthread_join(thread, NULL);
  ck_assert_int_eq(learner_niceness, stream < 9 ? stream + 10 : 19);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("background");
  TCase *tc = tcase_create("learning");
  tcase_add_test(tc, test_warm);
  tcase_add_test(tc, test_cold);
  tcase_add_test(tc, test_gradual);
  tcase_add_test(tc, test_storm);
  tcase_add_test(tc, test_no_stale);
  tcase_add_test(tc, test_switch);
  tcase_add_loop_test(tc, test_finetuning, 0, 2);
  tcase_add_test(tc, test_progress);
  tcase_add_loop_test(tc, test_niceness, 0, sizeof niceness / sizeof *niceness);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
