/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fuzzer's bytes, taken one by one. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *next, *end;
} Bytes;

/* The next byte; 0 after the last one. */
static inline unsigned take(Bytes *bytes) {
  return bytes->next < bytes->end ? *bytes->next++ : 0;
}

/* A number from `least` to `most`, which are less than 65536 apart. */
static inline int take_from(Bytes *bytes, int least, int most) {
  const unsigned span = (unsigned)(most - least) + 1;
  unsigned value = take(bytes);
  if (span > 256)
    value = value << 8 | take(bytes);
  return least + (int)(value % span);
}

#endif
