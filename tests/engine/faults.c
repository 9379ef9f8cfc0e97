/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that runs out and threads that do not start, at each place there is, one by one: a
 * frame is denoised or as it was, and those after it are denoised as if nothing had been. */
#include "failing.h"
#include "frames.h"
#include "suite.h"

enum { MAX_FRAMES = 6, MAX_PICTURES = 2 * MAX_FRAMES };

/* Faults come at each place, under a sanitizer at one of so many. */
enum { NEXT = THREAD_SANITIZER ? 13 : SANITIZED ? 3 : 1 };

/* --- what is denoised --- */

/* A row of frames, and what is set while they pass. */
typedef struct {
  const char *name;
  int frames, keyframes;
  const char *format[2]; /* of the first half of them, and of the rest */
  int size[2][2];
  int scene[2];
  bool interlaced;
  int ahead; /* frames that are looked ahead */
  ZsdNoiseKind kind;
  ZsdSettings settings[2];
} Story;

/* As little as the network has to learn to be of use, which it is from the start with the
 * built-in weights. */
#define EASY(n) .strength = 1, .threads = n, .gamma = 0.5, .scene_threshold = 0.15
#define COLD(hidden) EASY(1), .epochs = 40, .hidden_channels = hidden, .learning_rate = 3e-2
#define WARM(threads) EASY(threads), .warm_start = true

static const Story stories[] = {
    {"following from the built-in weights",
     3,
     1,
     {"I420", "I420"},
     {{20, 18}, {20, 18}},
     .settings = {{WARM(1), .temporal = true, .profile = ZSD_PROFILE_REALTIME},
                  {WARM(1), .temporal = true, .profile = ZSD_PROFILE_REALTIME}}},
    {"another precision and profile",
     4,
     2,
     {"GRAY8", "GRAY8"},
     {{44, 36}, {44, 36}},
     .settings = {{WARM(1), .precision = ZSD_PRECISION_FP32},
                  {WARM(1), .precision = ZSD_PRECISION_BF16, .profile = ZSD_PROFILE_BEST}}},
    {"another size",
     4,
     2,
     {"Y42B", "Y42B"},
     {{21, 17}, {18, 22}},
     .settings = {{COLD(4), .temporal = true}, {COLD(4), .temporal = true}}},
    {"another format and width of network",
     3,
     2,
     {"NV12", "RGB"},
     {{21, 17}, {21, 17}},
     .settings = {{COLD(4)}, {COLD(3), .temporal = true}}},
    {"a cut",
     4,
     2,
     {"GRAY8", "GRAY8"},
     {{66, 50}, {66, 50}},
     .scene = {2, 3},
     .settings = {{COLD(4)}, {COLD(4)}}},
    {"fields",
     3,
     2,
     {"YUY2", "P010"},
     {{17, 29}, {16, 31}},
     .interlaced = true,
     .settings = {{COLD(4), .temporal = true}, {COLD(4), .temporal = true}}},
    {"as published, and not",
     3,
     2,
     {"BGRA", "BGRA"},
     {{20, 21}, {20, 21}},
     .settings = {{COLD(4), .profile = ZSD_PROFILE_PAPER}, {COLD(4), .temporal = true}}},
    {"correlated noise, fine-tuning",
     3,
     1,
     {"GRAY16", "GRAY16"},
     {{72, 60}, {72, 60}},
     .kind = ZSD_NOISE_CORRELATED,
     .settings = {{COLD(4), .finetune_interval = 1, .finetune_epochs = 3},
                  {COLD(4), .finetune_interval = 1, .finetune_epochs = 3}}},
    {"pictures by themselves",
     2,
     2,
     {"RGB", "RGB"},
     {{34, 33}, {34, 33}},
     .settings = {{WARM(1), .still = true, .profile = ZSD_PROFILE_BALANCED},
                  {COLD(4), .still = true, .profile = ZSD_PROFILE_BEST}}},
    {"looking ahead",
     5,
     2,
     {"I420", "GRAY8"},
     {{20, 18}, {20, 18}},
     .ahead = 2,
     .settings = {{WARM(1), .temporal = true}, {WARM(1), .temporal = true}}},
    {"patches along the motion",
     4,
     2,
     {"I420", "GRAY8"},
     {{12, 10}, {12, 10}},
     .ahead = 1,
     .settings = {{WARM(1), .temporal = true, .patches = true},
                  {WARM(1), .temporal = true, .patches = true}}},
    {"patches along the motion, field by field",
     2,
     1,
     {"YUY2", "YUY2"},
     {{11, 19}, {11, 19}},
     .interlaced = true,
     .ahead = 1,
     .settings = {{WARM(1), .temporal = true, .patches = true},
                  {WARM(1), .temporal = true, .patches = true}}},
    {"looking ahead, field by field",
     3,
     1,
     {"YUY2", "YUY2"},
     {{17, 29}, {17, 29}},
     .interlaced = true,
     .ahead = 4,
     .settings = {{WARM(1), .temporal = true}, {WARM(1), .temporal = true}}},
    {"threads",
     4,
     1,
     {"GRAY8", "GRAY8"},
     {{140, 66}, {140, 66}},
     .settings = {{WARM(1)}, {WARM(3)}}},
};
enum { N_STORIES = sizeof stories / sizeof *stories };

/* The story's pictures: noisy frames, or the fields of them, which share their memory. */
typedef struct {
  Picture frame[MAX_FRAMES];
  ZsdImage image[MAX_PICTURES];
  const ZsdSettings *settings[MAX_PICTURES];
  int frame_of[MAX_PICTURES], field[MAX_PICTURES];
  int pictures, fields, ahead; /* fields: of a frame */
} Film;

static void shoot(Film *film, const Story *story) {
  *film = (Film){.fields = story->interlaced ? 2 : 1, .ahead = story->ahead};
  for (int i = 0; i < story->frames; i++) {
    const int part = i >= story->frames / 2;
    Picture *p = &film->frame[i];
    picture_new(p, format_named(story->format[part]), story->size[part][0],
                story->size[part][1]);
    picture_scene(&p->image, story->scene[part], i);
    picture_noise(&p->image, story->kind, 25, 1 + i);
    for (int field = 0; field <= story->interlaced; field++) {
      const int n = film->pictures++;
      film->image[n] = story->interlaced ? zsd_image_field(&p->image, field) : p->image;
      film->settings[n] = &story->settings[part];
      film->frame_of[n] = i;
      film->field[n] = field;
    }
  }
}

static void copy_film(Film *copy, const Film *film) {
  *copy = *film;
  for (int i = 0; i < MAX_FRAMES && film->frame[i].memory; i++)
    picture_copy(&copy->frame[i], &film->frame[i]);
  for (int n = 0; n < film->pictures; n++)
    for (int c = 0; c < film->image[n].components; c++)
      copy->image[n].component[c].data =
          copy->frame[film->frame_of[n]].memory +
          (film->image[n].component[c].data - film->frame[film->frame_of[n]].memory);
}

static void burn(Film *film) {
  for (int i = 0; i < MAX_FRAMES && film->frame[i].memory; i++)
    picture_free(&film->frame[i]);
}

/* --- denoising it --- */

static ZsdResult denoise_with(ZsdDenoiser *d, Film *film, int n, const ZsdSettings *settings) {
  ZsdImage later[MAX_PICTURES];
  unsigned count = 0;
  for (int i = n + film->fields; i < film->pictures && i <= n + film->ahead * film->fields;
       i += film->fields)
    if (film->settings[i] == film->settings[n])
      later[count++] = film->image[i];
  return zsd_denoiser_process_ahead(d, &film->image[n], film->field[n], later, count, settings);
}

static ZsdResult denoise(ZsdDenoiser *d, Film *film, int n) {
  return denoise_with(d, film, n, film->settings[n]);
}

static bool same_image(const ZsdImage *a, const ZsdImage *b) {
  for (int c = 0; c < a->components; c++)
    for (int y = 0; y < a->component[c].height; y++)
      for (int x = 0; x < a->component[c].width; x++)
        if (picture_get(a, c, x, y) != picture_get(b, c, x, y))
          return false;
  return true;
}

/* Denoises the film from a picture on, with all that it asks for. Returns the keyframes. */
static uint64_t undisturbed(Film *out, const Film *film, int first) {
  ZsdDenoiser *d = new_denoiser();
  copy_film(out, film);
  for (int n = first; n < film->pictures; n++)
    ck_assert_int_eq(denoise(d, out, n), ZSD_OK);
  const ZsdStatus status = status_of(d);
  ck_assert_int_eq(status.state, ZSD_STATE_FILTERING);
  zsd_denoiser_free(d);
  return status.keyframes;
}

/* Output of films that begin with each frame; [0] is the whole film. */
typedef struct {
  Film noisy, from[MAX_PICTURES];
} Expected;

static void expect(Expected *e, const Story *story) {
  *e = (Expected){0};
  shoot(&e->noisy, story);
  for (int n = 0; n < e->noisy.pictures; n++)
    if (e->noisy.field[n] == 0) {
      const uint64_t keyframes = undisturbed(&e->from[n], &e->noisy, n);
      ck_assert_msg(n > 0 || keyframes == (uint64_t)story->keyframes, "%s has %d keyframes",
                    story->name, (int)keyframes);
    }
}

static void forget(Expected *e) {
  for (int n = 0; n < e->noisy.pictures; n++)
    burn(&e->from[n]);
  burn(&e->noisy);
}

/* Goes on after the picture `broken`: the rest of its frame, and the frames after it, the first
 * of which is to be a keyframe. */
static void check_recovery(ZsdDenoiser *d, Film *film, const Expected *e, int broken,
                           bool anew) {
  int n = broken + 1, first;
  for (; n < film->pictures && film->field[n]; n++)
    ck_assert_int_eq(denoise(d, film, n), ZSD_OK);
  if (anew)
    zsd_denoiser_reset(d);
  for (first = n; n < film->pictures; n++) {
    ck_assert_int_eq(denoise(d, film, n), ZSD_OK);
    if (anew)
      ck_assert_msg(same_image(&film->image[n], &e->from[first].image[n]),
                    "picture %d is another one after picture %d was not denoised", n, broken);
  }
  const ZsdStatus status = status_of(d);
  ck_assert(status.state == ZSD_STATE_FILTERING || status.state == ZSD_STATE_PASSING ||
            first == film->pictures);
  ck_assert_uint_eq(status.frames, film->frame_of[film->pictures - 1] + 1);
}

/* Denoises the film while the n-th of what is asked for is refused. Returns whether there was
 * that much to be asked for. */
static bool run_with_fault(const Expected *e, unsigned nth, bool lasting, bool anew) {
  ZsdDenoiser *d = new_denoiser();
  Film film;
  unsigned asked = 0;
  copy_film(&film, &e->noisy);
  for (int n = 0; n < film.pictures && asked < nth; n++) {
    failing_begin(nth - asked, lasting);
    const ZsdResult result = denoise(d, &film, n);
    asked += failing_end();
    if (failing_allocations()) {
      ck_assert_msg(result == ZSD_NO_MEMORY, "fault %u is not reported", nth);
      ck_assert_msg(same_image(&film.image[n], &e->noisy.image[n]),
                    "picture %d is changed after fault %u", n, nth);
      check_recovery(d, &film, e, n, anew);
      break;
    }
    ck_assert_int_eq(result, ZSD_OK); /* with fewer threads where one did not start */
    ck_assert(same_image(&film.image[n], &e->from[0].image[n]));
  }
  burn(&film);
  zsd_denoiser_free(d);
  return asked >= nth;
}

static void check_story(const Story *story, bool lasting, bool anew) {
  unsigned n = 0;
  Expected e;
  expect(&e, story);
  while (run_with_fault(&e, n + 1, lasting, anew))
    n += NEXT;
  ck_assert_msg(n > 20, "%s asks for no more than %u", story->name, n);
  forget(&e);
}

START_TEST(test_one_fault) {
  check_story(&stories[_i], false, true);
}
END_TEST

START_TEST(test_no_more_memory) {
  check_story(&stories[_i], true, false);
}
END_TEST

/* --- learning beside the stream --- */

/* A refusal to the stream's thread may fail the frame, one to the learner may not. The test
 * cannot tell which thread it was. */
static bool run_in_background(const Film *noisy, unsigned nth) {
  ZsdResult result[MAX_PICTURES];
  ZsdDenoiser *d = new_denoiser();
  Film film;
  copy_film(&film, noisy);
  failing_begin(nth, false);
  for (int n = 0; n < film.pictures; n++) {
    ZsdSettings settings = *film.settings[n];
    settings.background = true;
    result[n] = denoise_with(d, &film, n, &settings);
  }
  zsd_denoiser_free(d);
  const unsigned asked = failing_end(); /* before libcheck asks for memory of its own */
  for (int n = 0; n < film.pictures; n++) {
    ck_assert(result[n] == ZSD_OK || (result[n] == ZSD_NO_MEMORY && asked >= nth));
    ck_assert(result[n] == ZSD_OK || same_image(&film.image[n], &noisy->image[n]));
  }
  burn(&film);
  return asked >= nth;
}

START_TEST(test_background) {
  unsigned n = 0;
  Film film;
  shoot(&film, &stories[_i]);
  while (run_in_background(&film, n + 1))
    n += NEXT;
  ck_assert_uint_gt(n, 20);
  burn(&film);
}
END_TEST

/* --- what else asks for memory --- */

START_TEST(test_no_denoiser) {
  char error[200] = "";
  failing_begin(1, false);
  ZsdDenoiser *d = zsd_denoiser_new(error, sizeof error);
  failing_end();
  ck_assert_ptr_null(d);
  ck_assert(strstr(error, "memory") != NULL);
  zsd_denoiser_free(d);
}
END_TEST

START_TEST(test_no_noise) {
  failing_begin(1, false);
  ZsdNoise *noise = zsd_noise_new(1);
  failing_end();
  ck_assert_ptr_null(noise);
  zsd_noise_free(noise);
}
END_TEST

/* Noise that was not added for want of memory is added the next time. */
START_TEST(test_noise) {
  Picture original, p, expected;
  ZsdNoise *noise = zsd_noise_new(1), *other = zsd_noise_new(1);
  ck_assert(noise && other);
  new_scene(&original, "I420", 0, 0, 0);
  picture_copy(&p, &original);
  picture_copy(&expected, &original);
  failing_begin(1, false);
  const int result = zsd_noise_add(noise, &p.image, (ZsdNoiseKind)_i, 0.1);
  const unsigned asked = failing_end();
  ck_assert_int_eq(result, asked ? -1 : 0);
  if (asked) {
    ck_assert_mem_eq(p.memory, original.memory, p.size);
    ck_assert_int_eq(zsd_noise_add(noise, &p.image, (ZsdNoiseKind)_i, 0.1), 0);
  }
  ck_assert_int_eq(zsd_noise_add(other, &expected.image, (ZsdNoiseKind)_i, 0.1), 0);
  ck_assert_mem_eq(p.memory, expected.memory, p.size);
  picture_free(&original);
  picture_free(&p);
  picture_free(&expected);
  zsd_noise_free(noise);
  zsd_noise_free(other);
}
END_TEST

/* No thread starts: the caller's own does it all. */
START_TEST(test_no_threads) {
  const ZsdSettings settings = {WARM(4)}, fewer = {WARM(3)};
  Picture expected, p;
  ZsdDenoiser *d = new_denoiser(), *other = new_denoiser();
  new_scene(&p, "I420", 0, 25, 1);
  picture_copy(&expected, &p);
  failing_begin_threads();
  process(d, &p, &settings);
  failing_end();
  ck_assert_uint_gt(failing_threads(), 0);
  ck_assert_int_eq(status_of(d).threads, 1);
  process(other, &expected, &fewer); /* a team of another size is asked for anew */
  ck_assert_int_eq(status_of(other).threads, 3);
  ck_assert_mem_eq(p.memory, expected.memory, p.size);
  picture_free(&p);
  picture_free(&expected);
  zsd_denoiser_free(d);
  zsd_denoiser_free(other);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("faults");
  TCase *denoising = tcase_create("denoising"), *rest = tcase_create("the rest");
  tcase_add_loop_test(denoising, test_one_fault, 0, N_STORIES);
  tcase_add_loop_test(denoising, test_no_more_memory, 0, N_STORIES);
  tcase_add_loop_test(denoising, test_background, 0, N_STORIES);
  tcase_set_timeout(denoising, 120);
  suite_add_tcase(suite, denoising);
  tcase_add_test(rest, test_no_denoiser);
  tcase_add_test(rest, test_no_noise);
  tcase_add_loop_test(rest, test_noise, ZSD_NOISE_GAUSSIAN, ZSD_NOISE_CORRELATED + 1);
  tcase_add_test(rest, test_no_threads);
  suite_add_tcase(suite, rest);
  return suite;
}
