/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On real clips, where the measuring material lies beside the project; skipped where it does
 * not. */
#include "temporal/fusion.h"

#include "base/cpu.h"
#include "picture.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"foreman_176x144", "park_joy_480x270", "slalom_854x480",
                                    "tennis_352x240"};

/* --- clips: I420, 8 bits --- */

typedef struct {
  int width, height, frames;
  uint8_t *data; /* clean */
} Clip;

static size_t frame_size(int width, int height) {
  return (size_t)width * height + 2 * (size_t)((width + 1) / 2) * ((height + 1) / 2);
}

static ZsdImage image_of(uint8_t *data, int width, int height) {
  const int w = (width + 1) / 2, h = (height + 1) / 2;
  ZsdImage image = {.width = width, .height = height, .components = 3, .depth = 8};
  image.component[0] = (ZsdComponent){data, width, 1, width, height, false, false};
  data += (size_t)width * height;
  image.component[1] = (ZsdComponent){data, w, 1, w, h, true, true};
  image.component[2] = (ZsdComponent){data + (size_t)w * h, w, 1, w, h, true, true};
  return image;
}

/* The first frames of a clip. */
static void read_clip(Clip *clip, const char *name, int frames) {
  char path[1000], line[200];
  snprintf(path, sizeof path, "%s/%s.y4m", CLIPS, name);
  FILE *f = fopen(path, "rb");
  ck_assert_msg(f != NULL, "cannot read %s", path);
  ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
  const char *w = strstr(line, " W"), *h = strstr(line, " H");
  ck_assert(w && h);
  *clip = (Clip){.width = atoi(w + 2), .height = atoi(h + 2)};
  const size_t size = frame_size(clip->width, clip->height);
  clip->data = malloc(frames * size);
  ck_assert_ptr_nonnull(clip->data);
  while (clip->frames < frames && fgets(line, sizeof line, f) &&
         fread(clip->data + clip->frames * size, 1, size, f) == size)
    clip->frames++;
  ck_assert_int_eq(clip->frames, frames);
  fclose(f);
}

/* The middle of each frame alone. */
static void crop_clip(Clip *clip, int width, int height) {
  const size_t size = frame_size(clip->width, clip->height), to = frame_size(width, height);
  const int left = (clip->width - width) / 4 * 2, top = (clip->height - height) / 4 * 2;
  uint8_t *data = malloc(clip->frames * to);
  ck_assert_ptr_nonnull(data);
  for (int t = 0; t < clip->frames; t++) {
    const ZsdImage from = image_of(clip->data + t * size, clip->width, clip->height);
    const ZsdImage into = image_of(data + t * to, width, height);
    for (int c = 0; c < 3; c++)
      for (int y = 0; y < into.component[c].height; y++)
        memcpy(into.component[c].data + y * into.component[c].stride,
               from.component[c].data + (y + (top >> (c > 0))) * from.component[c].stride +
                   (left >> (c > 0)),
               into.component[c].width);
  }
  free(clip->data);
  *clip = (Clip){width, height, clip->frames, data};
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
enum { N_GRAINS = sizeof grains / sizeof *grains, N_CLIPS = sizeof names / sizeof *names };

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
    zsd_fusion_add(fusion, &frame, THREADS);
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
  read_clip(&clip, names[_i], FRAMES);
  for (int g = 0; g < N_GRAINS; g++) {
    Sigma mean = {0};
    for (int draw = 0; draw < DRAWS; draw++) {
      const Sigma s = sigma_of(&clip, grains[g].kind, grains[g].sigma, DRAWS * g + draw);
      mean.found += s.found / DRAWS;
      mean.added += s.added / DRAWS;
    }
    printf("# %s: noise %d of %.1f, found %.1f\n", names[_i], grains[g].kind, mean.added,
           mean.found);
    ck_assert_msg(mean.found >= 0.9 * mean.added && mean.found <= 1.1 * grains[g].sigma,
                  "%s: noise %d of %.1f, found %.1f", names[_i], grains[g].kind, mean.added,
                  mean.found);
  }
  free(clip.data);
}
END_TEST

/* --- what earlier frames are good for --- */

enum { SHOTS = 8, FIRST = 3 };

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

/* Earlier frames never make a picture worse. */
START_TEST(test_temporal) {
  static const double levels[] = {10, 25, 20, 25};
  static const ZsdNoiseKind kinds[] = {ZSD_NOISE_GAUSSIAN, ZSD_NOISE_GAUSSIAN,
                                       ZSD_NOISE_CORRELATED, ZSD_NOISE_POISSON};
  const ZsdSettings usual = zsd_settings_default();
  ZsdSettings each_alone = usual;
  Clip clip;
  each_alone.temporal = false;
  read_clip(&clip, names[_i], SHOTS);
  crop_clip(&clip, 176, 144);
  for (int k = 0; k < 4; k++) {
    const double alone = psnr(&clip, kinds[k], levels[k], &each_alone);
    const double temporal = psnr(&clip, kinds[k], levels[k], &usual);
    printf("# %s: noise %d of %.0f: %.2f dB alone, %.2f\n", names[_i], kinds[k], levels[k],
           alone, temporal);
    ck_assert_double_ge(temporal, alone - 0.1);
  }
  free(clip.data);
}
END_TEST

/* --- arithmetic --- */

/* What is fastest here, and bf16 wherever it runs, give the pictures that fp32 gives. */
START_TEST(test_precision) {
  static const ZsdNoiseKind kinds[] = {ZSD_NOISE_GAUSSIAN, ZSD_NOISE_CORRELATED};
  static const double levels[] = {25, 20};
  Clip clip;
  read_clip(&clip, names[_i], SHOTS);
  crop_clip(&clip, 176, 144);
  for (int k = 0; k < 2; k++) {
    double found[3];
    for (int p = ZSD_PRECISION_AUTO; p <= ZSD_PRECISION_BF16; p++) {
      ZsdSettings s = zsd_settings_default();
      s.precision = (ZsdPrecisionChoice)p;
      found[p] = psnr(&clip, kinds[k], levels[k], &s);
    }
    const double fp32 = found[ZSD_PRECISION_FP32];
    printf("# %s: noise %d: %.3f dB in fp32, %.3f in bf16, %.3f by auto\n", names[_i], kinds[k],
           fp32, found[ZSD_PRECISION_BF16], found[ZSD_PRECISION_AUTO]);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_AUTO], fp32, 0.05);
    ck_assert_double_eq_tol(found[ZSD_PRECISION_BF16], fp32, 0.05);
  }
  free(clip.data);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("clips");
  TCase *tc = tcase_create("clips");
  tcase_add_loop_test(tc, test_sigma, 0, N_CLIPS);
  tcase_add_loop_test(tc, test_temporal, 0, N_CLIPS);
  tcase_add_loop_test(tc, test_precision, 0, N_CLIPS);
  tcase_set_timeout(tc, 170);
  suite_add_tcase(suite, tc);
  return suite;
}
