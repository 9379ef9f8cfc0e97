/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trainer: convergence, determinism, divergence, cancellation. */
#include "learning/trainer.h"

#include "base/cpu.h"
#include "learning/zsn2n_loss.h"
#include "picture.h"
#include "base/random.h"
#include "suite.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HIDDEN = 6 };

/* A network, its initial parameters, and a picture to train on. */
typedef struct {
  ZsdTensor picture;
  ZsdNetwork net;
  float *before;
  ZsdSchedule schedule;
  ZsdTraining training;
} Lesson;

static void set_up(Lesson *l, int channels, int height, int width, double sigma) {
  *l = (Lesson){.schedule = {.steps = 40, .patches = 4, .learning_rate = 3e-3, .seed = 5}};
  tensor_scene(&l->picture, channels, height, width, 1, sigma, 7);
  ck_assert_int_eq(zsd_network_resize(&l->net, (ZsdShape){channels, HIDDEN, channels}), 0);
  zsd_network_init(&l->net, 3);
  l->before = malloc(l->net.n * sizeof(float));
  ck_assert_ptr_nonnull(l->before);
  memcpy(l->before, l->net.params, l->net.n * sizeof(float));
}

static void tear_down(Lesson *l) {
  zsd_tensor_clear(&l->picture);
  zsd_network_clear(&l->net);
  free(l->before);
}

/* Trains on the picture alone. */
static ZsdOutcome learn_with(ZsdTrainer *trainer, int threads, Lesson *l,
                             const ZsdObserver *observer) {
  ZsdZsn2nLoss *zsn2n = zsd_zsn2n_loss_new(&l->picture, l->net.shape, threads);
  ck_assert_ptr_nonnull(zsn2n);
  const ZsdObjective objective = zsd_zsn2n_loss_objective(zsn2n);
  l->schedule.threads = threads;
  const ZsdOutcome outcome =
      zsd_trainer_run(trainer, &l->net, &objective, &l->schedule, observer, &l->training);
  zsd_zsn2n_loss_free(zsn2n);
  return outcome;
}

static ZsdOutcome learn(Lesson *l, int threads, const ZsdObserver *observer) {
  ZsdTrainer *trainer = zsd_trainer_new(zsd_kernels(zsd_cpu_detect()));
  ck_assert_ptr_nonnull(trainer);
  const ZsdOutcome outcome = learn_with(trainer, threads, l, observer);
  zsd_trainer_free(trainer);
  return outcome;
}

static void assert_unchanged(const Lesson *l) {
  ck_assert_mem_eq(l->net.params, l->before, l->net.n * sizeof(float));
}

static void assert_finite(const Lesson *l) {
  for (size_t i = 0; i < l->net.n; i++)
    ck_assert_msg(isfinite(l->net.params[i]), "parameter %zu", i);
}

/* --- training --- */

START_TEST(test_learns) {
  Lesson l;
  set_up(&l, 1, 64, 64, 0.15);
  l.schedule.patches = _i ? 4 : 0;
  l.schedule.steps = 100;
  ck_assert_int_eq(learn(&l, 2, NULL), ZSD_TRAINED);
  ck_assert(memcmp(l.net.params, l.before, l.net.n * sizeof(float)) != 0);
  assert_finite(&l);
  ck_assert_uint_eq(l.training.step, 100);
  ck_assert_uint_eq(l.training.steps, 100);
  /* A perfect denoiser of one half of the pair leaves the noise of the other. */
  ck_assert_double_gt(l.training.loss, 0.15 * 0.15 / 2 * 0.8);
  ck_assert_double_lt(l.training.loss, 0.15 * 0.15);
  ck_assert(l.training.seconds > 0 && l.training.eta >= 0);
  tear_down(&l);
}
END_TEST

START_TEST(test_same_on_any_threads) {
  static const int counts[] = {1, 2, 5, 3};
  Lesson first;
  set_up(&first, 3, 70, 90, 0.15);
  first.schedule.patches = _i ? 7 : 0;
  first.schedule.steps = 120;
  first.schedule.learning_rate = 1e-2;
  ck_assert_int_eq(learn(&first, 1, NULL), ZSD_TRAINED);
  for (int i = 0; i < 4; i++) {
    Lesson l;
    set_up(&l, 3, 70, 90, 0.15);
    l.schedule = first.schedule;
    ck_assert_int_eq(learn(&l, counts[i], NULL), ZSD_TRAINED);
    ck_assert_mem_eq(l.net.params, first.net.params, l.net.n * sizeof(float));
    tear_down(&l);
  }
  tear_down(&first);
}
END_TEST

START_TEST(test_seed) {
  Lesson a, b;
  set_up(&a, 1, 70, 90, 0.15);
  set_up(&b, 1, 70, 90, 0.15);
  b.schedule.seed++;
  ck_assert_int_eq(learn(&a, 1, NULL), ZSD_TRAINED);
  ck_assert_int_eq(learn(&b, 1, NULL), ZSD_TRAINED);
  ck_assert(memcmp(a.net.params, b.net.params, a.net.n * sizeof(float)) != 0);
  tear_down(&a);
  tear_down(&b);
}
END_TEST

/* A trainer is reused for pictures of several shapes. */
START_TEST(test_one_trainer) {
  ZsdTrainer *trainer = zsd_trainer_new(zsd_kernels(zsd_cpu_detect()));
  for (int i = 0; i < 8; i++) {
    Lesson l, alone;
    const int channels = 1 + i % 3, height = 40 + 17 * (i % 4), width = 90 - 9 * i;
    set_up(&l, channels, height, width, 0.15);
    set_up(&alone, channels, height, width, 0.15);
    learn_with(trainer, 2, &l, NULL);
    learn(&alone, 1, NULL);
    ck_assert_mem_eq(l.net.params, alone.net.params, l.net.n * sizeof(float));
    tear_down(&l);
    tear_down(&alone);
  }
  zsd_trainer_free(trainer);
  zsd_trainer_free(NULL);
}
END_TEST

/* The learning rate falls every `step_size` steps: with gamma 0 nothing changes after the
 * first. */
START_TEST(test_schedule) {
  Lesson short_one, long_one;
  set_up(&short_one, 1, 64, 64, 0.15);
  set_up(&long_one, 1, 64, 64, 0.15);
  short_one.schedule.steps = 25;
  long_one.schedule.step_size = 25;
  long_one.schedule.gamma = 0;
  long_one.schedule.patches = short_one.schedule.patches = 0;
  long_one.schedule.learning_rate = short_one.schedule.learning_rate = 1e-2;
  ck_assert_int_eq(learn(&short_one, 1, NULL), ZSD_TRAINED);
  ck_assert_int_eq(learn(&long_one, 1, NULL), ZSD_TRAINED);
  ck_assert_mem_eq(long_one.net.params, short_one.net.params, long_one.net.n * sizeof(float));
  tear_down(&short_one);
  tear_down(&long_one);
}
END_TEST

/* --- no gain, divergence --- */

/* Constant, clean and small pictures give no gain, or at least no harm. */
START_TEST(test_constant) {
  static const float values[] = {0, 0.5f, 1};
  Lesson l;
  set_up(&l, 3, 48, 50, 0);
  for (int i = 0; i < 3 * 48 * 50; i++)
    l.picture.data[i] = values[_i];
  ck_assert_int_eq(learn(&l, 2, NULL), ZSD_NO_GAIN);
  assert_unchanged(&l);
  tear_down(&l);
}
END_TEST

START_TEST(test_small) {
  static const int sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {2, 3}, {3, 2}, {5, 40}};
  for (int i = 0; i < 7; i++)
    for (unsigned patches = 0; patches < 9; patches += 4) {
      Lesson l;
      set_up(&l, 2, sizes[i][0], sizes[i][1], 0.1);
      l.schedule.patches = patches;
      const ZsdOutcome outcome = learn(&l, 2, NULL);
      ck_assert(outcome == ZSD_TRAINED || outcome == ZSD_NO_GAIN);
      if (sizes[i][0] < 2 || sizes[i][1] < 2)
        ck_assert_int_eq(outcome, ZSD_NO_GAIN);
      if (outcome == ZSD_NO_GAIN)
        assert_unchanged(&l);
      assert_finite(&l);
      tear_down(&l);
    }
}
END_TEST

/* With a learning rate far too high, up to one that overflows in the first step, training
 * returns to a checkpoint or gives up, and all parameters stay finite. */
START_TEST(test_high_rate) {
  static const double rates[] = {1, 100, 1e6, 1e20, 1e38};
  Lesson l;
  set_up(&l, 2, 60, 60, 0.15);
  l.schedule.learning_rate = rates[_i];
  l.schedule.steps = 120;
  const ZsdOutcome outcome = learn(&l, 2, NULL);
  ck_assert(outcome == ZSD_TRAINED || outcome == ZSD_NO_GAIN);
  if (outcome == ZSD_NO_GAIN)
    assert_unchanged(&l);
  assert_finite(&l);
  tear_down(&l);
}
END_TEST

/* After divergence training recovers, and its result is an improvement. */
START_TEST(test_recovers) {
  Lesson l;
  set_up(&l, 1, 64, 64, 0.15);
  l.schedule.learning_rate = 50;
  l.schedule.steps = 300;
  ck_assert_int_eq(learn(&l, 2, NULL), ZSD_TRAINED);
  assert_finite(&l);
  ck_assert_double_lt(l.training.loss, 0.15 * 0.15);
  tear_down(&l);
}
END_TEST

START_TEST(test_no_steps) {
  Lesson l;
  set_up(&l, 1, 40, 40, 0.15);
  l.schedule.steps = 0;
  learn(&l, 1, NULL);
  assert_unchanged(&l);
  ck_assert_uint_eq(l.training.step, 0);
  tear_down(&l);
}
END_TEST

/* --- observers --- */

typedef struct {
  unsigned calls, stop_after; /* 0: never */
  atomic_bool stopped;        /* read by all threads */
  ZsdTraining last;
} Calls;

static void count_calls(void *user, const ZsdTraining *training) {
  Calls *calls = user;
  calls->calls++;
  ck_assert_uint_eq(training->step, calls->calls);
  ck_assert(isfinite(training->loss));
  ck_assert_double_ge(training->seconds, calls->last.seconds);
  calls->last = *training;
  if (calls->calls == calls->stop_after)
    atomic_store(&calls->stopped, true);
}

static bool is_stopped(void *user) {
  return atomic_load(&((Calls *)user)->stopped);
}

static ZsdObserver observer_of(Calls *calls) {
  return (ZsdObserver){calls, count_calls, is_stopped};
}

START_TEST(test_progress) {
  Lesson l;
  Calls calls = {0};
  const ZsdObserver observer = observer_of(&calls);
  set_up(&l, 1, 40, 40, 0.15);
  ck_assert_int_eq(learn(&l, 2, &observer), ZSD_TRAINED);
  ck_assert_uint_eq(calls.calls, l.schedule.steps);
  ck_assert_double_eq_tol(calls.last.eta, 0, 1e-9);
  tear_down(&l);
}
END_TEST

START_TEST(test_stopped) {
  static const unsigned after[] = {1, 2, 33, 40};
  Lesson l;
  Calls calls = {.stop_after = after[_i]};
  const ZsdObserver observer = observer_of(&calls);
  set_up(&l, 1, 40, 40, 0.15);
  ck_assert_int_eq(learn(&l, 2, &observer), ZSD_STOPPED);
  ck_assert_uint_eq(calls.calls, after[_i]);
  ck_assert_uint_eq(l.training.step, after[_i]);
  assert_unchanged(&l);
  tear_down(&l);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("trainer");
  TCase *tc = tcase_create("learning");
  tcase_add_loop_test(tc, test_learns, 0, 2);
  tcase_add_loop_test(tc, test_same_on_any_threads, 0, 2);
  tcase_add_test(tc, test_seed);
  tcase_add_test(tc, test_one_trainer);
  tcase_add_test(tc, test_schedule);
  tcase_add_loop_test(tc, test_constant, 0, 3);
  tcase_add_test(tc, test_small);
  tcase_add_loop_test(tc, test_high_rate, 0, 5);
  tcase_add_test(tc, test_recovers);
  tcase_add_test(tc, test_no_steps);
  tcase_add_test(tc, test_progress);
  tcase_add_loop_test(tc, test_stopped, 0, 4);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
