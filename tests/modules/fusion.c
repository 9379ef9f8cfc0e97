/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal fusion of frames whose content and noise are known. */
#include "temporal/fusion.h"

#include "base/cpu.h"
#include "picture.h"
#include "base/random.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- a film --- */

enum { WIDTH = 256, HEIGHT = 192 };

typedef struct {
  int threads;
  ZsdFusion *fusion;
  ZsdFrame frame;
  float *clean[ZSD_MAX_COMPONENTS]; /* the content, which y shows with noise */
  ZsdRandom random;
  double sigma, r; /* the noise: of 1; its filter is [r 1 r] across and down */
} Film;

static const double grains[][2] = {{10, 0}, {25, 0}, {10, 0.5}, {20, 0.5}}; /* sigma, r */

static size_t samples_of(const Film *f, int component) {
  return (size_t)f->frame.component[component].width * f->frame.component[component].height;
}

static void film_new(Film *f, const char *format, int width, int height, int threads,
                     double sigma, double r) {
  Picture p;
  *f = (Film){.threads = threads, .sigma = sigma / 255, .r = r};
  picture_new(&p, format_named(format), width, height);
  ck_assert_int_eq(zsd_frame_resize(&f->frame, &p.image), 0);
  picture_free(&p);
  f->fusion = zsd_fusion_new(&f->frame, zsd_kernels(zsd_cpu_detect()));
  ck_assert_ptr_nonnull(f->fusion);
  for (int i = 0; i < f->frame.components; i++) {
    f->clean[i] = calloc(samples_of(f, i), sizeof(float));
    ck_assert_ptr_nonnull(f->clean[i]);
  }
  zsd_random_seed(&f->random, 1);
}

static void film_free(Film *f) {
  for (int i = 0; i < f->frame.components; i++)
    free(f->clean[i]);
  zsd_fusion_free(f->fusion);
  zsd_frame_clear(&f->frame);
}

/* The content: low + span times a scene (0.1 .. 0.9), another one for each component, and waves
 * that leave no doubt about motion, seen from (left, top). */
typedef struct {
  int kind;
  double low, span, waves;
  int left, top;
} View;

static void film_set(Film *f, View v) {
  for (int i = 0; i < f->frame.components; i++) {
    const ZsdFrameComponent *c = &f->frame.component[i];
    for (int y = 0; y < c->height; y++)
      for (int x = 0; x < c->width; x++) {
        const int at_x = v.left + (x << c->half_width), at_y = v.top + (y << c->half_height);
        const double scene = scene_at(v.kind + i, at_x / 2.0, at_y / 2.0);
        f->clean[i][y * c->width + x] =
            (float)(v.low + v.span * scene + v.waves * sin(0.35 * at_x) * sin(0.3 * at_y));
      }
  }
}

/* y = the content and new noise. */
static void add_noise(Film *f, int component) {
  const ZsdFrameComponent *c = &f->frame.component[component];
  const int row = c->width + 2, n = row * (c->height + 2);
  const double weight[] = {f->r, 1, f->r}, scale = f->sigma / (1 + 2 * f->r * f->r);
  float *white = malloc(n * sizeof *white);
  ck_assert_ptr_nonnull(white);
  for (int i = 0; i < n; i++)
    white[i] = (float)zsd_random_normal(&f->random);
  for (int i = 0; i < c->width * c->height; i++) {
    const float *corner = white + i / c->width * row + i % c->width;
    double sum = 0;
    for (int t = 0; t < 9; t++)
      sum += weight[t / 3] * weight[t % 3] * corner[t / 3 * row + t % 3];
    c->y[i] = f->clean[component][i] + (float)(scale * sum);
  }
  free(white);
}

static void film_fuse(Film *f) {
  ck_assert_int_eq(zsd_fusion_add(f->fusion, &f->frame, NULL, f->threads), 0);
  zsd_fusion_commit(f->fusion, &f->frame, f->threads);
}

static void film_next(Film *f) {
  for (int i = 0; i < f->frame.components; i++)
    add_noise(f, i);
  film_fuse(f);
}

/* --- what is measured of it --- */

typedef struct {
  int left, top, right, bottom;
} Area;

static Area whole(const Film *f, int component) {
  return (Area){0, 0, f->frame.component[component].width,
                f->frame.component[component].height};
}

/* Root mean square of z, or y, less the content, in units of the noise's deviation. */
static double error_of(const Film *f, int component, const float *plane, Area area) {
  const int w = f->frame.component[component].width;
  double sum = 0;
  for (int y = area.top; y < area.bottom; y++)
    for (int x = area.left; x < area.right; x++)
      sum += pow(plane[y * w + x] - f->clean[component][y * w + x], 2);
  return sqrt(sum / ((area.right - area.left) * (area.bottom - area.top))) / f->sigma;
}

static double error_of_z(const Film *f, int component, Area area) {
  return error_of(f, component, f->frame.component[component].z, area);
}

/* The same of the frame as it came. */
static double error_of_y(const Film *f, int component, Area area) {
  return error_of(f, component, f->frame.component[component].y, area);
}

static double mean_of(const Film *f, int component, const float *plane) {
  double sum = 0;
  for (size_t i = 0; i < samples_of(f, component); i++)
    sum += plane[i];
  return sum / (double)samples_of(f, component);
}

/* --- what stands still --- */

static const View still = {.kind = 1, .low = 0.1, .span = 0.8};

static void check_gain(const Film *f, int n) {
  const double tolerance = f->r > 0 ? 0.25 : 0.1;
  for (int i = 0; i < f->frame.components; i++) {
    const double error = error_of_z(f, i, whole(f, i));
    const double k = mean_of(f, i, f->frame.component[i].k);
    ck_assert_msg(fabs(error * sqrt(n) - 1) <= tolerance,
                  "noise %g, %g: component %d after %d frames: %.3f, not %.3f", 255 * f->sigma,
                  f->r, i, n, error, 1 / sqrt(n));
    ck_assert_msg(fabs(sqrt(k) / error - 1) <= 0.15,
                  "noise %g, %g: component %d after %d frames: k says %.3f, error is %.3f",
                  255 * f->sigma, f->r, i, n, sqrt(k), error);
  }
}

/* The error falls as one over the root of the frames, and k says so. */
START_TEST(test_still) {
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, grains[_i][0], grains[_i][1]);
  film_set(&f, still);
  for (int n = 1; n <= 8; n++) {
    film_next(&f);
    check_gain(&f, n);
  }
  film_free(&f);
}
END_TEST

/* The noise model, from one frame and from what later ones bring. One frame cannot tell
 * correlated noise from texture, and gives the benefit of the doubt to texture. */
START_TEST(test_noise) {
  const double sigma = grains[_i][0] / 255, r = grains[_i][1];
  const double lag1 = 2 * r / (1 + 2 * r * r), lag2 = r * r / (1 + 2 * r * r);
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, grains[_i][0], r);
  film_set(&f, still);
  for (int n = 1; n <= 6; n++) {
    film_next(&f);
    ck_assert_double_le(zsd_fusion_noise(f.fusion, 0)->sigma / sigma, 1.08);
    for (int i = 0; i < 3 && (n > 1 || r == 0); i++) {
      const ZsdNoiseModel *m = zsd_fusion_noise(f.fusion, i);
      ck_assert_double_eq_tol(m->sigma / sigma, 1, 0.08);
      ck_assert_double_eq_tol(m->lag1, lag1, 0.06);
      ck_assert_double_eq_tol(m->lag2, lag2, 0.06);
      ck_assert_double_eq_tol(sqrt(zsd_noise_variance(m, 0.5f)) / sigma, 1, 0.08);
    }
  }
  film_free(&f);
}
END_TEST

/* --- what moves --- */

/* All of the picture, by a vector whose half is between chroma's samples, or is not. */
START_TEST(test_pan) {
  static const int steps[][2] = {{6, -4}, {3, -5}, {-11, 2}};
  static const char *const names[] = {"I420", "Y42B", "Y444", "RGB", "GRAY8"};
  for (int n = 0; n < 5; n++) {
    Film f;
    View view = {.kind = 1, .low = 0.2, .span = 0.6, .waves = 0.12};
    film_new(&f, names[n], WIDTH, HEIGHT, 2, 10, 0);
    for (int frame = 0; frame < 4; frame++) {
      film_set(&f, view);
      film_next(&f);
      view.left += steps[_i][0];
      view.top += steps[_i][1];
    }
    for (int i = 0; i < f.frame.components; i++) {
      const ZsdFrameComponent *c = &f.frame.component[i];
      const Area inside = {40, 40, c->width - 40, c->height - 40};
      ck_assert_double_lt(error_of_z(&f, i, inside), 0.7);
    }
    film_free(&f);
  }
}
END_TEST

/* A square of its own brightness, `side` samples of luma. */
static void put_square(Film *f, int left, int top, int side) {
  for (int i = 0; i < f->frame.components; i++) {
    const ZsdFrameComponent *c = &f->frame.component[i];
    for (int y = top >> c->half_height; y < (top + side) >> c->half_height; y++)
      for (int x = left >> c->half_width; x < (left + side) >> c->half_width; x++)
        f->clean[i][y * c->width + x] += i ? -0.2f : 0.25f;
  }
}

/* Behind the square there is what each frame shows there, and nothing of the square: in what
 * was uncovered last, and on all of its path. */
START_TEST(test_trail) {
  enum { SIDE = 64, STEP = 8, FRAMES = 12, TOP = 88, LEFT = 40 };
  double z[3][2] = {{0}}, y[3][2] = {{0}}; /* squared errors of all frames */
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, grains[_i][0], grains[_i][1]);
  for (int n = 0; n < FRAMES; n++) {
    const int left = LEFT + n * STEP;
    film_set(&f, still);
    put_square(&f, left, TOP, SIDE);
    film_next(&f);
    for (int i = 0; i < 3 && n > 0; i++)
      for (int path = 0; path < 2; path++) {
        const int half = i > 0;
        const Area area = {(path ? LEFT : left - STEP) >> half, TOP >> half, left >> half,
                           (TOP + SIDE) >> half};
        z[i][path] += pow(error_of_z(&f, i, area), 2);
        y[i][path] += pow(error_of_y(&f, i, area), 2);
      }
  }
  for (int i = 0; i < 3; i++)
    for (int path = 0; path < 2; path++)
      ck_assert_double_le(sqrt(z[i][path]), 1.05 * sqrt(y[i][path]));
  film_free(&f);
}
END_TEST

/* --- what is new --- */

static double mean_change(const Film *f, int component) {
  const ZsdFrameComponent *c = &f->frame.component[component];
  double sum = 0;
  for (size_t i = 0; i < samples_of(f, component); i++)
    sum += fabs(c->z[i] - c->y[i]);
  return sum / (double)samples_of(f, component);
}

/* A picture nothing of which was in the one before is taken as it is. */
START_TEST(test_cut) {
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, grains[_i][0], grains[_i][1]);
  for (int n = 0; n < 5; n++) {
    film_set(&f, n < 4 ? (View){.kind = 1, .span = 0.25}
                       : (View){.kind = 4, .low = 0.6, .span = 0.4});
    film_next(&f);
  }
  for (int i = 0; i < 3; i++) {
    ck_assert_double_gt(mean_of(&f, i, f.frame.component[i].k), 0.99);
    ck_assert_double_lt(mean_change(&f, i), 0.05 * f.sigma);
    ck_assert_double_le(error_of_z(&f, i, whole(&f, i)),
                        1.02 * error_of_y(&f, i, whole(&f, i)));
  }
  film_free(&f);
}
END_TEST

static void check_as_it_came(const Film *f) {
  for (int i = 0; i < f->frame.components; i++) {
    const ZsdFrameComponent *c = &f->frame.component[i];
    ck_assert_mem_eq(c->z, c->y, samples_of(f, i) * sizeof(float));
    for (size_t s = 0; s < samples_of(f, i); s++)
      ck_assert_float_eq(c->k[s], 1);
  }
}

/* Without a past, and once it is forgotten. */
START_TEST(test_forget) {
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, 10, 0);
  film_set(&f, still);
  for (int round = 0; round < 2; round++) {
    film_next(&f);
    check_as_it_came(&f);
    film_next(&f);
    ck_assert_double_lt(error_of_z(&f, 0, whole(&f, 0)), 0.8);
    zsd_fusion_drop_past(f.fusion);
  }
  film_free(&f);
}
END_TEST

/* The light goes out by two levels of 128 in each frame, and what has been fused is as dark as
 * the content. */
/* Mean of k over luma, and whether z is the frame itself. */
static double mean_k(const Film *f) {
  double sum = 0;
  for (size_t i = 0; i < samples_of(f, 0); i++)
    sum += (double)f->frame.component[0].k[i];
  return sum / (double)samples_of(f, 0);
}

static bool is_as_it_came(const Film *f) {
  return memcmp(f->frame.component[0].z, f->frame.component[0].y,
                samples_of(f, 0) * sizeof(float)) == 0;
}

/* Many random rectangles, of 8 to 31 samples each way. */
static void draw_rectangles(Film *f) {
  for (int i = 0; i < f->frame.components; i++) {
    const ZsdFrameComponent *c = &f->frame.component[i];
    for (int n = 0; n < c->width * c->height / 64; n++) {
      const int left = (int)zsd_random_below(&f->random, (unsigned)c->width);
      const int top = (int)zsd_random_below(&f->random, (unsigned)c->height);
      const int size = 8 + (int)zsd_random_below(&f->random, 24);
      const float value = 0.1f + 0.08f * (float)zsd_random_below(&f->random, 11);
      for (int y = top; y < top + size && y < c->height; y++)
        for (int x = left; x < left + size && x < c->width; x++)
          f->clean[i][y * c->width + x] = value;
    }
  }
}

/* Frames that have nothing in common are soon taken as they are, without motion search, and the
 * past is used again not long after there is one. */
START_TEST(test_nothing_in_common) {
  enum { STRANGERS = 20, SAME = 12 };
  ZsdTracking tracking;
  int as_they_came = 0, tracked = 0;
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, 5, 0);
  film_set(&f, (View){0, 0.1, 0.5, 0.1, 0, 0});
  film_next(&f);
  film_next(&f);
  for (int t = 0; t < STRANGERS; t++) {
    draw_rectangles(&f);
    film_next(&f);
    as_they_came += is_as_it_came(&f);
    tracked += zsd_fusion_tracking(f.fusion, &tracking);
    ck_assert_msg(mean_k(&f) > 0.9, "frame %d: k is %.2f, noise of %.1f", t, mean_k(&f),
                  255 * zsd_fusion_noise(f.fusion, 0)->sigma);
  }
  ck_assert_int_ge(as_they_came, STRANGERS / 2);
  ck_assert_int_eq(as_they_came + tracked, STRANGERS);
  film_set(&f, (View){0, 0.1, 0.5, 0.1, 0, 0});
  for (int t = 0; t < SAME; t++)
    film_next(&f);
  ck_assert_msg(mean_k(&f) < 0.5, "k is %.2f", mean_k(&f));
  film_free(&f);
}
END_TEST

START_TEST(test_fade) {
  enum { STEADY = 4, FRAMES = 16 };
  Film f;
  film_new(&f, "I420", 2 * WIDTH, 2 * HEIGHT, 2, grains[_i][0], grains[_i][1]);
  for (int n = 0; n < FRAMES; n++) {
    const double light = n < STEADY ? 1 : 1 - (n - STEADY + 1) * 2.0 / 128;
    film_set(&f, (View){.kind = 1, .low = 0.1 * light, .span = 0.8 * light});
    film_next(&f);
    for (int i = 0; i < 3 && n >= STEADY; i++) {
      const double miss =
          255 * (mean_of(&f, i, f.frame.component[i].z) - mean_of(&f, i, f.clean[i]));
      ck_assert_msg(fabs(miss) <= 0.5, "noise %g, %g: component %d of frame %d is %.2f off",
                    grains[_i][0], grains[_i][1], i, n, miss);
    }
  }
  film_free(&f);
}
END_TEST

/* --- what is small --- */

/* Few and small lights in the dark say next to nothing about a change of brightness: there is
 * none. */
START_TEST(test_lights) {
  Film f;
  film_new(&f, "I420", WIDTH, HEIGHT, 2, 4, 0);
  for (int i = 0; i < 3; i++)
    for (size_t k = 0; k < samples_of(&f, i); k++)
      f.clean[i][k] = i ? 0.5f : 22 / 255.0f;
  for (int n = 0; n < 24; n++) {
    const int at = (15 + 37 * n % 160) * WIDTH + 20 + 67 * n % 210;
    for (int y = -2; y <= 2; y++)
      for (int x = -2; x <= 2; x++)
        f.clean[0][at + y * WIDTH + x] =
            (float)((22 + 180 * exp(-(x * x + y * y) / 2.0)) / 255);
  }
  for (int n = 0; n < 16; n++) {
    ZsdTracking tracking;
    film_next(&f);
    ck_assert(zsd_fusion_tracking(f.fusion, &tracking) == (n > 0));
    if (n > 0)
      ck_assert_float_eq_tol(tracking.brightness_change[0].gain, 1, 0.005f);
  }
  film_free(&f);
}
END_TEST

/* Streaks, one sample wide, of four deviations of the noise, elsewhere in each frame, as of
 * rain: the estimate shows most of them. */
START_TEST(test_streaks) {
  enum { LENGTH = 9, STREAKS = 60, SIGMA = 12 };
  const float height = 4 * SIGMA / 255.0f;
  double shown = 0;
  ZsdRandom random;
  Film f;
  zsd_random_seed(&random, 7);
  film_new(&f, "GRAY8", WIDTH, HEIGHT, 2, SIGMA, 0);
  for (int n = 0; n < 16; n++) {
    int at[STREAKS];
    film_set(&f, still);
    for (int k = 0; k < STREAKS; k++) {
      const int top = (int)zsd_random_below(&random, HEIGHT - LENGTH);
      at[k] = top * WIDTH + (int)zsd_random_below(&random, WIDTH);
      for (int y = 0; y < LENGTH; y++)
        f.clean[0][at[k] + y * WIDTH] += height;
    }
    film_next(&f);
    film_set(&f, still);
    for (int k = 0; k < STREAKS && n >= 8; k++)
      for (int y = 0; y < LENGTH; y++)
        shown += f.frame.component[0].z[at[k] + y * WIDTH] - f.clean[0][at[k] + y * WIDTH];
  }
  ck_assert_double_ge(shown / (8 * STREAKS * LENGTH * height), 0.75);
  film_free(&f);
}
END_TEST

/* --- shapes and threads --- */

/* Every format and size: nothing is left out, and no number is odd. */
START_TEST(test_sizes) {
  static const int sizes[][2] = {{1, 1}, {2, 3}, {7, 5}, {33, 31}, {97, 65}, {1, 80}, {80, 1}};
  for (int s = 0; s < 7; s++) {
    Film f;
    film_new(&f, formats[_i].name, sizes[s][0], sizes[s][1], 2, 10, 0);
    film_set(&f, still);
    for (int n = 0; n < 3; n++) {
      for (int i = 0; i < f.frame.components; i++) {
        const ZsdFrameComponent *c = &f.frame.component[i];
        memset(c->z, 0xff, samples_of(&f, i) * sizeof(float)); /* not a number */
        memset(c->k, 0xff, samples_of(&f, i) * sizeof(float));
      }
      film_next(&f);
      for (int i = 0; i < f.frame.components; i++)
        for (size_t x = 0; x < samples_of(&f, i); x++) {
          const ZsdFrameComponent *c = &f.frame.component[i];
          ck_assert_float_eq_tol(c->z[x], f.clean[i][x], 0.4f);
          ck_assert(c->k[x] > 0 && c->k[x] <= 1);
        }
    }
    film_free(&f);
  }
}
END_TEST

/* A wide picture is fused in strips, which nothing shows. */
START_TEST(test_wide) {
  enum { COLUMNS = 8 };
  Film f;
  film_new(&f, "GRAY8", 2604, 64, 2, 20, 0);
  film_set(&f, still);
  for (int n = 0; n < 6; n++)
    film_next(&f);
  const double all = error_of_z(&f, 0, whole(&f, 0));
  for (int x = 0; x + COLUMNS <= 2604; x += COLUMNS / 2)
    ck_assert_double_le(error_of_z(&f, 0, (Area){x, 0, x + COLUMNS, 64}), 1.25 * all);
  film_free(&f);
}
END_TEST

START_TEST(test_threads) {
  Film one, three;
  film_new(&one, "I420", WIDTH, HEIGHT - 7, 1, 20, 0.5);
  film_new(&three, "I420", WIDTH, HEIGHT - 7, 3, 20, 0.5);
  for (int n = 0; n < 4; n++) {
    const View view = {.kind = 2, .low = 0.1, .span = 0.8, .left = 5 * n};
    film_set(&one, view);
    film_set(&three, view);
    film_next(&one);
    film_next(&three);
    for (int i = 0; i < 3; i++) {
      const size_t size = samples_of(&one, i) * sizeof(float);
      ck_assert_mem_eq(one.frame.component[i].z, three.frame.component[i].z, size);
      ck_assert_mem_eq(one.frame.component[i].k, three.frame.component[i].k, size);
    }
  }
  film_free(&one);
  film_free(&three);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("fusion");
  TCase *tc = tcase_create("fusion");
  tcase_add_loop_test(tc, test_still, 0, 4);
  tcase_add_loop_test(tc, test_noise, 0, 4);
  tcase_add_loop_test(tc, test_pan, 0, 3);
  tcase_add_loop_test(tc, test_trail, 0, 4);
  tcase_add_loop_test(tc, test_cut, 0, 4);
  tcase_add_loop_test(tc, test_fade, 0, 3);
  tcase_add_test(tc, test_nothing_in_common);
  tcase_add_test(tc, test_lights);
  tcase_add_test(tc, test_streaks);
  tcase_add_test(tc, test_forget);
  tcase_add_loop_test(tc, test_sizes, 0, N_FORMATS);
  tcase_add_test(tc, test_wide);
  tcase_add_test(tc, test_threads);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
