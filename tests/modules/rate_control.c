/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rate control with a simulated processor and a frame every 1/30 s. */
#include "rate_control.h"
#include "suite.h"

#include <math.h>
#include <time.h>

static const double INTERVAL = 1.0 / 30;

enum { SECOND = 30 };

/* Processor time of a frame at each quality, in frame intervals. */
typedef double Costs[ZSD_QUALITY_ORIGINAL + 1];

static const Costs light = {0.6, 0.57, 0.5, 0.42, 0};
static const Costs heavy = {5, 4.9, 4.5, 3.5, 0};
static const Costs network_is_dear = {1.6, 1.4, 0.6, 0.25, 0};

typedef struct {
  ZsdRateControl rate_control;
  const double *costs;
  double start, end; /* arrival of the last frame, and the end of its processing */
  double budget;     /* from arrival to presentation time */
  double late;       /* lateness of the last frame */
  unsigned changes, late_frames;
} Stream;

static Stream stream_of(const Costs costs) {
  return (Stream){.costs = costs, .budget = 1.5 * INTERVAL};
}

/* Processes a frame that takes `stretch` times its processor time, because of other load. */
static void frame(Stream *s, double stretch) {
  const ZsdQuality before = s->rate_control.quality;
  ZsdTiming t = {.busy = s->costs[before] * INTERVAL, .interval = INTERVAL};
  t.taken = t.busy * stretch;
  s->start += INTERVAL;
  s->end = fmax(s->end, s->start) + t.taken;
  s->late = t.late = s->end - s->start - s->budget;
  zsd_rate_control_update(&s->rate_control, &t);
  s->changes += s->rate_control.quality != before;
  s->late_frames += t.late > INTERVAL;
}

static void frames(Stream *s, int count, double stretch) {
  for (int i = 0; i < count; i++)
    frame(s, stretch);
}

/* Short stalls do not change the quality. */
START_TEST(test_moments) {
  Stream s = stream_of(light);
  for (int i = 0; i < 40; i++) {
    frames(&s, 2 * SECOND, 1);
    frame(&s, 6);
    frames(&s, 20, 1);
    frames(&s, 8, 1.6); /* training on the first frames */
  }
  ck_assert_uint_eq(s.changes, 0);
  ck_assert_double_eq(zsd_rate_control_latency(&s.rate_control), 0);
}
END_TEST

/* Under other load, of any length, the quality is reduced and frames are in time again; full
 * quality returns after it. */
START_TEST(test_relief) {
  const double stretch = 1.7 + 0.4 * _i;
  for (int duration = SECOND; duration < 20 * SECOND; duration += 11) {
    Stream s = stream_of(light);
    frames(&s, 3 * SECOND, 1);
    frames(&s, duration, stretch);
    ck_assert_uint_gt(s.changes, 0);
    ck_assert_double_lt(s.late, 3 * INTERVAL);
    /* what passed unfiltered is tried less often */
    frames(&s, s.rate_control.quality == ZSD_QUALITY_ORIGINAL ? 8 * SECOND : 3 * SECOND, 1);
    ck_assert_uint_eq(s.rate_control.quality, ZSD_QUALITY_FULL);
    s.changes = s.late_frames = 0;
    frames(&s, 10 * SECOND, 1);
    ck_assert_uint_eq(s.changes + s.late_frames, 0);
  }
}
END_TEST

/* Where there is no time for any filtering, because of other load, trials become rare: the
 * picture does not pulse. */
START_TEST(test_no_pulse) {
  Stream s = stream_of(light);
  frames(&s, 3 * SECOND, 1);
  frames(&s, 20 * SECOND, 4);
  s.changes = s.late_frames = 0;
  frames(&s, 60 * SECOND, 4);
  ck_assert_uint_le(s.changes, 20);
  ck_assert_uint_le(s.late_frames, 4 * SECOND);
}
END_TEST

/* Each of those trials takes one frame, which the fade-in makes invisible. */
START_TEST(test_short_trials) {
  Stream s = stream_of(light);
  frames(&s, 3 * SECOND, 1);
  frames(&s, 20 * SECOND, 4);
  s.late_frames = 0;
  unsigned filtered = 0, most = 0;
  for (int i = 0; i < 60 * SECOND; i++) {
    filtered = s.rate_control.quality == ZSD_QUALITY_ORIGINAL ? 0 : filtered + 1;
    most = filtered > most ? filtered : most;
    frame(&s, 4);
  }
  ck_assert_uint_eq(most, 1);
  ck_assert_uint_eq(s.late_frames, 0);
}
END_TEST

/* The first frames may be slow. If they take several intervals, nothing is waited for. */
START_TEST(test_start) {
  static const Costs starved = {5, 4.8, 4.5, 3, 0};
  Stream slow_start = stream_of(light), hopeless = stream_of(starved);
  frame(&slow_start, 4);
  ck_assert_uint_eq(slow_start.rate_control.quality, ZSD_QUALITY_FULL);
  frame(&hopeless, 1);
  ck_assert_uint_eq(hopeless.rate_control.quality, ZSD_QUALITY_ORIGINAL);
}
END_TEST

/* --- a file at a sink that drops late frames --- */

static const Costs slow = {3, 2.85, 2.55, 2.1, 0.02};
static const Costs halfway = {1.5, 1.4, 1.2, 1, 0.01};
static const Costs fused_only = {3, 2.4, 0.9, 0.4, 0.01};

/* Cost of frames, the factor of other load, and the frame interval. */
static const struct {
  const double *costs;
  double stretch, interval;
} films[] = {
    {slow, 1, 0.04},      {slow, 1, 0.01},       {light, 3, 0.04},      {light, 3, 0.01},
    {light, 2.2, 0.04},   {light, 2.2, 0.01},    {halfway, 1, 0.04},    {halfway, 1.3, 0.04},
    {halfway, 1.3, 0.01}, {fused_only, 1, 0.04}, {fused_only, 1, 0.01},
};

/* Frames of 250 that a sink renders. It drops those that are later than 20 ms, as video sinks
 * do, and tells the decoder, which drops what would be late, as GstVideoDecoder does. Decoding
 * takes 0.3 intervals of the same thread, half for a frame that is dropped. */
static int rendered(const double *costs, double stretch, double interval) {
  const double decoding = 0.3 * interval * stretch;
  ZsdRateControl rc = {0};
  double now = 0, base = 0, late = 0, earliest = 0;
  int count = 0, last = 0;
  for (int i = 0; i < 250; i++) {
    const double time = i * interval;
    now += time < earliest ? decoding / 2 : decoding;
    if (time < earliest)
      continue;
    const double busy = costs[rc.quality] * interval;
    now += busy * stretch;
    if (i == 0)
      base = now;
    else
      zsd_rate_control_update(&rc, &(ZsdTiming){.taken = busy * stretch,
                                                .busy = busy,
                                                .rest = decoding / stretch,
                                                .interval = interval,
                                                .late = late,
                                                .lost = (i - last - 1) * interval});
    last = i;
    late = now - base - time;
    count += late <= 0.02;
    earliest = time + (late > 0 ? 2 * late + interval : late);
    now = fmax(now, base + time);
  }
  return count;
}

/* Nearly all frames are rendered, as without filtering. */
START_TEST(test_dropping_sink) {
  const Costs nothing = {0};
  const double stretch = films[_i].stretch;
  const int without = rendered(nothing, stretch, films[_i].interval);
  ck_assert_int_eq(without, 250);
  ck_assert_int_ge(rendered(films[_i].costs, stretch, films[_i].interval), 0.95 * without);
}
END_TEST

/* The latency that other load made necessary is reduced after it. */
START_TEST(test_latency_shrinks) {
  Stream s = stream_of(light);
  s.budget = 0.4 * INTERVAL;
  frames(&s, 3 * SECOND, 1.5);
  const double most = zsd_rate_control_latency(&s.rate_control);
  ck_assert_double_gt(most, 0.85 * INTERVAL);
  s.budget += most;
  frames(&s, 30 * SECOND, 1);
  ck_assert_double_eq_tol(zsd_rate_control_latency(&s.rate_control), 0.6 * INTERVAL,
                          0.01 * INTERVAL);
  s.budget = 0.4 * INTERVAL + zsd_rate_control_latency(&s.rate_control);
  s.changes = s.late_frames = 0;
  frames(&s, 60 * SECOND, 1);
  ck_assert_uint_eq(s.changes + s.late_frames, 0);
  ck_assert_double_eq_tol(zsd_rate_control_latency(&s.rate_control), 0.6 * INTERVAL,
                          0.01 * INTERVAL);
}
END_TEST

/* The best quality that is cheap enough is found and kept. */
START_TEST(test_share) {
  Stream s = stream_of(light);
  frames(&s, 10 * SECOND, 1.8);
  ck_assert_uint_gt(s.rate_control.quality, ZSD_QUALITY_FULL);
  ck_assert_uint_lt(s.rate_control.quality, ZSD_QUALITY_ORIGINAL);
  s.changes = 0;
  frames(&s, 60 * SECOND, 1.8);
  ck_assert_uint_eq(s.changes, 0);
}
END_TEST

/* A quality too expensive for the processor is retried rarely. */
START_TEST(test_too_large) {
  Stream s = stream_of(heavy);
  frames(&s, 5 * SECOND, 1);
  ck_assert_uint_eq(s.rate_control.quality, ZSD_QUALITY_ORIGINAL);
  s.late_frames = s.changes = 0;
  frames(&s, 100 * SECOND, 1);
  ck_assert_uint_le(s.late_frames, 12);
  ck_assert_uint_le(s.changes, 8);
}
END_TEST

/* Costs other than the default ones are measured. */
START_TEST(test_learns_costs) {
  Stream s = stream_of(network_is_dear);
  int best = 0;
  frames(&s, 10 * SECOND, 1);
  s.changes = s.late_frames = 0;
  for (int i = 0; i < 120 * SECOND; i++) {
    frame(&s, 1);
    best += s.rate_control.quality == ZSD_QUALITY_NARROW;
  }
  ck_assert_int_gt(best, 110 * SECOND);
  ck_assert_uint_le(s.changes, 16);
  ck_assert_uint_le(s.late_frames, 4 * SECOND);
}
END_TEST

/* Frames that are late although each takes less than the interval ask for a longer latency,
 * once. If that is not granted, the quality is reduced. */
START_TEST(test_latency) {
  Stream s = stream_of(light);
  s.budget = 0.4 * INTERVAL;
  frames(&s, SECOND / 3, 1);
  ck_assert_double_eq_tol(zsd_rate_control_latency(&s.rate_control), 0.6 * INTERVAL, 1e-9);
  Stream ignored = s;
  s.budget += zsd_rate_control_latency(&s.rate_control);
  ck_assert_uint_eq(s.changes, 0);
  frames(&s, 60 * SECOND, 1);
  ck_assert_double_eq_tol(zsd_rate_control_latency(&s.rate_control), 0.6 * INTERVAL, 1e-9);
  ck_assert_uint_eq(s.changes, 0);
  frames(&ignored, SECOND, 1);
  ck_assert_uint_gt(ignored.changes, 0);
}
END_TEST

/* Lateness that decreases does not change the quality. */
START_TEST(test_catches_up) {
  Stream s = stream_of(light);
  s.end = 20 * INTERVAL;
  frames(&s, 3 * SECOND, 1);
  ck_assert_double_lt(s.late, 0);
  ck_assert_uint_eq(s.changes, 0);
}
END_TEST

/* Frames that arrive late keep full quality, as less processing does not help. */
START_TEST(test_not_its_fault) {
  Stream s = stream_of(light);
  s.budget = -20 * INTERVAL;
  frames(&s, 10 * SECOND, 1);
  ck_assert_uint_eq(s.rate_control.quality, ZSD_QUALITY_FULL);
  s.changes = 0;
  frames(&s, 60 * SECOND, 1);
  ck_assert_uint_eq(s.changes, 0);
  s.budget = 1.5 * INTERVAL;
  frames(&s, 120 * SECOND, 1);
  ck_assert_uint_eq(s.changes, 0);
  s.budget = 0; /* within the latency that was asked for */
  frames(&s, 2 * SECOND, 1);
  ck_assert_uint_gt(s.changes, 0);
}
END_TEST

/* Nothing changes without a known interval. */
START_TEST(test_no_interval) {
  ZsdRateControl rate_control = {0}, before;
  for (int i = 0; i < 100; i++) {
    zsd_rate_control_start(&rate_control);
    before = rate_control;
    zsd_rate_control_end(&rate_control, 0, 1e9, 0, false);
    ck_assert_mem_eq(&rate_control, &before, sizeof rate_control);
  }
}
END_TEST

/* Frames that wait for training are part of the load, which falls on the quality, but not of a
 * quality's cost: it is full again as soon as there is time. */
START_TEST(test_training) {
  ZsdRateControl rc = {0};
  ZsdTiming t = {.taken = 0.3 * INTERVAL, .busy = 0.3 * INTERVAL, .interval = INTERVAL};
  for (int i = 0; i < SECOND; i++)
    zsd_rate_control_update(&rc, &t);
  ZsdTiming training = {
      .taken = 3 * INTERVAL, .busy = 3 * INTERVAL, .interval = INTERVAL, .trained = true};
  for (int i = 0; i < 8; i++)
    zsd_rate_control_update(&rc, &training);
  ck_assert_uint_gt(rc.quality, ZSD_QUALITY_FULL);
  ck_assert_double_eq_tol(rc.cost[ZSD_QUALITY_FULL], 0.3 * INTERVAL, 0.05 * INTERVAL);
  for (int i = 0; i < 2 * SECOND; i++)
    zsd_rate_control_update(&rc, &t);
  ck_assert_uint_eq(rc.quality, ZSD_QUALITY_FULL);
}
END_TEST

/* The thread's processor time is measured. */
START_TEST(test_measures) {
  ZsdRateControl rate_control = {0};
  for (int i = 0; i < 20; i++) {
    zsd_rate_control_start(&rate_control);
    for (const clock_t start = clock(); clock() < start + CLOCKS_PER_SEC / 500;)
      ;
    zsd_rate_control_end(&rate_control, 1e-3, 1, 0, false);
  }
  ck_assert_uint_eq(rate_control.quality, ZSD_QUALITY_ORIGINAL);
  ck_assert_double_gt(rate_control.cost[ZSD_QUALITY_FULL], 0.9e-3);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("rate_control");
  TCase *tc = tcase_create("rate_control");
  tcase_add_test(tc, test_moments);
  tcase_add_loop_test(tc, test_relief, 0, 10);
  tcase_add_test(tc, test_no_pulse);
  tcase_add_test(tc, test_short_trials);
  tcase_add_test(tc, test_start);
  tcase_add_loop_test(tc, test_dropping_sink, 0, sizeof films / sizeof *films);
  tcase_add_test(tc, test_latency_shrinks);
  tcase_add_test(tc, test_share);
  tcase_add_test(tc, test_too_large);
  tcase_add_test(tc, test_learns_costs);
  tcase_add_test(tc, test_latency);
  tcase_add_test(tc, test_catches_up);
  tcase_add_test(tc, test_not_its_fault);
  tcase_add_test(tc, test_no_interval);
  tcase_add_test(tc, test_training);
  tcase_add_test(tc, test_measures);
  suite_add_tcase(suite, tc);
  return suite;
}
