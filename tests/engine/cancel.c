/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that an observer cancels at any instant: the work ends, and later frames are denoised
 * as if there had been none before. */
#include "frames.h"
#include "suite.h"

#include <stdatomic.h>
#include <string.h>

enum {
  FRAMES = 11,
  CANCELLED = 6, /* the frame that is */
  AHEAD = 3,
  INSTANTS = 8, /* at which it is cancelled */
};

typedef enum { LEARNS, MOVES, RESTS, FIELDS, LOOKS_AHEAD, PATCHES, STILL, WAYS } Way;

/* Cancels at its call number `at`, and from then on; 0: never. */
typedef struct {
  atomic_uint calls;
  unsigned at;
} Stop;

static bool is_reached(void *user) {
  Stop *stop = user;
  return atomic_fetch_add(&stop->calls, 1) + 1 >= stop->at && stop->at;
}

static ZsdDenoiser *new_observed(Stop *stop) {
  const ZsdObserver observer = {stop, NULL, is_reached};
  ZsdDenoiser *d = new_denoiser();
  zsd_denoiser_observe(d, &observer);
  return d;
}

static ZsdSettings settings_of(Way way) {
  ZsdSettings s = zsd_settings_default();
  s.threads = 1; /* calls are counted */
  s.frozen = way != LEARNS;
  s.still = way == STILL;
  s.patches = way == PATCHES;
  s.scene_threshold = 0;
  return s;
}

static void new_frame(Picture *p, Way way, int t, double sigma) {
  picture_new(p, format_named("I420"), WIDTH, HEIGHT);
  picture_scene(&p->image, 0, way == RESTS ? 0 : 2 * t);
  if (sigma > 0)
    picture_noise(&p->image, ZSD_NOISE_GAUSSIAN, sigma, (uint64_t)t + 1);
}

/* Processes frame t, the result of which `p` receives. */
static ZsdResult run_frame(ZsdDenoiser *d, Way way, int t, Picture *p, const ZsdSettings *s) {
  Picture later[AHEAD];
  ZsdImage images[AHEAD];
  unsigned n = 0;
  ZsdResult result = ZSD_OK;
  new_frame(p, way, t, 25);
  for (int i = t + 1; i < FRAMES && i <= t + AHEAD && way >= LOOKS_AHEAD && way < STILL; i++) {
    new_frame(&later[n], way, i, 25);
    images[n] = later[n].image;
    n++;
  }
  for (int field = 0; field < (way == FIELDS ? 2 : 1) && result == ZSD_OK; field++) {
    ZsdImage image = way == FIELDS ? zsd_image_field(&p->image, field) : p->image;
    result = zsd_denoiser_process_ahead(d, &image, field, images, n, s);
  }
  for (unsigned i = 0; i < n; i++)
    picture_free(&later[i]);
  return result;
}

/* Processes frames [first, end). */
static void run_frames(ZsdDenoiser *d, Way way, int first, int end, const ZsdSettings *s) {
  for (int t = first; t < end; t++) {
    Picture p;
    ck_assert_int_eq(run_frame(d, way, t, &p, s), ZSD_OK);
    picture_free(&p);
  }
}

/* PSNR of the result of frame t, dB. */
static double psnr_of_frame(ZsdDenoiser *d, Way way, int t, const ZsdSettings *s) {
  Picture p, clean;
  ck_assert_int_eq(run_frame(d, way, t, &p, s), ZSD_OK);
  new_frame(&clean, way, t, 0);
  const double psnr = picture_psnr(&p.image, &clean.image, 0);
  picture_free(&p);
  picture_free(&clean);
  return psnr;
}

/* Calls of the observer for the frame, where it does not cancel. */
static unsigned count_calls(Way way, const ZsdSettings *s) {
  Stop stop = {0};
  ZsdDenoiser *d = new_observed(&stop);
  run_frames(d, way, 0, CANCELLED, s);
  const unsigned before = atomic_load(&stop.calls);
  run_frames(d, way, CANCELLED, CANCELLED + 1, s);
  zsd_denoiser_free(d);
  return atomic_load(&stop.calls) - before;
}

static void cancel_frame(ZsdDenoiser *d, Stop *stop, Way way, unsigned at,
                         const ZsdSettings *s) {
  Picture p;
  stop->at = atomic_load(&stop->calls) + at;
  ck_assert_int_eq(run_frame(d, way, CANCELLED, &p, s), ZSD_CANCELLED);
  stop->at = 0;
  picture_free(&p);
}

/* The frames after it are as those of a denoiser that begins with them: its weights may have
 * been trained on other frames. */
static void check_frames_after(ZsdDenoiser *d, Way way, const ZsdSettings *s) {
  Stop stop = {0};
  ZsdDenoiser *fresh = new_observed(&stop);
  for (int t = CANCELLED + 1; t < FRAMES; t++) {
    const double psnr = psnr_of_frame(d, way, t, s), wanted = psnr_of_frame(fresh, way, t, s);
    ck_assert_msg(psnr > wanted - 0.5, "frame %d: %.2f dB, fresh %.2f", t, psnr, wanted);
  }
  zsd_denoiser_free(fresh);
}

START_TEST(test_any_instant) {
  const Way way = (Way)(_i % WAYS);
  const ZsdSettings s = settings_of(way);
  const unsigned calls = count_calls(way, &s);
  ck_assert_uint_gt(calls, INSTANTS);
  for (unsigned i = 0; i < INSTANTS; i++) {
    Stop stop = {0};
    ZsdDenoiser *d = new_observed(&stop);
    run_frames(d, way, 0, CANCELLED, &s);
    cancel_frame(d, &stop, way, 1 + (calls - 1) * i / (INSTANTS - 1), &s);
    check_frames_after(d, way, &s);
    zsd_denoiser_free(d);
  }
}
END_TEST

/* A cut whose frame is cancelled: training begins anew, with that frame or with the next. */
START_TEST(test_keyframe) {
  ZsdSettings s = settings_of(MOVES);
  s.scene_threshold = zsd_settings_default().scene_threshold;
  for (unsigned at = 1; at < 14; at += 4) {
    Stop stop = {0};
    ZsdDenoiser *d = new_observed(&stop);
    Picture p;
    for (uint64_t t = 0; t < 3; t++)
      gain_of_frame(d, "I420", 0, t + 1, &s);
    stop.at = atomic_load(&stop.calls) + at;
    new_scene(&p, "I420", 5, 25, 4);
    ck_assert_int_eq(zsd_denoiser_process(d, &p.image, 0, &s), ZSD_CANCELLED);
    picture_free(&p);
    stop.at = 0;
    ck_assert_double_gt(gain_of_frame(d, "I420", 5, 5, &s), 3);
    ck_assert_uint_ge(status_of(d).keyframes, 2);
    zsd_denoiser_free(d);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("cancel");
  TCase *tc = tcase_create("frames");
  tcase_add_loop_test(tc, test_any_instant, 0, WAYS);
  tcase_add_test(tc, test_keyframe);
  tcase_set_timeout(tc, 120);
  suite_add_tcase(suite, tc);
  return suite;
}
