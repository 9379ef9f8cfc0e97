/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rate control: the quality that the time between two frames allows. */
#ifndef ZSD_RATE_CONTROL_H
#define ZSD_RATE_CONTROL_H

#include "zsdenoise.h"

/* Times of a processed frame in seconds. */
typedef struct {
  double taken;    /* from the start of processing to its end */
  double busy;     /* processor time of the calling thread meanwhile */
  double rest;     /* processor time of the thread for a frame elsewhere: decoder, sink */
  double interval; /* to the next frame; above 0 */
  double late;     /* after the frame's presentation time; 0 or less: in time or unknown */
  double lost;     /* duration of the frames before this one that upstream dropped as late */
  bool trained;    /* the times include a training */
} ZsdTiming;

/* Chooses the quality of the next frame from the times of the last one. Called by
 * zsd_rate_control_end(), which measures them. */
void zsd_rate_control_update(ZsdRateControl *rate_control, const ZsdTiming *timing);

#endif
