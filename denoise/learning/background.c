/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* gettid, pthread_setname_np */
#include "learning/background.h"

#include "base/observer.h"
#include "base/triple_buffer.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Niceness of the learning thread relative to the stream's, or to 0 if the stream's is
 * negative: it gets a tenth of the stream's processor time, and all that is left over. */
enum { NICENESS_OFFSET = 10 };

/* Milliseconds that a training step waits for the stream to be idle, so that training
 * proceeds under full load, too. */
enum { MAX_YIELD = 20 };

/* Threads for training; the stream has the others. */
enum { THREADS = 1 };

/* A task with copies of its data. */
typedef struct {
  unsigned keyframe;
  bool restarts; /* with `params` as initial weights */
  float *params;
  bool single_frame;
  ZsdSingleFrame frame;
  ZsdPair *pairs;
  int n_pairs, max_pairs;
  ZsdSettings settings;
  unsigned steps;
  bool finetuning;
} Job;

struct ZsdBackground {
  pthread_t thread;
  sem_t wake_up;
  atomic_bool quit;
  atomic_uint keyframe; /* number of the latest one; jobs and updates of others are stale */
  ZsdObserver observer;
  ZsdTripleBuffer jobs, updates;
  pthread_mutex_t lock; /* of `stream_busy` */
  pthread_cond_t stream_idle;
  bool stream_busy;
  Job job[ZSD_TRIPLE_BUFFER_SLOTS];
  ZsdBackgroundUpdate update[ZSD_TRIPLE_BUFFER_SLOTS];
  float *params[ZSD_TRIPLE_BUFFER_SLOTS]; /* of the updates */

  /* Used by the learning thread only: */
  ZsdCurriculum *curriculum;
  ZsdNetwork net;
  ZsdBackgroundUpdate total; /* since the keyframe */
};

/* --- the learning thread --- */

static bool is_stale(void *user) {
  ZsdBackground *b = user;
  return atomic_load(&b->quit) || atomic_load(&b->keyframe) != b->total.keyframe ||
         zsd_is_cancelled(&b->observer);
}

/* Waits while the stream works on a frame, to leave it the processors and their caches. */
static void yield_to_stream(ZsdBackground *b) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += MAX_YIELD * 1000000;
  if (end.tv_nsec >= 1000000000) {
    end.tv_sec++;
    end.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&b->lock);
  while (b->stream_busy && !is_stale(b))
    if (pthread_cond_timedwait(&b->stream_idle, &b->lock, &end))
      break;
  pthread_mutex_unlock(&b->lock);
}

static void on_step(void *user, const ZsdTraining *training) {
  ZsdBackground *b = user;
  zsd_report(&b->observer, training);
  yield_to_stream(b);
}

static ZsdOutcome train(ZsdBackground *b, Job *job) {
  const ZsdObserver observer = {b, on_step, is_stale};
  ZsdBackgroundUpdate *total = &b->total;
  ZsdOutcome outcome;
  bool ended = job->finetuning;
  if (job->single_frame) {
    outcome =
        zsd_curriculum_train_single_frame(b->curriculum, &b->net, &job->frame, &job->settings,
                                          job->steps, &observer, &total->training);
    total->no_gain = outcome == ZSD_NO_GAIN && !job->finetuning;
    ended |= outcome == ZSD_TRAINED;
  } else {
    outcome = zsd_curriculum_train_frame_pairs(b->curriculum, &b->net, job->pairs, job->n_pairs,
                                               &job->settings, job->finetuning ? job->steps : 0,
                                               &observer, &total->training);
    total->rounds++;
    ended |= outcome == ZSD_TRAINED && zsd_curriculum_completed(b->curriculum);
  }
  if (ended)
    total->ended[total->trainings++ % ZSD_MAX_ENDED] = total->training;
  total->finetunings += job->finetuning;
  return outcome;
}

static void publish(ZsdBackground *b) {
  const unsigned slot = b->updates.write;
  b->update[slot] = b->total;
  b->update[slot].params = b->params[slot];
  memcpy(b->params[slot], b->net.params, b->net.n * sizeof(float));
  zsd_triple_buffer_publish(&b->updates);
}

/* Frees the frame, and the pairs that training has got in exchange. */
static void clear_data(Job *job) {
  for (int i = 0; i < job->max_pairs; i++)
    zsd_pair_clear(&job->pairs[i]);
  zsd_tensor_clear(&job->frame.input);
}

static void run_job(ZsdBackground *b, Job *job) {
  if (job->restarts) {
    b->total = (ZsdBackgroundUpdate){.keyframe = job->keyframe};
    memcpy(b->net.params, job->params, b->net.n * sizeof(float));
    zsd_curriculum_restart(b->curriculum);
  }
  if (is_stale(b))
    return;
  const ZsdOutcome outcome = train(b, job);
  b->total.changes += outcome == ZSD_TRAINED;
  b->total.failures += outcome == ZSD_FAILED;
  if (outcome != ZSD_STOPPED)
    publish(b);
}

/* Lowers the priority of the learning thread, which inherits the niceness of the stream's. */
static void lower_priority(void) {
  const int stream = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS_OFFSET + (stream > 0 ? stream : 0));
}

static void *run_thread(void *data) {
  ZsdBackground *b = data;
  lower_priority();
  for (;;) {
    while (sem_wait(&b->wake_up))
      ;
    if (atomic_load(&b->quit))
      return NULL;
    if (zsd_triple_buffer_take(&b->jobs)) {
      run_job(b, &b->job[b->jobs.read]);
      clear_data(&b->job[b->jobs.read]);
    }
  }
}

/* --- creation and destruction --- */

static void init_synchronisation(ZsdBackground *b) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&b->stream_idle, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&b->lock, NULL);
  sem_init(&b->wake_up, 0, 0);
}

static int start(ZsdBackground *b) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failed = pthread_create(&b->thread, NULL, run_thread, b);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed)
    pthread_setname_np(b->thread, "zsdenoise-learn");
  return failed;
}

static void clear(ZsdBackground *b) {
  for (int i = 0; i < ZSD_TRIPLE_BUFFER_SLOTS; i++) {
    Job *job = &b->job[i];
    clear_data(job);
    free(job->pairs);
    free(job->params);
    free(b->params[i]);
  }
  zsd_curriculum_free(b->curriculum);
  zsd_network_clear(&b->net);
  sem_destroy(&b->wake_up);
  pthread_mutex_destroy(&b->lock);
  pthread_cond_destroy(&b->stream_idle);
  free(b);
}

ZsdBackground *zsd_background_new(ZsdShape shape, const ZsdKernels *kernels,
                                  const ZsdObserver *observer) {
  ZsdBackground *b = calloc(1, sizeof *b);
  if (!b)
    return NULL;
  b->observer = *observer;
  init_synchronisation(b);
  zsd_triple_buffer_init(&b->jobs);
  zsd_triple_buffer_init(&b->updates);
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
  sem_post(&b->wake_up);
  pthread_join(b->thread, NULL);
  clear(b);
}

/* --- called by the stream --- */

void zsd_background_restart(ZsdBackground *b) {
  atomic_fetch_add(&b->keyframe, 1);
}

void zsd_background_set_stream_busy(ZsdBackground *b, bool stream_busy) {
  pthread_mutex_lock(&b->lock);
  b->stream_busy = stream_busy;
  pthread_mutex_unlock(&b->lock);
  if (!stream_busy)
    pthread_cond_signal(&b->stream_idle);
}

bool zsd_background_is_free(ZsdBackground *b) {
  return !zsd_triple_buffer_has_new(&b->jobs);
}

static int swap_pairs(Job *job, const ZsdBackgroundTask *task) {
  if (task->n_pairs > job->max_pairs) {
    ZsdPair *pairs = realloc(job->pairs, task->n_pairs * sizeof *pairs);
    if (!pairs)
      return -1;
    memset(pairs + job->max_pairs, 0, (task->n_pairs - job->max_pairs) * sizeof *pairs);
    job->pairs = pairs;
    job->max_pairs = task->n_pairs;
  }
  for (int i = 0; i < task->n_pairs; i++) {
    const ZsdPair pair = job->pairs[i];
    job->pairs[i] = task->pairs[i];
    task->pairs[i] = pair;
  }
  return 0;
}

int zsd_background_post(ZsdBackground *b, const ZsdBackgroundTask *task) {
  Job *job = &b->job[b->jobs.write];
  if (task->pairs && swap_pairs(job, task))
    return -1;
  if (task->frame) {
    const ZsdSingleFrame frame = job->frame;
    job->frame = *task->frame;
    *task->frame = frame;
  }
  if (task->net)
    memcpy(job->params, task->net->params, b->net.n * sizeof(float));
  job->keyframe = atomic_load(&b->keyframe);
  job->restarts = task->net != NULL;
  job->single_frame = task->frame != NULL;
  job->n_pairs = task->n_pairs;
  job->settings = *task->settings;
  job->settings.threads = THREADS;
  job->steps = task->steps;
  job->finetuning = task->finetuning;
  zsd_triple_buffer_publish(&b->jobs);
  sem_post(&b->wake_up);
  return 0;
}

const ZsdBackgroundUpdate *zsd_background_take_update(ZsdBackground *b) {
  if (!zsd_triple_buffer_take(&b->updates))
    return NULL;
  const ZsdBackgroundUpdate *update = &b->update[b->updates.read];
  return update->keyframe == atomic_load(&b->keyframe) ? update : NULL;
}
