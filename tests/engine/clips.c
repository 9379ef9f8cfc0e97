/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise estimate, gain and arithmetic on clips of natural pictures: photographs that a camera
 * moves over, and the measuring clips beside the project where they are and no sanitizer is. */
#include "temporal/fusion.h"

#include "base/cpu.h"
#include "clip.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- clips --- */

enum { SHOTS = 8, WIDTH = 176, HEIGHT = 144 };

typedef struct {
  const char *name;
  int picture; /* of kodak.y4m: crops of kodim05, 07, 13 and 23 */
  Movement movement;
} Camera;

static const Camera cameras[] = {
    {"pan", 0, {3.3, 1.6, 1, 0}},
    {"still", 1, {0, 0, 1, 0}},
    {"rotation", 2, {0, 0, 1, 1.5}},
    {"zoom", 3, {0, 0, 1.03, 0}},
};
static const char *const beside[] = {"foreman_176x144", "park_joy_480x270", "slalom_854x480",
                                     "tennis_352x240"};
enum {
  N_CAMERAS = sizeof cameras / sizeof *cameras,
  N_BESIDE = sizeof beside / sizeof *beside
};

static const char *name_of(int index) {
  return index < N_CAMERAS ? cameras[index].name : beside[index - N_CAMERAS];
}

/* The first frames of clip `index`, in full. */
static void get_clip(Clip *clip, int index, int frames) {
  char path[1000];
  if (index < N_CAMERAS) {
    Clip picture;
    clip_read(&picture, KODAK, cameras[index].picture, 1);
    clip_move(clip, &picture, &cameras[index].movement, WIDTH, HEIGHT, frames);
    free(picture.data);
    return;
  }
  snprintf(path, sizeof path, "%s/%s.y4m", CLIPS, name_of(index));
  clip_read(clip, path, 0, frames);
}

/* Frame t with noise. */
static void noisy_frame(const Clip *clip, int t, ZsdNoise *noise, ZsdNoiseKind kind,
                        double sigma, uint8_t *data) {
  const size_t size = frame_size(clip->width, clip->height);
  ZsdImage image = image_of(data, clip->width, clip->height);
  memcpy(data, clip->data + t * size, size);
  ck_assert_int_eq(zsd_noise_add(noise, &image, kind, sigma / 255), 0);
}

static double mean_square(const Clip *clip, int t, const uint8_t *data) {
  const uint8_t *clean = clip->data + t * frame_size(clip->width, clip->height);
  double sum = 0;
  for (int i = 0; i < clip->width * clip->height; i++)
    sum += (data[i] - clean[i]) * (data[i] - clean[i]);
  return sum / (clip->width * clip->height);
}

/* --- the noise that is found --- */

static const struct {
  ZsdNoiseKind kind;
  double sigma;
} grains[] = {{ZSD_NOISE_GAUSSIAN, 5},    {ZSD_NOISE_GAUSSIAN, 10},  {ZSD_NOISE_GAUSSIAN, 25},
              {ZSD_NOISE_GAUSSIAN, 50},   {ZSD_NOISE_CORRELATED, 5}, {ZSD_NOISE_CORRELATED, 10},
              {ZSD_NOISE_CORRELATED, 20}, {ZSD_NOISE_CORRELATED, 30}};
enum { THREADS = 2 };
enum { N_GRAINS = sizeof grains / sizeof *grains };

/* Deviation of the noise after some frames of a clip, and what was really added to the last
 * one: of what was asked for the ends of the range take a part away. */
typedef struct {
  double found, added;
} Sigma;

static Sigma sigma_of(const Clip *clip, ZsdNoiseKind kind, double sigma, uint64_t seed) {
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  uint8_t *data = malloc(frame_size(clip->width, clip->height));
  const ZsdImage image = image_of(data, clip->width, clip->height);
  ZsdFrame frame = {0};
  ck_assert_int_eq(zsd_frame_resize(&frame, &image), 0);
  ZsdFusion *fusion = zsd_fusion_new(&frame, kernels);
  ZsdNoise *noise = zsd_noise_new(seed);
  ck_assert(data && fusion && noise);
  for (int t = 0; t < clip->frames; t++) {
    noisy_frame(clip, t, noise, kind, sigma, data);
    zsd_frame_load(&frame, &image, kernels, THREADS);
    zsd_fusion_add(fusion, &frame, NULL, THREADS);
    zsd_fusion_commit(fusion, &frame, THREADS);
  }
  const Sigma result = {255 * zsd_fusion_noise(fusion, 0)->sigma,
                        sqrt(mean_square(clip, clip->frames - 1, data))};
  zsd_noise_free(noise);
  zsd_fusion_free(fusion);
  zsd_frame_clear(&frame);
  free(data);
  return result;
}

START_TEST(test_sigma) {
  enum { FRAMES = 5, DRAWS = 4 };
  Clip clip;
  get_clip(&clip, _i, FRAMES);
  for (int g = 0; g < N_GRAINS; g++) {
    Sigma mean = {0};
    for (int draw = 0; draw < DRAWS; draw++) {
      const Sigma s = sigma_of(&clip, grains[g].kind, grains[g].sigma, DRAWS * g + draw);
      mean.found += s.found / DRAWS;
      mean.added += s.added / DRAWS;
    }
    printf("# %s: noise %d of %.1f, found %.1f\n", name_of(_i), grains[g].kind, mean.added,
           mean.found);
    /* Dense texture in motion adds most: 6.3 are found where there are 5, 11.2 where there are
     * 10. */
    const double most = _i < N_CAMERAS && grains[g].sigma <= 10 ? 1.3 : 1.1;
    ck_assert_msg(mean.found >= 0.9 * mean.added && mean.found <= most * grains[g].sigma,
                  "%s: noise %d of %.1f, found %.1f", name_of(_i), grains[g].kind, mean.added,
                  mean.found);
  }
  free(clip.data);
}
END_TEST

/* --- gain --- */

enum { FIRST = 3 }; /* frame of those that are measured */

/* Noise, and the PSNR of luma of each camera's clip that the default settings, and each frame
 * by itself, reached when it was last measured, dB. */
static const struct {
  ZsdNoiseKind kind;
  double sigma, gained[N_CAMERAS], alone[N_CAMERAS];
} levels[] = {
    {ZSD_NOISE_GAUSSIAN, 10, {35.02, 38.11, 33.15, 40.38}, {32.48, 33.16, 30.04, 37.83}},
    {ZSD_NOISE_GAUSSIAN, 25, {29.75, 32.28, 28.12, 36.12}, {27.11, 28.38, 25.78, 33.53}},
    {ZSD_NOISE_CORRELATED, 20, {27.89, 30.39, 26.73, 32.83}, {24.99, 26.46, 25.16, 30.10}},
    {ZSD_NOISE_POISSON, 25, {32.75, 34.60, 30.56, 37.02}, {28.90, 30.28, 27.37, 34.74}},
};
enum { N_LEVELS = sizeof levels / sizeof *levels };

/* PSNR of luma, dB, the mean over the frames from the third one on. */
static double psnr(const Clip *clip, ZsdNoiseKind kind, double sigma, const ZsdSettings *s) {
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  ZsdNoise *noise = zsd_noise_new(1);
  uint8_t *data = malloc(frame_size(clip->width, clip->height));
  double sum = 0;
  ck_assert(d && noise && data);
  for (int t = 0; t < SHOTS; t++) {
    ZsdImage image = image_of(data, clip->width, clip->height);
    noisy_frame(clip, t, noise, kind, sigma, data);
    ck_assert_int_eq(zsd_denoiser_process(d, &image, 0, s), ZSD_OK);
    if (t >= FIRST)
      sum += 10 * log10(255 * 255 / mean_square(clip, t, data));
  }
  zsd_noise_free(noise);
  zsd_denoiser_free(d);
  free(data);
  return sum / (SHOTS - FIRST);
}

/* Earlier frames do not make pictures worse, and pictures come out as well as they once did. */
START_TEST(test_gain) {
  const ZsdSettings usual = zsd_settings_default();
  ZsdSettings each_alone = usual;
  Clip clip;
  each_alone.temporal = false;
  get_clip(&clip, _i, SHOTS);
  clip_crop(&clip, WIDTH, HEIGHT);
  for (int k = 0; k < N_LEVELS; k++) {
    const double alone = psnr(&clip, levels[k].kind, levels[k].sigma, &each_alone);
    const double temporal = psnr(&clip, levels[k].kind, levels[k].sigma, &usual);
    printf("# %s: noise %d of %.0f: %.2f dB alone, %.2f\n", name_of(_i), levels[k].kind,
           levels[k].sigma, alone, temporal);
    ck_assert_double_ge(temporal, alone - 0.1);
    if (_i < N_CAMERAS) {
      ck_assert_double_ge(temporal, levels[k].gained[_i] - 0.15);
      ck_assert_double_ge(alone, levels[k].alone[_i] - 0.15);
    }
  }
  free(clip.data);
}
END_TEST

/* --- arithmetic --- */

/* The default precision, bf16, int16, fp16 and int8 give the pictures that fp32 gives. */
START_TEST(test_precision) {
  static const ZsdNoiseKind kinds[] = {ZSD_NOISE_GAUSSIAN, ZSD_NOISE_CORRELATED};
  static const double sigmas[] = {25, 20};
  Clip clip;
  get_clip(&clip, _i, SHOTS);
  clip_crop(&clip, WIDTH, HEIGHT);
  for (int k = 0; k < 2; k++) {
    double found[6];
    for (int p = ZSD_PRECISION_AUTO; p <= ZSD_PRECISION_INT8; p++) {
      ZsdSettings s = zsd_settings_default();
      s.precision = (ZsdPrecisionChoice)p;
      found[p] = psnr(&clip, kinds[k], sigmas[k], &s);
    }
    const double fp32 = found[ZSD_PRECISION_FP32];
    printf("# %s: noise %d: %.3f dB in fp32, %.3f in bf16, %.3f in int16, %.3f in fp16, %.3f "
           "in int8, %.3f by auto\n",
           name_of(_i), kinds[k], fp32, found[ZSD_PRECISION_BF16], found[ZSD_PRECISION_INT16],
           found[ZSD_PRECISION_FP16], found[ZSD_PRECISION_INT8], found[ZSD_PRECISION_AUTO]);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_AUTO], fp32, 0.05);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_BF16], fp32, 0.05);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_INT16], fp32, 0.05);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_FP16], fp32, 0.05);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_INT8], fp32, 0.05);
  }
  free(clip.data);
}
END_TEST

/* Largest loss of the profile for live video, dB: 0.4 on whole clips; a little more in crops
 * and first frames of smooth pictures. */
static const double MOST_LOST = 0.45;

/* The profile for live video is nearly as good as the default one. */
START_TEST(test_realtime) {
  static const ZsdNoiseKind kinds[] = {ZSD_NOISE_GAUSSIAN, ZSD_NOISE_CORRELATED};
  static const double sigmas[] = {25, 20};
  Clip clip;
  get_clip(&clip, _i, SHOTS);
  clip_crop(&clip, WIDTH, HEIGHT);
  for (int k = 0; k < 2; k++) {
    ZsdSettings s = zsd_settings_default();
    const double balanced = psnr(&clip, kinds[k], sigmas[k], &s);
    s.profile = ZSD_PROFILE_REALTIME;
    const double realtime = psnr(&clip, kinds[k], sigmas[k], &s);
    printf("# %s: noise %d: balanced %.3f dB, realtime %.3f\n", name_of(_i), kinds[k], balanced,
           realtime);
    ck_assert_double_ge(realtime, balanced - MOST_LOST);
  }
  free(clip.data);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("clips");
  TCase *tc = tcase_create("clips");
  const int clips = N_CAMERAS + (!SANITIZED && access(CLIPS, R_OK) == 0 ? N_BESIDE : 0);
  tcase_add_loop_test(tc, test_sigma, 0, clips);
  tcase_add_loop_test(tc, test_gain, 0, clips);
  tcase_add_loop_test(tc, test_precision, 0, clips);
  tcase_add_loop_test(tc, test_realtime, 0, clips);
  tcase_set_timeout(tc, 170);
  suite_add_tcase(suite, tc);
  return suite;
}
