/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/curriculum.h"

#include "learning/frame_pairs.h"
#include "learning/zsn2n_loss.h"
#include "settings.h"

#include <stdlib.h>

enum {
  PAGES = 192, /* looks that are remembered */
};

struct ZsdCurriculum {
  ZsdShape shape;
  int workers; /* the most threads that share the work */
  ZsdTrainer *trainer;
  ZsdN2nLoss *looks; /* made when there are any */
  uint64_t lessons;
  unsigned rounds;      /* since the keyframe */
  ZsdTraining together; /* of the first rounds */
  bool dosed;           /* since the keyframe, with any step */
  bool completed;
};

ZsdCurriculum *zsd_curriculum_new(ZsdShape shape, const ZsdKernels *kernels, int workers) {
  ZsdCurriculum *t = calloc(1, sizeof *t);
  if (!t || !(t->trainer = zsd_trainer_new(kernels))) {
    free(t);
    return NULL;
  }
  t->shape = shape;
  t->workers = workers;
  return t;
}

void zsd_curriculum_free(ZsdCurriculum *t) {
  if (!t)
    return;
  zsd_n2n_loss_free(t->looks);
  zsd_trainer_free(t->trainer);
  free(t);
}

void zsd_curriculum_restart(ZsdCurriculum *t) {
  if (t->looks)
    zsd_n2n_loss_clear(t->looks);
  t->lessons = 0;
  t->rounds = 0;
  t->together = (ZsdTraining){0};
  t->dosed = t->completed = false;
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

static ZsdSchedule schedule_of(ZsdCurriculum *t, const ZsdSettings *s, unsigned steps,
                               double rate) {
  return (ZsdSchedule){.steps = steps,
                       .patches = zsd_settings_curriculum(s).patches,
                       .learning_rate = rate,
                       .step_size = s->step_size,
                       .gamma = s->gamma,
                       .threads = (int)s->threads,
                       .seed = s->seed + t->lessons++};
}

ZsdOutcome zsd_curriculum_train_single_frame(ZsdCurriculum *t, ZsdNetwork *net,
                                             ZsdSingleFrame *alone, const ZsdSettings *s,
                                             unsigned steps, const ZsdObserver *observer,
                                             ZsdTraining *training) {
  ZsdZsn2nLoss *zsn2n = NULL;
  ZsdOutcome outcome = ZSD_FAILED;

  if (!alone->strided || stride(&alone->picture) == 0)
    zsn2n = zsd_zsn2n_loss_new(&alone->picture, t->shape, t->workers);
  if (zsn2n) {
    const ZsdObjective objective = zsd_zsn2n_loss_objective(zsn2n);
    const ZsdSchedule schedule = schedule_of(t, s, steps, s->learning_rate);
    outcome = zsd_trainer_run(t->trainer, net, &objective, &schedule, observer, training);
  }
  zsd_zsn2n_loss_free(zsn2n);
  return outcome;
}

/* --- from frame to frame --- */

/* A round as a part of the first frames' learning. */
typedef struct {
  ZsdTraining before;
  const ZsdObserver *observer;
} Round;

static ZsdTraining added(const ZsdTraining *before, const ZsdTraining *round) {
  ZsdTraining t = *round;
  t.step += before->step;
  t.steps = before->steps;
  t.seconds += before->seconds;
  t.eta = t.step ? t.seconds / t.step * (t.steps - t.step) : 0;
  return t;
}

static void on_step(void *user, const ZsdTraining *training) {
  const Round *round = user;
  const ZsdTraining together = added(&round->before, training);
  if (round->observer->progress)
    round->observer->progress(round->observer->user, &together);
}

static bool on_question(void *user) {
  const Round *round = user;
  return round->observer->cancelled && round->observer->cancelled(round->observer->user);
}

static ZsdOutcome give_dose(ZsdCurriculum *t, ZsdNetwork *net, const ZsdObjective *objective,
                            const ZsdSettings *s, unsigned steps, bool wanted,
                            const ZsdObserver *observer, ZsdTraining *training) {
  const ZsdCurriculumSettings curriculum = zsd_settings_curriculum(s);
  const bool first = !wanted && t->rounds <= curriculum.first_frames;
  const bool told = wanted || first;
  Round round = {{.steps = steps}, observer};
  const ZsdObserver follower = {&round, told ? on_step : NULL, on_question};
  ZsdSchedule schedule = schedule_of(t, s, steps, curriculum.learning_rate);
  ZsdTraining here;

  t->together.steps = curriculum.first_frames * curriculum.first_steps;
  if (first)
    round.before = t->together;
  schedule.step_size = 0;
  schedule.resume = t->dosed;
  t->dosed = true;
  const ZsdOutcome outcome =
      zsd_trainer_run(t->trainer, net, objective, &schedule, &follower, &here);
  if (told)
    *training = added(&round.before, &here);
  if (first)
    t->together = *training;
  return outcome;
}

static int take_looks(ZsdCurriculum *t, ZsdPair *looks, int count) {
  if (!t->looks) {
    if (!(t->looks = zsd_n2n_loss_new(t->shape, PAGES, t->workers)))
      return -1;
    zsd_frame_pairs_configure(t->looks);
  }
  for (int i = 0; i < count; i++)
    zsd_n2n_loss_swap_pair(t->looks, &looks[i]);
  return 0;
}

ZsdOutcome zsd_curriculum_train_frame_pairs(ZsdCurriculum *t, ZsdNetwork *net, ZsdPair *looks,
                                            int count, const ZsdSettings *s, unsigned wanted,
                                            const ZsdObserver *observer,
                                            ZsdTraining *training) {
  const ZsdCurriculumSettings curriculum = zsd_settings_curriculum(s);
  t->completed = false;
  if (take_looks(t, looks, count))
    return ZSD_FAILED;
  t->rounds++;
  const unsigned steps = wanted                                 ? wanted
                         : t->rounds <= curriculum.first_frames ? curriculum.first_steps
                                                                : curriculum.later_steps;
  const ZsdObjective objective = zsd_n2n_loss_objective(t->looks);
  if (steps == 0 || objective.pairs == 0)
    return ZSD_NO_GAIN;
  t->completed = t->rounds == curriculum.first_frames;
  return give_dose(t, net, &objective, s, steps, wanted > 0, observer, training);
}

bool zsd_curriculum_completed(const ZsdCurriculum *t) {
  return t->completed;
}

int zsd_curriculum_round_pairs(unsigned rounds, const ZsdSettings *s) {
  const ZsdCurriculumSettings curriculum = zsd_settings_curriculum(s);
  if (rounds < curriculum.first_frames)
    return (int)curriculum.first_pairs;
  return curriculum.later_steps || s->finetune_interval ? (int)curriculum.later_pairs : 0;
}
