/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "still/synthetic_pairs.h"

#include "base/clamp.h"
#include "learning/n2n_loss.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_SIDE = 1024, /* width and height of the part of a picture that is used, samples */
  PATCHES = 16,    /* in each training step */
};

static const double LEARNING_RATE = 4e-4;

/* Learning rate of the last step relative to that of the first; it falls exponentially. */
static const double FINAL_RATE = 0.1;

/* Differences between what was removed from the picture and from the one made noisy, up to
 * which the noise model is right: ratio of the variances either way, and of lag-1 correlation.
 * Of JPEGs two to five times less is removed than the model says. */
static const double MAX_RATIO = 1.25, MAX_LAG1_DIFFERENCE = 0.12;

/* --- noise --- */

/* r of the filter [r 1 r] that gives white noise this correlation between neighbours; sqrt(1/2)
 * at most. From lag1 = 2 r / (1 + 2 r^2). */
static double filter_tap(double lag1) {
  const double lag = fmin(lag1, sqrt(0.5));
  return lag > 0 ? (1 - sqrt(fmax(0, 1 - 2 * lag * lag))) / (2 * lag) : 0;
}

/* Fills `noise` with Gaussian noise of standard deviation 1 and with the model's correlation,
 * across and down. Its rows have width + 2 floats; it has height + 2 rows, of which the result
 * occupies the first `height`, `width` floats each. */
static void draw_noise(float *noise, int width, int height, const ZsdNoiseModel *model,
                       ZsdRandom *random) {
  const int row = width + 2;
  const double r = filter_tap(model->lag1);
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

/* Adds noise to the clean plane, clips to 0..1 as cameras do, and stores the result as y and z.
 * Returns 0, or -1 without memory. */
static int add_noise(const ZsdFrameComponent *c, const float *clean, const ZsdNoiseModel *model,
                     ZsdRandom *random) {
  const int row = c->width + 2;
  float *noise = malloc((size_t)row * (c->height + 2) * sizeof(float));
  if (!noise)
    return -1;
  draw_noise(noise, c->width, c->height, model, random);
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++) {
      const int at = y * c->width + x;
      const float deviation = sqrtf(zsd_noise_variance(model, clean[at]));
      c->y[at] = c->z[at] = fminf(1, fmaxf(0, clean[at] + deviation * noise[y * row + x]));
    }
  free(noise);
  return 0;
}

/* --- pairs --- */

/* Shape of the centre of the image, with even width and height. */
static ZsdImage centre_of(const ZsdImage *image) {
  ZsdImage part = *image;
  part.width = zsd_smaller(image->width, MAX_SIDE) & ~1;
  part.height = zsd_smaller(image->height, MAX_SIDE) & ~1;
  for (int i = 0; i < part.components; i++) {
    ZsdComponent *c = &part.component[i];
    c->width = part.width >> c->half_width;
    c->height = part.height >> c->half_height;
  }
  return part;
}

/* Index of the first sample of the centre in a component of the whole frame. */
static ptrdiff_t centre_at(const ZsdSyntheticPairs *p, const ZsdFrame *whole, int i) {
  const ZsdFrameComponent *c = &whole->component[i], *luma = &whole->component[0];
  const int left = ((luma->width - p->image.width) / 4 * 2) >> c->half_width;
  const int top = ((luma->height - p->image.height) / 4 * 2) >> c->half_height;
  return (ptrdiff_t)top * c->width + left;
}

static int copy_centre(ZsdSyntheticPairs *p, const ZsdFrame *whole, int i) {
  const ZsdFrameComponent *from = &whole->component[i], *to = &p->frame.component[i];
  const ptrdiff_t first = centre_at(p, whole, i);
  if (!(p->clean[i] = malloc((size_t)to->width * to->height * sizeof(float) + 1)))
    return -1;
  for (int y = 0; y < to->height; y++)
    memcpy(p->clean[i] + (ptrdiff_t)y * to->width, from->z + first + (ptrdiff_t)y * from->width,
           to->width * sizeof(float));
  return 0;
}

int zsd_synthetic_pairs_make(ZsdSyntheticPairs *p, const ZsdView *view, const ZsdImage *image,
                             uint64_t seed) {
  ZsdRandom random;
  zsd_random_seed(&random, seed);
  p->image = centre_of(image);
  zsd_layout_make(&p->layout, &p->image, !zsd_layout_planar_fits(&p->image));
  if (zsd_frame_resize(&p->frame, &p->image))
    return -1;
  for (int i = 0; i < p->frame.components; i++) {
    const ZsdNoiseModel noise = zsd_view_noise(view, i);
    if (copy_centre(p, view->frame, i) ||
        add_noise(&p->frame.component[i], p->clean[i], &noise, &random))
      return -1;
  }
  return 0;
}

void zsd_synthetic_pairs_clear(ZsdSyntheticPairs *p) {
  for (int i = 0; i < ZSD_MAX_COMPONENTS; i++)
    free(p->clean[i]);
  zsd_frame_clear(&p->frame);
  *p = (ZsdSyntheticPairs){0};
}

/* --- fit of the noise model --- */

/* Mean square of y - z in width x height samples, and its lag-1 correlation. */
typedef struct {
  double variance, lag1;
} Removed;

static Removed removed_from(const float *y, const float *z, ptrdiff_t row, int width,
                            int height) {
  double squares = 0, products = 0;
  for (int j = 0; j < height - 1; j++, y += row, z += row)
    for (int i = 0; i < width - 1; i++) {
      const float here = y[i] - z[i];
      squares += here * here;
      products += here * (y[i + 1] - z[i + 1] + y[i + row] - z[i + row]) / 2;
    }
  const double samples = (double)(width - 1) * (height - 1);
  return (Removed){squares / samples, squares > 0 ? products / squares : 0};
}

bool zsd_synthetic_pairs_fit(const ZsdSyntheticPairs *p, const ZsdFrame *whole) {
  const int i = whole->brightness;
  const ZsdFrameComponent *picture = &whole->component[i], *made = &p->frame.component[i];
  const ptrdiff_t first = centre_at(p, whole, i);
  const Removed found = removed_from(picture->y + first, picture->z + first, picture->width,
                                     made->width, made->height);
  const Removed expected =
      removed_from(made->y, made->z, made->width, made->width, made->height);
  return found.variance <= MAX_RATIO * expected.variance &&
         expected.variance <= MAX_RATIO * found.variance &&
         fabs(found.lag1 - expected.lag1) <= MAX_LAG1_DIFFERENCE;
}

/* --- training --- */

/* Fills a pair: input features of the view; target: z less the clean picture, in the network's
 * units. */
static void fill_pair(const ZsdSyntheticPairs *p, const ZsdView *view, const ZsdPair *pair) {
  const ZsdLayout *layout = &p->layout;
  const ptrdiff_t plane = (ptrdiff_t)layout->width * layout->height;
  const float unit = zsd_view_unit(view);
  for (int y = 0; y < layout->height; y++)
    zsd_inputs_row(view, 0, y, layout->width, zsd_tensor_row(&pair->input, 0, y), plane);
  for (int o = 0; o < layout->channels; o++) {
    const int i = layout->channel[o].component, step = layout->channel[o].x_step;
    const ZsdFrameComponent *c = &p->frame.component[i];
    for (int y = 0; y < layout->height; y++) {
      const ptrdiff_t at =
          (ptrdiff_t)(y * layout->channel[o].y_step + layout->channel[o].y) * c->width +
          layout->channel[o].x;
      float *to = zsd_tensor_row(&pair->target, o, y);
      for (int x = 0; x < layout->width; x++)
        to[x] = (c->z[at + x * step] - p->clean[i][at + x * step]) / unit;
    }
  }
  for (ptrdiff_t i = 0; i < plane; i++)
    pair->weight.data[i] = 1;
}

ZsdOutcome zsd_synthetic_pairs_train(const ZsdSyntheticPairs *p, const ZsdView *view,
                                     ZsdNetwork *net, uint64_t seed, const ZsdKernels *kernels,
                                     int threads, const ZsdObserver *observer) {
  const ZsdSchedule schedule = {.steps = ZSD_SYNTHETIC_PAIRS_STEPS,
                                .patches = PATCHES,
                                .learning_rate = LEARNING_RATE,
                                .step_size = 1,
                                .gamma = pow(FINAL_RATE, 1.0 / ZSD_SYNTHETIC_PAIRS_STEPS),
                                .threads = threads,
                                .seed = seed};
  ZsdTrainer *trainer = zsd_trainer_new(kernels);
  ZsdN2nLoss *loss = zsd_n2n_loss_new(net->shape, 1, threads);
  ZsdPair *pair = loss ? zsd_n2n_loss_next_pair(loss, p->layout.height, p->layout.width) : NULL;
  ZsdOutcome outcome = ZSD_FAILED;
  if (trainer && pair) {
    ZsdTraining training;
    fill_pair(p, view, pair);
    const ZsdObjective objective = zsd_n2n_loss_objective(loss);
    outcome = zsd_trainer_run(trainer, net, &objective, &schedule, observer, &training);
  }
  zsd_n2n_loss_free(loss);
  zsd_trainer_free(trainer);
  return outcome;
}
