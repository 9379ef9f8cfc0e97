/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gate of the Kalman filter: how far an innovation may exceed the noise before the excess
 * counts as a wrong prediction, and how much a prediction is trusted, by the motion of its
 * block. */
#ifndef ZSD_GATE_H
#define ZSD_GATE_H

#include "noise/noise_estimate.h"
#include "temporal/motion.h"

/* Kinds of motion: none; like that of the blocks around; unlike it, where predictions are often
 * wrong. */
typedef enum { ZSD_STILL, ZSD_REGULAR, ZSD_IRREGULAR, ZSD_MOTION_KINDS } ZsdMotionKind;

/* See ZsdKalmanRow. */
typedef struct {
  float max_mean_square, max_squared_mean, max_squared_line, process_noise;
} ZsdGate;

/* The gates of all kinds of motion for this noise. `age`: of the prediction, in frame
 * intervals; 1 unless frames are missing. */
void zsd_gates_set(ZsdGate gates[ZSD_MOTION_KINDS], const ZsdNoiseModel *noise, double age);

/* Kind of motion of each block, a ZsdMotionKind. Decides whether blocks that may move do. */
void zsd_motion_kinds(uint8_t *kinds, ZsdMotionField *field, int threads);

#endif
