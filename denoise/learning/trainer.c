/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/trainer.h"

#include "learning/adam.h"
#include "base/clock.h"
#include "base/observer.h"
#include "base/random.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_SUMS = 64, /* fixed, so that rounding does not depend on the number of threads */
  CHECKPOINT_INTERVAL = 32, /* steps between two checkpoints of the parameters */
};

/* Loss, relative to that of the first step, above which training has diverged. */
static const double MAX_LOSS_RATIO = 10;

/* Loss and gradient of every n-th patch of a step. */
typedef struct {
  float *grads;
  ZsdLoss loss;
} PartialSum;

struct ZsdTrainer {
  const ZsdKernels *kernels;
  const ZsdNetwork *net;
  ZsdShape shape; /* of the networks that `packed` is allocated for; {0}: none */
  ZsdPacked packed;
  ZsdAdam adam;
  const ZsdObjective *objective;
  const ZsdObserver *observer;
  float *grads;                /* of the partial sums, then `initial` and `checkpoint` */
  size_t grads_size;           /* floats */
  float *initial, *checkpoint; /* parameters: at the start, and the last known to be good */
  PartialSum sums[MAX_SUMS];
  int n_sums;
  ZsdPatch *patches;
  int n_patches, max_patches; /* in use, allocated */
  double elements;            /* samples of all patches and channels */
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

/* --- memory, kept for the next run --- */

/* Makes `count` patches whose positions are to be drawn, or the patches that cover the
 * objective if `count` is 0 or more than these. Returns whether they cover it, or -1 without
 * memory. */
static int make_patches(ZsdTrainer *t, unsigned count) {
  const ZsdObjective *o = t->objective;
  const int across = (o->width + o->patch_size - 1) / o->patch_size;
  const int down = (o->height + o->patch_size - 1) / o->patch_size;
  const int total = across * down * o->pairs;
  const bool all = count == 0 || count >= (unsigned)total;

  t->n_patches = all ? total : (int)count;
  if (t->n_patches > t->max_patches) {
    free(t->patches);
    t->patches = malloc(t->n_patches * sizeof *t->patches);
    t->max_patches = t->patches ? t->n_patches : 0;
    if (!t->patches)
      return -1;
  }
  for (int i = 0; i < t->n_patches; i++) {
    const int x = all ? i % across * o->patch_size : 0;
    const int y = all ? i / across % down * o->patch_size : 0;
    t->patches[i] = (ZsdPatch){all ? i / across / down : 0, x, y,
                               o->width - x < o->patch_size ? o->width - x : o->patch_size,
                               o->height - y < o->patch_size ? o->height - y : o->patch_size};
  }
  return all;
}

static int make_sums(ZsdTrainer *t) {
  const size_t n = t->net->n;
  t->n_sums = t->n_patches < MAX_SUMS ? t->n_patches : MAX_SUMS;
  const size_t size = (t->n_sums + 2) * n;
  if (size > t->grads_size) {
    free(t->grads);
    t->grads = malloc(size * sizeof(float));
    t->grads_size = t->grads ? size : 0;
    if (!t->grads)
      return -1;
  }
  for (int i = 0; i < t->n_sums; i++)
    t->sums[i].grads = t->grads + i * n;
  t->initial = t->grads + t->n_sums * n;
  t->checkpoint = t->initial + n;
  t->elements = 0;
  for (int i = 0; i < t->n_patches; i++)
    t->elements += (double)t->patches[i].width * t->patches[i].height * t->objective->channels;
  return 0;
}

static int make_packed_weights(ZsdTrainer *t) {
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

/* Prepares a run. Returns 1 if each step covers the whole objective, otherwise 0; -1 without
 * memory. */
static int prepare(ZsdTrainer *t, const ZsdNetwork *net, const ZsdObjective *objective,
                   const ZsdSchedule *schedule) {
  t->net = net;
  t->objective = objective;
  const int all = make_patches(t, schedule->patches);
  const bool reset_adam = !schedule->resume || t->adam.n != net->n;
  return all < 0 || make_sums(t) || make_packed_weights(t) ||
                 (reset_adam && zsd_adam_reset(&t->adam, net->n))
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

/* Adds every n-th patch, from `first` on. Ends early if cancelled: the step is discarded. */
static void add_patches(const ZsdTrainer *t, PartialSum *sum, int first, bool with_grads) {
  sum->loss = (ZsdLoss){0};
  if (with_grads)
    memset(sum->grads, 0, t->net->n * sizeof(float));
  for (int i = first; i < t->n_patches && !zsd_is_cancelled(t->observer); i += t->n_sums)
    t->objective->add_patch(t->objective->self, omp_get_thread_num(), &sum->loss,
                            with_grads ? sum->grads : NULL, &t->packed, &t->patches[i],
                            t->elements);
}

/* The loss of the step's patches; with its gradient, in the first partial sum, if asked for. */
static ZsdLoss evaluate(ZsdTrainer *t, int threads, bool with_grads) {
  ZsdLoss loss = {0};
  zsd_packed_update(&t->packed);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
  for (int s = 0; s < t->n_sums; s++)
    add_patches(t, &t->sums[s], s, with_grads);
  for (int s = 0; s < t->n_sums; s++) {
    const PartialSum *sum = &t->sums[s];
    loss.residual += sum->loss.residual;
    loss.consistency += sum->loss.consistency;
    loss.identity += sum->loss.identity;
    for (size_t i = 0; with_grads && s > 0 && i < t->net->n; i++)
      t->grads[i] += sum->grads[i];
  }
  return loss;
}

static void restore_checkpoint(ZsdTrainer *t, ZsdNetwork *net) {
  memcpy(net->params, t->checkpoint, net->n * sizeof(float));
  zsd_adam_reset(&t->adam, net->n);
  t->objective->reset(t->objective->self);
}

/* Takes the steps, then evaluates the loss once more. The network is an improvement if its
 * residual was below that of the identity on average since the last checkpoint. */
static ZsdOutcome run_steps(ZsdTrainer *t, ZsdNetwork *net, const ZsdSchedule *schedule,
                            bool random_patches, ZsdTraining *training) {
  const double start = zsd_seconds();
  double rate = schedule->learning_rate, first_loss = 0, gain = 0;
  ZsdRandom random;

  zsd_random_seed(&random, schedule->seed);
  for (unsigned step = 0;; step++) {
    if (random_patches)
      place_patches(t, &random);
    const ZsdLoss loss = evaluate(t, schedule->threads, step < schedule->steps);
    if (zsd_is_cancelled(t->observer))
      return ZSD_STOPPED;
    const double total = loss.residual + loss.consistency;
    if (step == 0)
      first_loss = total;
    const bool diverged = !(total <= MAX_LOSS_RATIO * (first_loss + loss.identity));
    if (diverged || step % CHECKPOINT_INTERVAL == 0)
      gain = 0;
    if (!diverged)
      gain += loss.identity - loss.residual;
    if (step == schedule->steps)
      return gain > 0 ? ZSD_TRAINED : ZSD_NO_GAIN;
    if (diverged) {
      restore_checkpoint(t, net);
      rate /= 2;
      continue;
    }
    if (step % CHECKPOINT_INTERVAL == 0)
      memcpy(t->checkpoint, net->params, net->n * sizeof(float));
    zsd_adam_step(&t->adam, net->params, t->grads, rate);
    if (schedule->step_size && (step + 1) % schedule->step_size == 0)
      rate *= schedule->gamma;
    const double passed = zsd_seconds() - start;
    *training = (ZsdTraining){step + 1, schedule->steps, total, passed,
                              passed / (step + 1) * (schedule->steps - step - 1)};
    zsd_report(t->observer, training);
  }
}

ZsdOutcome zsd_trainer_run(ZsdTrainer *t, ZsdNetwork *net, const ZsdObjective *objective,
                           const ZsdSchedule *schedule, const ZsdObserver *observer,
                           ZsdTraining *training) {
  ZsdOutcome outcome = ZSD_FAILED;
  int all;

  *training = (ZsdTraining){.steps = schedule->steps};
  t->observer = observer;
  if (objective->pairs < 1 || objective->width < 1 || objective->height < 1)
    return ZSD_NO_GAIN;
  if ((all = prepare(t, net, objective, schedule)) >= 0) {
    memcpy(t->initial, net->params, net->n * sizeof(float));
    memcpy(t->checkpoint, net->params, net->n * sizeof(float));
    outcome = run_steps(t, net, schedule, !all, training);
    if (outcome != ZSD_TRAINED)
      memcpy(net->params, t->initial, net->n * sizeof(float));
  }
  return outcome;
}
