/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that are denoised with the help of later ones. */
#include "clip.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 176, HEIGHT = 144, FRAMES = 12, MAX_AHEAD = 4 };

/* Crops of kodak.y4m that a camera moves over. */
static const struct {
  int picture;
  Movement movement;
} cameras[] = {
    {0, {3.3, 1.6, 1, 0}}, {1, {0, 0, 1, 0}}, {2, {0, 0, 1, 1.5}}, {3, {0, 0, 1.03, 0}}};
enum { N_CAMERAS = sizeof cameras / sizeof *cameras };

typedef struct {
  Clip clean, noisy, out;
} Film;

static uint8_t *frame_of(const Clip *clip, int t) {
  return clip->data + t * frame_size(clip->width, clip->height);
}

static Clip copy_of(const Clip *clip) {
  const size_t size = clip->frames * frame_size(clip->width, clip->height);
  Clip copy = *clip;
  copy.data = malloc(size);
  ck_assert_ptr_nonnull(copy.data);
  memcpy(copy.data, clip->data, size);
  return copy;
}

static void film_new(Film *f, int camera, ZsdNoiseKind kind, double sigma) {
  ZsdNoise *noise = zsd_noise_new(1);
  Clip picture;
  clip_read(&picture, KODAK, cameras[camera].picture, 1);
  clip_move(&f->clean, &picture, &cameras[camera].movement, WIDTH, HEIGHT, FRAMES);
  free(picture.data);
  f->noisy = copy_of(&f->clean);
  for (int t = 0; t < FRAMES; t++) {
    ZsdImage image = image_of(frame_of(&f->noisy, t), WIDTH, HEIGHT);
    ck_assert_int_eq(zsd_noise_add(noise, &image, kind, sigma / 255), 0);
  }
  f->out = copy_of(&f->noisy);
  zsd_noise_free(noise);
}

static void film_free(Film *f) {
  free(f->clean.data);
  free(f->noisy.data);
  free(f->out.data);
}

static ZsdSettings settings_for(unsigned threads) {
  ZsdSettings s = zsd_settings_default();
  s.threads = threads;
  return s;
}

/* Settings of a loop test. */
static ZsdSettings settings_of(bool patches, unsigned threads) {
  ZsdSettings s = settings_for(threads);
  s.patches = patches;
  return s;
}

/* Denoises frame t with up to `ahead` later ones. */
static void denoise_frame(ZsdDenoiser *d, Film *f, int t, int ahead, const ZsdSettings *s) {
  ZsdImage image = image_of(frame_of(&f->out, t), WIDTH, HEIGHT), later[MAX_AHEAD];
  unsigned n = 0;
  for (int i = t + 1; i < FRAMES && i <= t + ahead; i++)
    later[n++] = image_of(frame_of(&f->out, i), WIDTH, HEIGHT);
  ck_assert_int_eq(zsd_denoiser_process_ahead(d, &image, 0, later, n, s), ZSD_OK);
}

static ZsdDenoiser *new_denoiser(void) {
  char error[200];
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  ck_assert_msg(d != NULL, "%s", error);
  return d;
}

static void denoise(Film *f, int ahead, const ZsdSettings *s) {
  ZsdDenoiser *d = new_denoiser();
  memcpy(f->out.data, f->noisy.data, FRAMES * frame_size(WIDTH, HEIGHT));
  for (int t = 0; t < FRAMES; t++)
    denoise_frame(d, f, t, ahead, s);
  zsd_denoiser_free(d);
}

/* PSNR of frame t's luma. */
static double psnr(const Film *f, int t) {
  const uint8_t *a = frame_of(&f->clean, t), *b = frame_of(&f->out, t);
  double sum = 0;
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  return 10 * log10(255.0 * 255 * WIDTH * HEIGHT / sum);
}

static double mean_psnr(const Film *f) {
  double sum = 0;
  for (int t = 0; t < FRAMES; t++)
    sum += psnr(f, t) / FRAMES;
  return sum;
}

START_TEST(test_gain) {
  const ZsdSettings s = settings_for(2);
  Film f;
  film_new(&f, _i, ZSD_NOISE_GAUSSIAN, 25);
  denoise(&f, 0, &s);
  const double mean = mean_psnr(&f), first = psnr(&f, 0);
  denoise(&f, MAX_AHEAD, &s);
  ck_assert_double_gt(mean_psnr(&f), mean + 0.3);
  ck_assert_double_gt(psnr(&f, 0), first + 0.8);
  for (int t = 0; t < FRAMES; t++)
    ck_assert_double_gt(psnr(&f, t), first);
  film_free(&f);
}
END_TEST

/* Patches gain more from the same later frames, also with correlated noise. */
START_TEST(test_patches) {
  const ZsdSettings fused = settings_of(false, 2), patches = settings_of(true, 2);
  const bool correlated = _i >= N_CAMERAS;
  Film f;
  film_new(&f, _i % N_CAMERAS, correlated ? ZSD_NOISE_CORRELATED : ZSD_NOISE_GAUSSIAN, 20);
  denoise(&f, MAX_AHEAD, &fused);
  const double mean = mean_psnr(&f), first = psnr(&f, 0);
  denoise(&f, MAX_AHEAD, &patches);
  ck_assert_double_gt(mean_psnr(&f), mean + (correlated ? 0.1 : 0.3));
  ck_assert_double_gt(psnr(&f, 0), first + (correlated ? 0.1 : 0.3));
  film_free(&f);
}
END_TEST

/* Frames of another scene take no part: those after a cut are what they are without the frames
 * before it, but for the weights that were learned there. */
START_TEST(test_cut) {
  const ZsdSettings s = settings_of(true, 2);
  const size_t size = frame_size(WIDTH, HEIGHT);
  double alone = 0, after = 0;
  Film f, other;
  film_new(&f, 0, ZSD_NOISE_GAUSSIAN, 25);
  film_new(&other, 2, ZSD_NOISE_GAUSSIAN, 25);
  denoise(&other, MAX_AHEAD, &s);
  for (int t = 0; t < FRAMES / 2; t++)
    alone += psnr(&other, t) / (FRAMES / 2);
  memcpy(frame_of(&f.clean, FRAMES / 2), other.clean.data, FRAMES / 2 * size);
  memcpy(frame_of(&f.noisy, FRAMES / 2), other.noisy.data, FRAMES / 2 * size);
  denoise(&f, MAX_AHEAD, &s);
  for (int t = FRAMES / 2; t < FRAMES; t++)
    after += psnr(&f, t) / (FRAMES / 2);
  ck_assert_double_gt(after, alone - 0.5);
  film_free(&f);
  film_free(&other);
}
END_TEST

/* Correlated noise cannot be told from texture in a single frame, but from two. */
START_TEST(test_first_sigma) {
  const ZsdSettings s = settings_for(2);
  ZsdDenoiser *d = new_denoiser();
  ZsdStatus status;
  Film f;
  film_new(&f, 0, ZSD_NOISE_CORRELATED, 20);
  denoise_frame(d, &f, 0, 2, &s);
  zsd_denoiser_status(d, &status);
  ck_assert_double_eq_tol(status.sigma, 20, 2);
  zsd_denoiser_free(d);
  film_free(&f);
}
END_TEST

/* Without later frames, or where earlier frames have no effect either, nothing changes. */
START_TEST(test_no_effect) {
  const size_t size = FRAMES * frame_size(WIDTH, HEIGHT);
  ZsdSettings s = settings_for(2);
  Film f;
  film_new(&f, 0, ZSD_NOISE_GAUSSIAN, 25);
  s.temporal = false;
  denoise(&f, 0, &s);
  Clip expected = copy_of(&f.out);
  denoise(&f, MAX_AHEAD, &s);
  ck_assert_mem_eq(f.out.data, expected.data, size);
  s.strength = 0;
  denoise(&f, MAX_AHEAD, &s);
  ck_assert_mem_eq(f.out.data, f.noisy.data, size);
  free(expected.data);
  film_free(&f);
}
END_TEST

/* Later pictures are read only, and any number of threads gives the same result. */
START_TEST(test_threads) {
  const size_t size = frame_size(WIDTH, HEIGHT);
  ZsdDenoiser *d = new_denoiser();
  ZsdSettings s = settings_of(_i, 1);
  Film f;
  film_new(&f, 0, ZSD_NOISE_GAUSSIAN, 25);
  denoise_frame(d, &f, 0, MAX_AHEAD, &s);
  ck_assert_mem_eq(frame_of(&f.out, 1), frame_of(&f.noisy, 1), (FRAMES - 1) * size);
  denoise(&f, MAX_AHEAD, &s);
  Clip expected = copy_of(&f.out);
  s.threads = 3;
  denoise(&f, MAX_AHEAD, &s);
  ck_assert_mem_eq(f.out.data, expected.data, FRAMES * size);
  zsd_denoiser_free(d);
  free(expected.data);
  film_free(&f);
}
END_TEST

enum { INTERRUPTIONS = 4 };

/* Frames within a window that are not denoised, or a keyframe that is asked for, end it: the
 * frames after them have no state of another frame. */
START_TEST(test_interruptions) {
  ZsdSettings s = settings_of(_i >= INTERRUPTIONS, 2), off = s;
  const int kind = _i % INTERRUPTIONS;
  ZsdDenoiser *d = new_denoiser();
  Film f;
  film_new(&f, 0, ZSD_NOISE_GAUSSIAN, 25);
  denoise(&f, 0, &s);
  const double first = psnr(&f, 0);
  memcpy(f.out.data, f.noisy.data, FRAMES * frame_size(WIDTH, HEIGHT));
  off.strength = 0;
  for (int t = 0; t < FRAMES; t++) {
    const bool interrupted = t % 6 == 1;
    if (interrupted && kind == 0)
      zsd_denoiser_skip(d);
    else if (interrupted && kind == 1)
      zsd_denoiser_reset(d);
    else if (interrupted && kind == 2)
      s.quality = ZSD_QUALITY_ORIGINAL;
    if (!interrupted || kind > 0)
      denoise_frame(d, &f, t, MAX_AHEAD, interrupted && kind == 3 ? &off : &s);
    s.quality = ZSD_QUALITY_FULL;
    if (!interrupted)
      ck_assert_double_gt(psnr(&f, t), first);
  }
  zsd_denoiser_free(d);
  film_free(&f);
}
END_TEST

/* Frames that are shown twice, as film on video, gain as much as those shown once. */
START_TEST(test_repetitions) {
  const ZsdSettings s = settings_of(_i, 2);
  const size_t size = frame_size(WIDTH, HEIGHT);
  Film f;
  film_new(&f, 0, ZSD_NOISE_GAUSSIAN, 25);
  denoise(&f, 2, &s);
  double once = 0, twice = 0;
  for (int t = 0; t < FRAMES / 2; t++)
    once += psnr(&f, t);
  for (int t = FRAMES - 1; t >= 0; t--) {
    memcpy(frame_of(&f.clean, t), frame_of(&f.clean, t / 2), size);
    memcpy(frame_of(&f.noisy, t), frame_of(&f.noisy, t / 2), size);
  }
  denoise(&f, 4, &s);
  for (int t = 0; t < FRAMES; t++)
    twice += psnr(&f, t) / 2;
  ck_assert_double_gt(twice / (FRAMES / 2), once / (FRAMES / 2) - 0.15);
  film_free(&f);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("lookahead");
  TCase *tcase = tcase_create("lookahead");
  tcase_add_loop_test(tcase, test_gain, 0, N_CAMERAS);
  tcase_add_loop_test(tcase, test_patches, 0, N_CAMERAS + 1);
  tcase_add_test(tcase, test_cut);
  tcase_add_test(tcase, test_first_sigma);
  tcase_add_test(tcase, test_no_effect);
  tcase_add_loop_test(tcase, test_threads, 0, 2);
  tcase_add_loop_test(tcase, test_interruptions, 0, 2 * INTERRUPTIONS);
  tcase_add_loop_test(tcase, test_repetitions, 0, 2);
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  return suite;
}
