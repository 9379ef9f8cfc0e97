/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/curriculum.h"

#include "base/clock.h"
#include "base/observer.h"
#include "learning/frame_pairs.h"
#include "learning/zsn2n_loss.h"
#include "settings.h"

#include <stdlib.h>

/* Training pairs that rounds draw patches from, the most recent ones. */
enum { MAX_PAIRS = 192 };

struct ZsdCurriculum {
  ZsdShape shape;
  int max_threads;
  ZsdTrainer *trainer;
  ZsdN2nLoss *frame_pairs; /* allocated for the first round */
  uint64_t trainings;      /* since the keyframe; each has a seed of its own */
  unsigned rounds;         /* since the keyframe */
  ZsdTraining first;       /* progress of the first rounds together */
  bool has_optimiser;      /* the trainer's optimiser state is that of earlier rounds */
  bool completed;
};

ZsdCurriculum *zsd_curriculum_new(ZsdShape shape, const ZsdKernels *kernels, int max_threads) {
  ZsdCurriculum *c = calloc(1, sizeof *c);
  if (!c || !(c->trainer = zsd_trainer_new(kernels))) {
    free(c);
    return NULL;
  }
  c->shape = shape;
  c->max_threads = max_threads;
  return c;
}

void zsd_curriculum_free(ZsdCurriculum *c) {
  if (!c)
    return;
  zsd_n2n_loss_free(c->frame_pairs);
  zsd_trainer_free(c->trainer);
  free(c);
}

void zsd_curriculum_restart(ZsdCurriculum *c) {
  if (c->frame_pairs)
    zsd_n2n_loss_clear(c->frame_pairs);
  c->trainings = 0;
  c->rounds = 0;
  c->first = (ZsdTraining){0};
  c->has_optimiser = c->completed = false;
}

static ZsdSchedule schedule_of(ZsdCurriculum *c, const ZsdSettings *s, unsigned steps,
                               double rate) {
  return (ZsdSchedule){.steps = steps,
                       .patches = zsd_settings_curriculum(s).patches,
                       .learning_rate = rate,
                       .step_size = s->step_size,
                       .gamma = s->gamma,
                       .threads = (int)s->threads,
                       .seed = s->seed + c->trainings++};
}

/* --- single frame --- */

/* Replaces a picture by its four sub-pictures of every other sample each way, side by side, so
 * that adjacent samples are two samples apart in the original. Returns 0; -1: no memory. */
static int deinterleave(ZsdTensor *picture) {
  ZsdTensor result = {0};
  if (zsd_tensor_resize(&result, picture->channels, picture->height, picture->width))
    return -1;
  const int half_height = (picture->height + 1) / 2, half_width = (picture->width + 1) / 2;
  for (int c = 0; c < picture->channels; c++)
    for (int y = 0; y < picture->height; y++) {
      const float *from = zsd_tensor_row(picture, c, y);
      float *to = zsd_tensor_row(&result, c, y % 2 * half_height + y / 2);
      for (int x = 0; x < picture->width; x++)
        to[x % 2 * half_width + x / 2] = from[x];
    }
  zsd_tensor_clear(picture);
  *picture = result;
  return 0;
}

ZsdOutcome zsd_curriculum_train_single_frame(ZsdCurriculum *c, ZsdNetwork *net,
                                             ZsdSingleFrame *frame, const ZsdSettings *s,
                                             unsigned steps, const ZsdObserver *observer,
                                             ZsdTraining *training) {
  ZsdZsn2nLoss *loss = NULL;
  ZsdOutcome outcome = ZSD_FAILED;

  if (!frame->strided || deinterleave(&frame->input) == 0)
    loss = zsd_zsn2n_loss_new(&frame->input, c->shape, c->max_threads);
  if (loss) {
    const ZsdObjective objective = zsd_zsn2n_loss_objective(loss);
    const ZsdSchedule schedule = schedule_of(c, s, steps, s->learning_rate);
    outcome = zsd_trainer_run(c->trainer, net, &objective, &schedule, observer, training);
  }
  zsd_zsn2n_loss_free(loss);
  return outcome;
}

/* --- frame pairs --- */

static ZsdOutcome run_round(ZsdCurriculum *c, ZsdNetwork *net, const ZsdObjective *objective,
                            const ZsdSettings *s, unsigned steps, bool finetuning,
                            const ZsdObserver *observer, ZsdTraining *training) {
  const ZsdCurriculumSettings curriculum = zsd_settings_curriculum(s);
  const bool first = !finetuning && c->rounds <= curriculum.first_frames;
  const ZsdObserver silent = {.user = observer->user, .cancelled = observer->cancelled};
  ZsdProgress progress = {.observer = observer, .steps = steps};
  ZsdSchedule schedule = schedule_of(c, s, steps, curriculum.learning_rate);
  ZsdTraining last;

  if (first) {
    progress.steps = curriculum.first_frames * curriculum.first_steps;
    progress.steps_done = c->first.step;
    progress.reported = c->first;
  }
  progress.reported.steps = progress.steps;
  progress.start = zsd_seconds() - progress.reported.seconds;
  const ZsdObserver reporting = zsd_progress_observer(&progress);
  const bool reported = finetuning || first;
  schedule.step_size = 0;
  schedule.resume = c->has_optimiser;
  c->has_optimiser = true;
  const ZsdOutcome outcome = zsd_trainer_run(c->trainer, net, objective, &schedule,
                                             reported ? &reporting : &silent, &last);
  if (reported)
    *training = progress.reported;
  if (first)
    c->first = progress.reported;
  return outcome;
}

static int add_pairs(ZsdCurriculum *c, ZsdPair *pairs, int n_pairs) {
  if (!c->frame_pairs) {
    if (!(c->frame_pairs = zsd_n2n_loss_new(c->shape, MAX_PAIRS, c->max_threads)))
      return -1;
    zsd_frame_pairs_configure(c->frame_pairs);
  }
  for (int i = 0; i < n_pairs; i++)
    zsd_n2n_loss_swap_pair(c->frame_pairs, &pairs[i]);
  return 0;
}

static ZsdOutcome train_frame_pairs(ZsdCurriculum *c, ZsdNetwork *net, ZsdPair *pairs,
                                    int n_pairs, const ZsdSettings *s, unsigned finetune_steps,
                                    const ZsdObserver *observer, ZsdTraining *training) {
  const ZsdCurriculumSettings curriculum = zsd_settings_curriculum(s);
  c->completed = false;
  if (add_pairs(c, pairs, n_pairs))
    return ZSD_FAILED;
  c->rounds++;
  const unsigned round_steps =
      c->rounds <= curriculum.first_frames ? curriculum.first_steps : curriculum.later_steps;
  const unsigned steps = finetune_steps ? finetune_steps : round_steps;
  const ZsdObjective objective = zsd_n2n_loss_objective(c->frame_pairs);
  if (steps == 0 || objective.pairs == 0)
    return ZSD_NO_GAIN;
  c->completed = c->rounds == curriculum.first_frames;
  return run_round(c, net, &objective, s, steps, finetune_steps > 0, observer, training);
}

ZsdOutcome zsd_curriculum_train_frame_pairs(ZsdCurriculum *c, ZsdNetwork *net, ZsdPair *pairs,
                                            int n_pairs, const ZsdSettings *s,
                                            unsigned finetune_steps,
                                            const ZsdObserver *observer,
                                            ZsdTraining *training) {
  const ZsdOutcome outcome =
      train_frame_pairs(c, net, pairs, n_pairs, s, finetune_steps, observer, training);
  if (zsd_curriculum_round_pairs(c->rounds, s) == 0) {
    zsd_n2n_loss_free(c->frame_pairs);
    c->frame_pairs = NULL;
  }
  return outcome;
}

bool zsd_curriculum_completed(const ZsdCurriculum *c) {
  return c->completed;
}

int zsd_curriculum_round_pairs(unsigned rounds, const ZsdSettings *s) {
  const ZsdCurriculumSettings curriculum = zsd_settings_curriculum(s);
  if (rounds < curriculum.first_frames)
    return (int)curriculum.first_pairs;
  return curriculum.later_steps || s->finetune_interval ? (int)curriculum.later_pairs : 0;
}
