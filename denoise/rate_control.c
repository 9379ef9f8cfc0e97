/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "rate_control.h"

#include <math.h>
#include <time.h>

/* Load: processing time of a frame as a part of the frame interval. Above MAX_LOAD the quality
 * is reduced; a better quality is tried if its expected load is below TARGET_LOAD. */
static const double MAX_LOAD = 0.95, TARGET_LOAD = 0.8;

/* Upper limit for the load of one frame, so that a single stall does not reduce the quality. */
static const double MAX_FRAME_LOAD = 2;

/* Upper limit for the slowdown measured on one frame. */
static const double MAX_SLOWDOWN = 8;

/* Seconds at the start of a stream in which a longer latency is asked for after the first late
 * frame; later on it is after half of LATE_PERIOD. The longest one, in frame intervals: a frame
 * may take longer than an interval where those after it make up for it. */
static const double START_PERIOD = 1, MAX_LATENCY = 2;

/* Weight of the latest frame in the moving averages; of the load in the first second, from the
 * third frame on: the first two allocate memory and search twice. */
static const double WEIGHT = 1.0 / 8, FIRST_WEIGHT = 1.0 / 3;
enum { COLD_FRAMES = 2 };

/* Load of one of those two that is too much even so, if frames are dropped for it, and in any
 * case. */
static const double COLD_LOAD = 1.5, HOPELESS_LOAD = 4;

/* Lateness up to this part of a frame interval counts as in time. */
static const double TOLERANCE = 0.1;

/* Seconds of consecutive late frames after which something is done, unless lateness has
 * fallen below this part of its first value by then. */
static const double LATE_PERIOD = 0.5, CATCH_UP = 0.75;

/* Seconds at one quality before a better one is tried: at first, and at most after such trials
 * have failed. Trials to filter again what passed unchanged are seen, so that they become
 * rarer. RETRY is for qualities too expensive for the processor even without other load; it is
 * also the time constant with which measured costs of unused qualities are forgotten. */
static const double MIN_HOLD = 0.5, MAX_HOLD = 1.25, MAX_UNFILTERED_HOLD = 6, RETRY = 30;

/* Seconds at a quality that has to be reduced again within them: its trial has failed. */
static const double SOON = 3;

/* Seconds of dropped frames that count, and the part of a frame interval by which they become
 * less with each frame that follows the one before it. */
static const double MAX_SKIPPED = 1, FORGIVEN = 0.1;

/* Part of a frame interval by which unfiltered frames are early if filtering, of unknown cost,
 * is tried where late frames are dropped. */
static const double MIN_SLACK = 0.25;

/* Seconds after which the latency is reduced to what was needed meanwhile, if that is less than
 * this part of it. */
static const double SHRINK_PERIOD = 10, SHRINK = 0.75;

/* Default cost of each quality relative to full quality, until it has been measured: 720p with
 * motion, AMX. */
static const double default_cost[] = {
    [ZSD_QUALITY_FULL] = 1,    [ZSD_QUALITY_FEWER_TILES] = 0.95, [ZSD_QUALITY_NARROW] = 0.85,
    [ZSD_QUALITY_FUSED] = 0.7, [ZSD_QUALITY_ORIGINAL] = 0,
};

static double seconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Processor time of a frame at this quality: measured, or estimated from the current one's. */
static double cost_of(const ZsdRateControl *rc, ZsdQuality quality) {
  return rc->cost[quality] > 0
             ? rc->cost[quality]
             : rc->cost[rc->quality] * default_cost[quality] / default_cost[rc->quality];
}

static double expected_load(const ZsdRateControl *rc, ZsdQuality quality, double interval) {
  return (cost_of(rc, quality) + rc->rest) * rc->slowdown / interval;
}

/* Whether a frame at the start of the stream shows by itself that there is no time for such
 * frames. `load`: of this frame. */
static bool is_too_slow(const ZsdRateControl *rc, const ZsdTiming *t, double load) {
  if (rc->frames < COLD_FRAMES)
    return load > (t->lost > 0 ? COLD_LOAD : HOPELESS_LOAD);
  return rc->frames == COLD_FRAMES && t->late > t->interval;
}

/* Updates load, cost and slowdown from the last frame. A training is part of the load, but not
 * of the cost of a quality. */
static void measure(ZsdRateControl *rc, const ZsdTiming *t) {
  const double others = t->rest * fmax(rc->slowdown, 1);
  const double frame_load = (t->taken + others) / t->interval;
  const double load = fmin(frame_load, MAX_FRAME_LOAD);
  const bool decides = !t->trained && (rc->trial || is_too_slow(rc, t, frame_load));
  rc->rest += WEIGHT * (t->rest - rc->rest);
  if (rc->frames++ < COLD_FRAMES && !decides)
    return;
  rc->load += (decides                  ? 1
               : rc->age < START_PERIOD ? FIRST_WEIGHT
                                        : WEIGHT) *
              (load - rc->load);
  rc->trial = false;
  if (rc->quality == ZSD_QUALITY_ORIGINAL || t->trained)
    return;
  double *cost = &rc->cost[rc->quality];
  *cost = *cost > 0 ? *cost + WEIGHT * (t->busy - *cost) : t->busy;
  const double slowdown = fmin(fmax(t->taken / fmax(t->busy, 1e-6), 1), MAX_SLOWDOWN);
  rc->slowdown =
      rc->slowdown > 0 ? rc->slowdown + WEIGHT * (slowdown - rc->slowdown) : slowdown;
  const double forgotten = fmin(t->interval / RETRY, 1);
  for (int q = ZSD_QUALITY_FULL; q < ZSD_QUALITY_ORIGINAL; q++)
    if (q != (int)rc->quality && rc->cost[q] > 0)
      rc->cost[q] +=
          forgotten * (*cost * default_cost[q] / default_cost[rc->quality] - rc->cost[q]);
}

static void set_quality(ZsdRateControl *rc, ZsdQuality quality, double load) {
  rc->quality = quality;
  rc->load = load;
  rc->held = 0;
  rc->late_for = rc->skipped = 0;
  rc->trial = false;
}

/* Changes to the best of the lower qualities with an acceptable expected load. */
static void step_down(ZsdRateControl *rc, double interval) {
  const bool soon = rc->held < SOON, passes_again = rc->filtered < MAX_UNFILTERED_HOLD;
  int q = rc->quality + 1;
  while (q < ZSD_QUALITY_ORIGINAL && rc->load > MAX_LOAD &&
         expected_load(rc, q, interval) > MAX_LOAD)
    q++;
  if (q == ZSD_QUALITY_ORIGINAL)
    rc->unfiltered_hold =
        passes_again ? fmin(fmax(2 * rc->unfiltered_hold, MAX_HOLD), MAX_UNFILTERED_HOLD)
                     : MAX_HOLD;
  rc->hold = soon ? fmin(2 * rc->hold, MAX_HOLD) : MIN_HOLD;
  set_quality(rc, q, expected_load(rc, q, interval));
}

/* Whether frames that pass unfiltered leave time for filtering. Where late frames are dropped,
 * the time by which frames are early says so. */
static bool may_filter(const ZsdRateControl *rc, const ZsdTiming *t) {
  const double cost = rc->cost[ZSD_QUALITY_FUSED];
  const double needed = cost > 0 ? cost : MIN_SLACK * t->interval;
  return rc->held >= RETRY ||
         (cost + rc->rest < MAX_LOAD * t->interval && (!rc->drops || needed < -t->late));
}

/* The best quality with an expected load below TARGET_LOAD, or the current one. From
 * ZSD_QUALITY_ORIGINAL, which measures no slowdown, only the next quality is tried. */
static ZsdQuality find_better(const ZsdRateControl *rc, const ZsdTiming *t) {
  int q = ZSD_QUALITY_FULL;
  if (rc->quality == ZSD_QUALITY_ORIGINAL)
    return may_filter(rc, t) ? ZSD_QUALITY_FUSED : rc->quality;
  while (q < (int)rc->quality && expected_load(rc, q, t->interval) >= TARGET_LOAD)
    q++;
  return q;
}

static void step_up(ZsdRateControl *rc, const ZsdTiming *t) {
  const bool unmeasured = rc->quality == ZSD_QUALITY_ORIGINAL;
  const ZsdQuality next = find_better(rc, t);
  if (next == rc->quality)
    return;
  rc->hold = fmax(rc->hold / 2, MIN_HOLD);
  set_quality(rc, next, unmeasured ? TARGET_LOAD : expected_load(rc, next, t->interval));
  rc->trial = unmeasured;
}

/* Latency with which a frame is in time if upstream delivers it in time. */
static double needed_latency(const ZsdRateControl *rc, const ZsdTiming *t) {
  return fmin(t->taken, (rc->load < MAX_LOAD ? MAX_LATENCY : 1) * t->interval);
}

/* Reduces the latency where less has been needed for some time. */
static void shrink_latency(ZsdRateControl *rc, const ZsdTiming *t) {
  rc->recent = fmax(rc->recent, needed_latency(rc, t));
  rc->since_shrunk += t->interval;
  if (rc->since_shrunk < SHRINK_PERIOD)
    return;
  if (rc->recent < SHRINK * rc->latency && rc->quality == ZSD_QUALITY_FULL)
    rc->latency = rc->recent;
  rc->recent = rc->since_shrunk = 0;
}

static double hold_of(const ZsdRateControl *rc) {
  return rc->quality == ZSD_QUALITY_ORIGINAL ? rc->unfiltered_hold : rc->hold;
}

typedef enum { KEEP_QUALITY, REDUCE_QUALITY, ACCEPT_LATENESS } Action;

/* The action for frames that stay late although each takes less than the interval. The first
 * one is to ask for a longer latency; lateness at the lowest quality has another cause than
 * the processing, and is accepted. */
static Action handle_lateness(ZsdRateControl *rc, const ZsdTiming *t, double late) {
  if (late <= TOLERANCE * t->interval) {
    rc->late_for = 0;
    return KEEP_QUALITY;
  }
  if (rc->late_for <= 0) {
    rc->longest = 0;
    rc->first_late = late;
  }
  rc->late_for += t->interval;
  rc->longest = fmax(rc->longest, needed_latency(rc, t));
  const double patience = rc->age < START_PERIOD ? 0 : LATE_PERIOD / 2;
  if (rc->late_for >= patience && rc->longest > 1.25 * rc->latency) {
    rc->latency = rc->longest;
    rc->late_for = rc->recent = rc->since_shrunk = 0;
  }
  if (rc->late_for < LATE_PERIOD)
    return KEEP_QUALITY;
  rc->late_for = 0;
  if (late < CATCH_UP * rc->first_late)
    return KEEP_QUALITY;
  return rc->quality == ZSD_QUALITY_ORIGINAL ? ACCEPT_LATENESS : REDUCE_QUALITY;
}

/* Time that upstream has made up for by dropping frames. A frame in time after them is not the
 * quality's merit; when none has been dropped for a while, it is. */
static void count_lost(ZsdRateControl *rc, const ZsdTiming *t) {
  rc->drops = rc->drops || t->lost > 0;
  if (t->lost > 0)
    rc->skipped = fmin(rc->skipped + t->lost, MAX_SKIPPED);
  else
    rc->skipped = fmax(rc->skipped - FORGIVEN * t->interval, 0);
}

void zsd_rate_control_update(ZsdRateControl *rc, const ZsdTiming *t) {
  count_lost(rc, t);
  const double late = t->late + rc->skipped - rc->accepted_late;
  const bool in_time = late <= TOLERANCE * t->interval;
  measure(rc, t);
  rc->age += t->interval;
  rc->held += t->interval;
  rc->filtered = rc->quality == ZSD_QUALITY_ORIGINAL ? 0 : rc->filtered + t->interval;
  if (late < 0 && rc->accepted_late > 0)
    rc->accepted_late = fmax(rc->accepted_late + t->interval / RETRY * late, 0);
  shrink_latency(rc, t);
  const Action action = handle_lateness(rc, t, late);
  if (action == ACCEPT_LATENESS)
    rc->accepted_late = 1.25 * (t->late + rc->skipped);
  if (action == REDUCE_QUALITY || rc->load > (in_time ? 1 : MAX_LOAD)) {
    if (rc->quality < ZSD_QUALITY_ORIGINAL)
      step_down(rc, t->interval);
  } else if (in_time && rc->quality > ZSD_QUALITY_FULL && rc->held >= hold_of(rc)) {
    step_up(rc, t);
  }
}

double zsd_rate_control_latency(const ZsdRateControl *rc) {
  return rc->latency;
}

void zsd_rate_control_start(ZsdRateControl *rc) {
  rc->start = seconds_of(CLOCK_MONOTONIC);
  rc->start_cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

/* The thread's processor time from the last frame to this one, for each frame meanwhile.
 * Another thread begins at 0. */
static double rest_of(const ZsdRateControl *rc, double interval, double lost) {
  const double since = rc->end_cpu > 0 ? fmax(rc->start_cpu - rc->end_cpu, 0) : 0;
  return fmin(since / (1 + lost / interval), MAX_FRAME_LOAD * interval);
}

void zsd_rate_control_end(ZsdRateControl *rc, double interval, double late, double lost,
                          bool trained) {
  if (interval <= 0)
    return;
  const double end_cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  const ZsdTiming timing = {.taken = seconds_of(CLOCK_MONOTONIC) - rc->start,
                            .busy = end_cpu - rc->start_cpu,
                            .rest = rest_of(rc, interval, lost),
                            .interval = interval,
                            .late = late,
                            .lost = lost,
                            .trained = trained};
  rc->end_cpu = end_cpu;
  zsd_rate_control_update(rc, &timing);
}
