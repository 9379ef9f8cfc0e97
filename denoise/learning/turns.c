/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/turns.h"

#include <pthread.h>

enum { MOST = 64 };

typedef struct {
  const void *learner; /* NULL: nobody's */
  double asked;        /* last time that the learner asked for it */
} Turn;

static Turn table[MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The turn of `learner`, or a free one; NULL: none is left. */
static Turn *find(const void *learner, int turns, double now) {
  Turn *available = NULL;
  for (int i = 0; i < turns && i < MOST; i++) {
    if (table[i].learner == learner)
      return &table[i];
    if (!table[i].learner || now - table[i].asked > ZSD_TURN_PATIENCE)
      available = &table[i];
  }
  return available;
}

bool zsd_turn_take(const void *learner, int turns, double now) {
  pthread_mutex_lock(&lock);
  Turn *turn = find(learner, turns, now);
  if (turn)
    *turn = (Turn){learner, now};
  pthread_mutex_unlock(&lock);
  return turn != NULL;
}

void zsd_turn_end(const void *learner) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < MOST; i++)
    if (table[i].learner == learner)
      table[i].learner = NULL;
  pthread_mutex_unlock(&lock);
}
