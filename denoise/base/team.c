/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* pthread_setname_np */
#include "base/team.h"

#include "base/clock.h"
#include "base/processors.h"

#include <omp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>

/* Seconds after a frame for which a team counts as at work. */
static const double AT_WORK = 1;

/* Threads for each processor that all teams of an unset size have together. More than one,
 * since their frames seldom coincide. */
enum { THREADS_PER_PROCESSOR = 2 };

struct ZsdTeam {
  int most;
  bool shares;      /* the number of threads was not set */
  double last_used; /* seconds, monotonic clock */
  ZsdTeam *next;
};

/* All teams of the process, and what makes their threads wait quietly. */
static struct {
  pthread_mutex_t lock;
  ZsdTeam *first;
  thrd_t keeper;
  int idle;         /* threads of the keeper's team, itself included; 0: there is no keeper */
  unsigned keepers; /* that have ended */
  sem_t end;
} process = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- quiet waiting ---
 *
 * After each parallel region OpenMP's threads spin for milliseconds before they block, which
 * takes processor time from the rest of a pipeline. LLVM's runtime has a call for that. GNU's
 * libgomp blocks after 100 rounds as soon as it manages more threads than there are processors
 * (do_spin() of its wait.h): a team that does nothing, and is kept by a thread that sleeps,
 * brings their number up to that. */

#pragma weak kmp_set_blocktime
void kmp_set_blocktime(int milliseconds);

/* Keeps a team of the number of threads at `data` until the process has no use for it. */
static int keep_idle_team(void *data) {
  const int threads = *(int *)data;
#pragma omp parallel num_threads(threads)
  pthread_setname_np(pthread_self(), "zsdenoise-idle");
  while (sem_wait(&process.end))
    ;
  return 0;
}

static void end_keeper(void) {
  if (!process.idle)
    return;
  sem_post(&process.end);
  thrd_join(process.keeper, NULL);
  sem_destroy(&process.end);
  process.idle = 0;
  process.keepers++;
}

/* Makes the threads of teams of `threads` or more wait quietly. Called with the lock, signals
 * being blocked. */
static void wait_quietly(int threads) {
  if (kmp_set_blocktime) {
    kmp_set_blocktime(0);
    return;
  }
  const int wanted = omp_get_num_procs() - threads + 2;
  if (process.idle >= wanted || wanted < 2)
    return;
  end_keeper();
  process.idle = wanted;
  sem_init(&process.end, 0, 0);
  if (thrd_create(&process.keeper, keep_idle_team, &process.idle) != thrd_success) {
    sem_destroy(&process.end);
    process.idle = 0;
  }
}

/* --- making a team --- */

static int pass_through(void *data) {
  mtx_lock(data);
  mtx_unlock(data);
  return 0;
}

/* Number of threads, up to `wanted`, that the system gives: OpenMP would end the process for
 * want of one. */
static int threads_given(int wanted) {
  thrd_t thread[ZSD_MOST_THREADS];
  mtx_t gate;
  int count = 0;
  if (mtx_init(&gate, mtx_plain) != thrd_success)
    return 1;
  mtx_lock(&gate);
  while (count < wanted - 1 && thrd_create(&thread[count], pass_through, &gate) == thrd_success)
    count++;
  mtx_unlock(&gate);
  for (int i = 0; i < count; i++)
    thrd_join(thread[i], NULL);
  mtx_destroy(&gate);
  return count + 1;
}

/* Makes the calling thread's OpenMP team, which lasts until it asks for one of another size.
 * Signals are the application's business, not these threads'. Returns its number of threads. */
static int gather(int wanted) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&process.lock);
  int count = threads_given(wanted);
  if (count > 1)
    wait_quietly(count);
  pthread_mutex_unlock(&process.lock);
#pragma omp parallel num_threads(count) if (count > 1)
  if (omp_get_thread_num() > 0)
    pthread_setname_np(pthread_self(), "zsdenoise");
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return count;
}

/* --- teams --- */

ZsdTeam *zsd_team_new(unsigned wanted) {
  ZsdTeam *team = calloc(1, sizeof *team);
  if (!team)
    return NULL;
  const unsigned most = wanted ? wanted : (unsigned)zsd_processors();
  team->most = most < ZSD_MOST_THREADS ? (int)most : ZSD_MOST_THREADS;
  team->shares = wanted == 0;
  pthread_mutex_lock(&process.lock);
  team->next = process.first;
  process.first = team;
  pthread_mutex_unlock(&process.lock);
  return team;
}

void zsd_team_free(ZsdTeam *team) {
  if (!team)
    return;
  pthread_mutex_lock(&process.lock);
  ZsdTeam **link = &process.first;
  while (*link != team)
    link = &(*link)->next;
  *link = team->next;
  if (!process.first)
    end_keeper();
  pthread_mutex_unlock(&process.lock);
  free(team);
}

int zsd_team_most(const ZsdTeam *team) {
  return team->most;
}

/* The share of a team in the processors: there are `at_work` such teams. */
static int share_of(const ZsdTeam *team, int at_work) {
  const int share = THREADS_PER_PROCESSOR * team->most / at_work;
  return share < 1 ? 1 : share < team->most ? share : team->most;
}

int zsd_team_begin(ZsdTeam *team) {
  static _Thread_local int wanted,
      ready;                             /* the calling thread's team, and what was asked for */
  static _Thread_local unsigned keepers; /* that had ended then */
  const double now = zsd_seconds();
  int at_work = 0;
  pthread_mutex_lock(&process.lock);
  team->last_used = now;
  for (const ZsdTeam *t = process.first; t; t = t->next)
    at_work += t->shares && now - t->last_used < AT_WORK;
  const unsigned ended = process.keepers;
  pthread_mutex_unlock(&process.lock);
  const int threads = team->shares ? share_of(team, at_work) : team->most;
  if (wanted != threads || keepers != ended) {
    ready = gather(threads);
    wanted = threads;
    keepers = ended;
  }
  return ready;
}
