/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Estimates from earlier and later frames of a scene that stands still. */
#include "temporal/lookahead.h"

#include "base/cpu.h"
#include "base/random.h"
#include "picture.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 160, HEIGHT = 120, FRAMES = 9 };

static const double SIGMA = 20;

/* Noisy frames of a scene, each of which is denoised with the help of `ahead` later ones. */
typedef struct {
  Picture clean, noisy[FRAMES];
  ZsdImage image[FRAMES];
  ZsdFrame frame;
  ZsdFusion *fusion;
  ZsdLookahead *lookahead;
  int threads, ahead;
} Film;

/* Frames from `cut` on show another scene. */
static void film_new(Film *f, int ahead, int cut, int threads) {
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  *f = (Film){.ahead = ahead, .threads = threads};
  picture_new(&f->clean, format_named("I420"), WIDTH, HEIGHT);
  picture_scene(&f->clean.image, 1, 0);
  for (int t = 0; t < FRAMES; t++) {
    picture_new(&f->noisy[t], format_named("I420"), WIDTH, HEIGHT);
    picture_scene(&f->noisy[t].image, t < cut ? 1 : 2, 0);
    picture_noise(&f->noisy[t].image, ZSD_NOISE_GAUSSIAN, SIGMA, 1 + t);
    f->image[t] = f->noisy[t].image;
  }
  ck_assert_int_eq(zsd_frame_resize(&f->frame, &f->clean.image), 0);
  f->fusion = zsd_fusion_new(&f->frame, kernels);
  f->lookahead = zsd_lookahead_new(&f->frame, kernels);
  ck_assert(f->fusion && f->lookahead);
}

static void film_free(Film *f) {
  picture_free(&f->clean);
  for (int t = 0; t < FRAMES; t++)
    picture_free(&f->noisy[t]);
  zsd_fusion_free(f->fusion);
  zsd_lookahead_free(f->lookahead);
  zsd_frame_clear(&f->frame);
}

/* Fills z and k of frame t. Frames come one after the other. */
static void film_estimate(Film *f, int t, double scene_threshold) {
  const int left = FRAMES - 1 - t;
  const ZsdWindow window = {.image = &f->image[t],
                            .later = f->image + t + 1,
                            .n_later = left < f->ahead ? left : f->ahead,
                            .scene_threshold = scene_threshold};
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  for (int i = 0; i < 3; i++)
    noise[i] = (ZsdNoiseModel){.sigma = SIGMA / 255, .base = SIGMA * SIGMA / (255 * 255)};
  zsd_frame_load(&f->frame, window.image, zsd_fusion_kernels(f->fusion), f->threads);
  zsd_fusion_fix_noise(f->fusion, noise);
  ck_assert_int_eq(zsd_fusion_add(f->fusion, &f->frame, NULL, f->threads), 0);
  zsd_fusion_commit(f->fusion, &f->frame, f->threads);
  if (window.n_later)
    ck_assert_int_eq(
        zsd_lookahead_join(f->lookahead, f->fusion, &f->frame, &window, f->threads), 0);
}

/* The mean of k, and that of (z - the clean picture)^2 relative to the noise's. */
typedef struct {
  double k, error;
} Estimate;

static Estimate estimate_of(const Film *f) {
  const ZsdFrameComponent *c = &f->frame.component[0];
  const int n = WIDTH * HEIGHT;
  Estimate e = {0};
  for (int i = 0; i < n; i++) {
    const double clean = picture_get(&f->clean.image, 0, i % WIDTH, i / WIDTH) / 255.0;
    e.k += c->k[i] / n;
    e.error += pow((c->z[i] - clean) * 255 / SIGMA, 2) / n;
  }
  return e;
}

/* Frame t of n is estimated from all n: the variance is that of the mean of n frames wherever
 * it lies, and so is the error. */
START_TEST(test_symmetry) {
  enum { N = 5 };
  for (int t = 0; t < N; t++) {
    Film f;
    film_new(&f, N - 1, FRAMES, 1);
    for (int s = 0; s < t; s++)
      film_estimate(&f, s, 0);
    zsd_lookahead_drop(f.lookahead); /* so that frame t sees as far as the last one */
    f.ahead = N - 1 - t;
    film_estimate(&f, t, 0);
    const Estimate e = estimate_of(&f);
    ck_assert_double_eq_tol(e.k, 1.0 / N, 0.015);
    ck_assert_double_eq_tol(e.error, 1.0 / N, 0.03);
    film_free(&f);
  }
}
END_TEST

/* Within a window each frame has the help of the frames up to its end. */
START_TEST(test_window) {
  enum { AHEAD = 4 };
  Film f;
  film_new(&f, AHEAD, FRAMES, 1);
  for (int t = 0; t < FRAMES; t++) {
    const int later = t < 2 * AHEAD ? AHEAD - t % AHEAD : 0;
    film_estimate(&f, t, 0);
    const Estimate e = estimate_of(&f);
    ck_assert_double_eq_tol(e.k, 1.0 / (t + 1 + later), 0.03);
    ck_assert_double_eq_tol(e.error, 1.0 / (t + 1 + later), 0.035);
  }
  film_free(&f);
}
END_TEST

/* Frames past a cut do not help, but where both scenes look the same to the gate (1), which is
 * alone if cuts are not looked for. The window's frames past the cut are helped by their own
 * scene.
 */
START_TEST(test_cut) {
  enum { CUT = 2, AHEAD = 5 };
  const double threshold = _i ? 0 : 0.15;
  Film f;
  film_new(&f, AHEAD, CUT, 1);
  for (int t = 0; t < CUT; t++) {
    film_estimate(&f, t, threshold);
    const Estimate e = estimate_of(&f);
    ck_assert_double_lt(e.error, 1.0 / CUT + 0.06);
    if (_i == 0)
      ck_assert_double_eq_tol(e.k, 1.0 / CUT, 0.06);
  }
  zsd_fusion_drop_past(f.fusion);
  picture_scene(&f.clean.image, 2, 0);
  film_estimate(&f, CUT, threshold);
  ck_assert_double_eq_tol(estimate_of(&f).error, 1.0 / (1 + AHEAD - CUT), 0.03);
  film_free(&f);
}
END_TEST

START_TEST(test_threads) {
  Film f, g;
  film_new(&f, 3, FRAMES, 1);
  film_new(&g, 3, FRAMES, 3);
  for (int t = 0; t < FRAMES; t++) {
    film_estimate(&f, t, 0.15);
    film_estimate(&g, t, 0.15);
    for (int i = 0; i < f.frame.components; i++) {
      const size_t bytes = zsd_component_size(&f.frame.component[i]) * sizeof(float);
      ck_assert_mem_eq(f.frame.component[i].z, g.frame.component[i].z, bytes);
      ck_assert_mem_eq(f.frame.component[i].k, g.frame.component[i].k, bytes);
    }
  }
  film_free(&f);
  film_free(&g);
}
END_TEST

/* The noise of a frame is known from its difference to the next one that does not repeat it. */
START_TEST(test_noise) {
  Film f;
  film_new(&f, 3, FRAMES, 1);
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  ZsdWindow window = {.image = &f.image[0], .later = &f.image[1], .n_later = 3};
  if (_i) /* two repetitions */
    f.image[1] = f.image[2] = f.image[0];
  zsd_frame_load(&f.frame, window.image, zsd_fusion_kernels(f.fusion), 1);
  ck_assert_int_eq(zsd_lookahead_estimate_noise(f.lookahead, noise, &f.frame, &window, 1), 1);
  ck_assert_double_eq_tol(255 * noise[0].sigma, SIGMA, 1);
  f.image[3] = f.image[0];
  window.n_later = _i ? 3 : 0; /* nothing but repetitions, or nothing at all */
  ck_assert_int_eq(zsd_lookahead_estimate_noise(f.lookahead, noise, &f.frame, &window, 1), 0);
  film_free(&f);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("smoothing");
  TCase *tcase = tcase_create("smoothing");
  tcase_add_test(tcase, test_symmetry);
  tcase_add_test(tcase, test_window);
  tcase_add_loop_test(tcase, test_cut, 0, 2);
  tcase_add_test(tcase, test_threads);
  tcase_add_loop_test(tcase, test_noise, 0, 2);
  suite_add_tcase(suite, tcase);
  return suite;
}
