/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Index management of a triple buffer: one thread publishes values, another one takes the
 * latest, and neither waits. Of three slots the writer owns one, the reader owns one, and the
 * third holds the value published last. A value that was not taken is lost when the next one is
 * published. */
#ifndef ZSD_TRIPLE_BUFFER_H
#define ZSD_TRIPLE_BUFFER_H

#include <stdatomic.h>
#include <stdbool.h>

enum { ZSD_TRIPLE_BUFFER_SLOTS = 3, ZSD_TRIPLE_BUFFER_NEW = 4 };

typedef struct {
  unsigned write;     /* slot that the writer owns, 0..2 */
  unsigned read;      /* slot that the reader owns, 0..2 */
  atomic_uint shared; /* the third slot, with ZSD_TRIPLE_BUFFER_NEW if it was not taken yet */
} ZsdTripleBuffer;

static inline void zsd_triple_buffer_init(ZsdTripleBuffer *buffer) {
  buffer->write = 0;
  buffer->read = 1;
  atomic_init(&buffer->shared, 2);
}

/* Whether a published value has not been taken. Callable from both threads. */
static inline bool zsd_triple_buffer_has_new(ZsdTripleBuffer *buffer) {
  return atomic_load(&buffer->shared) & ZSD_TRIPLE_BUFFER_NEW;
}

/* Writer: publishes the contents of slot `write`, and makes another slot `write`. */
static inline void zsd_triple_buffer_publish(ZsdTripleBuffer *buffer) {
  buffer->write = atomic_exchange(&buffer->shared, buffer->write | ZSD_TRIPLE_BUFFER_NEW) &
                  ~ZSD_TRIPLE_BUFFER_NEW;
}

/* Reader: makes the slot published last `read`. Returns false, with `read` unchanged, if
 * nothing new was published. */
static inline bool zsd_triple_buffer_take(ZsdTripleBuffer *buffer) {
  if (!zsd_triple_buffer_has_new(buffer))
    return false;
  buffer->read = atomic_exchange(&buffer->shared, buffer->read) & ~ZSD_TRIPLE_BUFFER_NEW;
  return true;
}

#endif
