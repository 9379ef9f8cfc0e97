/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/trainer.h"

#include "learning/adam.h"
#include "base/clock.h"
#include "base/random.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_SLOTS = 64,  /* gradients summed apart, so that the sum does not depend on the threads */
  GOOD_STEPS = 32, /* between two copies of parameters known to be good */
};

/* A loss this many times that of the start has diverged. */
static const double DIVERGED = 10;

/* The part of a step's work that is summed by itself: every n-th patch. */
typedef struct {
  float *grads;
  ZsdLoss loss;
} Slot;

struct ZsdTrainer {
  const ZsdKernels *kernels;
  const ZsdNetwork *net;
  ZsdShape shape; /* of the networks that `packed` has room for; {0}: of none */
  ZsdPacked packed;
  ZsdAdam adam;
  const ZsdObjective *objective;
  const ZsdObserver *observer;
  float *grads;        /* those of the slots, one after the other */
  size_t grads_size;   /* floats: with `first` and `good`, which lie behind them */
  float *first, *good; /* the parameters at the start, and the last known to be good */
  Slot slots[MAX_SLOTS];
  int n_slots;
  ZsdPatch *patches;
  int n_patches, most_patches; /* now, and that there is room for */
  double elements;
};

ZsdTrainer *zsd_trainer_new(const ZsdKernels *kernels) {
  ZsdTrainer *t = calloc(1, sizeof *t);
  if (!t)
    return NULL;
  t->kernels = kernels;
  return t;
}

void zsd_trainer_free(ZsdTrainer *t) {
  if (!t)
    return;
  zsd_adam_clear(&t->adam);
  zsd_packed_clear(&t->packed);
  free(t->grads);
  free(t->patches);
  free(t);
}

/* --- room, which is kept for the next run --- */

/* All patches of all pairs, or `wanted` ones to be placed at random: whether it is all. -1: no
 * memory. */
static int make_patches(ZsdTrainer *t, unsigned wanted) {
  const ZsdObjective *l = t->objective;
  const int across = (l->width + l->patch - 1) / l->patch;
  const int down = (l->height + l->patch - 1) / l->patch, count = across * down * l->pairs;
  const bool all = wanted == 0 || wanted >= (unsigned)count;

  t->n_patches = all ? count : (int)wanted;
  if (t->n_patches > t->most_patches) {
    free(t->patches);
    t->patches = malloc(t->n_patches * sizeof *t->patches);
    t->most_patches = t->patches ? t->n_patches : 0;
    if (!t->patches)
      return -1;
  }
  for (int i = 0; i < t->n_patches; i++) {
    const int x = all ? i % across * l->patch : 0, y = all ? i / across % down * l->patch : 0;
    t->patches[i] = (ZsdPatch){all ? i / across / down : 0, x, y,
                               l->width - x < l->patch ? l->width - x : l->patch,
                               l->height - y < l->patch ? l->height - y : l->patch};
  }
  return all;
}

static int make_slots(ZsdTrainer *t) {
  const size_t n = t->net->n;
  t->n_slots = t->n_patches < MAX_SLOTS ? t->n_patches : MAX_SLOTS;
  const size_t size = (t->n_slots + 2) * n;
  if (size > t->grads_size) {
    free(t->grads);
    t->grads = malloc(size * sizeof(float));
    t->grads_size = t->grads ? size : 0;
    if (!t->grads)
      return -1;
  }
  for (int i = 0; i < t->n_slots; i++)
    t->slots[i].grads = t->grads + i * n;
  t->first = t->grads + t->n_slots * n;
  t->good = t->first + n;
  t->elements = 0;
  for (int i = 0; i < t->n_patches; i++)
    t->elements += (double)t->patches[i].width * t->patches[i].height * t->objective->channels;
  return 0;
}

static int make_packed(ZsdTrainer *t) {
  if (t->shape.inputs && zsd_shape_same(t->shape, t->net->shape)) {
    t->packed.net = t->net;
    return 0;
  }
  t->shape = (ZsdShape){0};
  if (zsd_packed_resize(&t->packed, t->kernels, t->net))
    return -1;
  t->shape = t->net->shape;
  return 0;
}

/* Returns whether the steps' patches are the whole objective, or -1 without memory. */
static int prepare(ZsdTrainer *t, const ZsdNetwork *net, const ZsdObjective *objective,
                   const ZsdSchedule *schedule) {
  t->net = net;
  t->objective = objective;
  const int all = make_patches(t, schedule->patches);
  const bool anew = !schedule->resume || t->adam.n != net->n;
  return all < 0 || make_slots(t) || make_packed(t) ||
                 (anew && zsd_adam_reset(&t->adam, net->n))
             ? -1
             : all;
}

/* --- steps --- */

static void place_patches(ZsdTrainer *t, ZsdRandom *random) {
  for (int i = 0; i < t->n_patches; i++) {
    ZsdPatch *patch = &t->patches[i];
    patch->pair = (int)zsd_random_below(random, t->objective->pairs);
    patch->x = (int)zsd_random_below(random, t->objective->width - patch->width + 1);
    patch->y = (int)zsd_random_below(random, t->objective->height - patch->height + 1);
  }
}

static bool is_cancelled(const ZsdTrainer *t) {
  return t->observer->cancelled && t->observer->cancelled(t->observer->user);
}

/* Of a step that is cancelled nothing is used: the rest of it may as well be left out. */
static void add_patches(const ZsdTrainer *t, Slot *slot, int first, bool derive) {
  slot->loss = (ZsdLoss){0};
  if (derive)
    memset(slot->grads, 0, t->net->n * sizeof(float));
  for (int i = first; i < t->n_patches && !is_cancelled(t); i += t->n_slots)
    t->objective->add(t->objective->self, omp_get_thread_num(), &slot->loss,
                      derive ? slot->grads : NULL, &t->packed, &t->patches[i], t->elements);
}

/* The loss of this step's patches. `derive`: and its derivatives, in the first slot. */
static ZsdLoss look(ZsdTrainer *t, int threads, bool derive) {
  ZsdLoss loss = {0};
  zsd_packed_update(&t->packed);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int s = 0; s < t->n_slots; s++)
    add_patches(t, &t->slots[s], s, derive);
  for (int s = 0; s < t->n_slots; s++) {
    const Slot *slot = &t->slots[s];
    loss.residual += slot->loss.residual;
    loss.consistency += slot->loss.consistency;
    loss.identity += slot->loss.identity;
    for (size_t i = 0; derive && s > 0 && i < t->net->n; i++)
      t->grads[i] += slot->grads[i];
  }
  return loss;
}

static void go_back(ZsdTrainer *t, ZsdNetwork *net) {
  memcpy(net->params, t->good, net->n * sizeof(float));
  zsd_adam_reset(&t->adam, net->n);
  t->objective->reset(t->objective->self);
}

/* The steps, and after the last one a look at what it led to. The network helps if over the
 * last of these looks its residual was below that of leaving the picture as it is. */
static ZsdOutcome learn(ZsdTrainer *t, ZsdNetwork *net, const ZsdSchedule *schedule,
                        bool random_patches, ZsdTraining *training) {
  const double start = zsd_seconds();
  double rate = schedule->learning_rate, first_loss = 0, gain = 0;
  ZsdRandom random;

  zsd_random_seed(&random, schedule->seed);
  for (unsigned step = 0;; step++) {
    if (random_patches)
      place_patches(t, &random);
    const ZsdLoss loss = look(t, schedule->threads, step < schedule->steps);
    if (is_cancelled(t))
      return ZSD_STOPPED;
    const double total = loss.residual + loss.consistency;
    if (step == 0)
      first_loss = total;
    const bool diverged = !(total <= DIVERGED * (first_loss + loss.identity));
    if (diverged || step % GOOD_STEPS == 0)
      gain = 0;
    if (!diverged)
      gain += loss.identity - loss.residual;
    if (step == schedule->steps)
      return gain > 0 ? ZSD_TRAINED : ZSD_NO_GAIN;
    if (diverged) {
      go_back(t, net);
      rate /= 2;
      continue;
    }
    if (step % GOOD_STEPS == 0)
      memcpy(t->good, net->params, net->n * sizeof(float));
    zsd_adam_step(&t->adam, net->params, t->grads, rate);
    if (schedule->step_size && (step + 1) % schedule->step_size == 0)
      rate *= schedule->gamma;
    const double passed = zsd_seconds() - start;
    *training = (ZsdTraining){step + 1, schedule->steps, total, passed,
                              passed / (step + 1) * (schedule->steps - step - 1)};
    if (t->observer->progress)
      t->observer->progress(t->observer->user, training);
  }
}

ZsdOutcome zsd_trainer_run(ZsdTrainer *t, ZsdNetwork *net, const ZsdObjective *objective,
                           const ZsdSchedule *schedule, const ZsdObserver *observer,
                           ZsdTraining *training) {
  static const ZsdObserver nobody = {0};
  ZsdOutcome outcome = ZSD_FAILED;
  int all;

  *training = (ZsdTraining){.steps = schedule->steps};
  t->observer = observer ? observer : &nobody;
  if (objective->pairs < 1 || objective->width < 1 || objective->height < 1)
    return ZSD_NO_GAIN;
  if ((all = prepare(t, net, objective, schedule)) >= 0) {
    memcpy(t->first, net->params, net->n * sizeof(float));
    memcpy(t->good, net->params, net->n * sizeof(float));
    outcome = learn(t, net, schedule, !all, training);
    if (outcome != ZSD_TRAINED)
      memcpy(net->params, t->first, net->n * sizeof(float));
  }
  return outcome;
}
