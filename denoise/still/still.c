/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/still.h"

#include "noise/noise_estimate_camera.h"
#include "noise/noise_estimate_rgb.h"
#include "still/synthetic_pairs.h"
#include "still/nl_bayes.h"
#include "still/refinement.h"
#include "base/clock.h"
#include "base/observer.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PASSES = 3, SEARCH_RADIUS = 12 };

/* A pass of NL-Bayes. */
typedef struct {
  int group_size; /* patches denoised together, as a multiple of the samples of one: more while
                     the estimate before is less reliable; 0: no pass */
  float blend;    /* share of the network's result, for the pass's, in the next estimate: the
                     network is better at texture that does not repeat */
} Pass;

static const Pass passes[][MAX_PASSES] = {
    [ZSD_PROFILE_BALANCED] = {{2, 0}, {1, 0.5f}},
    [ZSD_PROFILE_BEST] = {{2, 0}, {1, 0.5f}, {1, 0}}, /* then training on synthetic pairs */
};

/* Remaining variance of the noise after a pass, relative to that of the picture. */
static const float REMAINING = 0.05f;

/* Strongest correlation of nearly white noise. */
static const double MAX_LAG1 = 0.2;

/* Smallest width and height of a picture to train on, samples. */
enum { MIN_TRAINING_SIDE = 96 };

typedef struct {
  const ZsdStill *still;
  ZsdFilter *filter;
  const ZsdView *view;
  const ZsdImage *image; /* shape of the picture */
  const Pass *passes;
  const ZsdKernels *kernels;
  int threads;
} Job;

int zsd_still_estimate_noise(ZsdFusion *fusion, const ZsdFrame *frame,
                             const ZsdKernels *kernels, int threads) {
  const ZsdRegions *regions = zsd_fusion_regions(fusion);
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS] = {0};
  int found = zsd_noise_estimate_rgb(noise, frame, zsd_regions_map(regions, frame->brightness),
                                     kernels, threads);
  if (found == 0) {
    for (int i = 0; i < frame->components; i++)
      noise[i] = *zsd_fusion_found_noise(fusion, i);
    found = zsd_noise_estimate_camera(noise, frame, regions, kernels, threads);
  }
  if (found >= 0)
    zsd_fusion_set_noise(fusion, noise);
  return found < 0 ? -1 : 0;
}

/* --- estimates by the network --- */

/* Allocates planes of the components' sizes. Returns their memory, or NULL. */
static uint16_t *make_planes(uint16_t *planes[ZSD_MAX_COMPONENTS], const ZsdFrame *frame) {
  size_t size = 0;
  for (int i = 0; i < frame->components; i++)
    size += (size_t)frame->component[i].width * frame->component[i].height;
  uint16_t *memory = malloc(size * sizeof(uint16_t) + 1), *next = memory;
  for (int i = 0; memory && i < frame->components; i++) {
    planes[i] = next;
    next += (size_t)frame->component[i].width * frame->component[i].height;
  }
  return memory;
}

/* Resets what earlier calls measured, so that the result does not depend on them, not even in
 * the rounding of sums. */
static void reset(ZsdFilterState *state) {
  zsd_filter_state_reset(state);
  memset(state->mean_correction.mean, 0, sizeof state->mean_correction.mean);
  memset(state->mean_correction.next, 0, sizeof state->mean_correction.next);
}

/* Sets the remaining variance of the noise in z, relative to that in y. */
static void set_remaining(const ZsdFrame *frame, float remaining) {
  for (int i = 0; i < frame->components; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    for (size_t k = 0; k < zsd_component_size(c); k++)
      c->k[k] = remaining;
  }
}

/* Applies the network to the frame, of whose noise variance `remaining` is left in z, and
 * blends its result into z: z += blend (result - z). `refined`: with the Wiener filter of
 * blocks. */
static ZsdResult estimate(const Job *job, const ZsdWeights *weights, float remaining,
                          float blend, bool refined) {
  ZsdFilterState *state = job->still->state;
  ZsdFilterParams whole = *job->still->params;
  const ZsdFrame *frame = job->view->frame;
  uint16_t *result[ZSD_MAX_COMPONENTS];
  uint16_t *memory = make_planes(result, frame);
  whole.weights = weights;
  whole.refined = refined;
  set_remaining(frame, remaining);
  reset(state);
  const ZsdResult done =
      memory ? zsd_filter_planes(job->filter, result, job->view, state, &whole) : ZSD_NO_MEMORY;
  for (int i = 0; i < frame->components && done == ZSD_OK; i++) {
    const ZsdFrameComponent *c = &frame->component[i];
    for (size_t k = 0; k < zsd_component_size(c); k++)
      c->z[k] += blend * ((float)result[i][k] / 65535 - c->z[k]);
  }
  free(memory);
  return done;
}

/* --- NL-Bayes --- */

/* Patch size for which a patch of any layout has 36 to 75 samples. */
static int patch_size(const ZsdFrame *frame) {
  bool subsampled = false;
  for (int i = 0; i < frame->components; i++)
    subsampled |= frame->component[i].half_width || frame->component[i].half_height;
  return subsampled || frame->components == 1 ? 6 : 5;
}

/* Number of bands in all passes. */
static unsigned count_bands(const Job *job) {
  unsigned steps = 0;
  for (int i = 0; i < MAX_PASSES && job->passes[i].group_size; i++)
    steps += zsd_nl_bayes_bands(job->image->height);
  return steps;
}

static bool is_nearly_white(const Job *job, int component) {
  return zsd_fusion_noise(job->view->fusion, component)->lag1 < MAX_LAG1;
}

/* Whether the network's first estimate is refined by the Wiener filter of blocks. White noise
 * in RGB is better left to NL-Bayes, whose patches know all components. */
static bool refines_estimate(const Job *job) {
  return !job->image->rgb || !is_nearly_white(job, job->view->frame->brightness);
}

/* Whether the Wiener filter of blocks has a share in a component's result: in luma with chroma,
 * and where the noise is nearly white. That of cameras hides in the pilot. NL-Bayes does better
 * alone in gray, and in RGB, whose components all have the same detail. */
static bool gains_by_blocks(const Job *job, int component) {
  return !job->image->rgb && job->view->frame->components > 1 &&
         component == job->view->frame->brightness &&
         zsd_view_has_noise(job->view, component) && is_nearly_white(job, component);
}

/* First estimate by the network, then the passes. */
static ZsdResult denoise(const Job *job, const ZsdObserver *observer) {
  const ZsdFrame *frame = job->view->frame;
  const ZsdWeights *weights = job->still->params->weights;
  const Pass *pass = job->passes;
  const int patch = patch_size(frame);
  ZsdTraining training = {.loss = -1};
  ZsdNlBayes nl_bayes = {.frame = frame,
                         .patch_size = patch,
                         .search_radius = SEARCH_RADIUS,
                         .observer = observer,
                         .training = &training};
  for (int i = 0; i < frame->components; i++)
    nl_bayes.noise[i] = zsd_view_noise(job->view, i);
  ZsdResult result = estimate(job, weights, 1, 1, refines_estimate(job));
  for (int i = 0; i < MAX_PASSES && pass[i].group_size && result == ZSD_OK; i++) {
    nl_bayes.group_size = pass[i].group_size * zsd_nl_bayes_patch_samples(frame, patch);
    result = zsd_nl_bayes_run(&nl_bayes, job->kernels, job->threads);
    if (pass[i].blend > 0 && result == ZSD_OK)
      result = estimate(job, weights, REMAINING, pass[i].blend, false);
  }
  for (int i = 0; i < frame->components && result == ZSD_OK; i++)
    if (gains_by_blocks(job, i) && zsd_still_refine(job->view, i, job->threads))
      result = ZSD_NO_MEMORY;
  return result;
}

/* --- training on synthetic pairs --- */

static bool is_trained_on(const ZsdStill *still, const ZsdImage *image) {
  return still->profile == ZSD_PROFILE_BEST && !still->frozen &&
         image->width >= MIN_TRAINING_SIDE && image->height >= MIN_TRAINING_SIDE;
}

/* Denoises the picture anew, as `balanced` does. */
static ZsdResult fall_back(const Job *job, ZsdProgress *progress) {
  const ZsdFrame *frame = job->view->frame;
  const ZsdObserver observer = zsd_progress_observer(progress);
  Job balanced = *job;
  balanced.passes = passes[ZSD_PROFILE_BALANCED];
  for (int i = 0; i < frame->components; i++)
    memcpy(frame->component[i].z, frame->component[i].y,
           zsd_component_size(&frame->component[i]) * sizeof(float));
  progress->steps_done = progress->steps - ZSD_SYNTHETIC_PAIRS_STEPS;
  progress->steps = progress->steps_done + count_bands(&balanced);
  return denoise(&balanced, &observer);
}

/* Denoises the noisy picture of the pairs as the original was, and trains the network, unless
 * the noise model turns out to be wrong. `fits`: receives whether it is right. */
static ZsdResult train(const Job *job, ZsdSyntheticPairs *pairs, ZsdNetwork *net,
                       ZsdProgress *progress, bool *fits) {
  const ZsdObserver observer = zsd_progress_observer(progress);
  const ZsdView view = {&pairs->frame, &pairs->layout, job->view->fusion, false,
                        job->view->noise_factor};
  Job again = *job;
  again.view = &view;
  again.image = &pairs->image;
  progress->steps_done = count_bands(job);
  const ZsdResult result = denoise(&again, &observer);
  *fits = result != ZSD_OK || zsd_synthetic_pairs_fit(pairs, job->view->frame);
  if (result != ZSD_OK || !*fits)
    return result;
  set_remaining(&pairs->frame, REMAINING);
  progress->steps_done = progress->steps - ZSD_SYNTHETIC_PAIRS_STEPS;
  switch (zsd_synthetic_pairs_train(pairs, &view, net, job->still->seed, job->kernels,
                                    job->threads, &observer)) {
  case ZSD_STOPPED:
    return ZSD_CANCELLED;
  case ZSD_FAILED:
    return ZSD_NO_MEMORY;
  default:
    return ZSD_OK;
  }
}

/* Trains a copy of the network on the picture, and applies it to the result of the passes.
 * Where the picture's noise is not as the model says, training on that model would make it
 * worse: the result is that of `balanced`. */
static ZsdResult refine(const Job *job, ZsdProgress *progress) {
  const ZsdStill *still = job->still;
  ZsdSyntheticPairs pairs = {0};
  ZsdNetwork net = {0};
  ZsdWeights weights = {0};
  ZsdResult result = ZSD_NO_MEMORY;
  bool fits = true;
  if (zsd_network_resize(&net, still->net->shape) == 0 &&
      zsd_weights_resize(&weights, still->params->weights->kernel, net.shape) == 0 &&
      zsd_synthetic_pairs_make(&pairs, job->view, job->image, still->seed) == 0) {
    memcpy(net.params, still->net->params, net.n * sizeof *net.params);
    Job again = *job;
    again.image = &pairs.image;
    progress->steps += count_bands(&again) + ZSD_SYNTHETIC_PAIRS_STEPS;
    result = train(job, &pairs, &net, progress, &fits);
  }
  if (result == ZSD_OK && !fits) {
    result = fall_back(job, progress);
  } else if (result == ZSD_OK) {
    zsd_weights_update(&weights, &net);
    result = estimate(job, &weights, REMAINING, 1, false);
  }
  zsd_synthetic_pairs_clear(&pairs);
  zsd_weights_clear(&weights);
  zsd_network_clear(&net);
  return result;
}

ZsdResult zsd_still_run(const ZsdStill *still, ZsdFilter *filter, ZsdImage *image,
                        const ZsdKernels *kernels, int threads, ZsdTraining *training) {
  const Job job = {still, filter, still->view, image, passes[still->profile], kernels, threads};
  ZsdProgress progress = {
      .observer = still->observer, .steps = count_bands(&job), .start = zsd_seconds()};
  const ZsdObserver observer = zsd_progress_observer(&progress);
  ZsdFilterParams last = *still->params;
  ZsdResult result = denoise(&job, &observer);
  if (result == ZSD_OK && is_trained_on(still, image))
    result = refine(&job, &progress);
  last.fused = true;
  reset(still->state);
  if (result == ZSD_OK)
    result = zsd_filter_run(filter, image, still->view, still->state, &last);
  zsd_filter_state_reset(still->state);
  *training = progress.reported;
  return result;
}
