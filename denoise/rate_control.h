/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much can be done for each frame in the time that there is. */
#ifndef ZSD_PACE_H
#define ZSD_PACE_H

#include "zsdenoise.h"

/* Of a frame, in seconds. */
typedef struct {
  double taken;    /* from its start to its end */
  double busy;     /* of that, its thread's time on a processor */
  double interval; /* above 0: from it to the next */
  double late;
} ZsdTiming;

/* What zsd_pace_end() measures, to be judged. */
void zsd_pace_judge(ZsdPace *pace, const ZsdTiming *timing);

#endif
