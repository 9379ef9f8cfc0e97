/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns of learners, on a simulated clock. */
#include "learning/turns.h"
#include "suite.h"

static const char learner[4];

/* No more learn at a time than there are turns; one that ends makes room for another. */
START_TEST(test_share) {
  for (double now = 0; now < 10; now += 0.5) {
    ck_assert(zsd_turn_take(&learner[0], 2, now));
    ck_assert(zsd_turn_take(&learner[1], 2, now));
    ck_assert(!zsd_turn_take(&learner[2], 2, now));
    ck_assert(!zsd_turn_take(&learner[3], 2, now));
  }
  zsd_turn_end(&learner[2]); /* it has none */
  ck_assert(!zsd_turn_take(&learner[3], 2, 10));
  zsd_turn_end(&learner[0]);
  ck_assert(zsd_turn_take(&learner[3], 2, 10));
  ck_assert(!zsd_turn_take(&learner[0], 2, 10));
  ck_assert(zsd_turn_take(&learner[1], 2, 10));
}
END_TEST

/* The turn of a learner whose stream is paused is another's, and it waits when it comes back.
 */
START_TEST(test_paused) {
  ck_assert(zsd_turn_take(&learner[0], 1, 100));
  ck_assert(!zsd_turn_take(&learner[1], 1, 100 + 0.9 * ZSD_TURN_PATIENCE));
  ck_assert(zsd_turn_take(&learner[1], 1, 100 + 1.1 * ZSD_TURN_PATIENCE));
  ck_assert(!zsd_turn_take(&learner[0], 1, 100 + 1.1 * ZSD_TURN_PATIENCE));
  zsd_turn_end(&learner[0]); /* leaves the other's alone */
  ck_assert(!zsd_turn_take(&learner[0], 1, 100 + 1.2 * ZSD_TURN_PATIENCE));
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("turns");
  TCase *tc = tcase_create("turns");
  tcase_add_test(tc, test_share);
  tcase_add_test(tc, test_paused);
  suite_add_tcase(suite, tc);
  return suite;
}
