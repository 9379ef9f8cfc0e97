/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "failing.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <threads.h>

static atomic_bool armed, lasting, no_threads;
static atomic_uint asked, wanted, allocations, threads;

void failing_begin(unsigned n, bool last) {
  asked = allocations = threads = 0;
  wanted = n;
  lasting = last;
  armed = true;
}

void failing_begin_threads(void) {
  failing_begin(0, false);
  no_threads = true;
}

unsigned failing_end(void) {
  armed = no_threads = false;
  return asked;
}

unsigned failing_allocations(void) {
  return allocations;
}

unsigned failing_threads(void) {
  return threads;
}

static bool refused(void) {
  if (!armed)
    return false;
  const unsigned n = atomic_fetch_add(&asked, 1) + 1;
  return wanted && (lasting ? n >= wanted : n == wanted);
}

static bool no_memory(void) {
  if (!refused())
    return false;
  allocations++;
  errno = ENOMEM;
  return true;
}

/* --- what the linker puts in the place of the functions --- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
int __real_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data);

int __real_thrd_create(thrd_t *id, thrd_start_t run, void *data);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);
int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data);

int __wrap_thrd_create(thrd_t *id, thrd_start_t run, void *data);

void *__wrap_malloc(size_t size) {
  return no_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
  return no_memory() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size) {
  return no_memory() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return no_memory() ? NULL : __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  return no_memory() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}

int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *data) {
  if (!refused() && !no_threads)
    return __real_pthread_create(id, attributes, run, data);
  threads++;
  return EAGAIN;
}

int __wrap_thrd_create(thrd_t *id, thrd_start_t run, void *data) {
  if (!refused() && !no_threads)
    return __real_thrd_create(id, run, data);
  threads++;
  return thrd_error;
}
