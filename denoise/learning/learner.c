/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/learner.h"

#include "base/clock.h"
#include "base/processors.h"
#include "learning/background.h"
#include "learning/frame_pairs.h"
#include "learning/turns.h"
#include "settings.h"

#include <stdlib.h>

/* Correlation of horizontal neighbours' noise above which the diagonals of 2x2 blocks are no
 * training pair: their noise is not independent. */
static const double MAX_LAG1 = 0.15;

/* Frames over which new weights from the background replace those in use. */
enum { FADE_FRAMES = 4 };

struct ZsdLearner {
  ZsdShape shape;
  ZsdObserver observer;
  ZsdFramePairs *pairs; /* allocated when the first frame is stored */
  ZsdRandom random;
  unsigned rounds;       /* of training on frame pairs since the keyframe */
  ZsdSingleFrame single; /* input of a training on one frame */

  ZsdCurriculum *curriculum; /* NULL: trains in the background */

  ZsdBackground *background; /* NULL: trains in place */
  int turns;                 /* learners of the process that learn at a time */
  bool has_net;              /* the background has the network's weights */
  bool finetuning;           /* posted to the background, not completed */
  unsigned fade;             /* frames until the network has the weights of `update` */
  ZsdBackgroundUpdate update;
};

ZsdLearner *zsd_learner_new(ZsdShape shape, const ZsdKernels *kernels, int max_threads,
                            const ZsdObserver *observer) {
  ZsdLearner *l = calloc(1, sizeof *l);
  if (!l)
    return NULL;
  l->shape = shape;
  l->observer = *observer;
  if (max_threads)
    l->curriculum = zsd_curriculum_new(shape, kernels, max_threads);
  else
    l->background = zsd_background_new(shape, kernels, observer);
  l->turns = zsd_processors();
  if (!l->curriculum && !l->background) {
    free(l);
    return NULL;
  }
  return l;
}

void zsd_learner_free(ZsdLearner *l) {
  if (!l)
    return;
  zsd_turn_end(l);
  zsd_frame_pairs_free(l->pairs);
  zsd_tensor_clear(&l->single.input);
  zsd_curriculum_free(l->curriculum);
  zsd_background_free(l->background);
  free(l);
}

void zsd_learner_restart(ZsdLearner *l, uint64_t seed) {
  if (l->pairs)
    zsd_frame_pairs_clear(l->pairs);
  zsd_random_seed(&l->random, seed);
  l->rounds = 0;
  if (l->curriculum) {
    zsd_curriculum_restart(l->curriculum);
    return;
  }
  zsd_background_restart(l->background);
  l->has_net = l->finetuning = false;
  l->fade = 0;
  l->update = (ZsdBackgroundUpdate){0};
}

void zsd_learner_set_stream_busy(ZsdLearner *l, bool busy) {
  if (l && l->background)
    zsd_background_set_stream_busy(l->background, busy);
}

/* Training pairs of a frame. */
typedef struct {
  ZsdPair *pairs; /* NULL: no frame was stored */
  int n_pairs;
  unsigned finetune_steps; /* 0: as the curriculum has it */
} Round;

static const ZsdLearningResult no_memory = {.outcome = ZSD_FAILED};

/* Fills `single` with the frame. Returns 0, or -1 without memory. */
static int load_single_frame(ZsdLearner *l, const ZsdView *view, const ZsdSettings *s) {
  const bool correlated =
      view->fusion && zsd_fusion_noise(view->fusion, view->frame->brightness)->lag1 > MAX_LAG1;
  l->single.strided = s->pairs == ZSD_PAIRS_AUTO ? correlated : s->pairs == ZSD_PAIRS_STRIDED;
  return zsd_inputs_all(&l->single.input, view);
}

/* --- in the background --- */

static int post(ZsdLearner *l, const ZsdBackgroundTask *task, const ZsdNetwork *net) {
  ZsdBackgroundTask first = *task;
  first.net = l->has_net ? NULL : net;
  if (zsd_background_post(l->background, &first))
    return -1;
  l->has_net = true;
  l->finetuning |= task->finetuning;
  return 0;
}

/* Takes the latest update, if there is one, and accounts for it in `result`. */
static void take_update(ZsdLearner *l, ZsdLearningResult *result, bool in_use) {
  const ZsdBackgroundUpdate *update = zsd_background_take_update(l->background);
  if (!update)
    return;
  l->rounds = update->rounds;
  /* At most ZSD_MAX_ENDED trainings since the last update: the one in progress then, the one
   * that waited, and the one posted since. */
  result->trainings = update->trainings - l->update.trainings;
  for (unsigned i = 0; i < result->trainings; i++)
    result->ended[i] = update->ended[(l->update.trainings + i) % ZSD_MAX_ENDED];
  result->finetunings = update->finetunings - l->update.finetunings;
  result->training = update->training;
  result->pending = update->changes == 0 && !update->no_gain;
  if (result->finetunings)
    l->finetuning = false;
  if (update->failures > l->update.failures)
    result->outcome = ZSD_FAILED;
  if (update->changes > l->update.changes)
    l->fade = in_use ? FADE_FRAMES : 1;
  l->update = *update;
}

/* Moves the network's weights towards those of the latest update, 1/n of the difference with n
 * frames left. Returns whether they changed. */
static bool fade(ZsdLearner *l, ZsdNetwork *net) {
  if (l->fade == 0)
    return false;
  const float part = 1 / (float)l->fade--;
  for (size_t i = 0; i < net->n; i++)
    net->params[i] = part < 1 ? net->params[i] + part * (l->update.params[i] - net->params[i])
                              : l->update.params[i];
  return true;
}

static ZsdLearningResult next_frame_in_background(ZsdLearner *l, ZsdNetwork *net,
                                                  const ZsdView *view, const ZsdSettings *s,
                                                  const Round *round, bool in_use) {
  ZsdLearningResult result = {.outcome = ZSD_NO_GAIN, .pending = true};
  take_update(l, &result, in_use);
  if (result.outcome == ZSD_FAILED)
    return result;
  if (fade(l, net))
    result.outcome = ZSD_TRAINED;
  ZsdBackgroundTask task = {.pairs = round->pairs,
                            .n_pairs = round->n_pairs,
                            .settings = s,
                            .steps = l->finetuning ? 0 : round->finetune_steps,
                            .finetuning = round->finetune_steps && !l->finetuning};
  if (!zsd_background_is_free(l->background) || (task.n_pairs == 0 && !task.finetuning))
    return result;
  if (task.n_pairs == 0) {
    if (load_single_frame(l, view, s))
      return no_memory;
    task.frame = &l->single;
  }
  return post(l, &task, net) ? no_memory : result;
}

/* --- in place --- */

static ZsdLearningResult train_single_frame(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                                            const ZsdSettings *s, unsigned steps) {
  ZsdLearningResult result = no_memory;
  if (load_single_frame(l, view, s) == 0)
    result.outcome = zsd_curriculum_train_single_frame(l->curriculum, net, &l->single, s, steps,
                                                       &l->observer, &result.training);
  zsd_tensor_clear(&l->single.input);
  return result;
}

static ZsdLearningResult next_frame_in_place(ZsdLearner *l, ZsdNetwork *net,
                                             const ZsdView *view, const ZsdSettings *s,
                                             const Round *round) {
  ZsdLearningResult result = {.outcome = ZSD_NO_GAIN};
  bool completed = false;
  if (round->pairs) {
    result.outcome =
        zsd_curriculum_train_frame_pairs(l->curriculum, net, round->pairs, round->n_pairs, s,
                                         round->finetune_steps, &l->observer, &result.training);
    l->rounds++;
    completed = result.outcome == ZSD_TRAINED && zsd_curriculum_completed(l->curriculum);
  }
  if (round->finetune_steps && result.outcome == ZSD_NO_GAIN)
    result = train_single_frame(l, net, view, s, round->finetune_steps);
  if (round->finetune_steps && (result.outcome == ZSD_TRAINED || result.outcome == ZSD_NO_GAIN))
    result.finetunings = result.trainings = 1;
  else
    result.trainings = completed;
  result.ended[0] = result.training;
  return result;
}

/* --- either way --- */

ZsdLearningResult zsd_learner_train_single_frame(ZsdLearner *l, ZsdNetwork *net,
                                                 const ZsdView *view, const ZsdSettings *s,
                                                 unsigned steps) {
  if (l->curriculum) {
    ZsdLearningResult result = train_single_frame(l, net, view, s, steps);
    result.trainings = result.outcome == ZSD_TRAINED;
    result.ended[0] = result.training;
    return result;
  }
  const ZsdBackgroundTask task = {.frame = &l->single, .settings = s, .steps = steps};
  if (load_single_frame(l, view, s) || post(l, &task, net))
    return no_memory;
  return (ZsdLearningResult){.outcome = ZSD_NO_GAIN, .pending = true};
}

ZsdLearningResult zsd_learner_next_frame(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                                         const ZsdSettings *s, unsigned finetune_steps,
                                         bool in_use) {
  Round round = {.finetune_steps = finetune_steps};
  if (l->pairs && s->temporal)
    round.n_pairs = zsd_frame_pairs_complete(l->pairs, view, &round.pairs);
  return l->curriculum ? next_frame_in_place(l, net, view, s, &round)
                       : next_frame_in_background(l, net, view, s, &round, in_use);
}

void zsd_learner_drop_frame(ZsdLearner *l) {
  if (l->pairs)
    zsd_frame_pairs_clear(l->pairs);
}

/* Whether it is this learner's turn. The first rounds after a keyframe are the work that many
 * streams share; what follows them is little. */
static bool is_its_turn(ZsdLearner *l, const ZsdSettings *s) {
  if (!l->background)
    return true;
  if (l->rounds < zsd_settings_curriculum(s).first_frames)
    return zsd_turn_take(l, l->turns, zsd_seconds());
  zsd_turn_end(l);
  return true;
}

int zsd_learner_store_frame(ZsdLearner *l, const ZsdView *view, const ZsdSettings *s) {
  const int count = zsd_curriculum_round_pairs(l->rounds, s);
  const bool takes_turn = is_its_turn(l, s);
  if (count == 0) {
    zsd_frame_pairs_free(l->pairs);
    l->pairs = NULL;
  }
  if (count == 0 || !takes_turn || (l->background && !zsd_background_is_free(l->background)))
    return 0;
  if (!l->pairs && !(l->pairs = zsd_frame_pairs_new(l->shape)))
    return -1;
  return zsd_frame_pairs_store(l->pairs, view, count, &l->random);
}
