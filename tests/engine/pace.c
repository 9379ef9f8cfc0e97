/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quality by the time there is: a made processor, and frames that come every 1/30 s. */
#include "rate_control.h"
#include "suite.h"

#include <math.h>
#include <time.h>

static const double INTERVAL = 1.0 / 30;

enum { SECOND = 30 };

/* What each quality costs, as parts of an interval, when nobody else is at work. */
typedef double Costs[ZSD_QUALITY_ORIGINAL + 1];

static const Costs light = {0.6, 0.57, 0.5, 0.42, 0};
static const Costs heavy = {5, 4.9, 4.5, 3.5, 0};
static const Costs network_is_dear = {1.6, 1.4, 0.6, 0.25, 0};

typedef struct {
  ZsdPace pace;
  const double *costs;
  double end; /* of the last frame, and the time at which the last one came */
  double start;
  double budget; /* after a frame's coming until it is late */
  double late;   /* the last frame */
  unsigned changes, late_frames;
} Stream;

static Stream stream_of(const Costs costs) {
  return (Stream){.costs = costs, .budget = 1.5 * INTERVAL};
}

/* A frame comes, as many times slower as there are others at work. */
static void frame(Stream *s, double stretch) {
  const ZsdQuality before = s->pace.quality;
  ZsdTiming t = {.busy = s->costs[before] * INTERVAL, .interval = INTERVAL};
  t.taken = t.busy * stretch;
  s->start += INTERVAL;
  s->end = fmax(s->end, s->start) + t.taken;
  s->late = t.late = s->end - s->start - s->budget;
  zsd_pace_judge(&s->pace, &t);
  s->changes += s->pace.quality != before;
  s->late_frames += t.late > INTERVAL;
}

static void frames(Stream *s, int count, double stretch) {
  for (int i = 0; i < count; i++)
    frame(s, stretch);
}

/* Nothing is given up for what lasts a moment. */
START_TEST(test_moments) {
  Stream s = stream_of(light);
  for (int i = 0; i < 40; i++) {
    frames(&s, 2 * SECOND, 1);
    frame(&s, 6);
    frames(&s, 20, 1);
    frames(&s, 8, 1.6); /* as learning does */
  }
  ck_assert_uint_eq(s.changes, 0);
  ck_assert_double_eq(zsd_pace_latency(&s.pace), 0);
}
END_TEST

/* While others are at work, less is done and frames are in time again; after that, all of it,
 * whenever that may be. */
START_TEST(test_relief) {
  const double stretch = 1.7 + 0.4 * _i;
  for (int duration = SECOND; duration < 20 * SECOND; duration += 11) {
    Stream s = stream_of(light);
    frames(&s, 3 * SECOND, 1);
    frames(&s, duration, stretch);
    ck_assert_uint_gt(s.changes, 0);
    ck_assert_double_lt(s.late, 3 * INTERVAL);
    frames(&s, 3 * SECOND, 1);
    ck_assert_uint_eq(s.pace.quality, ZSD_QUALITY_FULL);
    s.changes = s.late_frames = 0;
    frames(&s, 10 * SECOND, 1);
    ck_assert_uint_eq(s.changes + s.late_frames, 0);
  }
}
END_TEST

/* Of what there is to choose from, the best that is cheap enough. */
START_TEST(test_share) {
  Stream s = stream_of(light);
  frames(&s, 10 * SECOND, 1.8);
  ck_assert_uint_gt(s.pace.quality, ZSD_QUALITY_FULL);
  ck_assert_uint_lt(s.pace.quality, ZSD_QUALITY_ORIGINAL);
  s.changes = 0;
  frames(&s, 60 * SECOND, 1.8);
  ck_assert_uint_eq(s.changes, 0);
}
END_TEST

/* What is too much by itself is tried again, but seldom. */
START_TEST(test_too_large) {
  Stream s = stream_of(heavy);
  frames(&s, 5 * SECOND, 1);
  ck_assert_uint_eq(s.pace.quality, ZSD_QUALITY_ORIGINAL);
  s.late_frames = s.changes = 0;
  frames(&s, 100 * SECOND, 1);
  ck_assert_uint_le(s.late_frames, 12);
  ck_assert_uint_le(s.changes, 8);
}
END_TEST

/* Costs that are other than expected are learned. */
START_TEST(test_learns_costs) {
  Stream s = stream_of(network_is_dear);
  int best = 0;
  frames(&s, 10 * SECOND, 1);
  s.changes = s.late_frames = 0;
  for (int i = 0; i < 120 * SECOND; i++) {
    frame(&s, 1);
    best += s.pace.quality == ZSD_QUALITY_NARROW;
  }
  ck_assert_int_gt(best, 110 * SECOND);
  ck_assert_uint_le(s.changes, 16);
  ck_assert_uint_le(s.late_frames, 4 * SECOND);
}
END_TEST

/* Frames that are late though there is time for them want a longer latency, once. Where they
 * get none, less is done. */
START_TEST(test_latency) {
  Stream s = stream_of(light);
  s.budget = 0.4 * INTERVAL;
  frames(&s, SECOND / 3, 1);
  ck_assert_double_eq_tol(zsd_pace_latency(&s.pace), 0.6 * INTERVAL, 1e-9);
  Stream ignored = s;
  s.budget += zsd_pace_latency(&s.pace);
  ck_assert_uint_eq(s.changes, 0);
  frames(&s, 60 * SECOND, 1);
  ck_assert_double_eq_tol(zsd_pace_latency(&s.pace), 0.6 * INTERVAL, 1e-9);
  ck_assert_uint_eq(s.changes, 0);
  frames(&ignored, SECOND, 1);
  ck_assert_uint_gt(ignored.pace.quality, ZSD_QUALITY_FULL);
}
END_TEST

/* What was late at first and catches up is let be. */
START_TEST(test_catches_up) {
  Stream s = stream_of(light);
  s.end = 20 * INTERVAL;
  frames(&s, 3 * SECOND, 1);
  ck_assert_double_lt(s.late, 0);
  ck_assert_uint_eq(s.changes, 0);
}
END_TEST

/* Frames that come late are not helped by doing less, and get all of it. */
START_TEST(test_not_its_fault) {
  Stream s = stream_of(light);
  s.budget = -20 * INTERVAL;
  frames(&s, 10 * SECOND, 1);
  ck_assert_uint_eq(s.pace.quality, ZSD_QUALITY_FULL);
  s.changes = 0;
  frames(&s, 60 * SECOND, 1);
  ck_assert_uint_eq(s.changes, 0);
  s.budget = 1.5 * INTERVAL;
  frames(&s, 120 * SECOND, 1);
  ck_assert_uint_eq(s.changes, 0);
  s.budget = 0; /* they take as much of the latency as they have asked for */
  frames(&s, 2 * SECOND, 1);
  ck_assert_uint_gt(s.changes, 0);
}
END_TEST

/* Without a time to be there nothing is judged. */
START_TEST(test_no_interval) {
  ZsdPace pace = {0}, before;
  for (int i = 0; i < 100; i++) {
    zsd_pace_start(&pace);
    before = pace;
    zsd_pace_end(&pace, 0, 1e9);
    ck_assert_mem_eq(&pace, &before, sizeof pace);
  }
}
END_TEST

/* What a frame takes of its thread's time is measured. */
START_TEST(test_measures) {
  ZsdPace pace = {0};
  for (int i = 0; i < 20; i++) {
    zsd_pace_start(&pace);
    for (const clock_t start = clock(); clock() < start + CLOCKS_PER_SEC / 500;)
      ;
    zsd_pace_end(&pace, 1e-3, 1);
  }
  ck_assert_uint_eq(pace.quality, ZSD_QUALITY_ORIGINAL);
  ck_assert_double_gt(pace.cost[ZSD_QUALITY_FULL], 0.9e-3);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("pace");
  TCase *tc = tcase_create("pace");
  tcase_add_test(tc, test_moments);
  tcase_add_loop_test(tc, test_relief, 0, 10);
  tcase_add_test(tc, test_share);
  tcase_add_test(tc, test_too_large);
  tcase_add_test(tc, test_learns_costs);
  tcase_add_test(tc, test_latency);
  tcase_add_test(tc, test_catches_up);
  tcase_add_test(tc, test_not_its_fault);
  tcase_add_test(tc, test_no_interval);
  tcase_add_test(tc, test_measures);
  suite_add_tcase(suite, tc);
  return suite;
}
