/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine against PyTorch: output, loss, derivatives and learned parameters. */
#include "learning/adam.h"
#include "base/cpu.h"
#include "golden.h"
#include "learning/zsn2n_loss.h"
#include "suite.h"
#include "learning/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the largest magnitude of what is compared. */
static const double TOLERANCE = 1e-4;

static int smaller(int a, int b) {
  return a < b ? a : b;
}

/* `expected` holds every `every`-th of the values. */
static void compare(const char *what, const float *values, const float *expected, size_t begin,
                    size_t end, size_t every) {
  double largest = 0, worst = 0;
  for (size_t i = (begin + every - 1) / every * every; i < end; i += every) {
    const double miss = fabs((double)values[i] - expected[i / every]);
    largest = fmax(largest, fabs(expected[i / every]));
    worst = miss <= worst ? worst : miss; /* also where it is not a number */
  }
  ck_assert_msg(worst <= TOLERANCE * largest, "%s: %g off where the largest is %g", what, worst,
                largest);
}

/* Layer by layer, weights and biases apart. */
static void compare_params(const char *what, const float *values, const float *expected,
                           const Golden *g) {
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &g->net.layers[l];
    char name[100];
    snprintf(name, sizeof name, "%s, weights of layer %d", what, l + 1);
    compare(name, values, expected, layer->weights, layer->bias, g->every);
    snprintf(name, sizeof name, "%s, biases of layer %d", what, l + 1);
    compare(name, values, expected, layer->bias, layer->bias + layer->n_out, g->every);
  }
}

typedef struct {
  Golden g;
  ZsdPacked packed;
  ZsdWeights weights;
  ZsdDownsampledPair pair;
} Fixture;

static void set_up(Fixture *f, int index, unsigned flags) {
  *f = (Fixture){0};
  golden_read(&f->g, REFERENCE, index);
  ck_assert_int_eq(zsd_packed_resize(&f->packed, zsd_kernels(flags), &f->g.net), 0);
  zsd_packed_update(&f->packed);
  ck_assert_int_eq(
      zsd_weights_resize(&f->weights, &zsd_kernels(flags)->pass[ZSD_FP32], f->g.net.shape), 0);
  zsd_weights_update(&f->weights, &f->g.net);
  f->pair.picture = &f->g.picture;
  ck_assert_int_eq(zsd_pair_downsample_picture(&f->pair.d1, &f->pair.d2, &f->g.picture), 0);
}

static void tear_down(Fixture *f) {
  zsd_tensor_clear(&f->pair.d1);
  zsd_tensor_clear(&f->pair.d2);
  zsd_packed_clear(&f->packed);
  zsd_weights_clear(&f->weights);
  golden_clear(&f->g);
}

/* --- the network's output --- */

static void copy_out(const ZsdTensor *output, const ZsdTile *tile) {
  for (int c = 0; c < output->channels; c++)
    for (int y = 0; y < tile->height; y++)
      memcpy(zsd_tensor_row(output, c, tile->y + y) + tile->x,
             tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, y),
             tile->width * sizeof(float));
}

/* With `weights` by their kernel, otherwise as learning does it. */
static void run_tiles(const ZsdTensor *output, const Fixture *f, int width, int height,
                      const ZsdWeights *weights) {
  const ZsdTensor *picture = &f->g.picture;
  ZsdTile tile = {0};
  void *scratch = NULL;
  ZsdShape shape = f->g.net.shape;
  if (weights) {
    shape.hidden = 0;
    scratch = aligned_alloc(ZSD_PASS_ALIGNMENT,
                            weights->kernel->scratch_size(weights->shape, width, height));
    ck_assert_ptr_nonnull(scratch);
  }
  ck_assert_int_eq(zsd_tile_resize(&tile, shape, width, height), 0);
  for (int y = 0; y < picture->height; y += height)
    for (int x = 0; x < picture->width; x += width) {
      zsd_tile_load(&tile, picture, x, y, smaller(width, picture->width - x),
                    smaller(height, picture->height - y));
      if (weights)
        zsd_tile_pass(&tile, weights, scratch);
      else
        zsd_tile_forward(&tile, &f->packed);
      copy_out(output, &tile);
    }
  zsd_tile_clear(&tile);
  free(scratch);
}

static void check_output(int index, unsigned flags) {
  static const int sizes[][2] = {{64, 64}, {64, 16}, {16, 16}, {7, 5}, {13, 1}, {1, 9}, {2, 2}};
  Fixture f;
  ZsdTensor output = {0};
  set_up(&f, index, flags);
  const size_t samples = (size_t)f.g.output.channels * f.g.output.height * f.g.output.width;
  ck_assert_int_eq(
      zsd_tensor_resize(&output, f.g.output.channels, f.g.output.height, f.g.output.width), 0);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char what[60];
    for (int pass = 0; pass < 2; pass++) {
      snprintf(what, sizeof what, "output in %dx%d tiles, pass %d", sizes[i][0], sizes[i][1],
               pass);
      memset(output.data, 0xff, samples * sizeof(float));
      run_tiles(&output, &f, sizes[i][0], sizes[i][1], pass ? &f.weights : NULL);
      compare(what, output.data, f.g.output.data, 0, samples, 1);
    }
  }
  zsd_tensor_clear(&output);
  tear_down(&f);
}

START_TEST(test_output) {
  check_output(_i, zsd_cpu_detect());
}
END_TEST

START_TEST(test_output_plain_c) {
  check_output(_i, 0);
}
END_TEST

/* --- loss and derivatives --- */

static ZsdLoss add_patches(const Fixture *f, float *grads, int size) {
  const int width = f->pair.d1.width, height = f->pair.d1.height;
  const double elements = (double)width * height * f->g.net.shape.outputs;
  ZsdZsn2nTiles tiles = {0};
  ZsdLoss loss = {0};
  ck_assert_int_eq(zsd_zsn2n_tiles_resize(&tiles, f->g.net.shape, size), 0);
  for (int y = 0; y < height; y += size)
    for (int x = 0; x < width; x += size)
      zsd_zsn2n_add(&loss, grads, &tiles, &f->pair, &f->packed, x, y, smaller(size, width - x),
                    smaller(size, height - y), elements);
  zsd_zsn2n_tiles_clear(&tiles);
  return loss;
}

static void check_loss(int index, unsigned flags) {
  static const int sizes[] = {32, 16, 5, 1};
  Fixture f;
  set_up(&f, index, flags);
  float *grads = malloc(f.g.net.n * sizeof(float));
  ck_assert_ptr_nonnull(grads);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char what[60];
    snprintf(what, sizeof what, "derivatives in %dx%d patches", sizes[i], sizes[i]);
    memset(grads, 0, f.g.net.n * sizeof(float));
    const ZsdLoss loss = add_patches(&f, grads, sizes[i]);
    const ZsdLoss alone = add_patches(&f, NULL, sizes[i]);
    ck_assert_double_eq_tol(loss.residual, f.g.residual, TOLERANCE * f.g.residual);
    ck_assert_double_eq_tol(loss.consistency, f.g.consistency, TOLERANCE * f.g.consistency);
    ck_assert_double_eq(loss.residual, alone.residual);
    ck_assert_double_eq(loss.consistency, alone.consistency);
    compare_params(what, grads, f.g.gradient, &f.g);
  }
  free(grads);
  tear_down(&f);
}

START_TEST(test_loss) {
  check_loss(_i, zsd_cpu_detect());
}
END_TEST

START_TEST(test_loss_plain_c) {
  check_loss(_i, 0);
}
END_TEST

/* --- learning --- */

START_TEST(test_steps) {
  Fixture f;
  ZsdAdam adam = {0};
  set_up(&f, _i, zsd_cpu_detect());
  float *grads = malloc(f.g.net.n * sizeof(float));
  ck_assert_ptr_nonnull(grads);
  ck_assert_int_eq(zsd_adam_reset(&adam, f.g.net.n), 0);
  for (int step = 0; step < f.g.steps; step++) {
    memset(grads, 0, f.g.net.n * sizeof(float));
    zsd_packed_update(&f.packed);
    add_patches(&f, grads, 16);
    zsd_adam_step(&adam, f.g.net.params, grads, 1e-3);
  }
  compare_params("parameters after the steps", f.g.net.params, f.g.learned, &f.g);
  zsd_adam_clear(&adam);
  free(grads);
  tear_down(&f);
}
END_TEST

/* The first case's steps do not help yet: the trainer must then give back what it was given. */
START_TEST(test_trainer) {
  Fixture f;
  ZsdNetwork net = {0};
  ZsdTraining training;
  const bool helps = _i != 0;
  set_up(&f, _i, 0);
  ck_assert_int_eq(zsd_network_resize(&net, f.g.net.shape), 0);
  memcpy(net.params, f.g.net.params, net.n * sizeof(float));
  ZsdTrainer *trainer = zsd_trainer_new(zsd_kernels(zsd_cpu_detect()));
  ck_assert_ptr_nonnull(trainer);

  const ZsdSchedule schedule = {
      .steps = (unsigned)f.g.steps, .learning_rate = 1e-3, .threads = 2};
  ZsdZsn2nLoss *zsn2n = zsd_zsn2n_loss_new(&f.g.picture, net.shape, 2);
  ck_assert_ptr_nonnull(zsn2n);
  const ZsdObjective objective = zsd_zsn2n_loss_objective(zsn2n);
  const ZsdOutcome outcome =
      zsd_trainer_run(trainer, &net, &objective, &schedule, NULL, &training);
  ck_assert_int_eq(outcome, helps ? ZSD_TRAINED : ZSD_NO_GAIN);
  ck_assert_uint_eq(training.step, schedule.steps);
  if (helps)
    compare_params("parameters after learning", net.params, f.g.learned, &f.g);
  else
    ck_assert_mem_eq(net.params, f.g.net.params, net.n * sizeof(float));

  zsd_zsn2n_loss_free(zsn2n);
  zsd_trainer_free(trainer);
  zsd_network_clear(&net);
  tear_down(&f);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("reference");
  TCase *tc = tcase_create("PyTorch");
  tcase_add_loop_test(tc, test_output, 0, GOLDEN_CASES);
  tcase_add_loop_test(tc, test_output_plain_c, 0, GOLDEN_CASES);
  tcase_add_loop_test(tc, test_loss, 0, GOLDEN_CASES);
  tcase_add_loop_test(tc, test_loss_plain_c, 0, GOLDEN_CASES);
  tcase_add_loop_test(tc, test_steps, 0, GOLDEN_CASES);
  tcase_add_loop_test(tc, test_trainer, 0, GOLDEN_CASES);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
