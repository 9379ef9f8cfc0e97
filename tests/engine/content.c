/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as cameras and editors make them: with clean parts, repeated parts, unlike noise in
 * luma and chroma, and a small part of the range. */
#include "base/random.h"
#include "picture.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 256, HEIGHT = 192, FRAMES = 14 };

typedef struct {
  int left, top, right, bottom; /* luma samples */
} Area;

/* Parts put over the picture after noise. */
typedef enum { NOTHING, BARS, MARGIN, LOGO, CLOCK, SLIDE } Part;

static const Area middle = {32, 32, WIDTH - 32, HEIGHT - 32};

static bool covers(Part part, int x, int y) {
  switch (part) {
  case BARS:
    return y < 24 || y >= HEIGHT - 24;
  case MARGIN:
  case SLIDE:
    return x < 24 || x >= WIDTH - 24 || y < 24 || y >= HEIGHT - 24;
  case LOGO:
    return x < 24 && y < 24;
  case CLOCK:
    return y < 13 && x < 117;
  default:
    return false;
  }
}

/* Level of a part's sample in frame t. */
static unsigned level_of(Part part, int component, int t, int x, int y) {
  if (component > 0)
    return 128;
  switch (part) {
  case BARS:
    return 16;
  case MARGIN:
    return 250;
  case CLOCK:
    return y >= 3 && y < 10 && (x + 7 * t) % 19 < 9 ? 220 : 16;
  default:
    return x / 5 % 2 == y / 3 % 2 ? 230 : 40;
  }
}

static void put_part(const ZsdImage *image, Part part, int t) {
  for (int c = 0; c < image->components; c++) {
    const ZsdComponent *p = &image->component[c];
    for (int y = 0; y < p->height; y++)
      for (int x = 0; x < p->width; x++) {
        const int at_x = x << p->half_width, at_y = y << p->half_height;
        if (covers(part, at_x, at_y))
          picture_set(image, c, x, y, level_of(part, c, t, at_x, at_y));
      }
  }
}

/* Squared error of a component in an area. */
static double error_in(const ZsdImage *a, const ZsdImage *b, int c, Area area) {
  const int right = area.right >> a->component[c].half_width;
  const int bottom = area.bottom >> a->component[c].half_height;
  double sum = 0;
  int n = 0;
  for (int y = area.top >> a->component[c].half_height; y < bottom; y++)
    for (int x = area.left >> a->component[c].half_width; x < right; x++, n++)
      sum += pow((double)picture_get(a, c, x, y) - picture_get(b, c, x, y), 2);
  return sum / n;
}

static ZsdDenoiser *new_denoiser(void) {
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  ck_assert_msg(d != NULL, "%s", error);
  return d;
}

static double sigma_of(const ZsdDenoiser *d) {
  ZsdStatus status;
  zsd_denoiser_status(d, &status);
  return status.sigma;
}

static void process(ZsdDenoiser *d, Picture *p) {
  const ZsdSettings s = zsd_settings_default();
  ck_assert_int_eq(zsd_denoiser_process(d, &p->image, 0, &s), ZSD_OK);
}

/* Noise of its own deviation in luma and in chroma. */
static void add_noise(ZsdImage *image, double luma, double chroma, uint64_t seed) {
  ZsdImage part = *image;
  part.components = 1;
  picture_noise(&part, ZSD_NOISE_GAUSSIAN, luma, seed);
  for (int c = 1; c < image->components; c++) {
    part.component[0] = image->component[c];
    picture_noise(&part, ZSD_NOISE_GAUSSIAN, chroma, seed + 1000 * c);
  }
}

/* A scene at rest with a part over it, each noisy frame `shown` times. */
typedef struct {
  Part part;
  double luma, chroma; /* deviation of the noise */
  int shown;
} Footage;

typedef struct {
  double gain[3]; /* dB in the middle of the last frame */
  double kept;    /* mean squared change of the part's luma in the last frame */
  double sigma;   /* found */
} Result;

static Result denoise(const Footage *f) {
  Picture clean, noisy, out;
  Result r = {.kept = 0};
  ZsdDenoiser *d = new_denoiser();
  picture_new(&clean, format_named("I420"), WIDTH, HEIGHT);
  for (int t = 0; t < FRAMES * f->shown; t++) {
    picture_scene(&clean.image, 1, 0);
    picture_copy(&noisy, &clean);
    add_noise(&noisy.image, f->luma, f->chroma, 1 + t / f->shown);
    put_part(&noisy.image, f->part, t);
    picture_copy(&out, &noisy);
    process(d, &out);
    for (int c = 0; c < 3; c++)
      r.gain[c] = 10 * log10(error_in(&noisy.image, &clean.image, c, middle) /
                             error_in(&out.image, &clean.image, c, middle));
    const Area top = {0, 0, 24, 8};
    r.kept = error_in(&out.image, &noisy.image, 0, top);
    picture_free(&noisy);
    picture_free(&out);
  }
  r.sigma = sigma_of(d);
  picture_free(&clean);
  zsd_denoiser_free(d);
  return r;
}

/* A clean part has no say in the noise of the rest, and stays as it is. */
START_TEST(test_clean_part) {
  const Part part = (Part)_i;
  const Footage plain = {NOTHING, 12, 12, 1}, covered = {part, 12, 12, 1};
  const Result a = denoise(&plain), b = denoise(&covered);
  for (int c = 0; c < 3; c++)
    ck_assert_msg(b.gain[c] >= a.gain[c] - 0.7, "part %d, component %d: %.2f dB, not %.2f",
                  part, c, b.gain[c], a.gain[c]);
  ck_assert_double_eq_tol(b.sigma, 12, 1.2);
  if (part == BARS || part == MARGIN)
    ck_assert_double_eq(b.kept, 0);
}
END_TEST

/* Repeated content is not a second observation, be it the whole frame or all but a clock. */
START_TEST(test_repeated_part) {
  const Footage once = {NOTHING, 12, 12, 1}, twice = {_i ? CLOCK : NOTHING, 12, 12, 2};
  const Result a = denoise(&once), b = denoise(&twice);
  for (int c = 0; c < 3; c++)
    ck_assert_double_ge(b.gain[c], a.gain[c] - 1);
  ck_assert_double_eq_tol(b.sigma, 12, 1.2);
}
END_TEST

/* Chroma's noise is removed where luma has next to none, which stays as it is. */
START_TEST(test_chroma) {
  const Footage equal = {NOTHING, 12, 12, 1}, chroma = {NOTHING, 1, 12, 1};
  const Result a = denoise(&equal), b = denoise(&chroma);
  ck_assert_double_ge(b.gain[0], 0);
  for (int c = 1; c < 3; c++)
    ck_assert_double_ge(b.gain[c], a.gain[c] - 1.5);
}
END_TEST

/* Black after noise is black. */
START_TEST(test_black) {
  Picture p, black;
  ZsdDenoiser *d = new_denoiser();
  picture_new(&black, format_named("I420"), WIDTH, HEIGHT);
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < HEIGHT >> (c > 0); y++)
      for (int x = 0; x < WIDTH >> (c > 0); x++)
        picture_set(&black.image, c, x, y, c ? 128 : 16);
  for (int t = 0; t < 12; t++) {
    picture_copy(&p, &black);
    if (t < 8) {
      picture_scene(&p.image, 1, 0);
      picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, 12, 1 + t);
    }
    process(d, &p);
    if (t >= 8)
      ck_assert_mem_eq(p.memory, black.memory, p.size);
    picture_free(&p);
  }
  picture_free(&black);
  zsd_denoiser_free(d);
}
END_TEST

/* The picture is as bright at its edges as inside. */
START_TEST(test_edges) {
  double sum[4] = {0}; /* error of the first and last columns and rows */
  Picture p;
  ZsdDenoiser *d = new_denoiser();
  for (int t = 0; t < FRAMES; t++) {
    picture_new(&p, format_named("I420"), WIDTH, HEIGHT);
    picture_flat(&p.image, 120 / 255.0);
    picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, 15, 1 + t);
    process(d, &p);
    for (int i = 0; i < WIDTH && t >= 4; i++) {
      const int y = i % HEIGHT;
      sum[0] += picture_get(&p.image, 0, 0, y) - 120.0;
      sum[1] += picture_get(&p.image, 0, WIDTH - 1, y) - 120.0;
      sum[2] += picture_get(&p.image, 0, i, 0) - 120.0;
      sum[3] += picture_get(&p.image, 0, i, HEIGHT - 1) - 120.0;
    }
    picture_free(&p);
  }
  for (int i = 0; i < 4; i++)
    ck_assert_double_le(fabs(sum[i] / (WIDTH * (FRAMES - 4))), 0.8);
  zsd_denoiser_free(d);
}
END_TEST

/* --- small details --- */

/* Faint stars that never change keep most of their height: single samples, two and three
 * deviations of the noise above a dark sky. */
START_TEST(test_faint_stars) {
  enum { NIGHT = 22, NOISE = 4, APART = 12, LAST = 30 };
  static const double height[2] = {2 * NOISE, 3 * NOISE}, least[2] = {0.5, 0.66};
  double sum[2] = {0};
  int n[2] = {0};
  Picture p;
  ZsdDenoiser *d = new_denoiser();
  for (int t = 1; t <= LAST; t++) {
    picture_new(&p, format_named("I420"), WIDTH, HEIGHT);
    picture_flat(&p.image, NIGHT / 255.0);
    for (int y = APART; y < HEIGHT; y += APART)
      for (int x = APART; x < WIDTH; x += APART)
        picture_set(&p.image, 0, x, y, (unsigned)(NIGHT + height[(x + y) / APART % 2]));
    picture_noise(&p.image, ZSD_NOISE_GAUSSIAN, NOISE, t);
    process(d, &p);
    for (int y = APART; y < HEIGHT && t == LAST; y += APART)
      for (int x = APART; x < WIDTH; x += APART) {
        sum[(x + y) / APART % 2] += (double)picture_get(&p.image, 0, x, y) - NIGHT;
        n[(x + y) / APART % 2]++;
      }
    picture_free(&p);
  }
  for (int i = 0; i < 2; i++)
    ck_assert_double_ge(sum[i] / n[i], least[i] * height[i]);
  zsd_denoiser_free(d);
}
END_TEST

/* --- range --- */

/* Root mean square error after some frames of a gray scene of 16 bits, low + span times the
 * scene, relative to its noise. A hot pixel stays as it is. */
static double error_of_range(double low, double span, double sigma, double *found) {
  Picture p;
  ZsdRandom random;
  double sum = 0;
  ZsdDenoiser *d = new_denoiser();
  zsd_random_seed(&random, 1);
  picture_new(&p, format_named("GRAY16"), WIDTH, HEIGHT);
  for (int t = 0; t < FRAMES; t++) {
    sum = 0;
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        picture_set(&p.image, 0, x, y,
                    (unsigned)lrint(low + span * scene_at(1, x, y) +
                                    sigma * zsd_random_normal(&random)));
    picture_set(&p.image, 0, 30, 40, 65535);
    process(d, &p);
    if (span < 10000)
      ck_assert_uint_eq(picture_get(&p.image, 0, 30, 40), 65535);
    picture_set(&p.image, 0, 30, 40, (unsigned)(low + span * scene_at(1, 30, 40)));
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        sum += pow(picture_get(&p.image, 0, x, y) - low - span * scene_at(1, x, y), 2);
  }
  *found = sigma_of(d) * 65535 / 255;
  picture_free(&p);
  zsd_denoiser_free(d);
  return sqrt(sum / (WIDTH * HEIGHT)) / sigma;
}

/* A picture in a small part of the range gains as much as in all of it. */
START_TEST(test_range) {
  double sigma;
  const double all = error_of_range(2000, 55000, 800, &sigma);
  ck_assert_double_lt(all, 0.5);
  ck_assert_double_eq_tol(sigma, 800, 80);
  ck_assert_double_lt(error_of_range(7000, 2000, 800 * 2000 / 55000.0, &sigma), all + 0.1);
  ck_assert_double_eq_tol(sigma, 800 * 2000 / 55000.0, 4);
  ck_assert_double_lt(error_of_range(100, 4000, 800 * 4000 / 55000.0, &sigma), all + 0.1);
}
END_TEST

/* --- noise that falls --- */

/* No frame is worse than it came. */
START_TEST(test_fall) {
  Picture clean, noisy, out;
  ZsdDenoiser *d = new_denoiser();
  picture_new(&clean, format_named("I420"), WIDTH, HEIGHT);
  picture_scene(&clean.image, 1, 0);
  for (int t = 0; t < 26; t++) {
    picture_copy(&noisy, &clean);
    picture_noise(&noisy.image, ZSD_NOISE_GAUSSIAN, t < 20 ? 20 : 5, 1 + t);
    picture_copy(&out, &noisy);
    process(d, &out);
    for (int c = 0; c < 3 && t > 0; c++)
      ck_assert_double_ge(picture_psnr(&out.image, &clean.image, c),
                          picture_psnr(&noisy.image, &clean.image, c));
    picture_free(&noisy);
    picture_free(&out);
  }
  picture_free(&clean);
  zsd_denoiser_free(d);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("content");
  TCase *tc = tcase_create("content");
  tcase_add_loop_test(tc, test_clean_part, BARS, SLIDE + 1);
  tcase_add_loop_test(tc, test_repeated_part, 0, 2);
  tcase_add_test(tc, test_chroma);
  tcase_add_test(tc, test_black);
  tcase_add_test(tc, test_edges);
  tcase_add_test(tc, test_faint_stars);
  tcase_add_test(tc, test_range);
  tcase_add_test(tc, test_fall);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
