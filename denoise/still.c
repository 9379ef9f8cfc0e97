/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "still.h"

#include "colours.h"
#include "similar.h"

#include <stdlib.h>
#include <time.h>

enum { MOST_ROUNDS = 3, REACH = 12 };

/* What follows the network's first estimate. */
typedef struct {
  int alike;   /* patches that are taken together, in samples of one: many where the estimate
                  before is not to be relied on; 0: no round */
  float share; /* of what the network makes of the result in the next estimate: it is good at
                  texture that is nowhere repeated */
} Round;

static const Round rounds[][MOST_ROUNDS] = {
    [ZSD_PROFILE_BALANCED] = {{2, 0}, {1, 0.5f}},
    [ZSD_PROFILE_BEST] = {{2, 0}, {1, 0.5f}, {1, 0.5f}},
};

/* The part of the noise's variance that is left after a round. */
static const float LEFT = 0.05f;

typedef struct {
  const ZsdStill *still;
  ZsdFilter *filter;
  const ZsdImage *image;
  const ZsdKernels *kernels;
  ZsdThreads *threads;
} Job;

int zsd_still_look(ZsdFusion *fusion, const ZsdFrame *frame, const ZsdKernels *kernels,
                   ZsdThreads *threads) {
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS] = {0};
  const int told = zsd_colours_estimate(noise, frame, kernels, threads);
  if (told > 0)
    zsd_fusion_tell_noise(fusion, noise);
  return told < 0 ? -1 : 0;
}

/* --- the network's estimates --- */

/* An image of the frame's shape in memory of its own, 16 bits deep. Returns its memory. */
static uint8_t *make_image(ZsdImage *image) {
  size_t size = 0;
  for (int i = 0; i < image->components; i++)
    size += (size_t)image->component[i].width * image->component[i].height * 2;
  uint8_t *memory = malloc(size + 1), *next = memory;
  for (int i = 0; memory && i < image->components; i++) {
    ZsdComponent *c = &image->component[i];
    c->data = next;
    c->step = 2;
    c->stride = (ptrdiff_t)c->width * c->step;
    next += c->stride * c->height;
  }
  image->depth = 16;
  image->shift = 0;
  return memory;
}

/* Has the network look at the frame, of whose noise `left` is left in z, and makes z what it
 * was and what the network makes of it, which has this share. */
static int estimate(const Job *job, float left, float share) {
  const ZsdStill *still = job->still;
  ZsdFiltering whole = *still->how;
  ZsdImage seen = *job->image;
  ZsdFrame found = *still->view->frame;
  uint8_t *memory = make_image(&seen);
  whole.strength = 1;
  whole.first_column = 0;
  for (int i = 0; i < found.components; i++) {
    const ZsdFrameComponent *c = &found.component[i];
    for (int k = 0; k < c->width * c->height; k++)
      c->k[k] = left;
    found.component[i].y = c->k; /* which has served its purpose by then */
  }
  zsd_trace_forget(still->trace);
  const int failed =
      !memory || zsd_filter_run(job->filter, &seen, still->view, still->trace, &whole);
  if (!failed)
    zsd_frame_load(&found, &seen, job->kernels, job->threads);
  free(memory);
  for (int i = 0; i < found.components && !failed; i++) {
    const ZsdFrameComponent *c = &found.component[i];
    for (int k = 0; k < c->width * c->height; k++)
      c->z[k] += share * (c->k[k] - c->z[k]);
  }
  return failed ? -1 : 0;
}

/* --- progress --- */

/* Someone who follows, and is told of time, too. */
typedef struct {
  const ZsdObserver *observer;
  struct timespec start;
} Follower;

static void on_band(void *user, const ZsdTraining *training) {
  const Follower *f = user;
  ZsdTraining told = *training;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  told.seconds =
      (double)(now.tv_sec - f->start.tv_sec) + 1e-9 * (double)(now.tv_nsec - f->start.tv_nsec);
  told.eta = told.seconds / told.step * (told.steps - told.step);
  if (f->observer->progress)
    f->observer->progress(f->observer->user, &told);
}

static bool on_question(void *user) {
  const Follower *f = user;
  return f->observer->cancelled && f->observer->cancelled(f->observer->user);
}

/* The mean square of what was taken off the frame, the noise's deviation being 1. */
static double taken_off(const ZsdSimilar *s) {
  double sum = 0, samples = 0;
  for (int i = 0; i < s->frame->components; i++) {
    const ZsdFrameComponent *c = &s->frame->component[i];
    const double variance = s->noise[i].sigma * s->noise[i].sigma,
                 n = (double)c->width * c->height;
    double squares = 0;
    for (int k = 0; k < c->width * c->height; k++)
      squares += (double)(c->y[k] - c->z[k]) * (c->y[k] - c->z[k]);
    samples += variance > 0 ? n : 0;
    sum += variance > 0 ? squares / variance : 0;
  }
  return samples > 0 ? sum / samples : 0;
}

/* --- all of it --- */

/* A patch shows about as many samples, whatever the layout. */
static int patch_size(const ZsdFrame *frame) {
  bool subsampled = false;
  for (int i = 0; i < frame->components; i++)
    subsampled |= frame->component[i].half_width || frame->component[i].half_height;
  return subsampled || frame->components == 1 ? 6 : 5;
}

static ZsdResult improve(const Job *job, Follower *follower, ZsdTraining *training) {
  const ZsdObserver observer = {follower, on_band, on_question};
  const ZsdView *view = job->still->view;
  const Round *round = rounds[job->still->profile];
  const int patch = patch_size(view->frame);
  ZsdSimilar similar = {.frame = view->frame,
                        .patch = patch,
                        .reach = REACH,
                        .observer = &observer,
                        .training = training};
  ZsdResult result = ZSD_OK;
  for (int i = 0; i < view->frame->components; i++)
    similar.noise[i] = *zsd_fusion_noise(view->fusion, i);
  *training = (ZsdTraining){0};
  for (int i = 0; i < MOST_ROUNDS && round[i].alike; i++)
    training->steps += zsd_similar_bands(view->frame);
  for (int i = 0; i < MOST_ROUNDS && round[i].alike && result == ZSD_OK; i++) {
    training->loss = taken_off(&similar);
    similar.alike = round[i].alike * zsd_similar_samples(view->frame, patch);
    result = zsd_similar_run(&similar, job->kernels, job->threads);
    if (result == ZSD_OK && round[i].share > 0 && estimate(job, LEFT, round[i].share))
      result = ZSD_NO_MEMORY;
  }
  return result;
}

ZsdResult zsd_still_run(const ZsdStill *still, ZsdFilter *filter, ZsdImage *image,
                        const ZsdKernels *kernels, ZsdThreads *threads, ZsdTraining *training) {
  const Job job = {still, filter, image, kernels, threads};
  Follower follower = {.observer = still->observer};
  ZsdFiltering last = *still->how;
  clock_gettime(CLOCK_MONOTONIC, &follower.start);
  if (estimate(&job, 1, 1))
    return ZSD_NO_MEMORY;
  const ZsdResult result = improve(&job, &follower, training);
  last.fused = true;
  zsd_trace_forget(still->trace);
  if (result == ZSD_OK && zsd_filter_run(filter, image, still->view, still->trace, &last))
    return ZSD_NO_MEMORY;
  zsd_trace_forget(still->trace);
  return result;
}
