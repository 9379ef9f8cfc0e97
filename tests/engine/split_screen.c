/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The original beside what came of it, and the line between them. */
#include "frame/split_screen.h"

#include "frames.h"
#include "suite.h"

#include <math.h>
#include <string.h>

/* Samples of the dividing line: a white column and a black one, neutral chroma. */
static unsigned line_sample(const ZsdImage *image, int component, bool second) {
  if (image->rgb)
    return second ? 0 : (1u << image->depth) - 1;
  const unsigned eight = component > 0 ? 128 : second ? 16 : 235;
  return eight * (1u << image->depth) / 256;
}

/* Replaces `left` from this column on by `right`, with the dividing line before it. */
static void expect(Picture *left, const Picture *right, int column) {
  for (int c = 0; c < left->image.components; c++) {
    const ZsdComponent *component = &left->image.component[c];
    const int across = component->half_width ? 2 : 1;
    for (int y = 0; y < component->height; y++)
      for (int x = 0; x < component->width; x++)
        if (across * x >= column)
          picture_set(&left->image, c, x, y, picture_get(&right->image, c, x, y));
        else if (across * x >= column - 2 && column < left->image.width)
          picture_set(&left->image, c, x, y,
                      line_sample(&left->image, c, across * x == column - 1));
  }
}

static bool same(const Picture *a, const Picture *b) {
  return memcmp(a->memory, b->memory, a->size) == 0;
}

/* --- the line --- */

START_TEST(test_column) {
  for (int width = 1; width < 70; width++)
    for (int i = 0; i <= 100; i++) {
      const int column = zsd_split_column(i / 100.0, width);
      ck_assert_int_eq(column % 2, 0);
      ck_assert_double_eq_tol(column, i / 100.0 * width, 1 + 1e-9);
    }
  for (int width = 1; width < 70; width++) {
    ck_assert_int_eq(zsd_split_column(0, width), 0);
    ck_assert_int_ge(zsd_split_column(1, width), width);
  }
}
END_TEST

static const int sizes[][2] = {{1, 1}, {2, 2}, {3, 1}, {4, 3}, {5, 4}, {23, 6}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

/* Two columns and nothing else: no alpha, nothing between rows. None where one part is empty.
 */
START_TEST(test_line) {
  for (int i = 0; i < N_SIZES; i++) {
    Picture before, p, expected;
    picture_new(&before, &formats[_i], sizes[i][0], sizes[i][1]);
    picture_random(&before.image, 3);
    for (int column = 0; column <= sizes[i][0] + 1; column += 2) {
      picture_copy(&p, &before);
      picture_copy(&expected, &before);
      expect(&expected, &before, column);
      zsd_split_draw(&p.image, column);
      ck_assert_msg(same(&p, &expected), "%s %dx%d, column %d", formats[_i].name, sizes[i][0],
                    sizes[i][1], column);
      ck_assert_int_eq(same(&p, &before), column == 0 || column >= sizes[i][0]);
      picture_free(&p);
      picture_free(&expected);
    }
    picture_free(&before);
  }
}
END_TEST

/* --- through the denoiser --- */

static void denoise(ZsdDenoiser *d, Picture *p, bool interlaced, const ZsdSettings *s) {
  if (interlaced)
    process_fields(d, p, s);
  else
    process(d, p, s);
}

/* Frame t: the right part is what it is without a left one. */
static void check_frame(ZsdDenoiser *d, ZsdDenoiser *beside, const char *format,
                        bool interlaced, int t, double split) {
  ZsdSettings whole = zsd_settings_default(), s = whole;
  Picture expected, right, p;
  new_scene(&expected, format, 0, 25, (uint64_t)t);
  picture_copy(&right, &expected);
  picture_copy(&p, &expected);
  s.split = split;
  denoise(d, &p, interlaced, &s);
  denoise(beside, &right, interlaced, &whole);
  ck_assert(!same(&right, &expected));
  expect(&expected, &right, 2 * (int)lround(split * WIDTH / 2));
  ck_assert_msg(same(&p, &expected), "%s, frame %d", format, t);
  picture_free(&expected);
  picture_free(&right);
  picture_free(&p);
}

static void check_parts(const char *format, bool interlaced) {
  static const double splits[] = {0.3, 0, 0.5, 1};
  ZsdDenoiser *d = new_denoiser(), *beside = new_denoiser();
  for (int t = 0; t < 4; t++)
    check_frame(d, beside, format, interlaced, t, splits[t]);
  zsd_denoiser_free(d);
  zsd_denoiser_free(beside);
}

START_TEST(test_parts) {
  static const char *const names[] = {"I420", "YUY2", "GRAY8", "BGRA", "P010"};
  check_parts(names[_i], false);
  check_parts(names[_i], true);
}
END_TEST

/* Still parts are kept from earlier frames, the dividing line never. */
START_TEST(test_still) {
  ZsdDenoiser *d = new_denoiser(), *beside = new_denoiser();
  for (int t = 0; t < 30; t++)
    check_frame(d, beside, "I420", false, t, 0.5);
  zsd_denoiser_free(d);
  zsd_denoiser_free(beside);
}
END_TEST

/* The line is drawn where no noise is removed, too, but not at strength 0. */
START_TEST(test_no_noise) {
  ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *d = new_denoiser();
  Picture before, expected, p;
  s.split = 0.5;
  new_scene(&before, "I420", 0, 0, 0);
  picture_copy(&expected, &before);
  expect(&expected, &before, WIDTH / 2);
  picture_copy(&p, &before);
  process(d, &p, &s);
  ck_assert_int_eq(status_of(d).state, ZSD_STATE_PASSING);
  ck_assert(same(&p, &expected));
  picture_free(&p);
  picture_copy(&p, &before);
  s.strength = 0;
  process(d, &p, &s);
  ck_assert(same(&p, &before));
  picture_free(&p);
  picture_free(&expected);
  picture_free(&before);
  zsd_denoiser_free(d);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("split_screen");
  TCase *tc = tcase_create("split");
  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, test_column);
  tcase_add_loop_test(tc, test_line, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_parts, 0, 5);
  tcase_add_test(tc, test_still);
  tcase_add_test(tc, test_no_noise);
  suite_add_tcase(suite, tc);
  return suite;
}
