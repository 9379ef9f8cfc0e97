/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline of a frame: load, detect cuts, fuse with the past, train, filter, store. With
 * patches along the motion it runs some frames ahead of the frame that is stored. */
#include "base/cpu.h"
#include "base/observer.h"
#include "base/team.h"
#include "filter/filter.h"
#include "filter/store.h"
#include "frame/frame.h"
#include "temporal/fusion.h"
#include "temporal/lookahead.h"
#include "learning/learner.h"
#include "noise/noise_change.h"
#include "network/model.h"
#include "patches/pilot_queue.h"
#include "frame/scene_change.h"
#include "settings.h"
#include "stream.h"
#include "frame/split_screen.h"
#include "network/built_in_weights.h"
#include "still/still.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Standard deviation, 0..255, below which there is no noise but rounding. */
static const double NO_NOISE = 0.5;

/* Ratio of another component's noise to that of brightness above which it decides. */
static const double MUCH_MORE = 4;

/* Factor by which the noise has to change before training that failed is tried again. */
static const double NOISE_CHANGED = 1.25;

/* Frame intervals from one frame to the next from which on frames count as missing; less is
 * jitter of their times. */
static const double GAP = 1.5;

/* Frames of the other kind, progressive or interlaced, after which training continues with
 * these. */
enum { MAX_OTHERS = 8 };

/* Frames of the fade-in when filtering begins, or begins again, with frames passed unfiltered
 * before. */
enum { FADE_IN = 8 };

struct ZsdDenoiser {
  const ZsdKernels *kernels;
  ZsdTeam *team;
  unsigned wanted_threads;

  ZsdImage shape; /* of the last frame, or its first field; without its data and height */
  ZsdLayout layout;
  ZsdStream streams[ZSD_PARTS];
  ZsdStream *learned_from; /* the stream of frames that the network is trained on */
  int not_learned_from;    /* frames of the other kind since the last of these */
  ZsdObserver observer;
  ZsdLearner *learner;
  bool background; /* the learner's mode */
  ZsdFilter *filter;
  ZsdModel start; /* initial weights, if it has any */
  ZsdNetwork net;
  bool learned;            /* the network was trained since the keyframe */
  ZsdWeights weights;      /* the network's, packed for the filter */
  ZsdWeights narrow;       /* of the next narrower built-in network; empty until needed */
  bool keyframe;           /* the next frame is one */
  unsigned faded;          /* frames of the fade-in, up to FADE_IN */
  unsigned since_training; /* frames */
  ZsdNoiseChange level;    /* of the noise, since the keyframe */
  double tried_sigma;      /* lowest noise since training was last tried, 0..255 */
  ZsdStatus status;

  ZsdTraining ended[ZSD_MAX_ENDED]; /* trainings, during the last frame */
  unsigned n_ended;
};

/* --- life --- */

ZsdDenoiser *zsd_denoiser_new(char *error, unsigned size) {
  unsigned flags;
  if (zsd_cpu_choose(&flags, error, size) != 0)
    return NULL;
  ZsdDenoiser *d = calloc(1, sizeof *d);
  if (!d) {
    snprintf(error, size, "not enough memory for a denoiser");
    return NULL;
  }
  d->kernels = zsd_kernels(flags);
  d->keyframe = true;
  d->status = (ZsdStatus){.sigma = -1,
                          .chroma_sigma = -1,
                          .correlation = -1,
                          .training.loss = -1,
                          .isa = zsd_cpu_name(flags)};
  return d;
}

/* Frees the parts with scratch memory for each thread. */
static void clear_workers(ZsdDenoiser *d) {
  zsd_learner_free(d->learner);
  zsd_filter_free(d->filter);
  d->learner = NULL;
  d->filter = NULL;
}

/* Frees the network and everything of its shape. */
static void clear_network(ZsdDenoiser *d) {
  clear_workers(d);
  zsd_weights_clear(&d->weights);
  zsd_weights_clear(&d->narrow);
  zsd_network_clear(&d->net);
  d->learned = false;
}

static void clear_team(ZsdDenoiser *d) {
  clear_workers(d);
  zsd_team_free(d->team);
  d->team = NULL;
}

void zsd_denoiser_free(ZsdDenoiser *d) {
  if (!d)
    return;
  clear_team(d);
  clear_network(d);
  for (int i = 0; i < ZSD_PARTS; i++)
    zsd_stream_clear(&d->streams[i]);
  zsd_model_clear(&d->start);
  free(d);
}

void zsd_denoiser_observe(ZsdDenoiser *d, const ZsdObserver *observer) {
  d->observer = *observer;
}

void zsd_denoiser_elapsed(ZsdDenoiser *d, double intervals) {
  for (int i = 0; i < ZSD_PARTS && intervals >= GAP; i++) {
    zsd_scene_history_doubt(&d->streams[i].scene, intervals - 1);
    if (d->streams[i].fusion)
      zsd_fusion_age(d->streams[i].fusion, intervals - 1);
  }
}

static void drop_later_of_all(ZsdDenoiser *d) {
  for (int i = 0; i < ZSD_PARTS; i++)
    zsd_stream_drop_later(&d->streams[i]);
}

void zsd_denoiser_reset(ZsdDenoiser *d) {
  d->keyframe = true;
  drop_later_of_all(d);
}

void zsd_denoiser_skip(ZsdDenoiser *d) {
  d->status.frames++;
  drop_later_of_all(d);
}

void zsd_denoiser_status(const ZsdDenoiser *d, ZsdStatus *status) {
  *status = d->status;
}

unsigned zsd_denoiser_ended(const ZsdDenoiser *d, ZsdTraining ended[ZSD_MAX_ENDED]) {
  memcpy(ended, d->ended, d->n_ended * sizeof *ended);
  return d->n_ended;
}

int zsd_denoiser_start_from(ZsdDenoiser *d, const ZsdModel *model) {
  ZsdModel copy = {0};
  if (model && model->params &&
      zsd_model_copy(&copy, (ZsdShape){model->inputs, model->hidden, model->outputs},
                     model->params))
    return -1;
  zsd_model_clear(&d->start);
  d->start = copy;
  d->keyframe = true;
  return 0;
}

int zsd_denoiser_model(const ZsdDenoiser *d, ZsdModel *model) {
  return d->learned ? zsd_model_copy(model, d->net.shape, d->net.params) : 1;
}

/* --- memory --- */

static int prepare_team(ZsdDenoiser *d, unsigned wanted) {
  if (d->team && d->wanted_threads == wanted)
    return 0;
  clear_team(d);
  d->wanted_threads = wanted;
  d->team = zsd_team_new(wanted);
  return d->team ? 0 : -1;
}

/* Packs the weights for the filter's precision. */
static int prepare_weights(ZsdDenoiser *d, ZsdPrecisionChoice wanted) {
  const ZsdPrecision precisions[] = {[ZSD_PRECISION_AUTO] = d->kernels->fastest_pass,
                                     [ZSD_PRECISION_FP32] = ZSD_FP32,
                                     [ZSD_PRECISION_BF16] = ZSD_BF16,
                                     [ZSD_PRECISION_INT16] = ZSD_INT16,
                                     [ZSD_PRECISION_FP16] = ZSD_FP16,
                                     [ZSD_PRECISION_INT8] = ZSD_INT8};
  const ZsdPrecision precision = precisions[wanted];
  const ZsdPassKernel *kernel = &d->kernels->pass[precision];

  d->status.precision = zsd_precision_name(precision);
  if (d->weights.kernel == kernel)
    return 0;
  if (zsd_weights_resize(&d->weights, kernel, d->net.shape)) {
    zsd_weights_clear(&d->weights); /* the next frame tries again */
    return -1;
  }
  zsd_weights_update(&d->weights, &d->net);
  return 0;
}

/* Weights for ZSD_QUALITY_NARROW, where there is a narrower network. */
static int prepare_narrow(ZsdDenoiser *d) {
  const ZsdPassKernel *kernel = d->weights.kernel;
  ZsdShape shape = d->net.shape;
  ZsdNetwork net = {0};
  shape.hidden--;
  shape.hidden = zsd_built_in_weights_hidden(shape);
  if (d->narrow.kernel == kernel || shape.hidden == 0)
    return 0;
  int failed = zsd_network_resize(&net, shape) || zsd_built_in_weights_load(&net) ||
               zsd_weights_resize(&d->narrow, kernel, shape);
  if (failed)
    zsd_weights_clear(&d->narrow);
  else
    zsd_weights_update(&d->narrow, &net);
  zsd_network_clear(&net);
  return failed;
}

/* Allocates for networks of this shape. A new shape drops the trained network. */
static int prepare_network(ZsdDenoiser *d, ZsdShape shape, const ZsdSettings *s) {
  if (!d->net.params || !zsd_shape_same(d->net.shape, shape)) {
    d->keyframe = true;
    d->status.state = ZSD_STATE_WAITING;
    clear_network(d);
    if (zsd_network_resize(&d->net, shape)) {
      clear_network(d); /* the next frame tries again */
      return -1;
    }
  }
  if (prepare_weights(d, s->precision) ||
      (s->quality == ZSD_QUALITY_NARROW && s->warm_start && prepare_narrow(d)))
    return -1;
  if (d->learner && d->background != s->background) {
    zsd_learner_free(d->learner);
    d->learner = NULL;
    d->keyframe = d->keyframe || !s->warm_start || d->status.state != ZSD_STATE_FILTERING;
  }
  if (!d->learner) {
    const int workers = s->background ? 0 : zsd_team_most(d->team);
    if (!(d->learner = zsd_learner_new(shape, d->kernels, workers, &d->observer)))
      return -1;
    d->background = s->background;
    zsd_learner_restart(d->learner, s->seed);
  }
  if (!d->filter && !(d->filter = zsd_filter_new(d->kernels)))
    return -1;
  return 0;
}

/* --- training --- */

/* Whether the frame is a keyframe, which drops the past. */
static bool begins_scene(ZsdDenoiser *d, ZsdStream *stream, const ZsdSettings *s) {
  const bool cut = zsd_stream_is_cut(stream, s);
  const bool anew = cut || d->keyframe;
  for (int i = 0; anew && i < ZSD_PARTS; i++) {
    zsd_stream_end_scene(&d->streams[i], !d->keyframe);
    if (&d->streams[i] != stream)
      d->streams[i].scene = (ZsdSceneHistory){0};
  }
  return anew;
}

static void add_ended(ZsdDenoiser *d, const ZsdTraining *training) {
  d->status.trainings++;
  d->ended[d->n_ended++] = *training;
}

/* Takes up the result of training. `no_gain`: the state where it did not help. */
static ZsdResult conclude(ZsdDenoiser *d, const ZsdLearningResult *learned, ZsdState no_gain) {
  for (unsigned i = 0; i < learned->trainings; i++)
    add_ended(d, &learned->ended[i]);
  d->status.finetunings += learned->finetunings;
  if (learned->finetunings)
    d->since_training = 0;
  if (learned->training.steps)
    d->status.training = learned->training;
  switch (learned->outcome) {
  case ZSD_TRAINED:
    d->status.state = ZSD_STATE_FILTERING;
    d->status.updates++;
    d->learned = true;
    zsd_weights_update(&d->weights, &d->net);
    return ZSD_OK;
  case ZSD_NO_GAIN:
    if (!learned->pending)
      d->status.state = no_gain;
    return ZSD_OK;
  case ZSD_STOPPED:
    return ZSD_CANCELLED;
  default:
    return ZSD_NO_MEMORY;
  }
}

/* Training steps on a keyframe without built-in weights for the network. */
static unsigned cold_epochs(const ZsdSettings *s) {
  ZsdSettings cold = *s;
  cold.warm_start = false;
  return zsd_settings_resolve(&cold).epochs;
}

/* Sets the initial weights: the model, the built-in ones or random ones. Returns whether they
 * denoise without training. */
static bool set_initial_weights(ZsdDenoiser *d, const ZsdView *view, const ZsdSettings *s) {
  d->learned = false;
  if (d->start.params) {
    memcpy(d->net.params, d->start.params, d->net.n * sizeof *d->net.params);
    return true;
  }
  zsd_network_init(&d->net, s->seed);
  return s->warm_start && view->fusion && zsd_built_in_weights_load(&d->net) == 0;
}

/* Begins training on a keyframe. */
static ZsdResult train_keyframe(ZsdDenoiser *d, const ZsdView *view, const ZsdSettings *s) {
  const bool started = set_initial_weights(d, view, s);
  const unsigned epochs = s->epochs || started ? s->epochs : cold_epochs(s);
  const unsigned steps = s->frozen ? 0 : epochs;
  ZsdLearningResult learned = {.outcome = ZSD_NO_GAIN};

  d->status.state = started && s->background ? ZSD_STATE_FILTERING : ZSD_STATE_LEARNING;
  d->faded = started || !s->background ? FADE_IN : 0;
  zsd_weights_update(&d->weights, &d->net);
  zsd_learner_restart(d->learner, s->seed);
  if (steps)
    learned = zsd_learner_train_single_frame(d->learner, &d->net, view, s, steps);
  const ZsdResult result =
      conclude(d, &learned, started ? ZSD_STATE_FILTERING : ZSD_STATE_PASSING);
  if (result != ZSD_OK) {
    d->keyframe = true;
    d->status.state = ZSD_STATE_WAITING;
    return result;
  }
  d->status.keyframes++;
  d->since_training = 0;
  d->level = (ZsdNoiseChange){0};
  return ZSD_OK;
}

/* Begins training when the noise of a scene has changed, from the current weights. The past is
 * kept. */
static ZsdResult train_for_new_noise(ZsdDenoiser *d, const ZsdView *view,
                                     const ZsdSettings *s) {
  ZsdLearningResult learned = {.outcome = ZSD_NO_GAIN};
  zsd_learner_restart(d->learner, s->seed);
  if (s->epochs)
    learned = zsd_learner_train_single_frame(d->learner, &d->net, view, s, s->epochs);
  const ZsdResult result = conclude(d, &learned, ZSD_STATE_FILTERING);
  d->status.keyframes += result == ZSD_OK;
  d->since_training = 0;
  return result;
}

/* Continues training: on the frames after the keyframe, and by fine-tuning where it is due. */
static ZsdResult continue_training(ZsdDenoiser *d, const ZsdView *view, const ZsdSettings *s) {
  const bool due =
      s->finetune_interval && s->finetune_epochs && d->since_training >= s->finetune_interval;
  const bool in_use = d->status.state == ZSD_STATE_FILTERING;
  const ZsdLearningResult learned = zsd_learner_next_frame(
      d->learner, &d->net, view, s, due ? s->finetune_epochs : 0, in_use);
  return conclude(d, &learned, in_use ? ZSD_STATE_FILTERING : ZSD_STATE_PASSING);
}

/* Standard deviation of the noise that decides whether there is any to remove, 0..255: that of
 * brightness, or of a component that has much more. */
static double decisive_sigma(const ZsdFusion *fusion, const ZsdFrame *frame) {
  double sigma = zsd_fusion_noise(fusion, frame->brightness)->sigma;
  for (int i = 0; i < frame->components; i++)
    sigma = fmax(sigma, zsd_fusion_noise(fusion, i)->sigma / MUCH_MORE);
  return 255 * sigma;
}

/* Sets the noise in the status, 0..255: sample values above full scale give deviations above
 * 255. */
static void report_noise(ZsdStatus *status, const ZsdFusion *fusion, const ZsdFrame *frame) {
  double chroma = -1;
  for (int i = 0; i < frame->components; i++)
    if (i != frame->brightness)
      chroma = fmax(chroma, zsd_fusion_found_noise(fusion, i)->sigma);
  const double scale = 255 * frame->range;
  const bool known = zsd_fusion_noise_known(fusion);
  const ZsdNoiseModel *found = zsd_fusion_found_noise(fusion, frame->brightness);
  status->sigma = known ? fmin(scale * found->sigma, 255) : -1;
  status->correlation = known ? found->lag1 : -1;
  status->chroma_sigma = known && chroma >= 0 ? fmin(scale * chroma, 255) : -1;
}

/* Training on a frame, if any. `anew`: it is a keyframe. */
static ZsdResult train(ZsdDenoiser *d, const ZsdStream *stream, const ZsdView *view, bool anew,
                       const ZsdSettings *s) {
  const ZsdFusion *fusion = stream->fusion;
  const double sigma = decisive_sigma(fusion, view->frame);
  report_noise(&d->status, fusion, view->frame);
  if (d->status.state == ZSD_STATE_PASSING)
    anew = anew || sigma > NOISE_CHANGED * fmax(d->tried_sigma, NO_NOISE);
  d->tried_sigma = anew ? sigma : fmin(d->tried_sigma, sigma);
  d->since_training++;
  if (anew && sigma < NO_NOISE) {
    d->status.state = ZSD_STATE_PASSING;
    d->keyframe = false;
    return ZSD_OK;
  }
  if (anew) {
    d->keyframe = false;
    return train_keyframe(d, view, s);
  }
  const bool filters = d->status.state == ZSD_STATE_FILTERING;
  if (s->frozen || s->quality >= ZSD_QUALITY_FUSED ||
      !(filters || d->status.state == ZSD_STATE_LEARNING))
    return ZSD_OK;
  if (filters && s->temporal && s->scene_threshold > 0 && s->sigma <= 0 &&
      zsd_noise_changed(&d->level, sigma, stream->scene.doubt > 0)) {
    d->level = (ZsdNoiseChange){0};
    return train_for_new_noise(d, view, s);
  }
  return continue_training(d, view, s);
}

/* --- frames --- */

/* Whether the image continues those before it. */
static bool same_format(const ZsdDenoiser *d, const ZsdImage *image) {
  const ZsdImage *last = &d->shape;
  const int height = d->streams[image->part].height;
  return last->width == image->width && (height == image->height || height == 0) &&
         last->components == image->components && last->rgb == image->rgb &&
         last->depth == image->depth;
}

/* Takes note of a frame, or of the first field of one: those of the other kind age. */
static void begin_frame(ZsdDenoiser *d, const ZsdImage *image, bool still) {
  if (still || !same_format(d, image)) {
    d->keyframe = true;
    for (int i = 0; i < ZSD_PARTS; i++)
      d->streams[i].height = 0;
  }
  d->shape = *image;
  for (int i = 0; i < ZSD_PARTS; i++)
    if (d->streams[i].fusion && (i == ZSD_FRAME) != (image->part == ZSD_FRAME))
      zsd_fusion_age(d->streams[i].fusion, 1);
}

static ZsdResult prepare(ZsdDenoiser *d, const ZsdImage *image, ZsdStream *stream,
                         const ZsdSettings *s) {
  const bool as_published = s->profile == ZSD_PROFILE_PAPER;
  zsd_layout_make(&d->layout, image, !zsd_layout_planar_fits(image));
  const ZsdShape shape = {zsd_inputs_count(d->layout.channels, !as_published),
                          (int)s->hidden_channels, d->layout.channels};
  d->status.network.inputs = shape.inputs;
  d->status.network.hidden = shape.hidden;
  d->status.network.outputs = shape.outputs;
  d->status.width = d->layout.width;
  d->status.height = d->layout.height;
  if (!zsd_model_fits(&d->start, shape))
    return ZSD_MISMATCH;
  return prepare_team(d, s->threads) || prepare_network(d, shape, s) ||
                 zsd_stream_prepare(stream, image, d->kernels)
             ? ZSD_NO_MEMORY
             : ZSD_OK;
}

/* Part of the noise that is removed from the frame: fades in after frames that passed
 * unfiltered. */
static float strength_of(ZsdDenoiser *d, const ZsdSettings *s) {
  if (d->status.state == ZSD_STATE_FILTERING && d->faded < FADE_IN)
    d->faded++;
  return (float)(fmin(s->strength, 1) * d->faded / FADE_IN);
}

/* The view of a frame that is filtered, no longer learned from. */
static ZsdView view_to_filter(const ZsdView *view, const ZsdSettings *s) {
  ZsdView stronger = *view;
  stronger.noise_factor = (float)fmax(s->strength, 1);
  return stronger;
}

/* Filters a still picture, which is reported as a training. The status keeps the last loss. */
static ZsdResult filter_still(ZsdDenoiser *d, ZsdImage *image, const ZsdView *view,
                              ZsdFilterState *state, const ZsdFilterParams *params,
                              const ZsdSettings *s) {
  const ZsdStill still = {s->profile, s->frozen, view,    state,
                          params,     &d->net,   s->seed, &d->observer};
  const double loss = d->status.training.loss;
  const ZsdResult result =
      zsd_still_run(&still, d->filter, image, d->kernels, params->threads, &d->status.training);
  if (result == ZSD_OK)
    add_ended(d, &d->status.training);
  if (d->status.training.loss < 0)
    d->status.training.loss = loss;
  return result;
}

static ZsdFilterParams filter_params(ZsdDenoiser *d, const ZsdStream *stream,
                                     const ZsdView *view, const ZsdSettings *s) {
  const bool narrow = s->quality == ZSD_QUALITY_NARROW && s->warm_start && d->narrow.kernel;
  const bool fused = view->fusion && s->quality == ZSD_QUALITY_FUSED;
  return (ZsdFilterParams){.weights = narrow ? &d->narrow : &d->weights,
                           .fused = fused,
                           .refined = view->fusion && !fused && !zsd_settings_still(s),
                           .first_column = zsd_split_column(s->split, d->shape.width),
                           .refresh = zsd_settings_refresh(s),
                           .twice = zsd_settings_twice(s),
                           .threads = (int)s->threads,
                           .repeated = zsd_fusion_repeated(stream->fusion),
                           .observer = &d->observer};
}

/* Filters a frame into the image. */
static ZsdResult filter(ZsdDenoiser *d, ZsdImage *image, ZsdStream *stream,
                        const ZsdView *learned, const ZsdSettings *s) {
  const ZsdView view = view_to_filter(learned, s);
  ZsdFilterParams params = filter_params(d, stream, &view, s);
  params.strength = strength_of(d, s);
  if (d->status.state != ZSD_STATE_FILTERING) {
    zsd_filter_state_reset(&stream->filter_state);
    return ZSD_OK;
  }
  if (zsd_settings_still(s))
    return filter_still(d, image, &view, &stream->filter_state, &params, s);
  return zsd_filter_run(d->filter, image, &view, &stream->filter_state, &params);
}

/* Gets the noise of frames from that of fields, or of fields from that of frames. Returns
 * whether it is known. */
static bool noise_of_others(const ZsdDenoiser *d, const ZsdStream *stream,
                            ZsdNoiseModel noise[ZSD_MAX_COMPONENTS]) {
  for (int i = 0; i < ZSD_PARTS; i++) {
    const ZsdFusion *fusion = d->streams[i].fusion;
    if (&d->streams[i] != stream && fusion && zsd_fusion_noise_is_temporal(fusion))
      return zsd_stream_noise(&d->streams[i], noise);
  }
  return false;
}

/* Fuses a frame with the past. A damaged frame does not change the noise. The noise of a
 * stream's first frame is that of another stream, or estimated with the help of later frames,
 * where possible. Returns 0, or -1 without memory. */
static int add_frame(ZsdDenoiser *d, ZsdStream *stream, const ZsdWindow *window, bool damaged,
                     int threads) {
  ZsdNoiseModel noise[ZSD_MAX_COMPONENTS] = {0};
  int known = 0;
  if (damaged && zsd_fusion_noise_known(stream->fusion))
    known = zsd_stream_noise(stream, noise);
  else if (!zsd_fusion_noise_known(stream->fusion))
    known = noise_of_others(d, stream, noise);
  if (!known && window->n_later > 0 && !zsd_fusion_noise_known(stream->fusion))
    known =
        zsd_lookahead_estimate_noise(stream->lookahead, noise, &stream->frame, window, threads);
  if (known < 0 || zsd_fusion_add(stream->fusion, &stream->frame, window->observer, threads))
    return -1;
  if (known)
    zsd_fusion_set_noise(stream->fusion, noise);
  return 0;
}

/* Loads a frame and fuses it with the past. Returns ZSD_NO_MEMORY or ZSD_OK. */
static ZsdResult fuse(ZsdDenoiser *d, const ZsdWindow *window, ZsdStream *stream, bool first,
                      bool *anew, const ZsdSettings *s) {
  const int threads = (int)s->threads;
  if (zsd_frame_choose_range(&stream->frame, window->image, d->keyframe)) {
    zsd_fusion_reset(stream->fusion);
    d->keyframe = true;
  }
  zsd_frame_load(&stream->frame, window->image, d->kernels, threads);
  zsd_fusion_set_sigma(stream->fusion, s->sigma / 255 / stream->frame.range);
  *anew = first && begins_scene(d, stream, s);
  if (!s->temporal)
    zsd_fusion_drop_temporal(stream->fusion);
  if (add_frame(d, stream, window, s->damaged, threads))
    return ZSD_NO_MEMORY;
  const bool still = zsd_settings_still(s);
  return still && zsd_still_estimate_noise(stream->fusion, &stream->frame, d->kernels, threads)
             ? ZSD_NO_MEMORY
             : ZSD_OK;
}

/* Whether the network is trained on frames of this stream. Where frames and fields alternate,
 * it is one of them, as pairs are of two frames of the same kind. */
static bool is_learned_from(ZsdDenoiser *d, const ZsdStream *stream) {
  return stream == d->learned_from || ++d->not_learned_from > MAX_OTHERS;
}

/* Trains on a frame, and stores parts of it for training on the next one. */
static ZsdResult learn(ZsdDenoiser *d, ZsdStream *stream, const ZsdView *view, bool anew,
                       const ZsdSettings *s) {
  if (!anew && !is_learned_from(d, stream))
    return ZSD_OK;
  if (stream != d->learned_from)
    zsd_learner_drop_frame(d->learner);
  d->learned_from = stream;
  d->not_learned_from = 0;
  const ZsdResult result = train(d, stream, view, anew, s);
  const bool stores = s->temporal && !s->frozen && s->quality < ZSD_QUALITY_FUSED &&
                      d->status.state == ZSD_STATE_FILTERING;
  if (!stores)
    zsd_learner_drop_frame(d->learner);
  else if (result == ZSD_OK && zsd_learner_store_frame(d->learner, view, s))
    return ZSD_NO_MEMORY;
  return result;
}

static ZsdView view_of(const ZsdDenoiser *d, const ZsdStream *stream, const ZsdSettings *s) {
  return (ZsdView){&stream->frame, &d->layout,
                   s->profile == ZSD_PROFILE_PAPER ? NULL : stream->fusion, false, 1};
}

/* The result of a step, unless the observer has cancelled the frame since. */
static ZsdResult after_step(const ZsdDenoiser *d, ZsdResult result) {
  return result == ZSD_OK && zsd_is_cancelled(&d->observer) ? ZSD_CANCELLED : result;
}

/* Estimates the window's frame from the past and the later pictures, and trains on it if it is
 * `first`: a frame, or the first field of one. `anew`: receives whether it is a keyframe. */
static ZsdResult estimate(ZsdDenoiser *d, const ZsdWindow *window, ZsdStream *stream,
                          bool first, bool *anew, const ZsdSettings *s) {
  const ZsdView view = view_of(d, stream, s);
  if (zsd_stream_prepare_lookahead(stream, window, d->kernels))
    return ZSD_NO_MEMORY;
  ZsdResult result = after_step(d, fuse(d, window, stream, first, anew, s));
  if (result == ZSD_OK && first && !zsd_fusion_repeated(stream->fusion))
    result = after_step(d, learn(d, stream, &view, *anew, s));
  if (result == ZSD_OK && window->n_later > 0)
    result = after_step(d, zsd_stream_look_ahead(stream, window, (int)s->threads));
  if (result != ZSD_OK && *anew)
    d->keyframe = true; /* as this one would have been */
  return result;
}

static ZsdResult denoise(ZsdDenoiser *d, ZsdImage *image, const ZsdWindow *window,
                         ZsdStream *stream, bool first, const ZsdSettings *s) {
  const ZsdView view = view_of(d, stream, s);
  bool anew;
  ZsdResult result = estimate(d, window, stream, first, &anew, s);
  if (result == ZSD_OK)
    result = filter(d, image, stream, &view, s);
  if (result != ZSD_OK)
    return result;
  zsd_stream_commit(stream, window, s);
  zsd_split_draw(image, zsd_split_column(s->split, image->width));
  return ZSD_OK;
}

/* --- patches along the motion --- */

/* Whether a frame has a pilot already, or gets one. */
static bool uses_patches(const ZsdStream *stream, const ZsdWindow *window,
                         const ZsdSettings *s) {
  return (stream->pilots && zsd_pilot_queue_waiting(stream->pilots) > 0) ||
         (window->n_later > 0 && zsd_settings_patches(s));
}

/* Appends the window's frame with its pilot, the network's result. */
static ZsdResult append_pilot(ZsdDenoiser *d, const ZsdWindow *window, ZsdStream *stream,
                              bool first, const ZsdSettings *s) {
  const ZsdView learned = view_of(d, stream, s), view = view_to_filter(&learned, s);
  ZsdPilotProperties properties = {0};
  ZsdResult result = estimate(d, window, stream, first, &properties.begins_scene, s);
  if (result != ZSD_OK)
    return result;
  const ZsdFilterParams params = filter_params(d, stream, &view, s);
  properties.repeated = params.repeated;
  properties.unchanged = d->status.state != ZSD_STATE_FILTERING;
  for (int i = 0; i < stream->frame.components; i++)
    properties.noise[i] = zsd_view_noise(&view, i);
  if (properties.unchanged)
    zsd_filter_state_reset(&stream->filter_state);
  else
    result = zsd_filter_planes(d->filter, zsd_pilot_queue_planes(stream->pilots), &view,
                               &stream->filter_state, &params);
  if (result != ZSD_OK)
    return result;
  zsd_stream_commit(stream, window, s);
  return zsd_pilot_queue_append(stream->pilots, &stream->frame, &properties, params.threads)
             ? ZSD_NO_MEMORY
             : ZSD_OK;
}

/* Appends pilots as far ahead as they are needed, then denoises the image with their help. */
static ZsdResult denoise_patches(ZsdDenoiser *d, ZsdImage *image, const ZsdWindow *window,
                                 ZsdStream *stream, bool first, const ZsdSettings *s) {
  const bool full = zsd_settings_patches(s);
  const int column = zsd_split_column(s->split, image->width);
  ZsdTakenFrame taken;
  if (!stream->pilots && !(stream->pilots = zsd_pilot_queue_new(&stream->frame, d->kernels)))
    return ZSD_NO_MEMORY;
  while (zsd_stream_needs_pilot(stream, window, full)) {
    const ZsdWindow later = zsd_window_later(window, zsd_pilot_queue_waiting(stream->pilots));
    const ZsdResult result = append_pilot(d, &later, stream, first, s);
    if (result != ZSD_OK)
      return result;
  }
  const ZsdResult result =
      zsd_pilot_queue_take(stream->pilots, !full, &taken, &d->observer, (int)s->threads);
  if (result != ZSD_OK)
    return result;
  if (!taken.unchanged)
    zsd_store_image(image, &taken.planes, strength_of(d, s), column, d->kernels,
                    (int)s->threads);
  zsd_split_draw(image, column);
  return ZSD_OK;
}

static ZsdResult process(ZsdDenoiser *d, ZsdImage *image, int field, const ZsdImage *later,
                         unsigned n_later, const ZsdSettings *settings) {
  ZsdSettings s = zsd_model_resolve(&d->start, settings);
  s.frozen = s.frozen || s.damaged;
  ZsdStream *stream = &d->streams[image->part];

  d->status.frames += field == 0;
  d->status.quality = s.quality;
  if (s.strength <= 0 || image->height < 1) {
    zsd_filter_state_reset(&stream->filter_state);
    zsd_stream_drop_later(stream);
    return ZSD_OK;
  }
  if (s.quality == ZSD_QUALITY_ORIGINAL) {
    d->faded -= d->faded > 0; /* after a few such frames filtering fades in */
    zsd_split_draw(image, zsd_split_column(s.split, image->width));
    return zsd_stream_pass(stream);
  }
  if (field == 0)
    begin_frame(d, image, s.still);
  stream->height = image->height;
  const ZsdWindow window = {.image = image,
                            .later = later,
                            .n_later = s.temporal && !s.damaged ? (int)n_later : 0,
                            .scene_threshold = s.scene_threshold,
                            .observer = &d->observer};
  const ZsdResult result = prepare(d, image, stream, &s);
  if (result != ZSD_OK)
    return result;
  d->status.threads = zsd_team_begin(d->team);
  s.threads = (unsigned)d->status.threads;
  return uses_patches(stream, &window, &s)
             ? denoise_patches(d, image, &window, stream, field == 0, &s)
             : denoise(d, image, &window, stream, field == 0, &s);
}

ZsdResult zsd_denoiser_process_ahead(ZsdDenoiser *d, ZsdImage *image, int field,
                                     const ZsdImage *later, unsigned n_later,
                                     const ZsdSettings *settings) {
  d->n_ended = 0;
  zsd_learner_set_stream_busy(d->learner, true);
  const ZsdResult result = process(d, image, field, later, n_later, settings);
  for (int i = 0; i < ZSD_PARTS && result == ZSD_CANCELLED; i++)
    zsd_stream_end_scene(&d->streams[i], true); /* the frame may have changed parts of it */
  if (result != ZSD_OK)
    drop_later_of_all(d);
  zsd_learner_set_stream_busy(d->learner, false);
  return result;
}

ZsdResult zsd_denoiser_process(ZsdDenoiser *d, ZsdImage *image, int field,
                               const ZsdSettings *settings) {
  return zsd_denoiser_process_ahead(d, image, field, NULL, 0, settings);
}
