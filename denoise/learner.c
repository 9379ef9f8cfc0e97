/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learner.h"

#include "framepairs.h"
#include "loss.h"
#include "settings.h"

#include <stdlib.h>

enum {
  PAGES = 192, /* parts of frames that are remembered */
};

/* Noise whose neighbours are correlated by more than this teaches spatial pairs nothing. */
static const double CORRELATED = 0.15;

struct ZsdLearner {
  ZsdShape shape;
  ZsdThreads *threads;
  ZsdTrainer *trainer;
  ZsdFramePairs *pairs; /* made when there is a second frame to learn from */
  ZsdRandom random;
  uint64_t lessons;
  unsigned frames;      /* since the keyframe */
  ZsdTraining together; /* of the doses of the first frames */
  bool dosed;           /* since the keyframe */
  bool completed;
};

ZsdLearner *zsd_learner_new(ZsdShape shape, const ZsdKernels *kernels, ZsdThreads *threads) {
  ZsdLearner *l = calloc(1, sizeof *l);
  if (!l || !(l->trainer = zsd_trainer_new(kernels, threads))) {
    free(l);
    return NULL;
  }
  l->shape = shape;
  l->threads = threads;
  return l;
}

void zsd_learner_free(ZsdLearner *l) {
  if (!l)
    return;
  zsd_frame_pairs_free(l->pairs);
  zsd_trainer_free(l->trainer);
  free(l);
}

void zsd_learner_restart(ZsdLearner *l, uint64_t seed) {
  if (l->pairs)
    zsd_frame_pairs_clear(l->pairs);
  zsd_random_seed(&l->random, seed);
  l->lessons = 0;
  l->frames = 0;
  l->together = (ZsdTraining){0};
  l->dosed = l->completed = false;
}

/* --- from one frame --- */

/* Puts the four pictures of every other sample each way side by side, in place of the picture:
 * what were neighbours is far apart then. */
static int stride(ZsdTensor *picture) {
  ZsdTensor apart = {0};
  if (zsd_tensor_resize(&apart, picture->channels, picture->height, picture->width))
    return -1;
  const int half_height = (picture->height + 1) / 2, half_width = (picture->width + 1) / 2;
  for (int c = 0; c < picture->channels; c++)
    for (int y = 0; y < picture->height; y++) {
      const float *from = zsd_tensor_row(picture, c, y);
      float *to = zsd_tensor_row(&apart, c, y % 2 * half_height + y / 2);
      for (int x = 0; x < picture->width; x++)
        to[x % 2 * half_width + x / 2] = from[x];
    }
  zsd_tensor_clear(picture);
  *picture = apart;
  return 0;
}

static bool is_correlated(const ZsdView *view) {
  return view->fusion &&
         zsd_fusion_noise(view->fusion, view->frame->brightness)->lag1 > CORRELATED;
}

static ZsdSchedule schedule_of(ZsdLearner *l, const ZsdSettings *s, unsigned steps,
                               double rate) {
  return (ZsdSchedule){.steps = steps,
                       .patches = zsd_settings_course(s).patches,
                       .learning_rate = rate,
                       .step_size = s->step_size,
                       .gamma = s->gamma,
                       .seed = s->seed + l->lessons++};
}

ZsdOutcome zsd_learner_learn(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                             const ZsdSettings *s, unsigned steps,
                             const ZsdListener *listener) {
  ZsdTensor picture = {0};
  ZsdSpatial *spatial = NULL;
  ZsdOutcome outcome = ZSD_FAILED;

  if (zsd_inputs_all(&picture, view) == 0 && (!is_correlated(view) || stride(&picture) == 0))
    spatial = zsd_spatial_new(&picture, l->shape, zsd_threads_count(l->threads));
  if (spatial) {
    const ZsdLesson lesson = zsd_spatial_lesson(spatial);
    const ZsdSchedule schedule = schedule_of(l, s, steps, s->learning_rate);
    outcome = zsd_trainer_run(l->trainer, net, &lesson, &schedule, listener->progress,
                              listener->user, listener->training);
  }
  zsd_spatial_free(spatial);
  zsd_tensor_clear(&picture);
  return outcome;
}

/* --- from frame to frame --- */

/* A dose as a part of the first frames' learning. */
typedef struct {
  const ZsdTraining *before;
  const ZsdListener *listener;
} Dose;

static ZsdTraining added(const ZsdTraining *before, const ZsdTraining *dose) {
  ZsdTraining t = *dose;
  t.step += before->step;
  t.steps = before->steps;
  t.seconds += before->seconds;
  t.eta = t.step ? t.seconds / t.step * (t.steps - t.step) : 0;
  return t;
}

static bool on_step(void *user, const ZsdTraining *training) {
  const Dose *dose = user;
  const ZsdTraining together = added(dose->before, training);
  return !dose->listener->progress || dose->listener->progress(dose->listener->user, &together);
}

/* Who waits hears of the doses that the user asked for, and of the first frames', together. */
static ZsdOutcome give_dose(ZsdLearner *l, ZsdNetwork *net, const ZsdLesson *lesson,
                            const ZsdSettings *s, unsigned steps, bool wanted,
                            const ZsdListener *listener) {
  const ZsdCourse course = zsd_settings_course(s);
  const bool first = !wanted && l->frames <= course.first_frames;
  ZsdTraining none = {.steps = steps}, here;
  Dose dose = {first ? &l->together : &none, listener};
  ZsdSchedule schedule = schedule_of(l, s, steps, course.learning_rate);

  l->together.steps = course.first_frames * course.first_steps;
  schedule.step_size = 0;
  schedule.go_on = l->dosed;
  l->dosed = true;
  const ZsdOutcome outcome = zsd_trainer_run(l->trainer, net, lesson, &schedule,
                                             wanted || first ? on_step : NULL, &dose, &here);
  if (wanted || first)
    *listener->training = added(dose.before, &here);
  if (first)
    l->together = *listener->training;
  return outcome;
}

ZsdOutcome zsd_learner_follow(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                              const ZsdSettings *s, unsigned wanted,
                              const ZsdListener *listener) {
  const ZsdCourse course = zsd_settings_course(s);
  l->completed = false;
  if (!l->pairs)
    return ZSD_USELESS;
  zsd_frame_pairs_complete(l->pairs, view);
  l->frames++;
  const unsigned steps = wanted                             ? wanted
                         : l->frames <= course.first_frames ? course.first_steps
                                                            : course.later_steps;
  const ZsdLesson lesson = zsd_frame_pairs_lesson(l->pairs);
  if (steps == 0 || lesson.pages == 0)
    return ZSD_USELESS;
  l->completed = l->frames == course.first_frames;
  return give_dose(l, net, &lesson, s, steps, wanted > 0, listener);
}

bool zsd_learner_completed(const ZsdLearner *l) {
  return l->completed;
}

int zsd_learner_remember(ZsdLearner *l, const ZsdView *view, const ZsdSettings *s) {
  const ZsdCourse course = zsd_settings_course(s);
  const bool later = course.later_steps || s->finetune_interval;
  const int count = l->frames < course.first_frames ? course.first_parts
                    : later                         ? course.later_parts
                                                    : 0;
  if (count == 0)
    return 0;
  if (!l->pairs &&
      !(l->pairs = zsd_frame_pairs_new(l->shape, PAGES, zsd_threads_count(l->threads))))
    return -1;
  return zsd_frame_pairs_remember(l->pairs, view, count, &l->random);
}
