/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning: steps of Adam on the loss of one picture, or of random patches of it. */
#ifndef ZSD_TRAINER_H
#define ZSD_TRAINER_H

#include "network.h"
#include "tensor.h"
#include "threads.h"
#include "zsdenoise.h"

typedef struct {
  unsigned steps;
  unsigned
      patches; /* random ones a step, of 32x32 samples; 0: the whole picture, the paper's way */
  double learning_rate;
  unsigned step_size; /* the learning rate is multiplied by `gamma` after each so many steps */
  double gamma;
  uint64_t seed; /* of the choice of patches */
} ZsdSchedule;

typedef enum {
  ZSD_TRAINED,
  ZSD_USELESS, /* the picture teaches nothing that helps it (constant, too small, clean): the
                  network is as it was */
  ZSD_STOPPED, /* the callback said so: the network is as it was */
  ZSD_FAILED,  /* no memory: the network is as it was */
} ZsdOutcome;

typedef struct ZsdTrainer ZsdTrainer;

/* Does its work on `threads`, which it does not own. NULL: no memory. */
ZsdTrainer *zsd_trainer_new(const ZsdKernels *kernels, ZsdThreads *threads);
void zsd_trainer_free(ZsdTrainer *trainer);

/* Teaches `net` the noise of `picture` (as many channels, samples 0..1), from the parameters
 * that it has. Where a step ends in numbers that are not finite, or in a loss far above the
 * first one, learning goes back to the last good parameters at half the rate. The same
 * arguments give the same parameters, whatever the number of threads. */
ZsdOutcome zsd_trainer_run(ZsdTrainer *trainer, ZsdNetwork *net, const ZsdTensor *picture,
                           const ZsdSchedule *schedule, ZsdProgress progress, void *user,
                           ZsdTraining *training);

#endif
