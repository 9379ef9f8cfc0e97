/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "rate_control.h"

#include <math.h>
#include <time.h>

/* Parts of the time from frame to frame: with more than TOO_MUCH frames come late sooner or
 * later, and what is to fit must be expected to take less than ENOUGH. */
static const double TOO_MUCH = 0.95, ENOUGH = 0.8;

/* A frame counts as so many intervals at most: what stops one for a moment is no burden. */
static const double CLIP = 2;

/* The factor by which others can make frames longer, as far as one frame tells. */
static const double MOST_STRETCH = 8;

/* Weight of the last frame in the means. */
static const double WEIGHT = 1.0 / 8;

/* A frame that is late by less than this part of an interval is in time. */
static const double TOLERANCE = 0.1;

/* Seconds of frames that are late one after the other, and the part of what they were late by
 * at first that they may still be late by after that. */
static const double BEHIND = 0.5, CATCHES_UP = 0.75;

/* Seconds until a better quality is tried: at first and, where that fails, at most; and where
 * what is to be done takes too long by itself, whatever others do. */
static const double PATIENCE = 0.5, MOST_PATIENCE = 1.25, HOPELESS = 30;

/* Until another quality's cost has been seen, and as that is forgotten (in HOPELESS seconds):
 * 720p that moves, with AMX. */
static const double costs[] = {
    [ZSD_QUALITY_FULL] = 1,    [ZSD_QUALITY_FEWER_TILES] = 0.95, [ZSD_QUALITY_NARROW] = 0.85,
    [ZSD_QUALITY_FUSED] = 0.7, [ZSD_QUALITY_ORIGINAL] = 0,
};

static double seconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double cost_of(const ZsdPace *p, ZsdQuality quality) {
  return p->cost[quality] > 0 ? p->cost[quality]
                              : p->cost[p->quality] * costs[quality] / costs[p->quality];
}

/* The parts of an interval that frames of this quality should take. */
static double expected_load(const ZsdPace *p, ZsdQuality quality, double interval) {
  return cost_of(p, quality) * p->stretch / interval;
}

/* Learns what the frame cost, and what comes on top because of others. */
static void measure(ZsdPace *p, const ZsdTiming *t) {
  const double load = fmin(t->taken / t->interval, CLIP);
  p->load += WEIGHT * (load - p->load);
  if (p->quality == ZSD_QUALITY_ORIGINAL)
    return;
  double *mine = &p->cost[p->quality];
  *mine = *mine > 0 ? *mine + WEIGHT * (t->busy - *mine) : t->busy;
  const double stretch = fmin(fmax(t->taken / fmax(t->busy, 1e-6), 1), MOST_STRETCH);
  p->stretch = p->stretch > 0 ? p->stretch + WEIGHT * (stretch - p->stretch) : stretch;
  const double forgotten = fmin(t->interval / HOPELESS, 1);
  for (int q = ZSD_QUALITY_FULL; q < ZSD_QUALITY_ORIGINAL; q++)
    if (q != (int)p->quality && p->cost[q] > 0)
      p->cost[q] += forgotten * (*mine * costs[q] / costs[p->quality] - p->cost[q]);
}

static void change(ZsdPace *p, ZsdQuality quality, double load) {
  p->quality = quality;
  p->load = load;
  p->lasted = 0;
  p->behind = 0;
}

/* Takes the best of the worse qualities that should be cheap enough. */
static void step_down(ZsdPace *p, double interval) {
  const bool hasty = p->lasted < 2 * PATIENCE;
  int q = p->quality + 1;
  while (q < ZSD_QUALITY_ORIGINAL && p->load > TOO_MUCH &&
         expected_load(p, q, interval) > TOO_MUCH)
    q++;
  p->patience = hasty ? fmin(2 * p->patience, MOST_PATIENCE) : PATIENCE;
  change(p, q, expected_load(p, q, interval));
}

/* The best of the qualities that should leave time enough; the present one if there is none
 * better. */
static ZsdQuality better(const ZsdPace *p, double interval) {
  int q = ZSD_QUALITY_FULL;
  /* how busy the processors are, only a frame can tell */
  if (p->quality == ZSD_QUALITY_ORIGINAL)
    return p->cost[ZSD_QUALITY_FUSED] < TOO_MUCH * interval || p->lasted >= HOPELESS
               ? ZSD_QUALITY_FUSED
               : p->quality;
  while (q < (int)p->quality && expected_load(p, q, interval) >= ENOUGH)
    q++;
  return q;
}

static void step_up(ZsdPace *p, double interval) {
  const bool blind = p->quality == ZSD_QUALITY_ORIGINAL;
  const ZsdQuality next = better(p, interval);
  if (next == p->quality)
    return;
  p->patience = fmax(p->patience / 2, PATIENCE);
  change(p, next, blind ? ENOUGH : expected_load(p, next, interval));
}

/* What to do about frames that are late. */
typedef enum { NOTHING, LESS, EXCUSE } Remedy;

/* Whether frames are late and do not catch up, though there is time for each. If a longer
 * latency can help, that is asked for; and where nothing that can be left out has helped, it is
 * not this work that makes them late. */
static Remedy remedy_for(ZsdPace *p, const ZsdTiming *t, double late) {
  if (late <= TOLERANCE * t->interval) {
    p->behind = 0;
    return NOTHING;
  }
  if (p->behind <= 0) {
    p->longest = 0;
    p->behind_first = late;
  }
  p->behind += t->interval;
  p->longest = fmax(p->longest, fmin(t->taken, t->interval));
  if (p->behind >= BEHIND / 2 && p->longest > 1.25 * p->latency) {
    p->latency = p->longest;
    p->behind = 0;
  }
  if (p->behind < BEHIND)
    return NOTHING;
  p->behind = 0;
  if (late < CATCHES_UP * p->behind_first)
    return NOTHING;
  return p->quality == ZSD_QUALITY_ORIGINAL ? EXCUSE : LESS;
}

void zsd_pace_judge(ZsdPace *p, const ZsdTiming *t) {
  const double late = t->late - p->excused;
  const bool in_time = late <= TOLERANCE * t->interval;
  measure(p, t);
  p->lasted += t->interval;
  if (late < 0 && p->excused > 0)
    p->excused = fmax(p->excused + t->interval / HOPELESS * late, 0);
  const Remedy remedy = remedy_for(p, t, late);
  if (remedy == EXCUSE)
    p->excused = 1.25 * t->late;
  if (remedy == LESS || p->load > (in_time ? 1 : TOO_MUCH)) {
    if (p->quality < ZSD_QUALITY_ORIGINAL)
      step_down(p, t->interval);
  } else if (in_time && p->quality > ZSD_QUALITY_FULL && p->lasted >= p->patience) {
    step_up(p, t->interval);
  }
}

double zsd_pace_latency(const ZsdPace *p) {
  return p->latency;
}

void zsd_pace_start(ZsdPace *p) {
  p->started = seconds_of(CLOCK_MONOTONIC);
  p->busy = seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

void zsd_pace_end(ZsdPace *p, double interval, double late) {
  const ZsdTiming timing = {.taken = seconds_of(CLOCK_MONOTONIC) - p->started,
                            .busy = seconds_of(CLOCK_THREAD_CPUTIME_ID) - p->busy,
                            .interval = interval,
                            .late = late};
  if (interval > 0)
    zsd_pace_judge(p, &timing);
}
