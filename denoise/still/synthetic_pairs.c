/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/synthetic_pairs.h"

#include "base/clamp.h"
#include "learning/n2n_loss.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_SIDE = 1024, /* samples, each way: of a larger picture its middle tells enough */
  PATCHES = 16,     /* a step */
};

static const double LEARNING_RATE = 4e-4, LAST_RATE = 0.1; /* the latter a part of the first */

/* --- noise --- */

/* The filter [r 1 r] gives white noise this correlation between neighbours. */
static double filter_of(double lag1) {
  const double lag = fmin(lag1, sqrt(0.5));
  return lag > 0 ? (1 - sqrt(1 - 2 * lag * lag)) / (2 * lag) : 0;
}

/* Normal noise of deviation 1 with the model's correlation, across and down. `noise` has room
 * for a sample more on each side, and what is made begins at its first one. */
static void draw_noise(float *noise, int width, int height, const ZsdNoiseModel *model,
                       ZsdRandom *random) {
  const int row = width + 2;
  const double r = filter_of(model->lag1);
  const float side = (float)r, scale = (float)(1 / (1 + 2 * r * r));
  for (int i = 0; i < row * (height + 2); i++)
    noise[i] = (float)zsd_random_normal(random);
  for (int i = 0; i < row * (height + 2) - 2; i++)
    noise[i] = side * (noise[i] + noise[i + 2]) + noise[i + 1];
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float *n = noise + y * row + x;
      noise[y * row + x] = scale * (side * (n[0] + n[2 * row]) + n[row]);
    }
}

/* What is known of a component, made noisy as a camera does: what is out of range is clipped.
 */
static int make_noisy(const ZsdFrameComponent *c, const float *known,
                      const ZsdNoiseModel *model, ZsdRandom *random) {
  const int row = c->width + 2;
  float *noise = malloc((size_t)row * (c->height + 2) * sizeof(float));
  if (!noise)
    return -1;
  draw_noise(noise, c->width, c->height, model, random);
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++) {
      const int at = y * c->width + x;
      const float deviation = sqrtf(zsd_noise_variance(model, known[at]));
      c->y[at] = c->z[at] = fminf(1, fmaxf(0, known[at] + deviation * noise[y * row + x]));
    }
  free(noise);
  return 0;
}

/* --- the picture --- */

/* The middle of the image: an even number of samples of its brightness, each way. */
static ZsdImage middle_of(const ZsdImage *image) {
  ZsdImage part = *image;
  part.width = zsd_smaller(image->width, MOST_SIDE) & ~1;
  part.height = zsd_smaller(image->height, MOST_SIDE) & ~1;
  for (int i = 0; i < part.components; i++) {
    ZsdComponent *c = &part.component[i];
    c->width = part.width >> c->half_width;
    c->height = part.height >> c->half_height;
  }
  return part;
}

static int take_middle(ZsdSyntheticPairs *r, const ZsdFrame *whole, int i) {
  const ZsdFrameComponent *from = &whole->component[i], *to = &r->frame.component[i];
  const ZsdFrameComponent *luma = &whole->component[0];
  const int left = ((luma->width - r->image.width) / 4 * 2) >> from->half_width;
  const int top = ((luma->height - r->image.height) / 4 * 2) >> from->half_height;
  if (!(r->known[i] = malloc((size_t)to->width * to->height * sizeof(float) + 1)))
    return -1;
  for (int y = 0; y < to->height; y++)
    memcpy(r->known[i] + (ptrdiff_t)y * to->width,
           from->z + (ptrdiff_t)(top + y) * from->width + left, to->width * sizeof(float));
  return 0;
}

int zsd_synthetic_pairs_make(ZsdSyntheticPairs *r, const ZsdView *view, const ZsdImage *image,
                             uint64_t seed) {
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  r->image = middle_of(image);
  zsd_layout_make(&r->layout, &r->image, !zsd_layout_planar_fits(&r->image));
  if (zsd_frame_resize(&r->frame, &r->image))
    return -1;
  for (int i = 0; i < r->frame.components; i++)
    if (take_middle(r, view->frame, i) ||
        make_noisy(&r->frame.component[i], r->known[i], zsd_fusion_noise(view->fusion, i),
                   &random))
      return -1;
  return 0;
}

void zsd_synthetic_pairs_clear(ZsdSyntheticPairs *r) {
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++)
    free(r->known[i]);
  zsd_frame_clear(&r->frame);
  *r = (ZsdSyntheticPairs){0};
}

/* --- the objective --- */

/* The target is what z has on top of what is known, in units of the network. */
static void fill_look(const ZsdSyntheticPairs *r, const ZsdView *view, const ZsdPair *look) {
  const ZsdLayout *layout = &r->layout;
  const ptrdiff_t plane = (ptrdiff_t)layout->width * layout->height;
  const float unit = zsd_view_unit(view);
  for (int y = 0; y < layout->height; y++)
    zsd_inputs_row(view, 0, y, layout->width, zsd_tensor_row(&look->input, 0, y), plane);
  for (int o = 0; o < layout->channels; o++) {
    const int i = layout->channel[o].component, step = layout->channel[o].x_step;
    const ZsdFrameComponent *c = &r->frame.component[i];
    for (int y = 0; y < layout->height; y++) {
      const ptrdiff_t at =
          (ptrdiff_t)(y * layout->channel[o].y_step + layout->channel[o].y) * c->width +
          layout->channel[o].x;
      float *to = zsd_tensor_row(&look->target, o, y);
      for (int x = 0; x < layout->width; x++)
        to[x] = (c->z[at + x * step] - r->known[i][at + x * step]) / unit;
    }
  }
  for (ptrdiff_t i = 0; i < plane; i++)
    look->weight.data[i] = 1;
}

ZsdOutcome zsd_synthetic_pairs_train(const ZsdSyntheticPairs *r, const ZsdView *view,
                                     ZsdNetwork *net, uint64_t seed, const ZsdKernels *kernels,
                                     int threads, const ZsdObserver *observer) {
  const ZsdSchedule schedule = {.steps = ZSD_SYNTHETIC_PAIRS_STEPS,
                                .patches = PATCHES,
                                .learning_rate = LEARNING_RATE,
                                .step_size = 1,
                                .gamma = pow(LAST_RATE, 1.0 / ZSD_SYNTHETIC_PAIRS_STEPS),
                                .threads = threads,
                                .seed = seed};
  ZsdTrainer *trainer = zsd_trainer_new(kernels);
  ZsdN2nLoss *looks = zsd_n2n_loss_new(net->shape, 1, threads);
  ZsdPair *look =
      looks ? zsd_n2n_loss_next_pair(looks, r->layout.height, r->layout.width) : NULL;
  ZsdOutcome outcome = ZSD_FAILED;
  if (trainer && look) {
    ZsdTraining training;
    fill_look(r, view, look);
    const ZsdObjective objective = zsd_n2n_loss_objective(looks);
    outcome = zsd_trainer_run(trainer, net, &objective, &schedule, observer, &training);
  }
  zsd_n2n_loss_free(looks);
  zsd_trainer_free(trainer);
  return outcome;
}
