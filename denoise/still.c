/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */
#include "still.h"

#include "colours.h"
#include "similar.h"

#include <stdlib.h>
#include <time.h>

/* How many patches are taken together, in samples of one, round by round: many where the
 * estimate before is not to be relied on. */
static const int alike[] = {2, 1};
enum { ROUNDS = sizeof alike / sizeof *alike, REACH = 12 };

int zsd_still_look(ZsdFusion *fusion, const ZsdFrame *frame, const ZsdKernels *kernels,
                   ZsdThreads *threads) {
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS] = {0};
  const int told = zsd_colours_estimate(noise, frame, kernels, threads);
  if (told > 0)
    zsd_fusion_tell_noise(fusion, noise);
  return told < 0 ? -1 : 0;
}

/* --- the first estimate --- */

/* A patch shows about as many samples, whatever the layout. */
static int patch_size(const ZsdFrame *frame) {
  bool subsampled = false;
  for (int i = 0; i < frame->components; i++)
    subsampled |= frame->component[i].half_width || frame->component[i].half_height;
  return subsampled || frame->components == 1 ? 6 : 5;
}

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

/* Makes the frame's z what the network makes of it. */
static int estimate(ZsdFilter *filter, const ZsdImage *image, const ZsdView *view,
                    ZsdTrace *trace, const ZsdFiltering *how, const ZsdKernels *kernels,
                    ZsdThreads *threads) {
  ZsdFiltering whole = *how;
  ZsdImage seen = *image;
  ZsdFrame frame = *view->frame;
  uint8_t *memory = make_image(&seen);
  whole.strength = 1;
  whole.first_column = 0;
  const int failed = !memory || zsd_filter_run(filter, &seen, view, trace, &whole);
  for (int i = 0; i < frame.components; i++)
    frame.component[i].y = frame.component[i].z;
  if (!failed)
    zsd_frame_load(&frame, &seen, kernels, threads);
  free(memory);
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

static ZsdResult improve(const ZsdView *view, Follower *follower, ZsdTraining *training,
                         const ZsdKernels *kernels, ZsdThreads *threads) {
  const ZsdObserver observer = {follower, on_band, on_question};
  const int bands = zsd_similar_bands(view->frame), patch = patch_size(view->frame);
  ZsdSimilar similar = {.frame = view->frame,
                        .patch = patch,
                        .reach = REACH,
                        .observer = &observer,
                        .training = training};
  ZsdResult result = ZSD_OK;
  for (int i = 0; i < view->frame->components; i++)
    similar.noise[i] = *zsd_fusion_noise(view->fusion, i);
  *training = (ZsdTraining){.steps = ROUNDS * bands};
  for (int i = 0; i < ROUNDS && result == ZSD_OK; i++) {
    training->loss = taken_off(&similar);
    similar.alike = alike[i] * zsd_similar_samples(view->frame, patch);
    result = zsd_similar_run(&similar, kernels, threads);
  }
  return result;
}

ZsdResult zsd_still_run(ZsdFilter *filter, ZsdImage *image, const ZsdView *view,
                        ZsdTrace *trace, const ZsdFiltering *how, const ZsdObserver *observer,
                        ZsdTraining *training, const ZsdKernels *kernels, ZsdThreads *threads) {
  Follower follower = {.observer = observer};
  ZsdFiltering last = *how;
  clock_gettime(CLOCK_MONOTONIC, &follower.start);
  zsd_trace_forget(trace);
  if (estimate(filter, image, view, trace, how, kernels, threads))
    return ZSD_NO_MEMORY;
  const ZsdResult result = improve(view, &follower, training, kernels, threads);
  last.fused = true;
  zsd_trace_forget(trace);
  if (result == ZSD_OK && zsd_filter_run(filter, image, view, trace, &last))
    return ZSD_NO_MEMORY;
  zsd_trace_forget(trace);
  return result;
}
