/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Less done for a frame, where time is short. */
#include "frames.h"
#include "suite.h"

enum { FRAMES = 24, LAST = 8 };

/* A few frames of a scene at rest at this quality. Returns the mean gain of the last ones. */
static double frames_of(ZsdDenoiser *d, const char *format, ZsdQuality quality, ZsdSettings s) {
  double gain = 0;
  s.quality = quality;
  for (int i = 0; i < FRAMES; i++) {
    const double frame = gain_of_frame(d, format, 0, status_of(d).frames, &s);
    gain += i >= FRAMES - LAST ? frame / LAST : 0;
  }
  return gain;
}

/* Each step leaves more noise, and none as much as there was before the last one. */
START_TEST(test_steps) {
  static const char *const names[] = {"I420", "GRAY8", "RGB"};
  const ZsdSettings s = zsd_settings_default();
  double gain[ZSD_QUALITY_ORIGINAL + 1];
  for (int q = ZSD_QUALITY_FULL; q <= ZSD_QUALITY_ORIGINAL; q++) {
    ZsdDenoiser *d = new_denoiser();
    gain[q] = frames_of(d, names[_i], q, s);
    ck_assert_uint_eq(status_of(d).keyframes, q < ZSD_QUALITY_ORIGINAL);
    zsd_denoiser_free(d);
  }
  ck_assert_double_gt(gain[ZSD_QUALITY_FEWER_TILES], gain[ZSD_QUALITY_FULL] - 0.3);
  ck_assert_double_lt(gain[ZSD_QUALITY_NARROW], gain[ZSD_QUALITY_FULL]);
  ck_assert_double_lt(gain[ZSD_QUALITY_FUSED], gain[ZSD_QUALITY_NARROW]);
  ck_assert_double_gt(gain[ZSD_QUALITY_FUSED], 3);
  ck_assert_double_eq(gain[ZSD_QUALITY_ORIGINAL], 0);
}
END_TEST

/* Back at full quality, frames come out as if nothing had been, once they have a past again. */
START_TEST(test_back) {
  const ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *d = new_denoiser();
  const double before = frames_of(d, "I420", ZSD_QUALITY_FULL, s);
  for (int q = ZSD_QUALITY_ORIGINAL; q > ZSD_QUALITY_FULL; q--) {
    frames_of(d, "I420", q, s);
    ck_assert_double_gt(frames_of(d, "I420", ZSD_QUALITY_FULL, s), before - 0.3);
  }
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  zsd_denoiser_free(d);
}
END_TEST

/* Filtering fades in after frames that passed unchanged, so that the picture does not pulse. */
START_TEST(test_fades_in) {
  ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *d = new_denoiser();
  const double full = frames_of(d, "I420", ZSD_QUALITY_FULL, s);
  double before = 0;
  frames_of(d, "I420", ZSD_QUALITY_ORIGINAL, s);
  for (int i = 0; i < 6; i++) {
    const double gain = gain_of_frame(d, "I420", 0, status_of(d).frames, &s);
    ck_assert_double_gt(gain, before + 0.2);
    ck_assert_double_lt(gain, before + full / 2);
    before = gain;
  }
  zsd_denoiser_free(d);
}
END_TEST

/* A cut that was not looked at is found afterwards. */
START_TEST(test_cut) {
  ZsdSettings s = zsd_settings_default();
  ZsdDenoiser *d = new_denoiser();
  gain_of_frame(d, "I420", 0, 1, &s);
  s.quality = ZSD_QUALITY_ORIGINAL;
  gain_of_frame(d, "I420", 5, 2, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 1);
  s.quality = ZSD_QUALITY_FULL;
  gain_of_frame(d, "I420", 5, 3, &s);
  ck_assert_uint_eq(status_of(d).keyframes, 2);
  zsd_denoiser_free(d);
}
END_TEST

/* Without a narrower network the network itself is used. */
START_TEST(test_no_narrower) {
  ZsdSettings s = quick_settings();
  Picture full, narrow;
  for (int i = 0; i < 2; i++) {
    ZsdDenoiser *d = new_denoiser();
    s.hidden_channels = i ? 24 : 16;
    s.warm_start = !i;
    s.quality = ZSD_QUALITY_FEWER_TILES;
    new_scene(&full, "I420", 0, 25, 1);
    process(d, &full, &s);
    zsd_denoiser_free(d);
    d = new_denoiser();
    s.quality = ZSD_QUALITY_NARROW;
    new_scene(&narrow, "I420", 0, 25, 1);
    process(d, &narrow, &s);
    zsd_denoiser_free(d);
    ck_assert_mem_eq(full.memory, narrow.memory, full.size);
    picture_free(&full);
    picture_free(&narrow);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("quality");
  TCase *tc = tcase_create("steps");
  tcase_add_loop_test(tc, test_steps, 0, 3);
  tcase_add_test(tc, test_back);
  tcase_add_test(tc, test_fades_in);
  tcase_add_test(tc, test_cut);
  tcase_add_test(tc, test_no_narrower);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
