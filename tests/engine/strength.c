/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much noise is removed: strengths from 0 to 2, and a noise level that is set. The pictures
 * are crops of photographs. */
#include "clip.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURES = 4, FRAMES = 6, SEED = 1 };

static const char *const names[PICTURES] = {"kodim05", "kodim07", "kodim13", "kodim23"};

/* Noise, and whether the frame is a picture or the last one of a clip that the camera pans. */
typedef struct {
  ZsdNoiseKind kind;
  double sigma;
  bool clip;
} Material;

static const Material materials[] = {{ZSD_NOISE_GAUSSIAN, 10, false},
                                     {ZSD_NOISE_GAUSSIAN, 25, false},
                                     {ZSD_NOISE_GAUSSIAN, 10, true},
                                     {ZSD_NOISE_GAUSSIAN, 25, true},
                                     {ZSD_NOISE_CORRELATED, 20, true}};
enum { N_MATERIALS = sizeof materials / sizeof *materials };

/* The clean frames: one, or a pan. */
static void get_clip(Clip *clip, int picture, bool moves) {
  Clip whole;
  clip_read(&whole, KODAK, picture, 1);
  if (!moves) {
    *clip = whole;
    clip_crop(clip, 160, 160);
    return;
  }
  clip_move(clip, &whole, &(Movement){2.3, 1.6, 1, 0}, 160, 128, FRAMES);
  free(whole.data);
}

static double psnr(const uint8_t *data, const uint8_t *clean, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += (data[i] - clean[i]) * (data[i] - clean[i]);
  return 10 * log10(255.0 * 255 * n / sum);
}

/* PSNR of the last frame's luma in dB. `status`: NULL, or receives the last one. */
static double denoised(const Clip *clip, const Material *m, const ZsdSettings *settings,
                       ZsdStatus *status) {
  const size_t size = frame_size(clip->width, clip->height);
  ZsdSettings s = *settings;
  char error[200];
  double result = 0;
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  ZsdNoise *noise = zsd_noise_new(SEED);
  uint8_t *data = malloc(size);
  ck_assert(d && noise && data);
  s.still = clip->frames == 1;
  for (int t = 0; t < clip->frames; t++) {
    ZsdImage image = image_of(data, clip->width, clip->height);
    memcpy(data, clip->data + t * size, size);
    ck_assert_int_eq(zsd_noise_add(noise, &image, m->kind, m->sigma / 255), 0);
    ck_assert_int_eq(zsd_denoiser_process(d, &image, 0, &s), ZSD_OK);
    result = psnr(data, clip->data + t * size, (size_t)clip->width * clip->height);
  }
  if (status)
    zsd_denoiser_status(d, status);
  zsd_denoiser_free(d);
  zsd_noise_free(noise);
  free(data);
  return result;
}

/* The mean error over the photographs is least at strength 1, and it rises on either side. */
START_TEST(test_curve) {
  static const double strengths[] = {0.5, 0.75, 1, 1.25, 1.5, 2};
  enum { N = sizeof strengths / sizeof *strengths, ONE = 2 };
  const Material *m = &materials[_i];
  double mean[N] = {0};
  for (int p = 0; p < PICTURES; p++) {
    Clip clip;
    get_clip(&clip, p, m->clip);
    printf("# noise %d of %.0f, %s of %s:", m->kind, m->sigma, m->clip ? "pan" : "picture",
           names[p]);
    for (int i = 0; i < N; i++) {
      ZsdSettings s = zsd_settings_default();
      s.strength = strengths[i];
      const double result = denoised(&clip, m, &s, NULL);
      printf(" %.2f", result);
      mean[i] += result / PICTURES;
    }
    printf(" dB at 0.5, 0.75, 1, 1.25, 1.5, 2\n");
    free(clip.data);
  }
  for (int i = 1; i < N; i++)
    if (i <= ONE)
      ck_assert_double_gt(mean[i], mean[i - 1]);
    else
      ck_assert_double_lt(mean[i], mean[i - 1]);
}
END_TEST

/* A level that is set is in effect from the first frame on: the right one is as good as the one
 * that is found, a far lower one leaves noise, and a far higher one takes detail. What is found
 * is still reported. */
START_TEST(test_sigma) {
  for (int clip_too = 0; clip_too < 2; clip_too++) {
    const Material m = {ZSD_NOISE_GAUSSIAN, 25, clip_too};
    ZsdSettings found = zsd_settings_default(), right = found, low = found, high = found;
    ZsdStatus status;
    Clip clip;
    get_clip(&clip, 1, m.clip);
    right.sigma = 25;
    low.sigma = 5;
    high.sigma = 80;
    const double best = denoised(&clip, &m, &found, NULL);
    ck_assert_double_gt(denoised(&clip, &m, &right, NULL), best - 0.2);
    ck_assert_double_lt(denoised(&clip, &m, &high, NULL), best - 1);
    ck_assert_double_lt(denoised(&clip, &m, &low, &status), best - 3);
    ck_assert_double_gt(status.sigma, 20);
    ck_assert_double_lt(status.sigma, 30);
    free(clip.data);
  }
}
END_TEST

/* A clean picture has no noise to remove, unless it is said to. */
START_TEST(test_clean) {
  const Material clean = {ZSD_NOISE_GAUSSIAN, 0, false};
  ZsdSettings s = zsd_settings_default();
  Clip clip;
  get_clip(&clip, 1, false);
  const double before = denoised(&clip, &clean, &s, NULL);
  s.sigma = 15;
  ck_assert_double_gt(before, 45);
  ck_assert_double_lt(denoised(&clip, &clean, &s, NULL), 42);
  free(clip.data);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("strength");
  TCase *tcase = tcase_create("strength");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, test_curve, 0, N_MATERIALS);
  tcase_add_test(tcase, test_sigma);
  tcase_add_test(tcase, test_clean);
  return suite;
}
