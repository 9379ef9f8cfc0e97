/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* gettid, pthread_setname_np */
#include "learning/background.h"

#include "base/triple_buffer.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* How much nicer the learning thread is than the stream, which is taken for one of niceness 0
 * where it has less: it gets a tenth of the stream's processor time, and all that is left. */
enum { NICER = 10 };

/* The longest wait for the stream to have nothing to do, which under full load would never end:
 * a step of learning for each of these milliseconds. */
enum { PATIENCE = 20 };

/* Threads that learning has in the background: the stream has the others. */
enum { THREADS = 1 };

/* A task with all that it needs. */
typedef struct {
  unsigned keyframe;
  bool anew; /* begins with these parameters */
  float *params;
  bool by_itself; /* a picture */
  ZsdSingleFrame alone;
  ZsdPair *looks;
  int count, room;
  ZsdSettings settings;
  unsigned steps;
  bool wanted;
} Job;

struct ZsdBackground {
  pthread_t thread;
  sem_t work;
  atomic_bool quit;
  atomic_uint keyframe; /* its number: what belongs to another one is stale */
  ZsdObserver observer;
  ZsdTripleBuffer to_do, done;
  pthread_mutex_t lock;
  pthread_cond_t idle;
  bool stream_busy; /* the stream is; with the lock */
  Job job[ZSD_TRIPLE_BUFFER_SLOTS];
  ZsdBackgroundUpdate updates[ZSD_TRIPLE_BUFFER_SLOTS];
  float *params[ZSD_TRIPLE_BUFFER_SLOTS]; /* of the updates */

  /* the learning thread's */
  ZsdCurriculum *curriculum;
  ZsdNetwork net;
  ZsdBackgroundUpdate sum;
};

/* --- the learning thread --- */

static bool is_stale(void *user) {
  ZsdBackground *b = user;
  return atomic_load(&b->quit) || atomic_load(&b->keyframe) != b->sum.keyframe;
}

/* Leaves the processors, and with them their caches, to the stream's work on a frame. */
static void make_way(ZsdBackground *b) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += PATIENCE * 1000000;
  if (end.tv_nsec >= 1000000000) {
    end.tv_sec++;
    end.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&b->lock);
  while (b->stream_busy && !is_stale(b))
    if (pthread_cond_timedwait(&b->idle, &b->lock, &end))
      break;
  pthread_mutex_unlock(&b->lock);
}

static void on_step(void *user, const ZsdTraining *training) {
  ZsdBackground *b = user;
  if (b->observer.progress)
    b->observer.progress(b->observer.user, training);
  make_way(b);
}

static ZsdOutcome teach(ZsdBackground *b, Job *job) {
  const ZsdObserver observer = {b, on_step, is_stale};
  ZsdBackgroundUpdate *sum = &b->sum;
  ZsdOutcome outcome;
  bool ended = job->wanted;
  if (job->by_itself) {
    outcome =
        zsd_curriculum_train_single_frame(b->curriculum, &b->net, &job->alone, &job->settings,
                                          job->steps, &observer, &sum->training);
    sum->no_gain = outcome == ZSD_NO_GAIN && !job->wanted;
    ended |= outcome == ZSD_TRAINED;
  } else {
    outcome = zsd_curriculum_train_frame_pairs(b->curriculum, &b->net, job->looks, job->count,
                                               &job->settings, job->wanted ? job->steps : 0,
                                               &observer, &sum->training);
    sum->rounds++;
    ended |= outcome == ZSD_TRAINED && zsd_curriculum_completed(b->curriculum);
  }
  if (ended)
    sum->ended[sum->trainings++ % ZSD_MAX_ENDED] = sum->training;
  sum->finetunings += job->wanted;
  return outcome;
}

static void publish(ZsdBackground *b) {
  const unsigned place = b->done.written;
  b->updates[place] = b->sum;
  b->updates[place].params = b->params[place];
  memcpy(b->params[place], b->net.params, b->net.n * sizeof(float));
  zsd_triple_buffer_publish(&b->done);
}

static void do_job(ZsdBackground *b, Job *job) {
  if (job->anew) {
    b->sum = (ZsdBackgroundUpdate){.keyframe = job->keyframe};
    memcpy(b->net.params, job->params, b->net.n * sizeof(float));
    zsd_curriculum_restart(b->curriculum);
  }
  if (is_stale(b))
    return;
  const ZsdOutcome outcome = teach(b, job);
  b->sum.changes += outcome == ZSD_TRAINED;
  b->sum.failures += outcome == ZSD_FAILED;
  if (outcome != ZSD_STOPPED)
    publish(b);
}

/* The learning thread begins with the niceness of the stream's, which starts it. */
static void be_nicer(void) {
  const int stream = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, (id_t)gettid(), NICER + (stream > 0 ? stream : 0));
}

static void *learn(void *data) {
  ZsdBackground *b = data;
  be_nicer();
  for (;;) {
    while (sem_wait(&b->work))
      ;
    if (atomic_load(&b->quit))
      return NULL;
    if (zsd_triple_buffer_take(&b->to_do))
      do_job(b, &b->job[b->to_do.read]);
  }
}

/* --- life --- */

static void init_waiting(ZsdBackground *b) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&b->idle, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&b->lock, NULL);
  sem_init(&b->work, 0, 0);
}

static int start(ZsdBackground *b) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failed = pthread_create(&b->thread, NULL, learn, b);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed)
    pthread_setname_np(b->thread, "zsdenoise-learn");
  return failed;
}

static void clear(ZsdBackground *b) {
  for (int i = 0; i < ZSD_TRIPLE_BUFFER_SLOTS; i++) {
    Job *job = &b->job[i];
    for (int k = 0; k < job->room; k++)
      zsd_pair_clear(&job->looks[k]);
    free(job->looks);
    free(job->params);
    zsd_tensor_clear(&job->alone.picture);
    free(b->params[i]);
  }
  zsd_curriculum_free(b->curriculum);
  zsd_network_clear(&b->net);
  sem_destroy(&b->work);
  pthread_mutex_destroy(&b->lock);
  pthread_cond_destroy(&b->idle);
  free(b);
}

ZsdBackground *zsd_background_new(ZsdShape shape, const ZsdKernels *kernels,
                                  const ZsdObserver *observer) {
  ZsdBackground *b = calloc(1, sizeof *b);
  if (!b)
    return NULL;
  b->observer = *observer;
  init_waiting(b);
  zsd_triple_buffer_init(&b->to_do);
  zsd_triple_buffer_init(&b->done);
  int failed = zsd_network_resize(&b->net, shape) ||
               !(b->curriculum = zsd_curriculum_new(shape, kernels, THREADS));
  for (int i = 0; i < ZSD_TRIPLE_BUFFER_SLOTS && !failed; i++)
    failed = !(b->params[i] = malloc(b->net.n * sizeof(float))) ||
             !(b->job[i].params = malloc(b->net.n * sizeof(float)));
  if (failed || start(b)) {
    clear(b);
    return NULL;
  }
  return b;
}

void zsd_background_free(ZsdBackground *b) {
  if (!b)
    return;
  atomic_store(&b->quit, true);
  zsd_background_set_stream_busy(b, false);
  sem_post(&b->work);
  pthread_join(b->thread, NULL);
  clear(b);
}

/* --- the stream's side --- */

void zsd_background_restart(ZsdBackground *b) {
  atomic_fetch_add(&b->keyframe, 1);
}

void zsd_background_set_stream_busy(ZsdBackground *b, bool stream_busy) {
  pthread_mutex_lock(&b->lock);
  b->stream_busy = stream_busy;
  pthread_mutex_unlock(&b->lock);
  if (!stream_busy)
    pthread_cond_signal(&b->idle);
}

bool zsd_background_is_free(ZsdBackground *b) {
  return !zsd_triple_buffer_has_new(&b->to_do);
}

static int swap_looks(Job *job, const ZsdBackgroundTask *task) {
  if (task->count > job->room) {
    ZsdPair *looks = realloc(job->looks, task->count * sizeof *looks);
    if (!looks)
      return -1;
    memset(looks + job->room, 0, (task->count - job->room) * sizeof *looks);
    job->looks = looks;
    job->room = task->count;
  }
  for (int i = 0; i < task->count; i++) {
    const ZsdPair look = job->looks[i];
    job->looks[i] = task->looks[i];
    task->looks[i] = look;
  }
  return 0;
}

int zsd_background_post(ZsdBackground *b, const ZsdBackgroundTask *task) {
  Job *job = &b->job[b->to_do.written];
  if (task->looks && swap_looks(job, task))
    return -1;
  if (task->alone) {
    const ZsdSingleFrame alone = job->alone;
    job->alone = *task->alone;
    *task->alone = alone;
  }
  if (task->net)
    memcpy(job->params, task->net->params, b->net.n * sizeof(float));
  job->keyframe = atomic_load(&b->keyframe);
  job->anew = task->net != NULL;
  job->by_itself = task->alone != NULL;
  job->count = task->count;
  job->settings = *task->settings;
  job->settings.threads = THREADS;
  job->steps = task->steps;
  job->wanted = task->wanted;
  zsd_triple_buffer_publish(&b->to_do);
  sem_post(&b->work);
  return 0;
}

const ZsdBackgroundUpdate *zsd_background_take_update(ZsdBackground *b) {
  if (!zsd_triple_buffer_take(&b->done))
    return NULL;
  const ZsdBackgroundUpdate *updates = &b->updates[b->done.read];
  return updates->keyframe == atomic_load(&b->keyframe) ? updates : NULL;
}
