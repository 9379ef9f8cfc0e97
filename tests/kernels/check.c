/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { UNTOUCHED = 0xa5 };

bool check_fail(Check *check, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!*check->failure)
    vsnprintf(check->failure, sizeof check->failure, format, args);
  va_end(args);
  return false;
}

int check_random(Check *check, int low, int high) {
  return low + (int)zsd_random_below(&check->random, (uint32_t)(high - low + 1));
}

bool check_wanted(Check *check) {
  return !check->brief || check_random(check, 0, 3) == 0;
}

/* --- memory --- */

Buffer buffer_new(Check *check, size_t size, size_t unit) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t offset = unit * check_random(check, 0, 15);
  const size_t inside = (size + offset + page - 1) / page * page;
  Buffer b = {.size = size, .pages_size = inside + 2 * page};
  b.pages =
      mmap(NULL, b.pages_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (b.pages == MAP_FAILED || mprotect(b.pages, page, PROT_NONE) != 0 ||
      mprotect(b.pages + page + inside, page, PROT_NONE) != 0) {
    perror("mmap");
    exit(EXIT_FAILURE);
  }
  memset(b.pages + page, UNTOUCHED, inside);
  b.data = b.pages + page + (check_random(check, 0, 1) ? offset : inside - size);
  return b;
}

void buffer_remember(Buffer *b) {
  free(b->copy);
  if (!(b->copy = malloc(b->size + 1)))
    exit(EXIT_FAILURE);
  memcpy(b->copy, b->data, b->size);
}

uint8_t buffer_was(const Buffer *b, size_t i) {
  return b->copy[i];
}

bool buffer_free(Check *check, Buffer *b, const char *name) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const uint8_t *begin = b->data, *end = begin + b->size;
  bool intact = true;
  for (const uint8_t *p = b->pages + page; p < begin && intact; p++)
    if (*p != UNTOUCHED)
      intact = check_fail(check, "%s: byte %td written", name, p - begin);
  for (const uint8_t *p = end; p < b->pages + b->pages_size - page && intact; p++)
    if (*p != UNTOUCHED)
      intact = check_fail(check, "%s: byte %td written of %zu", name, p - begin, b->size);
  munmap(b->pages, b->pages_size);
  free(b->copy);
  *b = (Buffer){0};
  return intact;
}

/* --- values --- */

float check_value(Check *check, Values values) {
  const float normal = (float)zsd_random_normal(&check->random);
  switch (values) {
  case NORMAL:
  case N_VALUES:
    break;
  case ZEROS:
    return check_random(check, 0, 2) ? normal : check_random(check, 0, 1) ? 0.0f : -0.0f;
  case DENORMAL:
    return normal * 1e-40f;
  case EXTREME:
    return normal < 0 ? -1e30f : 1e30f;
  case SATURATED:
    return 1;
  }
  return normal;
}

float check_junk(Check *check) {
  return check_random(check, 0, 1) ? 1e30f : -1e30f;
}
