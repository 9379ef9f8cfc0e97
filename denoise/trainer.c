/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "trainer.h"

#include "adam.h"
#include "loss.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  PATCH = 16,      /* samples of the pair, each way; twice as many of the picture */
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

typedef struct {
  int x, y, width, height; /* in samples of the pair */
} Patch;

struct ZsdTrainer {
  const ZsdKernels *kernels;
  ZsdThreads *threads;

  const ZsdNetwork *net;
  ZsdPacked packed;
  ZsdAdam adam;
  ZsdPair pair;
  ZsdLossTiles *tiles; /* one of each worker */
  float *grads;        /* those of the slots, one after the other */
  float *first, *good; /* the parameters at the start, and the last known to be good */
  Slot slots[MAX_SLOTS];
  int n_slots;
  Patch *patches;
  int n_patches;
  double elements;
};

ZsdTrainer *zsd_trainer_new(const ZsdKernels *kernels, ZsdThreads *threads) {
  ZsdTrainer *t = calloc(1, sizeof *t);
  if (!t)
    return NULL;
  t->kernels = kernels;
  t->threads = threads;
  if (!(t->tiles = calloc(zsd_threads_count(threads), sizeof *t->tiles))) {
    free(t);
    return NULL;
  }
  return t;
}

/* Gives back what one picture's learning needed. */
static void clear(ZsdTrainer *t) {
  zsd_packed_clear(&t->packed);
  zsd_adam_clear(&t->adam);
  zsd_tensor_clear(&t->pair.d1);
  zsd_tensor_clear(&t->pair.d2);
  for (int i = 0; i < zsd_threads_count(t->threads); i++)
    zsd_loss_tiles_clear(&t->tiles[i]);
  free(t->grads);
  free(t->patches);
  t->grads = NULL;
  t->patches = NULL;
}

void zsd_trainer_free(ZsdTrainer *t) {
  if (!t)
    return;
  clear(t);
  free(t->tiles);
  free(t);
}

/* All patches of the picture, or `wanted` ones to be placed at random. */
static int make_patches(ZsdTrainer *t, unsigned wanted) {
  const int width = t->pair.d1.width, height = t->pair.d1.height;
  const int across = (width + PATCH - 1) / PATCH, down = (height + PATCH - 1) / PATCH;
  const bool all = wanted == 0 || wanted >= (unsigned)across * (unsigned)down;

  t->n_patches = all ? across * down : (int)wanted;
  if (!(t->patches = malloc(t->n_patches * sizeof *t->patches)))
    return -1;
  for (int i = 0; i < t->n_patches; i++) {
    const int x = all ? i % across * PATCH : 0, y = all ? i / across * PATCH : 0;
    t->patches[i] = (Patch){x, y, width - x < PATCH ? width - x : PATCH,
                            height - y < PATCH ? height - y : PATCH};
  }
  return all;
}

static int prepare(ZsdTrainer *t, const ZsdNetwork *net, const ZsdTensor *picture) {
  t->net = net;
  t->pair.picture = picture;
  if (zsd_packed_resize(&t->packed, t->kernels, net) || zsd_adam_reset(&t->adam, net->n) ||
      zsd_pairs_split(&t->pair.d1, &t->pair.d2, picture))
    return -1;
  for (int i = 0; i < zsd_threads_count(t->threads); i++)
    if (zsd_loss_tiles_resize(&t->tiles[i], net->channels, net->hidden, PATCH))
      return -1;
  return 0;
}

static int make_slots(ZsdTrainer *t) {
  const size_t n = t->net->n;
  t->n_slots = t->n_patches < MAX_SLOTS ? t->n_patches : MAX_SLOTS;
  if (!(t->grads = malloc((t->n_slots + 2) * n * sizeof(float))))
    return -1;
  for (int i = 0; i < t->n_slots; i++)
    t->slots[i].grads = t->grads + i * n;
  t->first = t->grads + t->n_slots * n;
  t->good = t->first + n;
  t->elements = 0;
  for (int i = 0; i < t->n_patches; i++)
    t->elements += (double)t->patches[i].width * t->patches[i].height * t->net->channels;
  return 0;
}

static void place_patches(ZsdTrainer *t, ZsdRandom *random) {
  for (int i = 0; i < t->n_patches; i++) {
    Patch *patch = &t->patches[i];
    patch->x = (int)zsd_random_below(random, t->pair.d1.width - patch->width + 1);
    patch->y = (int)zsd_random_below(random, t->pair.d1.height - patch->height + 1);
  }
}

static void fill_slot(void *context, int worker, int item) {
  ZsdTrainer *t = context;
  Slot *slot = &t->slots[item];
  memset(slot->grads, 0, t->net->n * sizeof(float));
  slot->loss = (ZsdLoss){0};
  for (int i = item; i < t->n_patches; i += t->n_slots) {
    const Patch *patch = &t->patches[i];
    zsd_loss_add(&slot->loss, slot->grads, &t->tiles[worker], &t->pair, &t->packed, patch->x,
                 patch->y, patch->width, patch->height, t->elements);
  }
}

/* The loss of this step's patches; its derivatives are in the first slot. */
static ZsdLoss derive(ZsdTrainer *t) {
  ZsdLoss loss = {0};
  zsd_packed_update(&t->packed);
  zsd_threads_run(t->threads, fill_slot, t, t->n_slots);
  for (int s = 0; s < t->n_slots; s++) {
    const Slot *slot = &t->slots[s];
    loss.residual += slot->loss.residual;
    loss.consistency += slot->loss.consistency;
    loss.identity += slot->loss.identity;
    for (size_t i = 0; s > 0 && i < t->net->n; i++)
      t->grads[i] += slot->grads[i];
  }
  return loss;
}

static void go_back(ZsdTrainer *t, ZsdNetwork *net) {
  memcpy(net->params, t->good, net->n * sizeof(float));
  zsd_adam_reset(&t->adam, net->n);
  for (int i = 0; i < zsd_threads_count(t->threads); i++)
    zsd_loss_tiles_wipe(&t->tiles[i]);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

/* The steps, and after the last one a look at what it led to. The network helps if over the
 * last of these looks its residual was below that of leaving the picture as it is. */
static ZsdOutcome learn(ZsdTrainer *t, ZsdNetwork *net, const ZsdSchedule *schedule,
                        bool random_patches, ZsdProgress progress, void *user,
                        ZsdTraining *training) {
  const double start = seconds();
  double rate = schedule->learning_rate, first_loss = 0, gain = 0;
  ZsdRandom random;

  zsd_random_seed(&random, schedule->seed);
  for (unsigned step = 0;; step++) {
    if (random_patches)
      place_patches(t, &random);
    const ZsdLoss loss = derive(t);
    const double total = loss.residual + loss.consistency;
    if (step == 0)
      first_loss = total;
    const bool diverged = !(total <= DIVERGED * (first_loss + loss.identity));
    if (diverged || step % GOOD_STEPS == 0)
      gain = 0;
    if (!diverged)
      gain += loss.identity - loss.residual;
    if (step == schedule->steps)
      return gain > 0 ? ZSD_TRAINED : ZSD_USELESS;
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
    const double passed = seconds() - start;
    *training = (ZsdTraining){step + 1, schedule->steps, total, passed,
                              passed / (step + 1) * (schedule->steps - step - 1)};
    if (progress && !progress(user, training))
      return ZSD_STOPPED;
  }
}

ZsdOutcome zsd_trainer_run(ZsdTrainer *t, ZsdNetwork *net, const ZsdTensor *picture,
                           const ZsdSchedule *schedule, ZsdProgress progress, void *user,
                           ZsdTraining *training) {
  ZsdOutcome outcome = ZSD_FAILED;
  int all;

  *training = (ZsdTraining){.steps = schedule->steps};
  if (picture->width < 2 || picture->height < 2)
    return ZSD_USELESS;
  if (prepare(t, net, picture) == 0 && (all = make_patches(t, schedule->patches)) >= 0 &&
      make_slots(t) == 0) {
    memcpy(t->first, net->params, net->n * sizeof(float));
    memcpy(t->good, net->params, net->n * sizeof(float));
    outcome = learn(t, net, schedule, !all, progress, user, training);
    if (outcome != ZSD_TRAINED)
      memcpy(net->params, t->first, net->n * sizeof(float));
  }
  clear(t);
  return outcome;
}
