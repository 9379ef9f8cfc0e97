/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turns of the learners in a process: with many streams, as many learn in the background at a
 * time as there are processors, and those that wait need no memory for it. */
#ifndef ZSD_TURNS_H
#define ZSD_TURNS_H

#include <stdbool.h>

/* Seconds after which the turn of a learner that did not ask again is another's: its stream has
 * been paused. */
#define ZSD_TURN_PATIENCE 3.0

/* Whether `learner` has a turn, or gets one: at most `turns` learners do at a time. Called for
 * each frame. `now`: seconds of any clock that all callers share. */
bool zsd_turn_take(const void *learner, int turns, double now);

/* Ends the turn of `learner`, if it has one. */
void zsd_turn_end(const void *learner);

#endif
