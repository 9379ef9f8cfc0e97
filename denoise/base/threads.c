/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* sched_getaffinity, pthread_setname_np */
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
  MAX_THREADS = 256,
  LOOKS = 1000, /* for something to do, or for the others' end, before a thread goes to sleep:
                   some 50 us, for waking takes as long, and a frame has many rounds */
};

typedef struct {
  ZsdThreads *threads;
  int index;
  pthread_t id;
} Worker;

struct ZsdThreads {
  pthread_mutex_t lock;
  pthread_cond_t start, done;
  atomic_uint round; /* counts the calls of run(): a new value wakes the workers */
  atomic_int busy;   /* workers that have not ended this round */
  bool quit;
  ZsdWork work;
  void *context;
  int items;
  atomic_int next;  /* the item to take next */
  int count;        /* workers, the caller included */
  Worker workers[]; /* the first is the caller and has no thread */
};

static void take_items(ZsdThreads *t, int worker) {
  for (int item; (item = atomic_fetch_add(&t->next, 1)) < t->items;)
    t->work(t->context, worker, item);
}

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Waits for the round after `seen`, in which there is work; false: there will be none. */
static bool wait_for_round(ZsdThreads *t, unsigned seen) {
  for (int i = 0; i < LOOKS && atomic_load(&t->round) == seen; i++)
    pause_briefly();
  pthread_mutex_lock(&t->lock);
  while (t->round == seen && !t->quit)
    pthread_cond_wait(&t->start, &t->lock);
  const bool quit = t->quit;
  pthread_mutex_unlock(&t->lock);
  return !quit;
}

static void *worker_main(void *data) {
  Worker *worker = data;
  ZsdThreads *t = worker->threads;

  for (unsigned round = 0; wait_for_round(t, round); round++) {
    take_items(t, worker->index);
    pthread_mutex_lock(&t->lock);
    if (--t->busy == 0)
      pthread_cond_signal(&t->done);
    pthread_mutex_unlock(&t->lock);
  }
  return NULL;
}

static unsigned usable_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

ZsdThreads *zsd_threads_new(unsigned count) {
  if (count == 0)
    count = usable_processors();
  if (count > MAX_THREADS)
    count = MAX_THREADS;
  ZsdThreads *t = calloc(1, sizeof *t + count * sizeof *t->workers);
  if (!t)
    return NULL;
  pthread_mutex_init(&t->lock, NULL);
  pthread_cond_init(&t->start, NULL);
  pthread_cond_init(&t->done, NULL);

  /* Signals are the application's business, not these threads'. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  t->count = 1;
  for (unsigned i = 1; i < count; i++) {
    Worker *worker = &t->workers[i];
    *worker = (Worker){.threads = t, .index = t->count};
    if (pthread_create(&worker->id, NULL, worker_main, worker) != 0)
      break;
    pthread_setname_np(worker->id, "zsdenoise");
    t->count++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return t;
}

void zsd_threads_free(ZsdThreads *t) {
  if (!t)
    return;
  pthread_mutex_lock(&t->lock);
  t->quit = true;
  pthread_cond_broadcast(&t->start);
  pthread_mutex_unlock(&t->lock);
  for (int i = 1; i < t->count; i++)
    pthread_join(t->workers[i].id, NULL);
  pthread_cond_destroy(&t->done);
  pthread_cond_destroy(&t->start);
  pthread_mutex_destroy(&t->lock);
  free(t);
}

int zsd_threads_count(const ZsdThreads *t) {
  return t->count;
}

void zsd_threads_run(ZsdThreads *t, ZsdWork work, void *context, int items) {
  const bool share = t->count > 1 && items > 1;

  pthread_mutex_lock(&t->lock);
  t->work = work;
  t->context = context;
  t->items = items;
  atomic_store(&t->next, 0);
  if (share) {
    t->busy = t->count - 1;
    t->round++;
    pthread_cond_broadcast(&t->start);
  }
  pthread_mutex_unlock(&t->lock);

  take_items(t, 0);

  if (share) {
    for (int i = 0; i < LOOKS && atomic_load(&t->busy) > 0; i++)
      pause_briefly();
    pthread_mutex_lock(&t->lock);
    while (t->busy > 0)
      pthread_cond_wait(&t->done, &t->lock);
    pthread_mutex_unlock(&t->lock);
  }
}
