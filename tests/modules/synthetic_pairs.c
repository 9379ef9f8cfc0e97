/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The picture made noisy for a still picture's training, and whether its noise is that of the
 * picture. */
#include "still/synthetic_pairs.h"

#include "base/cpu.h"
#include "picture.h"
#include "suite.h"

#include <math.h>

enum { WIDTH = 192, HEIGHT = 128, SIGMA = 10 };

typedef struct {
  Picture picture;
  ZsdFrame frame;
  ZsdFusion *fusion;
  ZsdLayout layout;
  ZsdView view;
} Case;

/* A frame whose y has noise of this kind and deviation, whose z is clean, and whose noise model
 * says SIGMA and these correlations. */
static void new_case(Case *t, const char *format, ZsdNoiseKind kind, double sigma, double lag1,
                     double lag2) {
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS];
  *t = (Case){0};
  picture_new(&t->picture, format_named(format), WIDTH, HEIGHT);
  picture_scene(&t->picture.image, 1, 0);
  ck_assert_int_eq(zsd_frame_resize(&t->frame, &t->picture.image), 0);
  t->fusion = zsd_fusion_new(&t->frame, kernels);
  ck_assert_ptr_nonnull(t->fusion);
  zsd_frame_load(&t->frame, &t->picture.image, kernels, 1);
  for (int i = 0; i < t->frame.components; i++) {
    const ZsdFrameComponent *c = &t->frame.component[i];
    for (size_t k = 0; k < zsd_component_size(c); k++)
      c->z[k] = c->y[k];
    noise[i] = (ZsdNoiseModel){.sigma = SIGMA / 255.0,
                               .base = SIGMA * SIGMA / (255.0 * 255),
                               .lag1 = lag1,
                               .lag2 = lag2};
  }
  picture_noise(&t->picture.image, kind, sigma, 1);
  zsd_frame_load(&t->frame, &t->picture.image, kernels, 1);
  zsd_fusion_fix_noise(t->fusion, noise);
  zsd_layout_make(&t->layout, &t->picture.image, !zsd_layout_planar_fits(&t->picture.image));
  t->view = (ZsdView){&t->frame, &t->layout, t->fusion, false, 1};
}

static void free_case(Case *t) {
  zsd_fusion_free(t->fusion);
  zsd_frame_clear(&t->frame);
  picture_free(&t->picture);
}

/* Makes the noisy picture, with the clean one as its result. */
static void make_pairs(ZsdSyntheticPairs *pairs, const Case *t) {
  *pairs = (ZsdSyntheticPairs){0};
  ck_assert_int_eq(zsd_synthetic_pairs_make(pairs, &t->view, &t->picture.image, 5), 0);
  for (int i = 0; i < pairs->frame.components; i++) {
    const ZsdFrameComponent *c = &pairs->frame.component[i];
    for (size_t k = 0; k < zsd_component_size(c); k++)
      c->z[k] = pairs->clean[i][k];
  }
}

/* The noise has the model's deviation at all correlations, and each sample is a number. */
START_TEST(test_noise) {
  static const double lags[] = {0, 0.3, 0.6, 0.7, 0.70710678, 0.7072, 0.8, 0.95};
  for (size_t n = 0; n < sizeof lags / sizeof *lags; n++) {
    Case t;
    ZsdSyntheticPairs pairs;
    new_case(&t, "RGB", ZSD_NOISE_GAUSSIAN, SIGMA, lags[n], lags[n] / 2);
    make_pairs(&pairs, &t);
    for (int i = 0; i < 3; i++) {
      const ZsdFrameComponent *c = &pairs.frame.component[i];
      double squares = 0;
      bool finite = true;
      for (size_t k = 0; k < zsd_component_size(c); k++) {
        finite &= isfinite(c->y[k]);
        squares += (c->y[k] - c->z[k]) * (c->y[k] - c->z[k]);
      }
      ck_assert(finite);
      ck_assert_double_eq_tol(255 * sqrt(squares / zsd_component_size(c)), SIGMA, 1.2);
    }
    zsd_synthetic_pairs_clear(&pairs);
    free_case(&t);
  }
}
END_TEST

/* The model fits noise like its own, and neither weaker, nor stronger, nor otherwise correlated
 * noise. */
START_TEST(test_fit) {
  static const struct {
    ZsdNoiseKind kind;
    double sigma, lag1;
    bool fits;
  } cases[] = {
      {ZSD_NOISE_GAUSSIAN, SIGMA, 0, true},      {ZSD_NOISE_GAUSSIAN, 6, 0, false},
      {ZSD_NOISE_GAUSSIAN, 16, 0, false},        {ZSD_NOISE_CORRELATED, SIGMA, 0, false},
      {ZSD_NOISE_GAUSSIAN, SIGMA, 0.667, false}, {ZSD_NOISE_CORRELATED, SIGMA, 0.667, true}};
  static const char *const formats[] = {"RGB", "I420", "GRAY8"};
  for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
    Case t;
    ZsdSyntheticPairs pairs;
    new_case(&t, formats[_i], cases[n].kind, cases[n].sigma, cases[n].lag1, cases[n].lag1 / 4);
    make_pairs(&pairs, &t);
    ck_assert_msg(zsd_synthetic_pairs_fit(&pairs, &t.frame) == cases[n].fits, "%s, case %zu",
                  formats[_i], n);
    zsd_synthetic_pairs_clear(&pairs);
    free_case(&t);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("synthetic_pairs");
  TCase *tcase = tcase_create("synthetic_pairs");
  tcase_add_test(tcase, test_noise);
  tcase_add_loop_test(tcase, test_fit, 0, 3);
  suite_add_tcase(suite, tcase);
  return suite;
}
