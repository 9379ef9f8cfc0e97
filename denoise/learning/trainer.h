/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning: steps of Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR
 * 2015) on the loss of a objective, or of random patches of it. */
#ifndef ZSD_TRAINER_H
#define ZSD_TRAINER_H

#include "learning/objective.h"
#include "network/network.h"
#include "zsdenoise.h"

typedef struct {
  unsigned steps;
  unsigned patches; /* of the objective, random ones a step; 0: all of it, the paper's way */
  double learning_rate;
  unsigned step_size; /* the learning rate is multiplied by `gamma` after each so many steps */
  double gamma;
  uint64_t seed; /* of the choice of patches */
  int threads;   /* that share the work: no more than the objective has scratch memory for */
  bool resume;   /* with the optimiser's memory of the last run, if it was for such a network */
} ZsdSchedule;

typedef enum {
  ZSD_TRAINED,
  ZSD_NO_GAIN, /* the objective is empty or teaches nothing that helps (a picture that is
                  constant, too small or clean): the network is as it was */
  ZSD_STOPPED, /* cancelled: the network is as it was */
  ZSD_FAILED,  /* no memory: the network is as it was */
} ZsdOutcome;

typedef struct ZsdTrainer ZsdTrainer;

/* NULL: no memory. */
ZsdTrainer *zsd_trainer_new(const ZsdKernels *kernels);
void zsd_trainer_free(ZsdTrainer *trainer);

/* Teaches `net` the objective, which is for networks of its shape, from the parameters that it
 * has. Where a step ends in numbers that are not finite, or in a loss far above the first one,
 * learning goes back to the last good parameters at half the rate. The same arguments, and
 * the same runs before one that goes on, give the same parameters, whatever the number of
 * threads. `training` holds the last step when it returns. `observer`: NULL for none. */
ZsdOutcome zsd_trainer_run(ZsdTrainer *trainer, ZsdNetwork *net, const ZsdObjective *objective,
                           const ZsdSchedule *schedule, const ZsdObserver *observer,
                           ZsdTraining *training);

#endif
