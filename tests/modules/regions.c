/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions without noise of their own: cell by cell against their definition, and what they are
 * to the noise estimate. */
#include "noise/regions.h"

#include "base/cpu.h"
#include "base/random.h"
#include "noise/noise_estimate_camera.h"
#include "picture.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 203, HEIGHT = 149, FRAMES = 12 }; /* whose last cells are smaller */

typedef struct {
  ZsdFrame frame;
  ZsdRegions *regions;
  int y[FRAMES][HEIGHT][WIDTH]; /* levels of 255 */
} Film;

static void film_new(Film *f) {
  Picture p;
  *f = (Film){0};
  picture_new(&p, format_named("GRAY8"), WIDTH, HEIGHT);
  ck_assert_int_eq(zsd_frame_resize(&f->frame, &p.image), 0);
  picture_free(&p);
  f->regions = zsd_regions_new(&f->frame);
  ck_assert_ptr_nonnull(f->regions);
}

static void film_free(Film *f) {
  zsd_regions_free(f->regions);
  zsd_frame_clear(&f->frame);
}

static bool show(Film *f, int t, double sigma) {
  const double sigmas[ZSD_MAX_COMPONENTS] = {sigma / 255};
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    f->frame.component[0].y[i] = (float)f->y[t][i / WIDTH][i % WIDTH] / 255;
  return zsd_regions_update(f->regions, &f->frame, sigmas, t > 0, zsd_kernels(zsd_cpu_detect()),
                            2);
}

/* Noise; on the left a constant bar, in the middle a static synthetic picture with a constant
 * row in each cell, on the right a part that changes in every third frame only. */
static void fill(Film *f, ZsdRandom *random) {
  for (int t = 0; t < FRAMES; t++)
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++) {
        int v = (int)lrint(120 + 12 * zsd_random_normal(random));
        if (x < 40)
          v = 16;
        else if (x >= 80 && x < 120)
          v = t ? f->y[0][y][x] : y % 8 == 3 ? 90 : v;
        else if (x >= 160 && t % 3)
          v = f->y[t - 1][y][x];
        f->y[t][y][x] = v;
      }
}

/* --- definitions --- */

typedef struct {
  int left, top, right, bottom;
} Area;

static Area cell(int i, int j) {
  const int right = 8 * i + 8, bottom = 8 * j + 8;
  return (Area){8 * i, 8 * j, right < WIDTH ? right : WIDTH, bottom < HEIGHT ? bottom : HEIGHT};
}

static bool is_constant(const Film *f, int t, Area a) {
  for (int y = a.top; y < a.bottom; y++)
    for (int x = a.left; x < a.right; x++)
      if (f->y[t][y][x] != f->y[t][a.top][a.left])
        return false;
  return true;
}

static bool is_same(const Film *f, int t, Area a) {
  for (int y = a.top; y < a.bottom; y++)
    for (int x = a.left; x < a.right; x++)
      if (f->y[t][y][x] != f->y[t - 1][y][x])
        return false;
  return true;
}

static bool has_line(const Film *f, int t, Area a, bool constant) {
  bool found = false;
  for (int y = a.top; y < a.bottom; y++) {
    const Area row = {a.left, y, a.right, y + 1};
    found |= constant ? is_constant(f, t, row) : is_same(f, t, row);
  }
  for (int x = a.left; x < a.right; x++) {
    const Area column = {x, a.top, x + 1, a.bottom};
    found |= constant ? is_constant(f, t, column) : is_same(f, t, column);
  }
  return found;
}

/* Every flag is what regions.h says. */
START_TEST(test_flags) {
  Film *f = malloc(sizeof *f);
  ZsdRandom random;
  zsd_random_seed(&random, 1);
  film_new(f);
  fill(f, &random);
  for (int t = 0; t < FRAMES; t++) {
    ck_assert(!show(f, t, 12));
    const ZsdRegionMap *map = zsd_regions_map(f->regions, 0);
    ck_assert_int_eq(map->across, (WIDTH + 7) / 8);
    ck_assert_int_eq(map->down, (HEIGHT + 7) / 8);
    for (int j = 0; j < map->down; j++)
      for (int i = 0; i < map->across; i++) {
        const Area a = cell(i, j);
        const unsigned flags = zsd_region_at(map, a.left, a.top);
        const bool partly = has_line(f, t, a, true) || (t > 0 && has_line(f, t, a, false));
        ck_assert_int_eq(!!(flags & ZSD_PARTLY_CLEAN), partly);
        ck_assert_int_eq(!!(flags & ZSD_REPEATED), t > 0 && is_same(f, t, a));
        ck_assert_int_eq(!!(flags & ZSD_CLEAN),
                         a.left < 40 || (a.left >= 80 && a.left < 120 && t >= 8));
      }
  }
  film_free(f);
  free(f);
}
END_TEST

/* A frame that differs by what a lossy encoder adds repeats the last one, unless its noise is
 * as weak; one that differs in a single cell does not. */
START_TEST(test_repeated) {
  Film *f = malloc(sizeof *f);
  ZsdRandom random;
  zsd_random_seed(&random, 2);
  film_new(f);
  for (int t = 0; t < 4; t++)
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        f->y[t][y][x] = t % 2 ? f->y[t - 1][y][x] + (zsd_random_uniform(&random) < 0.4)
                              : (int)lrint(120 + 12 * zsd_random_normal(&random));
  ck_assert(!show(f, 0, 12));
  ck_assert(show(f, 1, 12));
  ck_assert(!show(f, 1, 0.5));
  ck_assert(!show(f, 2, 12));
  f->y[3][HEIGHT / 2][WIDTH / 2] += 60;
  ck_assert(!show(f, 3, 12));
  film_free(f);
  free(f);
}
END_TEST

/* --- a camera's noise --- */

/* A scene with noise of this deviation, filtered by [1/2 1 1/2] across and down. */
static double camera_sigma(int kind, double sigma) {
  enum { W = 384, H = 256 };
  Picture p;
  ZsdFrame frame = {0};
  ZsdNoiseModel model[ZSD_MAX_COMPONENTS] = {{0}};
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  const double none[ZSD_MAX_COMPONENTS] = {0};
  picture_new(&p, format_named("GRAY8"), W, H);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      picture_set(&p.image, 0, x, y, (unsigned)lrint(255 * scene_at(kind, x / 4.0, y / 4.0)));
  picture_noise(&p.image, ZSD_NOISE_CORRELATED, sigma, 1);
  ck_assert_int_eq(zsd_frame_resize(&frame, &p.image), 0);
  zsd_frame_load(&frame, &p.image, kernels, 1);
  ZsdRegions *regions = zsd_regions_new(&frame);
  ck_assert_ptr_nonnull(regions);
  zsd_regions_update(regions, &frame, none, false, kernels, 1);
  ck_assert_int_eq(zsd_noise_estimate_camera(model, &frame, regions, kernels, 1), 0);
  zsd_regions_free(regions);
  zsd_frame_clear(&frame);
  picture_free(&p);
  return 255 * model[0].sigma;
}

/* Correlated noise is found where it is as weak as a camera leaves it, and hardly any in a
 * clean picture. */
START_TEST(test_camera) {
  ck_assert_double_le(camera_sigma(_i, 0), 0.6);
  ck_assert_double_ge(camera_sigma(_i, 2), 2);
  ck_assert_double_ge(camera_sigma(_i, 3), 3);
  ck_assert_double_le(camera_sigma(_i, 3), 6);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("regions");
  TCase *tc = tcase_create("regions");
  tcase_add_test(tc, test_flags);
  tcase_add_test(tc, test_repeated);
  tcase_add_loop_test(tc, test_camera, 0, 6);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
