/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the latest of something from one thread to another, and neither of them ever waits: of
 * three places one is written, one is read, and one lies in between. */
#ifndef ZSD_MAILBOX_H
#define ZSD_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

enum { ZSD_MAILBOX_PLACES = 3, ZSD_MAILBOX_NEW = 4 };

typedef struct {
  unsigned written;   /* the place that is the writer's */
  unsigned read;      /* the place that is the reader's */
  atomic_uint middle; /* the third one, and whether it is new */
} ZsdMailbox;

static inline void zsd_mailbox_init(ZsdMailbox *box) {
  box->written = 0;
  box->read = 1;
  atomic_init(&box->middle, 2);
}

/* Whether something new waits for the reader. */
static inline bool zsd_mailbox_waits(ZsdMailbox *box) {
  return atomic_load(&box->middle) & ZSD_MAILBOX_NEW;
}

/* The writer's place is ready: it waits, in place of what waited before. */
static inline void zsd_mailbox_post(ZsdMailbox *box) {
  box->written =
      atomic_exchange(&box->middle, box->written | ZSD_MAILBOX_NEW) & ~ZSD_MAILBOX_NEW;
}

/* If something new waits, makes its place the reader's. Returns whether it did. */
static inline bool zsd_mailbox_take(ZsdMailbox *box) {
  if (!zsd_mailbox_waits(box))
    return false;
  box->read = atomic_exchange(&box->middle, box->read) & ~ZSD_MAILBOX_NEW;
  return true;
}

#endif
