/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole way of a frame: is it a keyframe, learn on it, take the noise off, write it back.
 */
#include "cpu.h"
#include "frame.h"
#include "noise.h"
#include "scene.h"
#include "settings.h"
#include "trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of the network's picture: the activations of one tile fit into the second cache. */
enum { TILE_WIDTH = 64, TILE_HEIGHT = 16 };

/* Noise below this deviation (0..255 scale) is that of rounding: there is nothing to learn. */
static const double NO_NOISE = 0.5;

/* A picture that taught nothing is tried again when its noise has changed by this factor. */
static const double NOISE_CHANGED = 1.25;

struct ZsdDenoiser {
  const ZsdKernels *kernels;
  ZsdThreads *threads;
  unsigned wanted_threads;
  ZsdTrainer *trainer;
  ZsdTile *tiles; /* one of each worker */

  ZsdImage shape; /* of the last frame, or its first field; its data is not looked at */
  ZsdLayout layout;
  ZsdTensor picture;
  ZsdScene scene;
  ZsdNetwork net;
  ZsdPacked packed;
  bool keyframe;           /* the next frame is one */
  unsigned since_learning; /* frames */
  double tried_sigma;      /* the least noise since learning was last tried */
  ZsdStatus status;
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
  d->status = (ZsdStatus){.sigma = -1, .isa = zsd_cpu_name(flags)};
  return d;
}

/* Gives back the threads and what belongs to each of them. */
static void clear_threads(ZsdDenoiser *d) {
  for (int i = 0; d->tiles && i < zsd_threads_count(d->threads); i++)
    zsd_tile_clear(&d->tiles[i]);
  free(d->tiles);
  zsd_trainer_free(d->trainer);
  zsd_threads_free(d->threads);
  d->tiles = NULL;
  d->trainer = NULL;
  d->threads = NULL;
}

void zsd_denoiser_free(ZsdDenoiser *d) {
  if (!d)
    return;
  clear_threads(d);
  zsd_tensor_clear(&d->picture);
  zsd_packed_clear(&d->packed);
  zsd_network_clear(&d->net);
  free(d);
}

void zsd_denoiser_reset(ZsdDenoiser *d) {
  d->keyframe = true;
}

void zsd_denoiser_skip(ZsdDenoiser *d) {
  d->status.frames++;
}

void zsd_denoiser_status(const ZsdDenoiser *d, ZsdStatus *status) {
  *status = d->status;
}

/* --- learning --- */

static int start_threads(ZsdDenoiser *d, unsigned wanted) {
  if (d->threads && d->wanted_threads == wanted)
    return 0;
  clear_threads(d);
  d->wanted_threads = wanted;
  if (!(d->threads = zsd_threads_new(wanted)) ||
      !(d->tiles = calloc(zsd_threads_count(d->threads), sizeof *d->tiles)) ||
      !(d->trainer = zsd_trainer_new(d->kernels, d->threads))) {
    clear_threads(d);
    return -1;
  }
  d->status.threads = zsd_threads_count(d->threads);
  return 0;
}

/* Makes room for pictures and networks of this shape; a new shape forgets what was learned. */
static int prepare(ZsdDenoiser *d, const ZsdLayout *layout, int hidden) {
  d->layout = *layout;
  if (d->net.channels != layout->channels || d->net.hidden != hidden) {
    d->keyframe = true;
    d->status.state = ZSD_STATE_WAITING;
    if (zsd_network_resize(&d->net, layout->channels, hidden) ||
        zsd_packed_resize(&d->packed, d->kernels, &d->net)) {
      zsd_network_clear(&d->net); /* so that the next frame tries again */
      return -1;
    }
  }
  for (int i = 0; i < zsd_threads_count(d->threads); i++)
    if (zsd_tile_resize(&d->tiles[i], layout->channels, hidden, TILE_WIDTH, TILE_HEIGHT))
      return -1;
  return zsd_tensor_resize(&d->picture, layout->channels, layout->height, layout->width);
}

/* Whether a cut lies between the last frame and this one. */
static bool is_cut(ZsdDenoiser *d, double threshold) {
  ZsdScene now;
  zsd_scene_see(&now, &d->picture, d->layout.brightness);
  const bool cut = threshold > 0 && zsd_scene_change(&d->scene, &now) > threshold;
  d->scene = now;
  return cut;
}

static ZsdResult learn(ZsdDenoiser *d, const ZsdSettings *s, bool anew, ZsdProgress progress,
                       void *user) {
  const ZsdSchedule schedule = {.steps = anew ? s->epochs : s->finetune_epochs,
                                .patches = zsd_profile_patches(s->profile),
                                .learning_rate =
                                    anew ? s->learning_rate : s->learning_rate * s->gamma,
                                .step_size = s->step_size,
                                .gamma = s->gamma,
                                .seed = s->seed + d->status.finetunings};
  if (anew)
    zsd_network_init(&d->net, s->seed);
  d->status.state = ZSD_STATE_LEARNING;
  const ZsdOutcome outcome = zsd_trainer_run(d->trainer, &d->net, &d->picture, &schedule,
                                             progress, user, &d->status.training);
  switch (outcome) {
  case ZSD_TRAINED:
    d->status.state = ZSD_STATE_FILTERING;
    zsd_packed_update(&d->packed);
    break;
  case ZSD_USELESS: /* after fine-tuning there still is what was learned before */
    d->status.state = anew ? ZSD_STATE_PASSING : ZSD_STATE_FILTERING;
    break;
  case ZSD_STOPPED:
  case ZSD_FAILED:
    d->keyframe = anew;
    d->status.state = anew ? ZSD_STATE_WAITING : ZSD_STATE_FILTERING;
    return outcome == ZSD_STOPPED ? ZSD_CANCELLED : ZSD_NO_MEMORY;
  }
  d->since_learning = 0;
  if (anew)
    d->status.keyframes++;
  else
    d->status.finetunings++;
  return ZSD_OK;
}

/* Learns where this frame asks for it. */
static ZsdResult keep_learning(ZsdDenoiser *d, const ZsdImage *image, const ZsdSettings *s,
                               ZsdProgress progress, void *user) {
  const bool cut = is_cut(d, s->scene_threshold);
  bool anew = d->keyframe || cut;

  if (anew || d->status.state == ZSD_STATE_PASSING)
    d->status.sigma = zsd_noise_sigma(image);
  const double sigma = d->status.sigma;
  if (d->status.state == ZSD_STATE_PASSING)
    anew = anew || sigma > NOISE_CHANGED * fmax(d->tried_sigma, NO_NOISE);
  d->tried_sigma = anew ? sigma : fmin(d->tried_sigma, sigma);
  d->since_learning++;
  if (anew && sigma >= 0 && sigma < NO_NOISE) {
    d->status.state = ZSD_STATE_PASSING;
    d->keyframe = false;
    return ZSD_OK;
  }
  if (anew) {
    d->keyframe = false;
    return learn(d, s, true, progress, user);
  }
  if (s->finetune_interval && s->finetune_epochs && d->status.state == ZSD_STATE_FILTERING &&
      d->since_learning >= s->finetune_interval)
    return learn(d, s, false, progress, user);
  return ZSD_OK;
}

/* --- filtering --- */

typedef struct {
  ZsdDenoiser *denoiser;
  ZsdImage *image;
  float strength;
  int first_column;
  int across;
} Filter;

static int smaller(int a, int b) {
  return a < b ? a : b;
}

static void filter_tile(void *context, int worker, int item) {
  const Filter *f = context;
  ZsdDenoiser *d = f->denoiser;
  ZsdTile *tile = &d->tiles[worker];
  const int x = item % f->across * TILE_WIDTH, y = item / f->across * TILE_HEIGHT;

  zsd_tile_load(tile, &d->picture, x, y, smaller(TILE_WIDTH, d->picture.width - x),
                smaller(TILE_HEIGHT, d->picture.height - y));
  zsd_tile_forward(tile, &d->packed);
  zsd_frame_store(f->image, &d->layout, d->kernels, tile, f->strength, f->first_column);
}

static void filter(ZsdDenoiser *d, ZsdImage *image, const ZsdSettings *s) {
  Filter f = {d, image, (float)s->strength, (int)(s->split * image->width / 2 + 0.5) * 2,
              (d->picture.width + TILE_WIDTH - 1) / TILE_WIDTH};
  const int down = (d->picture.height + TILE_HEIGHT - 1) / TILE_HEIGHT;
  zsd_threads_run(d->threads, filter_tile, &f, f.across * down);
}

static bool same_shape(const ZsdImage *a, const ZsdImage *b) {
  return a->width == b->width && a->height == b->height && a->components == b->components &&
         a->rgb == b->rgb && a->depth == b->depth;
}

ZsdResult zsd_denoiser_process(ZsdDenoiser *d, ZsdImage *image, int field,
                               const ZsdSettings *settings, ZsdProgress progress, void *user) {
  const ZsdSettings s = zsd_settings_resolve(settings);
  ZsdLayout layout;

  d->status.frames += field == 0;
  if (s.strength <= 0 || image->height < 1)
    return ZSD_OK;
  if (field == 0) {
    d->keyframe = d->keyframe || !same_shape(&d->shape, image);
    d->shape = *image;
  }
  zsd_layout_make(&layout, image, s.profile != ZSD_PROFILE_PAPER || !image->rgb);
  if (start_threads(d, s.threads) || prepare(d, &layout, (int)s.hidden_channels))
    return ZSD_NO_MEMORY;
  zsd_frame_load(&d->picture, image, &d->layout, d->kernels, d->threads);
  if (field == 0) {
    const ZsdResult result = keep_learning(d, image, &s, progress, user);
    if (result != ZSD_OK)
      return result;
  }
  if (d->status.state == ZSD_STATE_FILTERING)
    filter(d, image, &s);
  return ZSD_OK;
}
