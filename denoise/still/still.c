/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/still.h"

#include "noise/noise_estimate_rgb.h"
#include "still/synthetic_pairs.h"
#include "still/nl_bayes.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 3, SEARCH_RADIUS = 12 };

/* What follows the network's first estimate. */
typedef struct {
  int group_size; /* patches that are taken together, in samples of one: many where the estimate
                before is not to be relied on; 0: no round */
  float share;    /* of what the network makes of the result in the next estimate: it is good at
                     texture that is nowhere repeated */
} Round;

static const Round rounds[][MOST_ROUNDS] = {
    [ZSD_PROFILE_BALANCED] = {{2, 0}, {1, 0.5f}},
    [ZSD_PROFILE_BEST] = {{2, 0}, {1, 0.5f}, {1, 0}}, /* and a synthetic */
};

/* The part of the noise's variance that is left after a round. */
static const float LEFT = 0.05f;

/* A picture smaller than this, each way, has too little to learn from. */
enum { LEAST_SIDE = 96 };

typedef struct {
  const ZsdStill *still;
  ZsdFilter *filter;
  const ZsdView *view;
  const ZsdImage *image; /* its shape */
  const ZsdKernels *kernels;
  int threads;
} Job;

int zsd_still_estimate_noise(ZsdFusion *fusion, const ZsdFrame *frame,
                             const ZsdKernels *kernels, int threads) {
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS] = {0};
  const int told = zsd_noise_estimate_rgb(noise, frame, kernels, threads);
  if (told > 0)
    zsd_fusion_set_noise(fusion, noise);
  return told < 0 ? -1 : 0;
}

/* --- the network's estimates --- */

/* Planes of the shape of the frame's components. Returns their memory, or NULL. */
static float *make_planes(float *planes[ZSD_MAX_COMPONENTS], const ZsdFrame *frame) {
  size_t size = 0;
  for (int i = 0; i < frame->components; i++)
    size += (size_t)frame->component[i].width * frame->component[i].height;
  float *memory = malloc(size * sizeof(float) + 1), *next = memory;
  for (int i = 0; memory && i < frame->components; i++) {
    planes[i] = next;
    next += (size_t)frame->component[i].width * frame->component[i].height;
  }
  return memory;
}

/* What was measured before leaves no trace, not even in how sums are rounded. */
static void forget(ZsdFilterState *trace) {
  zsd_filter_state_reset(trace);
  memset(trace->mean_correction.mean, 0, sizeof trace->mean_correction.mean);
  memset(trace->mean_correction.next, 0, sizeof trace->mean_correction.next);
}

static void fill_left(const ZsdFrame *frame, float left) {
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    for (size_t k = 0; k < zsd_component_size(c); k++)
      c->k[k] = left;
  }
}

/* Has the network look at the frame, of whose noise `left` is left in z, and makes z what it
 * was and what the network makes of it, which has this share. */
static int estimate(const Job *job, const ZsdWeights *weights, float left, float share) {
  ZsdFilterState *trace = job->still->trace;
  ZsdFilterParams whole = *job->still->how;
  const ZsdFrame *frame = job->view->frame;
  float *found[ZSD_MAX_COMPONENTS];
  float *memory = make_planes(found, frame);
  whole.weights = weights;
  fill_left(frame, left);
  forget(trace);
  const int failed = !memory || zsd_filter_planes(job->filter, found, job->view, trace, &whole);
  for (int i = 0; i < frame->components && !failed; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    for (size_t k = 0; k < zsd_component_size(c); k++)
      c->z[k] += share * (found[i][k] - c->z[k]);
  }
  free(memory);
  return failed ? -1 : 0;
}

/* --- progress --- */

/* Someone who follows, and is told of all of it as one. */
typedef struct {
  const ZsdObserver *observer;
  double start;           /* seconds, monotonic clock */
  unsigned steps, before; /* in all, and before those that are told of now */
  ZsdTraining last;       /* that was told */
} Follower;

static void on_step(void *user, const ZsdTraining *training) {
  Follower *f = user;
  ZsdTraining *told = &f->last;
  told->step = f->before + training->step;
  told->steps = f->steps;
  told->loss = training->loss;
  told->seconds = zsd_seconds() - f->start;
  told->eta = told->seconds / told->step * (told->steps - told->step);
  if (f->observer->progress)
    f->observer->progress(f->observer->user, told);
}

static bool on_question(void *user) {
  const Follower *f = user;
  return f->observer->cancelled && f->observer->cancelled(f->observer->user);
}

/* The mean square of what was taken off the frame, the noise's deviation being 1. */
static double taken_off(const ZsdNlBayes *s) {
  double sum = 0, samples = 0;
  for (int i = 0; i < s->frame->components; i++) {
    const ZsdFrameComponent *c = &s->frame->component[i];
    const double variance = s->noise[i].sigma * s->noise[i].sigma;
    const size_t n = zsd_component_size(c);
    double squares = 0;
    for (size_t k = 0; k < n; k++)
      squares += (double)(c->y[k] - c->z[k]) * (c->y[k] - c->z[k]);
    samples += variance > 0 ? (double)n : 0;
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

/* Whether a picture is there to be rehearsed, and wanted to be. */
static bool rehearses(const ZsdStill *still, const ZsdImage *image) {
  return still->profile == ZSD_PROFILE_BEST && !still->frozen && image->width >= LEAST_SIDE &&
         image->height >= LEAST_SIDE;
}

/* Bands, round by round. */
static unsigned count_steps(const ZsdStill *still, const ZsdImage *image) {
  const Round *round = rounds[still->profile];
  unsigned steps = 0;
  for (int i = 0; i < MOST_ROUNDS && round[i].group_size; i++)
    steps += zsd_nl_bayes_bands(image->height);
  return steps;
}

/* The network's first estimate and the rounds. */
static ZsdResult denoise(const Job *job, const ZsdObserver *observer) {
  const ZsdFrame *frame = job->view->frame;
  const ZsdWeights *weights = job->still->how->weights;
  const Round *round = rounds[job->still->profile];
  const int patch = patch_size(frame);
  ZsdTraining training = {0};
  ZsdNlBayes nl_bayes = {.frame = frame,
                         .patch_size = patch,
                         .search_radius = SEARCH_RADIUS,
                         .observer = observer,
                         .training = &training};
  for (int i = 0; i < frame->components; i++)
    nl_bayes.noise[i] = *zsd_fusion_noise(job->view->fusion, i);
  if (estimate(job, weights, 1, 1))
    return ZSD_NO_MEMORY;
  for (int i = 0; i < MOST_ROUNDS && round[i].group_size; i++) {
    training.loss = taken_off(&nl_bayes);
    nl_bayes.group_size = round[i].group_size * zsd_nl_bayes_patch_samples(frame, patch);
    const ZsdResult result = zsd_nl_bayes_run(&nl_bayes, job->kernels, job->threads);
    if (result != ZSD_OK)
      return result;
    if (round[i].share > 0 && estimate(job, weights, LEFT, round[i].share))
      return ZSD_NO_MEMORY;
  }
  return ZSD_OK;
}

/* Teaches a network what to take off a picture that has been through the rounds. */
static ZsdResult learn(const Job *job, ZsdSyntheticPairs *synthetic, ZsdNetwork *net,
                       Follower *follower) {
  const ZsdObserver observer = {follower, on_step, on_question};
  const ZsdView view = {&synthetic->frame, &synthetic->layout, job->view->fusion, false};
  Job again = *job;
  again.view = &view;
  again.image = &synthetic->image;
  follower->before = count_steps(job->still, job->image);
  const ZsdResult result = denoise(&again, &observer);
  if (result != ZSD_OK)
    return result;
  fill_left(&synthetic->frame, LEFT);
  follower->before = follower->steps - ZSD_SYNTHETIC_PAIRS_STEPS;
  switch (zsd_synthetic_pairs_train(synthetic, &view, net, job->still->seed, job->kernels,
                                    job->threads, &observer)) {
  case ZSD_STOPPED:
    return ZSD_CANCELLED;
  case ZSD_FAILED:
    return ZSD_NO_MEMORY;
  default:
    return ZSD_OK;
  }
}

/* Has a network of its own learn from the picture, and look at it last. */
static ZsdResult rehearse(const Job *job, Follower *follower) {
  const ZsdStill *still = job->still;
  ZsdSyntheticPairs synthetic = {0};
  ZsdNetwork net = {0};
  ZsdWeights weights = {0};
  ZsdResult result = ZSD_NO_MEMORY;
  if (zsd_network_resize(&net, still->net->shape) == 0 &&
      zsd_weights_resize(&weights, still->how->weights->kernel, net.shape) == 0 &&
      zsd_synthetic_pairs_make(&synthetic, job->view, job->image, still->seed) == 0) {
    memcpy(net.params, still->net->params, net.n * sizeof *net.params);
    follower->steps += count_steps(still, &synthetic.image) + ZSD_SYNTHETIC_PAIRS_STEPS;
    result = learn(job, &synthetic, &net, follower);
  }
  if (result == ZSD_OK) {
    zsd_weights_update(&weights, &net);
    result = estimate(job, &weights, LEFT, 1) ? ZSD_NO_MEMORY : ZSD_OK;
  }
  zsd_synthetic_pairs_clear(&synthetic);
  zsd_weights_clear(&weights);
  zsd_network_clear(&net);
  return result;
}

ZsdResult zsd_still_run(const ZsdStill *still, ZsdFilter *filter, ZsdImage *image,
                        const ZsdKernels *kernels, int threads, ZsdTraining *training) {
  const Job job = {still, filter, still->view, image, kernels, threads};
  Follower follower = {.observer = still->observer, .steps = count_steps(still, image)};
  const ZsdObserver observer = {&follower, on_step, on_question};
  ZsdFilterParams last = *still->how;
  follower.start = zsd_seconds();
  ZsdResult result = denoise(&job, &observer);
  if (result == ZSD_OK && rehearses(still, image))
    result = rehearse(&job, &follower);
  last.fused = true;
  forget(still->trace);
  if (result == ZSD_OK && zsd_filter_run(filter, image, still->view, still->trace, &last))
    result = ZSD_NO_MEMORY;
  zsd_filter_state_reset(still->trace);
  *training = follower.last;
  return result;
}
