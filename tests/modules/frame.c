/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures to floats and back, in every format and odd size. */
#include "filter/store.h"
#include "frame/frame.h"

#include "base/cpu.h"
#include "network/input_features.h"
#include "picture.h"
#include "base/random.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static const int sizes[][2] = {{1, 1}, {1, 2}, {2, 1},   {2, 2},   {3, 5},
                               {7, 4}, {4, 7}, {64, 33}, {130, 18}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static int smaller(int a, int b) {
  return a < b ? a : b;
}

static void load(ZsdTensor *tensor, const ZsdImage *image, const ZsdLayout *layout) {
  ZsdFrame frame = {0};
  const ZsdView view = {&frame, layout, NULL, false, 1};
  ck_assert_int_eq(zsd_frame_resize(&frame, image), 0);
  for (int i = 0; i < frame.components; i++)
    memset(frame.component[i].y, 0xff,
           (size_t)frame.component[i].width * frame.component[i].height * sizeof(float));
  zsd_frame_load(&frame, image, zsd_kernels(zsd_cpu_detect()), 2);
  ck_assert_int_eq(zsd_inputs_all(tensor, &view), 0);
  zsd_frame_clear(&frame);
}

/* Stores the tensor tile by tile; `noise` is what the network found everywhere. */
static void store(const ZsdTensor *tensor, const ZsdImage *image, const ZsdLayout *layout,
                  int width, int height, float noise, float strength, int first_column) {
  ZsdTile tile = {0};
  ck_assert_int_eq(
      zsd_tile_resize(&tile, (ZsdShape){layout->channels, 1, layout->channels}, width, height),
      0);
  for (ptrdiff_t i = 0; i < layout->channels * tile.out.plane; i++)
    tile.out.data[i] = noise;
  for (int y = 0; y < layout->height; y += height)
    for (int x = 0; x < layout->width; x += width) {
      zsd_tile_load(&tile, tensor, x, y, smaller(width, layout->width - x),
                    smaller(height, layout->height - y));
      zsd_store_tile(image, layout, zsd_kernels(zsd_cpu_detect()), &tile, strength,
                     first_column);
    }
  zsd_tile_clear(&tile);
}

/* --- there and back --- */

/* The samples are overwritten in between, so that what comes back was stored. */
static void check_round_trip(const Format *format, int width, int height, bool packed,
                             int tile_width, int tile_height) {
  Picture original, picture;
  ZsdLayout layout;
  ZsdTensor tensor = {0};
  picture_new(&original, format, width, height);
  picture_random(&original.image, 5);
  picture_copy(&picture, &original);
  zsd_layout_make(&layout, &picture.image, packed);
  load(&tensor, &picture.image, &layout);
  picture_flat(&picture.image, 0.3);
  store(&tensor, &picture.image, &layout, tile_width, tile_height, 0.7f, 0, 0);
  ck_assert_msg(memcmp(picture.memory, original.memory, original.size) == 0,
                "%s %dx%d, %s, tiles %dx%d", format->name, width, height,
                packed ? "packed" : "planar", tile_width, tile_height);
  zsd_tensor_clear(&tensor);
  picture_free(&picture);
  picture_free(&original);
}

START_TEST(test_round_trip) {
  const Format *format = &formats[_i];
  const bool planar = !format->component[1].half_width && !format->component[1].half_height;
  for (int i = 0; i < N_SIZES; i++)
    for (int packed = !planar; packed <= 1; packed++) {
      check_round_trip(format, sizes[i][0], sizes[i][1], packed, 64, 16);
      check_round_trip(format, sizes[i][0], sizes[i][1], packed, 3, 2);
      check_round_trip(format, sizes[i][0], sizes[i][1], packed, 1, 1);
    }
}
END_TEST

/* --- the layout --- */

START_TEST(test_layout) {
  const Format *format = &formats[_i];
  for (int i = 0; i < N_SIZES; i++) {
    Picture p;
    ZsdLayout layout;
    picture_new(&p, format, sizes[i][0], sizes[i][1]);
    zsd_layout_make(&layout, &p.image, true);
    ck_assert_int_eq(layout.channels, format->channels);
    ck_assert_int_eq(layout.width, (sizes[i][0] + 1) / 2);
    ck_assert_int_eq(layout.height, (sizes[i][1] + 1) / 2);
    ck_assert_int_eq(zsd_layout_planar_fits(&p.image), format->channels == 12);
    ZsdFrame frame = {0};
    ck_assert_int_eq(zsd_frame_resize(&frame, &p.image), 0);
    ck_assert_int_eq(frame.brightness, format->rgb ? 1 : 0);
    zsd_frame_clear(&frame);
    picture_free(&p);
  }
}
END_TEST

/* Each channel's sample is the one it should be, or where the picture ends its last one. */
START_TEST(test_samples) {
  const Format *format = &formats[_i];
  for (int i = 0; i < N_SIZES; i++) {
    Picture p;
    ZsdLayout layout;
    ZsdTensor t = {0};
    picture_new(&p, format, sizes[i][0], sizes[i][1]);
    picture_random(&p.image, 6);
    zsd_layout_make(&layout, &p.image, true);
    load(&t, &p.image, &layout);
    int channel = 0;
    for (int c = 0; c < format->components; c++) {
      const ZsdComponent *component = &p.image.component[c];
      const int across = component->half_width ? 1 : 2, down = component->half_height ? 1 : 2;
      for (int k = 0; k < across * down; k++, channel++)
        for (int y = 0; y < t.height; y++)
          for (int x = 0; x < t.width; x++) {
            const int sx = smaller(x * across + k % across, component->width - 1);
            const int sy = smaller(y * down + k / across, component->height - 1);
            const double expected =
                (double)picture_get(&p.image, c, sx, sy) / ((1 << p.image.depth) - 1);
            ck_assert_float_eq_tol(zsd_tensor_row(&t, channel, y)[x], (float)expected, 1e-6f);
          }
    }
    ck_assert_int_eq(channel, t.channels);
    zsd_tensor_clear(&t);
    picture_free(&p);
  }
}
END_TEST

/* --- storing --- */

START_TEST(test_strength) {
  Picture p;
  ZsdLayout layout;
  ZsdTensor t = {0};
  picture_new(&p, &formats[_i], 13, 9);
  picture_flat(&p.image, 0.6);
  zsd_layout_make(&layout, &p.image, true);
  load(&t, &p.image, &layout);
  store(&t, &p.image, &layout, 64, 16, 0.2f, 0.5f, 0);
  const int max = (1 << p.image.depth) - 1;
  for (int c = 0; c < p.image.components; c++)
    for (int y = 0; y < p.image.component[c].height; y++)
      for (int x = 0; x < p.image.component[c].width; x++)
        ck_assert_int_le(abs((int)picture_get(&p.image, c, x, y) - max / 2), 1);
  store(&t, &p.image, &layout, 64, 16, 5, 1, 0);
  ck_assert_uint_eq(picture_get(&p.image, 0, 12, 8), 0);
  store(&t, &p.image, &layout, 64, 16, -5, 1, 0);
  ck_assert_uint_eq(picture_get(&p.image, 0, 12, 8), (unsigned)max);
  zsd_tensor_clear(&t);
  picture_free(&p);
}
END_TEST

/* Columns before the first one keep what they hold, all others get what was loaded. */
static void check_first_column(const Format *format, bool packed, int first, int tile_width) {
  Picture original, p;
  ZsdLayout layout;
  ZsdTensor t = {0};
  picture_new(&original, format, 23, 6);
  picture_random(&original.image, 8);
  picture_copy(&p, &original);
  zsd_layout_make(&layout, &p.image, packed);
  load(&t, &p.image, &layout);
  picture_flat(&p.image, 0);
  store(&t, &p.image, &layout, tile_width, 2, 0, 1, first);
  for (int c = 0; c < p.image.components; c++) {
    const int begin = p.image.component[c].half_width ? first / 2 : first;
    for (int y = 0; y < p.image.component[c].height; y++)
      for (int x = 0; x < p.image.component[c].width; x++)
        ck_assert_msg(picture_get(&p.image, c, x, y) ==
                          (x < begin ? 0 : picture_get(&original.image, c, x, y)),
                      "%s, first column %d, component %d, column %d", format->name, first, c,
                      x);
  }
  zsd_tensor_clear(&t);
  picture_free(&p);
  picture_free(&original);
}

START_TEST(test_first_column) {
  const Format *format = &formats[_i];
  for (int first = 0; first <= 24; first += 2)
    for (int tile_width = 3; tile_width <= 64; tile_width += 61) {
      check_first_column(format, true, first, tile_width);
      if (!format->component[1].half_width && !format->component[1].half_height)
        check_first_column(format, false, first, tile_width);
    }
}
END_TEST

/* --- fields --- */

/* The two fields share out all rows of all components; none has a row of its own invention. */
START_TEST(test_fields) {
  const Format *format = &formats[_i];
  for (int i = 0; i < N_SIZES; i++) {
    Picture p;
    picture_new(&p, format, sizes[i][0], sizes[i][1]);
    picture_random(&p.image, 9);
    for (int field = 0; field < 2; field++) {
      const ZsdImage f = zsd_image_field(&p.image, field);
      ck_assert_int_eq(f.height, (p.image.height + 1 - field) / 2);
      ck_assert_int_eq(f.width, p.image.width);
      for (int c = 0; c < f.components; c++) {
        ck_assert_int_eq(f.component[c].height, (p.image.component[c].height + 1 - field) / 2);
        for (int y = 0; y < f.component[c].height; y++)
          for (int x = 0; x < f.component[c].width; x++)
            ck_assert_uint_eq(picture_get(&f, c, x, y),
                              picture_get(&p.image, c, x, 2 * y + field));
      }
    }
    picture_free(&p);
  }
}
END_TEST

/* Fields go there and back, too: of a picture of two rows the second has no chroma. */
START_TEST(test_field_round_trip) {
  for (int height = 1; height <= 9; height++) {
    Picture original, p;
    picture_new(&original, &formats[_i], 11, height);
    picture_random(&original.image, 10);
    picture_copy(&p, &original);
    for (int field = 0; field < 2; field++) {
      const ZsdImage f = zsd_image_field(&p.image, field);
      ZsdLayout layout;
      ZsdTensor t = {0};
      zsd_layout_make(&layout, &f, true);
      if (f.height == 0)
        continue;
      load(&t, &f, &layout);
      for (ptrdiff_t k = 0; k < (ptrdiff_t)t.channels * t.height * t.width; k++)
        ck_assert(t.data[k] >= 0 && t.data[k] <= 1);
      picture_flat(&f, 0.4);
      store(&t, &f, &layout, 64, 16, 1, 0, 0);
      zsd_tensor_clear(&t);
    }
    ck_assert_mem_eq(p.memory, original.memory, original.size);
    picture_free(&p);
    picture_free(&original);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("frame");
  TCase *tc = tcase_create("formats");
  tcase_add_loop_test(tc, test_round_trip, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_layout, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_samples, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_strength, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_first_column, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_fields, 0, N_FORMATS);
  tcase_add_loop_test(tc, test_field_round_trip, 0, N_FORMATS);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
