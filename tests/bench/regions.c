/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded library: writes a line to the file REGIONS at the begin (R) and end (E) of each
 * parallel region of OpenMP, for each loop in it (L), and for each chunk of the loop that the
 * thread has done (C), with the thread's processor time, ns. For one thread, and programs built
 * by gcc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static __thread int depth;
static __thread bool in_loop;

static void note(char kind) {
  static FILE *file;
  struct timespec now;
  if (!file && !(file = fopen(getenv("REGIONS"), "w")))
    abort();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  fprintf(file, "%c %lld\n", kind, now.tv_sec * 1000000000LL + now.tv_nsec);
}

/* libgomp's own function of this name. */
#define NEXT(name)                                                                             \
  static __typeof__(&name) next;                                                               \
  if (!next)                                                                                   \
  next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
bool GOMP_loop_nonmonotonic_dynamic_start(long from, long to, long step, long chunk,
                                          long *start, long *end);
bool GOMP_loop_nonmonotonic_dynamic_next(long *start, long *end);

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags) {
  NEXT(GOMP_parallel);
  if (depth++ == 0)
    note('R');
  next(body, data, threads, flags);
  if (--depth == 0)
    note('E');
}

bool GOMP_loop_nonmonotonic_dynamic_start(long from, long to, long step, long chunk,
                                          long *start, long *end) {
  NEXT(GOMP_loop_nonmonotonic_dynamic_start);
  in_loop = depth == 1;
  if (in_loop)
    note('L');
  return next(from, to, step, chunk, start, end);
}

bool GOMP_loop_nonmonotonic_dynamic_next(long *start, long *end) {
  NEXT(GOMP_loop_nonmonotonic_dynamic_next);
  if (in_loop)
    note('C');
  return next(start, end);
}
