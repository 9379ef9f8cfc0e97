/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tile cache, compared with a filter that computes all tiles of each frame. */
#include "base/cpu.h"
#include "filter/filter.h"
#include "picture.h"
#include "network/built_in_weights.h"
#include "suite.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 320, HEIGHT = 192, SETTLED = 24, FRAMES = 40, SIDE = 48 };
enum { ALL = 1, TURN = 3, THREADS = 2 };

/* A filter's way with a stream. */
typedef struct {
  ZsdFilterState trace;
  Picture out;
  double *error; /* of luma, in the frame before */
  double squares, flicker;
  int same, samples; /* samples that came out as in the frame before */
} Way;

typedef struct {
  ZsdFusion *fusion;
  ZsdFrame frame;
  ZsdLayout layout;
  ZsdNetwork net;
  ZsdWeights weights;
  ZsdFilter *filter;
  Picture clean;
  ZsdNoiseKind kind;
  double sigma;
  Way all, turn;    /* all computed; what stands still in turn */
  unsigned refresh; /* of the latter */
  bool refined;
} Film;

static void film_new(Film *f, const char *format, ZsdNoiseKind kind, double sigma) {
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  *f = (Film){.kind = kind, .sigma = sigma, .refresh = TURN, .refined = true};
  picture_new(&f->clean, format_named(format), WIDTH, HEIGHT);
  picture_scene(&f->clean.image, 1, 0);
  zsd_layout_make(&f->layout, &f->clean.image, true);
  const int channels = f->layout.channels;
  const ZsdShape shape = {zsd_inputs_count(channels, true), 16, channels};
  ck_assert_int_eq(zsd_frame_resize(&f->frame, &f->clean.image), 0);
  ck_assert_int_eq(zsd_network_resize(&f->net, shape), 0);
  ck_assert_int_eq(zsd_built_in_weights_load(&f->net), 0);
  ck_assert_int_eq(zsd_weights_resize(&f->weights, &kernels->pass[ZSD_FP32], shape), 0);
  zsd_weights_update(&f->weights, &f->net);
  f->fusion = zsd_fusion_new(&f->frame, kernels);
  f->filter = zsd_filter_new(kernels);
  ck_assert(f->fusion && f->filter);
  f->all.error = calloc(WIDTH * HEIGHT, sizeof(double));
  f->turn.error = calloc(WIDTH * HEIGHT, sizeof(double));
  picture_copy(&f->all.out, &f->clean);
  picture_copy(&f->turn.out, &f->clean);
}

static void way_free(Way *way) {
  zsd_filter_state_clear(&way->trace);
  picture_free(&way->out);
  free(way->error);
}

static void film_free(Film *f) {
  way_free(&f->all);
  way_free(&f->turn);
  zsd_filter_free(f->filter);
  zsd_fusion_free(f->fusion);
  zsd_weights_clear(&f->weights);
  zsd_network_clear(&f->net);
  zsd_frame_clear(&f->frame);
  picture_free(&f->clean);
}

static void filter(Film *f, Way *way, const Picture *noisy, unsigned refresh, float strength,
                   bool counts) {
  const ZsdView view = {&f->frame, &f->layout, f->fusion, false, 1};
  const ZsdFilterParams how = {.weights = &f->weights,
                               .refined = f->refined,
                               .strength = strength,
                               .refresh = refresh,
                               .twice = true,
                               .threads = THREADS,
                               .repeated = zsd_fusion_repeated(f->fusion)};
  Picture before = way->out;
  picture_copy(&way->out, noisy);
  ck_assert_int_eq(zsd_filter_run(f->filter, &way->out.image, &view, &way->trace, &how), 0);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const int out = (int)picture_get(&way->out.image, 0, x, y);
      const double error = out - (double)picture_get(&f->clean.image, 0, x, y);
      double *last = &way->error[y * WIDTH + x];
      way->squares += counts ? error * error : 0;
      way->flicker += counts ? fabs(error - *last) : 0;
      way->same += counts && out == (int)picture_get(&before.image, 0, x, y);
      way->samples += counts;
      *last = error;
    }
  picture_free(&before);
}

/* Frame t of the clean picture, with new noise, goes both ways. */
static void show(Film *f, int t, float strength) {
  Picture noisy;
  picture_copy(&noisy, &f->clean);
  picture_noise(&noisy.image, f->kind, f->sigma, (uint64_t)t);
  zsd_frame_load(&f->frame, &noisy.image, zsd_kernels(zsd_cpu_detect()), THREADS);
  zsd_fusion_add(f->fusion, &f->frame, NULL, THREADS);
  filter(f, &f->all, &noisy, ALL, strength, t >= SETTLED);
  filter(f, &f->turn, &noisy, f->refresh, strength, t >= SETTLED);
  zsd_fusion_commit(f->fusion, &f->frame, THREADS);
  picture_free(&noisy);
}

static double psnr_of(const Way *way) {
  return 10 * log10(255.0 * 255 * way->samples / way->squares);
}

/* Draws a square, `by` above what is there. */
static void draw_square(Film *f, int left, int by) {
  picture_scene(&f->clean.image, 1, 0);
  for (int y = 70; y < 70 + SIDE; y++)
    for (int x = left; x < left + SIDE; x++) {
      const int value = (int)picture_get(&f->clean.image, 0, x, y) + by;
      picture_set(&f->clean.image, 0, x, y, (unsigned)(value < 255 ? value : 255));
    }
}

/* Whether what was not computed shows: by more than the mean that the two take off. */
static bool differ(const Film *f) {
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      if (abs((int)picture_get(&f->all.out.image, 0, x, y) -
              (int)picture_get(&f->turn.out.image, 0, x, y)) > 1)
        return true;
  return false;
}

static const struct {
  const char *format;
  ZsdNoiseKind kind;
  double sigma;
  int by; /* of the square that moves: 0: nothing does */
  bool refined;
} cases[] = {
    {"I420", ZSD_NOISE_GAUSSIAN, 10, 0, true},     {"I420", ZSD_NOISE_GAUSSIAN, 25, 60, true},
    {"I420", ZSD_NOISE_GAUSSIAN, 25, 12, true},    {"I420", ZSD_NOISE_GAUSSIAN, 25, 60, false},
    {"I420", ZSD_NOISE_CORRELATED, 20, 60, true},  {"YUY2", ZSD_NOISE_GAUSSIAN, 15, 60, true},
    {"GRAY8", ZSD_NOISE_POISSON, 20, 60, true},    {"I420_10", ZSD_NOISE_GAUSSIAN, 15, 0, true},
    {"I420_10", ZSD_NOISE_GAUSSIAN, 15, 0, false},
};
enum { N_CASES = sizeof cases / sizeof *cases };

START_TEST(test_never_visible) {
  Film f;
  film_new(&f, cases[_i].format, cases[_i].kind, cases[_i].sigma);
  f.refined = cases[_i].refined;
  for (int t = 0; t < FRAMES; t++) {
    if (cases[_i].by)
      draw_square(&f, 8 + 3 * (t % 80), cases[_i].by);
    show(&f, t, 1);
  }
  const double all = psnr_of(&f.all), turn = psnr_of(&f.turn);
  const double kept = (double)(f.turn.same - f.all.same) / f.turn.samples;
  printf("# %s, %.0f, square %d: %.3f dB, all %.3f; flicker %.4f, all %.4f; kept %.2f\n",
         cases[_i].format, cases[_i].sigma, cases[_i].by, turn, all,
         f.turn.flicker / f.turn.samples, f.all.flicker / f.all.samples, kept);
  ck_assert_msg(turn > all - 0.05, "%.3f dB, all %.3f dB", turn, all);
  ck_assert(f.turn.flicker <= f.all.flicker);
  ck_assert_msg(kept > 0.02, "%.2f of the picture was kept", kept);
  film_free(&f);
}
END_TEST

/* A static picture whose brightness changes is computed anew. */
START_TEST(test_light) {
  Film f;
  film_new(&f, "I420", ZSD_NOISE_GAUSSIAN, 10);
  for (int t = 0; t < SETTLED; t++)
    show(&f, t, 1);
  ck_assert(differ(&f));
  Picture bright;
  picture_copy(&bright, &f.clean);
  for (int t = 0; t < 6; t++) {
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        picture_set(&f.clean.image, 0, x, y,
                    (unsigned)((1 - 0.05 * (t + 1)) * picture_get(&bright.image, 0, x, y)));
    show(&f, SETTLED + t, 1);
    ck_assert_msg(!differ(&f), "frame %d of the fade is not new", t);
  }
  picture_free(&bright);
  film_free(&f);
}
END_TEST

/* Output of another strength, or from before a reset, is not used. */
START_TEST(test_forgotten) {
  Film f;
  film_new(&f, "I420", ZSD_NOISE_GAUSSIAN, 10);
  for (int t = 0; t < SETTLED; t++)
    show(&f, t, 1);
  ck_assert(differ(&f));
  show(&f, SETTLED, 0.5f);
  ck_assert(!differ(&f));
  for (int t = 0; t < SETTLED; t++)
    show(&f, SETTLED + 1 + t, 0.5f);
  ck_assert(differ(&f));
  zsd_tile_cache_invalidate(&f.turn.trace.tile_cache);
  show(&f, 3 * SETTLED, 0.5f);
  ck_assert(!differ(&f));
  film_free(&f);
}
END_TEST

/* Frames of which all tiles are computed, as `best` has them, leave no tile of those before. */
START_TEST(test_all_between) {
  Film f;
  film_new(&f, "I420", ZSD_NOISE_GAUSSIAN, 10);
  for (int t = 0; t < SETTLED; t++)
    show(&f, t, 1);
  ck_assert(differ(&f));
  f.refresh = ALL;
  draw_square(&f, 100, 80);
  for (int t = 0; t < 4; t++)
    show(&f, SETTLED + t, 1);
  f.refresh = TURN;
  for (int t = 4; t < 8; t++) {
    show(&f, SETTLED + t, 1);
    ck_assert_msg(!differ(&f), "frame %d shows tiles of before", t);
  }
  film_free(&f);
}
END_TEST

/* After frames that were not refined, no tile uses the pilot of before. */
START_TEST(test_refined_again) {
  Film f;
  film_new(&f, "I420", ZSD_NOISE_GAUSSIAN, 10);
  for (int t = 0; t < SETTLED; t++)
    show(&f, t, 1);
  ck_assert(differ(&f));
  f.refined = false;
  show(&f, SETTLED, 1);
  ck_assert(!differ(&f));
  f.refined = true;
  show(&f, SETTLED + 1, 1);
  ck_assert(!differ(&f));
  film_free(&f);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("tile_cache");
  TCase *tests = tcase_create("kept");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, test_never_visible, 0, N_CASES);
  tcase_add_test(tests, test_light);
  tcase_add_test(tests, test_forgotten);
  tcase_add_test(tests, test_all_between);
  tcase_add_test(tests, test_refined_again);
  suite_add_tcase(suite, tests);
  return suite;
}
