/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/learner.h"

#include "learning/background.h"
#include "learning/frame_pairs.h"

#include <stdlib.h>

/* Noise whose neighbours are correlated by more than this teaches spatial pairs nothing. */
static const double CORRELATED = 0.15;

/* Frames over which a network that is in use becomes another one. */
enum { FADE = 4 };

struct ZsdLearner {
  ZsdShape shape;
  ZsdObserver observer;
  ZsdFramePairs *pairs; /* made when there is a second frame to learn from */
  ZsdRandom random;
  unsigned rounds;      /* since the keyframe */
  ZsdSingleFrame alone; /* a frame by itself */

  ZsdCurriculum *curriculum; /* NULL in the background */

  ZsdBackground *background; /* or NULL */
  bool informed;             /* it has been given the network */
  bool tuning;               /* it has been given what is wanted, and has not ended that */
  unsigned left;             /* frames until the network has them */
  ZsdBackgroundUpdate known; /* the latest update */
};

ZsdLearner *zsd_learner_new(ZsdShape shape, const ZsdKernels *kernels, int workers,
                            const ZsdObserver *observer) {
  ZsdLearner *l = calloc(1, sizeof *l);
  if (!l)
    return NULL;
  l->shape = shape;
  l->observer = *observer;
  if (workers)
    l->curriculum = zsd_curriculum_new(shape, kernels, workers);
  else
    l->background = zsd_background_new(shape, kernels, observer);
  if (!l->curriculum && !l->background) {
    free(l);
    return NULL;
  }
  return l;
}

void zsd_learner_free(ZsdLearner *l) {
  if (!l)
    return;
  zsd_frame_pairs_free(l->pairs);
  zsd_tensor_clear(&l->alone.picture);
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
  l->informed = l->tuning = false;
  l->left = 0;
  l->known = (ZsdBackgroundUpdate){0};
}

void zsd_learner_set_stream_busy(ZsdLearner *l, bool at_work) {
  if (l && l->background)
    zsd_background_set_stream_busy(l->background, at_work);
}

/* What a frame gives to learn from. */
typedef struct {
  ZsdPair *looks; /* NULL: none were asked for */
  int count;
  unsigned wanted; /* steps */
} Round;

static const ZsdLearningResult failure = {.outcome = ZSD_FAILED};

/* Keeps the frame by itself. */
static int see(ZsdLearner *l, const ZsdView *view, const ZsdSettings *s) {
  const bool correlated =
      view->fusion &&
      zsd_fusion_noise(view->fusion, view->frame->brightness)->lag1 > CORRELATED;
  l->alone.strided = s->pairs == ZSD_PAIRS_AUTO ? correlated : s->pairs == ZSD_PAIRS_STRIDED;
  return zsd_inputs_all(&l->alone.picture, view);
}

/* --- in the background --- */

static int post(ZsdLearner *l, const ZsdBackgroundTask *task, const ZsdNetwork *net) {
  ZsdBackgroundTask first = *task;
  first.net = l->informed ? NULL : net;
  if (zsd_background_post(l->background, &first))
    return -1;
  l->informed = true;
  l->tuning |= task->wanted;
  return 0;
}

/* Takes up the latest update, if there is any. */
static void hear(ZsdLearner *l, ZsdLearningResult *learned, bool in_use) {
  const ZsdBackgroundUpdate *update = zsd_background_take_update(l->background);
  if (!update)
    return;
  l->rounds = update->rounds;
  /* At most ZSD_MAX_ENDED since the last update: of the task under way then, of the one that
   * waited, and of the one posted since. */
  learned->trainings = update->trainings - l->known.trainings;
  for (unsigned i = 0; i < learned->trainings; i++)
    learned->ended[i] = update->ended[(l->known.trainings + i) % ZSD_MAX_ENDED];
  learned->finetunings = update->finetunings - l->known.finetunings;
  learned->training = update->training;
  learned->pending = update->changes == 0 && !update->no_gain;
  if (learned->finetunings)
    l->tuning = false;
  if (update->failures > l->known.failures)
    learned->outcome = ZSD_FAILED;
  if (update->changes > l->known.changes)
    l->left = in_use ? FADE : 1;
  l->known = *update;
}

/* Takes a step from what the network is to what has been learned. */
static bool fade(ZsdLearner *l, ZsdNetwork *net) {
  if (l->left == 0)
    return false;
  const float part = 1 / (float)l->left--;
  for (size_t i = 0; i < net->n; i++)
    net->params[i] = part < 1 ? net->params[i] + part * (l->known.params[i] - net->params[i])
                              : l->known.params[i];
  return true;
}

static ZsdLearningResult follow_background(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                                           const ZsdSettings *s, const Round *round,
                                           bool in_use) {
  ZsdLearningResult learned = {.outcome = ZSD_NO_GAIN, .pending = true};
  hear(l, &learned, in_use);
  if (learned.outcome == ZSD_FAILED)
    return learned;
  if (fade(l, net))
    learned.outcome = ZSD_TRAINED;
  ZsdBackgroundTask task = {.looks = round->looks,
                            .count = round->count,
                            .settings = s,
                            .steps = l->tuning ? 0 : round->wanted,
                            .wanted = round->wanted && !l->tuning};
  if (!zsd_background_is_free(l->background) || (task.count == 0 && !task.wanted))
    return learned;
  if (task.count == 0) {
    if (see(l, view, s))
      return failure;
    task.alone = &l->alone;
  }
  return post(l, &task, net) ? failure : learned;
}

/* --- at once --- */

static ZsdLearningResult show_at_once(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                                      const ZsdSettings *s, unsigned steps) {
  ZsdLearningResult learned = failure;
  if (see(l, view, s) == 0)
    learned.outcome = zsd_curriculum_train_single_frame(l->curriculum, net, &l->alone, s, steps,
                                                        &l->observer, &learned.training);
  zsd_tensor_clear(&l->alone.picture);
  return learned;
}

static ZsdLearningResult follow_at_once(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                                        const ZsdSettings *s, const Round *round) {
  ZsdLearningResult learned = {.outcome = ZSD_NO_GAIN};
  bool completed = false;
  if (round->looks) {
    learned.outcome =
        zsd_curriculum_train_frame_pairs(l->curriculum, net, round->looks, round->count, s,
                                         round->wanted, &l->observer, &learned.training);
    l->rounds++;
    completed = learned.outcome == ZSD_TRAINED && zsd_curriculum_completed(l->curriculum);
  }
  if (round->wanted && learned.outcome == ZSD_NO_GAIN)
    learned = show_at_once(l, net, view, s, round->wanted);
  if (round->wanted && (learned.outcome == ZSD_TRAINED || learned.outcome == ZSD_NO_GAIN))
    learned.finetunings = learned.trainings = 1;
  else
    learned.trainings = completed;
  learned.ended[0] = learned.training;
  return learned;
}

/* --- both --- */

ZsdLearningResult zsd_learner_train_single_frame(ZsdLearner *l, ZsdNetwork *net,
                                                 const ZsdView *view, const ZsdSettings *s,
                                                 unsigned steps) {
  if (l->curriculum) {
    ZsdLearningResult learned = show_at_once(l, net, view, s, steps);
    learned.trainings = learned.outcome == ZSD_TRAINED;
    learned.ended[0] = learned.training;
    return learned;
  }
  const ZsdBackgroundTask task = {.alone = &l->alone, .settings = s, .steps = steps};
  if (see(l, view, s) || post(l, &task, net))
    return failure;
  return (ZsdLearningResult){.outcome = ZSD_NO_GAIN, .pending = true};
}

ZsdLearningResult zsd_learner_next_frame(ZsdLearner *l, ZsdNetwork *net, const ZsdView *view,
                                         const ZsdSettings *s, unsigned wanted, bool in_use) {
  Round round = {.wanted = wanted};
  if (l->pairs && s->temporal)
    round.count = zsd_frame_pairs_complete(l->pairs, view, &round.looks);
  return l->curriculum ? follow_at_once(l, net, view, s, &round)
                       : follow_background(l, net, view, s, &round, in_use);
}

int zsd_learner_store_frame(ZsdLearner *l, const ZsdView *view, const ZsdSettings *s) {
  const int count = zsd_curriculum_round_pairs(l->rounds, s);
  if (count == 0 || (l->background && !zsd_background_is_free(l->background)))
    return 0;
  if (!l->pairs && !(l->pairs = zsd_frame_pairs_new(l->shape)))
    return -1;
  return zsd_frame_pairs_store(l->pairs, view, count, &l->random);
}
