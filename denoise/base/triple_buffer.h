/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the latest of something from one thread to another, and neither of them ever waits: of
 * three places one is written, one is read, and one lies in between. */
#ifndef ZSD_TRIPLE_BUFFER_H
#define ZSD_TRIPLE_BUFFER_H

#include <stdatomic.h>
#include <stdbool.h>

enum { ZSD_TRIPLE_BUFFER_SLOTS = 3, ZSD_TRIPLE_BUFFER_NEW = 4 };

typedef struct {
  unsigned written;   /* the place that is the writer's */
  unsigned read;      /* the place that is the reader's */
  atomic_uint middle; /* the third one, and whether it is new */
} ZsdTripleBuffer;

static inline void zsd_triple_buffer_init(ZsdTripleBuffer *box) {
  box->written = 0;
  box->read = 1;
  atomic_init(&box->middle, 2);
}

/* Whether something new waits for the reader. */
static inline bool zsd_triple_buffer_has_new(ZsdTripleBuffer *box) {
  return atomic_load(&box->middle) & ZSD_TRIPLE_BUFFER_NEW;
}

/* The writer's place is ready: it waits, in place of what waited before. */
static inline void zsd_triple_buffer_publish(ZsdTripleBuffer *box) {
  box->written = atomic_exchange(&box->middle, box->written | ZSD_TRIPLE_BUFFER_NEW) &
                 ~ZSD_TRIPLE_BUFFER_NEW;
}

/* If something new waits, makes its place the reader's. Returns whether it did. */
static inline bool zsd_triple_buffer_take(ZsdTripleBuffer *box) {
  if (!zsd_triple_buffer_has_new(box))
    return false;
  box->read = atomic_exchange(&box->middle, box->read) & ~ZSD_TRIPLE_BUFFER_NEW;
  return true;
}

#endif
