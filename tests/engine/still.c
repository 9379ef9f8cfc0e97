/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Still pictures. */
#include "frames.h"
#include "suite.h"

#include <math.h>

/* Smallest gain of a scene's components, dB. */
static double gain(const char *format, int width, int height, ZsdNoiseKind kind, double sigma,
                   const ZsdSettings *s) {
  Picture clean, noisy;
  double before[3], least = INFINITY;
  ZsdDenoiser *d = new_denoiser();
  picture_new(&clean, format_named(format), width, height);
  picture_scene(&clean.image, 0, 0);
  picture_copy(&noisy, &clean);
  picture_noise(&noisy.image, kind, sigma, 1);
  for (int c = 0; c < clean.image.components; c++)
    before[c] = picture_psnr(&noisy.image, &clean.image, c);
  process(d, &noisy, s);
  for (int c = 0; c < clean.image.components; c++)
    least = fmin(least, picture_psnr(&noisy.image, &clean.image, c) - before[c]);
  picture_free(&clean);
  picture_free(&noisy);
  zsd_denoiser_free(d);
  return least;
}

static ZsdSettings still_settings(void) {
  ZsdSettings s = zsd_settings_default();
  s.still = true;
  return s;
}

/* A still picture gains more than the same frame in a stream, most in gray and RGB; with
 * `realtime`, as much. */
START_TEST(test_gain) {
  static const char *const names[] = {"RGB", "Y444", "I420", "Y42B", "GRAY8", "I420_10"};
  static const double least[] = {1, 0.3, 0.3, 0.3, 1, 0.3};
  ZsdSettings frame = zsd_settings_default(), still = still_settings();
  const char *name = names[_i];
  const double before = gain(name, WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &frame);
  ck_assert_double_gt(gain(name, WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &still),
                      before + least[_i]);
  frame.profile = still.profile = ZSD_PROFILE_REALTIME;
  ck_assert_double_eq(gain(name, WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &still),
                      gain(name, WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &frame));
}
END_TEST

/* Training on the picture improves it. The result does not depend on the number of threads. */
START_TEST(test_best) {
  ZsdSettings s = still_settings();
  const double balanced = gain("RGB", WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &s);
  s.profile = ZSD_PROFILE_BEST;
  s.threads = 1;
  const double best = gain("RGB", WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &s);
  ck_assert_double_gt(best, balanced);
  ck_assert_double_ne(best, balanced);
  s.threads = 2;
  ck_assert_double_eq(gain("RGB", WIDTH, HEIGHT, ZSD_NOISE_GAUSSIAN, 25, &s), best);
}
END_TEST

/* Correlated noise is told from texture by the correlation of the colour components, and by the
 * flattest parts. The frame in a stream gains from that, too. */
START_TEST(test_correlated) {
  const ZsdSettings frame = zsd_settings_default(), still = still_settings();
  const double before = gain("RGB", WIDTH, HEIGHT, ZSD_NOISE_CORRELATED, 15, &frame);
  ck_assert_double_gt(before, 4);
  ck_assert_double_gt(gain("RGB", WIDTH, HEIGHT, ZSD_NOISE_CORRELATED, 15, &still), before + 2);
}
END_TEST

static int clip8(double v) {
  return v < 0 ? 0 : v > 255 ? 255 : (int)lround(v);
}

/* Noise as in RGB converted from 4:2:0 (ITU-R BT.601, full range): slightly correlated in luma,
 * standard deviation 16; in chroma 0.3 times as much. */
static const double LUMA_WHITE = 14, LUMA_CORRELATED = 8, CHROMA_PART = 0.3;

static void add_yuv_noise(const ZsdImage *rgb) {
  Picture noise;
  picture_new(&noise, format_named("I420"), WIDTH, HEIGHT);
  picture_flat(&noise.image, 0.5);
  picture_noise(&noise.image, ZSD_NOISE_GAUSSIAN, LUMA_WHITE, 1);
  picture_noise(&noise.image, ZSD_NOISE_CORRELATED, LUMA_CORRELATED, 2);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const double l = picture_get(&noise.image, 0, x, y) - 127.5;
      const double b = CHROMA_PART * (picture_get(&noise.image, 1, x / 2, y / 2) - 127.5);
      const double r = CHROMA_PART * (picture_get(&noise.image, 2, x / 2, y / 2) - 127.5);
      const double add[] = {l + 1.402 * r, l - 0.344 * b - 0.714 * r, l + 1.772 * b};
      for (int c = 0; c < 3; c++)
        picture_set(rgb, c, x, y, clip8(picture_get(rgb, c, x, y) + add[c]));
    }
  picture_free(&noise);
}

/* With subsampled chroma, as in a JPEG, the noise estimate is that of the components, not that
 * of their differences, which is small and smooth. */
START_TEST(test_subsampled) {
  const double of_luma = hypot(LUMA_WHITE, LUMA_CORRELATED);
  const double of_green = of_luma * hypot(1, CHROMA_PART * hypot(0.344, 0.714));
  const ZsdSettings s = still_settings();
  ZsdDenoiser *d = new_denoiser();
  Picture p;
  new_scene(&p, "RGB", 0, 0, 1);
  add_yuv_noise(&p.image);
  process(d, &p, &s);
  ck_assert_double_eq_tol(status_of(d).sigma, of_green, 0.2 * of_green);
  picture_free(&p);
  zsd_denoiser_free(d);
}
END_TEST

/* Adds a mean of white and correlated noise of deviations `own` to each component, and one of
 * `shared` to all of them. */
static void add_shared_noise(ZsdImage *rgb, double own, double shared) {
  Picture noise, same;
  picture_new(&noise, format_named("RGB"), WIDTH, HEIGHT);
  picture_new(&same, format_named("GRAY8"), WIDTH, HEIGHT);
  picture_flat(&noise.image, 0.5);
  picture_flat(&same.image, 0.5);
  picture_noise(&noise.image, ZSD_NOISE_GAUSSIAN, own, 1);
  picture_noise(&noise.image, ZSD_NOISE_CORRELATED, own, 2);
  picture_noise(&same.image, ZSD_NOISE_GAUSSIAN, shared, 3);
  picture_noise(&same.image, ZSD_NOISE_CORRELATED, shared, 4);
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        picture_set(rgb, c, x, y,
                    clip8(picture_get(rgb, c, x, y) + picture_get(&noise.image, c, x, y) +
                          picture_get(&same.image, 0, x, y) - 255));
  picture_free(&noise);
  picture_free(&same);
}

/* Noise that the components share, as in frames of a film, counts as noise, not as texture. */
START_TEST(test_shared) {
  static const double shares[] = {0, 4, 5};
  const double own = 3, shared = shares[_i], sigma = sqrt(2) * hypot(own, shared);
  const ZsdSettings s = still_settings();
  ZsdDenoiser *d = new_denoiser();
  Picture p;
  new_scene(&p, "RGB", 0, 0, 1);
  add_shared_noise(&p.image, own, shared);
  process(d, &p, &s);
  ck_assert_double_eq_tol(status_of(d).sigma, sigma, 0.2 * sigma);
  picture_free(&p);
  zsd_denoiser_free(d);
}
END_TEST

/* Pictures smaller than a patch or than the search window. */
START_TEST(test_sizes) {
  static const char *const names[] = {"RGB", "I420", "Y42B", "GRAY8"};
  const ZsdSettings s = still_settings();
  for (int height = 1; height <= 41; height += height < 9 ? 1 : 8)
    for (int width = 1; width <= 41; width += width < 9 ? 1 : 8)
      gain(names[_i], width, height, ZSD_NOISE_GAUSSIAN, 25, &s);
}
END_TEST

/* The result for a picture does not depend on the pictures before it. */
START_TEST(test_series) {
  const ZsdSettings s = still_settings();
  ZsdDenoiser *d = new_denoiser(), *fresh = new_denoiser();
  Picture first, second, alone;
  new_scene(&first, "RGB", 0, 25, 1);
  new_scene(&second, "RGB", 0, 10, 2);
  picture_copy(&alone, &second);
  process(d, &first, &s);
  process(d, &second, &s);
  process(fresh, &alone, &s);
  ck_assert_mem_eq(second.memory, alone.memory, second.size);
  picture_free(&first);
  picture_free(&second);
  picture_free(&alone);
  zsd_denoiser_free(d);
  zsd_denoiser_free(fresh);
}
END_TEST

/* --- training pairs --- */

/* Denoises a frame by training on it alone, from random weights. */
static void learn(Picture *p, ZsdNoiseKind kind, ZsdTrainingPairs pairs) {
  ZsdDenoiser *d = new_denoiser();
  ZsdSettings s = zsd_settings_default();
  s.warm_start = s.temporal = false;
  s.hidden_channels = 8;
  s.epochs = 60;
  s.learning_rate = 1e-2;
  s.pairs = pairs;
  new_scene(p, "GRAY8", 0, 0, 0);
  picture_noise(&p->image, kind, 25, 1);
  process(d, p, &s);
  zsd_denoiser_free(d);
}

/* By default white noise gives spatial pairs, and correlated noise strided ones. */
START_TEST(test_pairs) {
  Picture automatic, spatial, strided;
  const bool correlated = _i;
  const ZsdNoiseKind kind = correlated ? ZSD_NOISE_CORRELATED : ZSD_NOISE_GAUSSIAN;
  learn(&automatic, kind, ZSD_PAIRS_AUTO);
  learn(&spatial, kind, ZSD_PAIRS_SPATIAL);
  learn(&strided, kind, ZSD_PAIRS_STRIDED);
  ck_assert_mem_eq(automatic.memory, (correlated ? strided : spatial).memory, automatic.size);
  ck_assert_mem_ne(spatial.memory, strided.memory, spatial.size);
  picture_free(&automatic);
  picture_free(&spatial);
  picture_free(&strided);
}
END_TEST

/* --- observers --- */

typedef struct {
  unsigned calls, last, steps;
  unsigned trained; /* calls with a loss */
  unsigned after;   /* number of calls after which it cancels; 0: never */
} Log;

static void note(void *user, const ZsdTraining *training) {
  Log *log = user;
  ck_assert_uint_eq(training->step > log->last && training->step <= training->steps, 1);
  ck_assert_uint_eq(training->loss > 0 || training->loss == -1, 1);
  log->trained += training->loss > 0;
  log->last = training->step;
  log->steps = training->steps;
  log->calls++;
}

static bool is_enough(void *user) {
  const Log *log = user;
  return log->after && log->calls >= log->after;
}

START_TEST(test_followed) {
  static const unsigned enough[] = {0, 1, 20};
  ZsdSettings s = still_settings();
  s.hidden_channels = 16;
  s.profile = _i ? ZSD_PROFILE_BEST : ZSD_PROFILE_BALANCED;
  for (int i = 0; i < 2 + _i; i++) {
    const unsigned after = enough[i];
    ZsdDenoiser *d = new_denoiser();
    Log log = {.after = after};
    const ZsdObserver observer = {&log, note, is_enough};
    Picture p, before;
    new_scene(&p, "RGB", 0, 25, 1);
    picture_copy(&before, &p);
    zsd_denoiser_observe(d, &observer);
    ck_assert_int_eq(zsd_denoiser_process(d, &p.image, 0, &s), after ? ZSD_CANCELLED : ZSD_OK);
    ck_assert_uint_gt(log.calls, 0);
    ck_assert_uint_eq(log.last == log.steps, after == 0);
    /* Only `best` trains on a picture by itself, after the bands of NL-Bayes. */
    ck_assert_uint_eq(log.trained > 0, _i && after != 1);
    ck_assert_uint_lt(log.trained, log.calls);
    ck_assert_uint_eq(status_of(d).trainings, after == 0);
    if (after)
      ck_assert_mem_eq(p.memory, before.memory, p.size);
    else
      ck_assert_mem_ne(p.memory, before.memory, p.size);
    picture_free(&p);
    picture_free(&before);
    zsd_denoiser_free(d);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("still");
  TCase *tc = tcase_create("pictures");
  tcase_add_loop_test(tc, test_gain, 0, 6);
  tcase_add_test(tc, test_best);
  tcase_add_test(tc, test_correlated);
  tcase_add_test(tc, test_subsampled);
  tcase_add_loop_test(tc, test_shared, 0, 3);
  tcase_add_loop_test(tc, test_pairs, 0, 2);
  tcase_add_loop_test(tc, test_sizes, 0, 4);
  tcase_add_test(tc, test_series);
  tcase_add_loop_test(tc, test_followed, 0, 2);
  tcase_set_timeout(tc, 120);
  suite_add_tcase(suite, tc);
  return suite;
}
