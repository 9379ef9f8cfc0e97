/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradient descent with Adam on an objective, over all of it or random patches of it. */
#ifndef ZSD_TRAINER_H
#define ZSD_TRAINER_H

#include "learning/objective.h"
#include "network/network.h"
#include "zsdenoise.h"

typedef struct {
  unsigned steps;
  unsigned patches; /* random patches for each step; 0: all of the objective, as published */
  double learning_rate;
  unsigned
      step_size; /* steps after which the learning rate is multiplied by `gamma`; 0: never */
  double gamma;
  uint64_t seed; /* of the patches' positions */
  int threads;   /* at most as many as the objective has scratch memory for */
  bool resume; /* keep Adam's moments of the last run, if its network had as many parameters */
} ZsdSchedule;

typedef enum {
  ZSD_TRAINED,
  ZSD_NO_GAIN, /* the network does not reduce the residual, or the objective is empty (the
                  picture is constant, too small or without noise); the network is unchanged */
  ZSD_STOPPED, /* cancelled by the observer; the network is unchanged */
  ZSD_FAILED,  /* no memory; the network is unchanged */
} ZsdOutcome;

typedef struct ZsdTrainer ZsdTrainer;

/* Returns NULL without memory. */
ZsdTrainer *zsd_trainer_new(const ZsdKernels *kernels);
void zsd_trainer_free(ZsdTrainer *trainer);

/* Trains `net`, of the objective's shape, from its present parameters. After a step with a loss
 * that is not finite or far above the first one, returns to the last good parameters and halves
 * the learning rate. The result depends on the arguments and, with `resume`, on the runs
 * before, but not on the number of threads. `observer`: NULL for none. `training` receives the
 * last step. */
ZsdOutcome zsd_trainer_run(ZsdTrainer *trainer, ZsdNetwork *net, const ZsdObjective *objective,
                           const ZsdSchedule *schedule, const ZsdObserver *observer,
                           ZsdTraining *training);

#endif
