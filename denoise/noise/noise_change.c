/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "noise/noise_change.h"

#include <math.h>

enum {
  UNSETTLED = 8, /* frames at the start, over which what is known of the noise gets better */
  USUAL = 8,     /* frames after them, whose mean is the usual */
  STAYS = 8,     /* frames: what passes sooner is not worth learning from */
};

static const double MOVED = 1.25;

/* Less than this on either side is rounding. */
static const double LEAST = 1;

bool zsd_level_moved(ZsdLevel *l, double sigma) {
  l->frames++;
  if (l->frames <= UNSETTLED + USUAL) {
    l->usual += l->frames > UNSETTLED ? sigma / USUAL : 0;
    return false;
  }
  const double now = fmax(sigma, LEAST), usual = fmax(l->usual, LEAST);
  const bool other = now > MOVED * usual || usual > MOVED * now;
  l->others = other ? l->others + 1 : 0;
  return l->others >= STAYS;
}
