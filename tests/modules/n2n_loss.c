/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Noise2Noise loss: value and gradient, its ring buffer of pairs, and training with it. */
#include "learning/n2n_loss.h"

#include "base/cpu.h"
#include "naive.h"
#include "base/random.h"
#include "suite.h"
#include "network/tile.h"
#include "learning/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- a loss and a network --- */

enum { THREADS = 2 };

typedef struct {
  ZsdNetwork net;
  double mean_weight;
  ZsdN2nLoss *n2n;
  ZsdPair *pair[3];
  int pairs, height, width;
  float *grads;
} Problem;

static void fill(const ZsdTensor *t, ZsdRandom *random, double low, double high) {
  for (int i = 0; i < t->channels * t->height * t->width; i++)
    t->data[i] = (float)(low + (high - low) * zsd_random_uniform(random));
}

/* Random inputs and targets; a third of the weights are 0. */
static void make_problem(Problem *p, ZsdShape shape, int pairs, int height, int width) {
  ZsdRandom random;
  zsd_random_seed(&random, 3);
  *p = (Problem){.pairs = pairs, .height = height, .width = width};
  ck_assert_int_eq(zsd_network_resize(&p->net, shape), 0);
  zsd_network_init(&p->net, 4);
  p->n2n = zsd_n2n_loss_new(shape, pairs, THREADS);
  p->grads = calloc(p->net.n, sizeof(float));
  ck_assert(p->n2n && p->grads);
  for (int i = 0; i < pairs; i++) {
    ZsdPair *pair = p->pair[i] = zsd_n2n_loss_next_pair(p->n2n, height, width);
    ck_assert_ptr_nonnull(pair);
    ck_assert(pair->input.channels == shape.inputs && pair->input.width == width);
    ck_assert(pair->target.channels == shape.outputs && pair->target.height == height);
    ck_assert(pair->weight.channels == 1 && pair->weight.width == width);
    fill(&pair->input, &random, -2, 2);
    fill(&pair->target, &random, -1, 1);
    fill(&pair->weight, &random, -0.5, 1);
    for (int k = 0; k < height * width; k++)
      pair->weight.data[k] = fmaxf(0, pair->weight.data[k]);
  }
}

static void clear_problem(Problem *p) {
  zsd_network_clear(&p->net);
  zsd_n2n_loss_free(p->n2n);
  free(p->grads);
}

/* Loss of all patches of all pairs; its gradient goes to `grads`. */
static ZsdLoss derive(Problem *p, const ZsdKernels *kernels) {
  const ZsdObjective objective = zsd_n2n_loss_objective(p->n2n);
  const double elements = (double)p->pairs * p->height * p->width * objective.channels;
  ZsdPacked packed = {0};
  ZsdLoss loss = {0};
  int patches = 0;
  ck_assert_int_eq(zsd_packed_resize(&packed, kernels, &p->net), 0);
  zsd_packed_update(&packed);
  memset(p->grads, 0, p->net.n * sizeof(float));
  for (int pair = 0; pair < objective.pairs; pair++)
    for (int y = 0; y < objective.height; y += objective.patch_size)
      for (int x = 0; x < objective.width; x += objective.patch_size) {
        const int w = objective.width - x, h = objective.height - y;
        const ZsdPatch patch = {pair, x, y, w < objective.patch_size ? w : objective.patch_size,
                                h < objective.patch_size ? h : objective.patch_size};
        objective.add_patch(objective.self, patches++ % THREADS, &loss, p->grads, &packed,
                            &patch, elements);
      }
  zsd_packed_clear(&packed);
  return loss;
}

static double naive(const Problem *p, const double *params) {
  double sum = 0;
  for (int i = 0; i < p->pairs; i++)
    sum += naive_n2n_loss(&p->net, params, &p->pair[i]->input, &p->pair[i]->target,
                          &p->pair[i]->weight, zsd_n2n_loss_objective(p->n2n).patch_size,
                          p->mean_weight);
  return sum / ((double)p->pairs * p->height * p->width * p->net.shape.outputs);
}

/* --- loss and gradient --- */

/* Compares the derivative along a random direction with a central difference. Only parameters
 * begin to end - 1 vary. */
static void check_direction(const Problem *p, ZsdRandom *random, size_t begin, size_t end) {
  const double step = 1e-6;
  const size_t n = p->net.n;
  double *params = malloc(2 * n * sizeof *params), *direction = params + n;
  double expected = 0, scale = 0, loss[2];
  ck_assert_ptr_nonnull(params);
  for (size_t i = 0; i < n; i++) {
    direction[i] = i >= begin && i < end ? zsd_random_normal(random) : 0;
    expected += direction[i] * p->grads[i];
    scale += fabs(direction[i] * p->grads[i]);
  }
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < n; i++)
      params[i] = p->net.params[i] + (side ? step : -step) * direction[i];
    loss[side] = naive(p, params);
  }
  const double difference = (loss[1] - loss[0]) / (2 * step);
  ck_assert_msg(fabs(difference - expected) <= 2e-4 * fmax(scale, 1e-3),
                "parameters %zu to %zu: derivative %g, difference %g", begin, end, expected,
                difference);
  free(params);
}

static void check_loss(Problem *p, const ZsdLoss *loss) {
  double *params = malloc(p->net.n * sizeof *params);
  ck_assert_ptr_nonnull(params);
  for (size_t i = 0; i < p->net.n; i++)
    params[i] = p->net.params[i];
  const double expected = naive(p, params);
  ck_assert_double_eq_tol(loss->residual, expected, 1e-5 * expected);
  /* A network that predicts 0 has the identity loss. */
  memset(params, 0, p->net.n * sizeof *params);
  const double identity = naive(p, params);
  ck_assert_double_eq_tol(loss->identity, identity, 1e-5 * identity);
  ck_assert_double_eq(loss->consistency, 0);
  free(params);
}

START_TEST(test_derivatives) {
  static const unsigned masks[] = {0, ~0u};
  static const struct {
    ZsdShape shape;
    int pairs, height, width;
  } cases[] = {{{1, 2, 1}, 1, 1, 1},
               {{3, 4, 2}, 1, 9, 7},
               {{5, 3, 1}, 2, 33, 40},
               {{15, 6, 6}, 3, 12, 35}};
  for (int l = 0; l < 2; l++) {
    Problem p;
    ZsdRandom random;
    make_problem(&p, cases[_i].shape, cases[_i].pairs, cases[_i].height, cases[_i].width);
    p.mean_weight = l ? 0 : 3;
    zsd_n2n_loss_set_mean_weight(p.n2n, (float)p.mean_weight);
    const ZsdLoss loss = derive(&p, zsd_kernels(masks[l] & zsd_cpu_detect()));
    check_loss(&p, &loss);
    zsd_random_seed(&random, 5);
    for (int layer = 0; layer < ZSD_LAYERS; layer++) {
      const ZsdLayer *at = &p.net.layers[layer];
      check_direction(&p, &random, at->weights, at->bias);
      check_direction(&p, &random, at->bias, at->bias + at->n_out);
    }
    for (int trial = 0; trial < 40; trial++) {
      const size_t i = zsd_random_below(&random, (uint32_t)p.net.n);
      check_direction(&p, &random, i, i + 1);
    }
    clear_problem(&p);
  }
}
END_TEST

/* A margin whose weights are 0 adds nothing to the loss: excluding it changes nothing. */
START_TEST(test_margin) {
  enum { HEIGHT = 27, WIDTH = 32, MARGIN = 2 };
  Problem p;
  make_problem(&p, (ZsdShape){3, 5, 2}, 2, HEIGHT, WIDTH);
  for (int pair = 0; pair < 2; pair++)
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        if (x < MARGIN || x >= WIDTH - MARGIN || y < MARGIN || y >= HEIGHT - MARGIN)
          zsd_tensor_row(&p.pair[pair]->weight, 0, y)[x] = 0;
  zsd_n2n_loss_set_mean_weight(p.n2n, 2);
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  const ZsdLoss whole = derive(&p, kernels);
  float *grads = malloc(p.net.n * sizeof *grads);
  ck_assert_ptr_nonnull(grads);
  memcpy(grads, p.grads, p.net.n * sizeof *grads);

  zsd_n2n_loss_set_margin(p.n2n, MARGIN);
  const ZsdObjective objective = zsd_n2n_loss_objective(p.n2n);
  ck_assert(objective.width == WIDTH - 2 * MARGIN && objective.height == HEIGHT - 2 * MARGIN);
  const ZsdLoss inner = derive(&p, kernels);
  ck_assert_double_eq_tol(inner.residual, whole.residual, 1e-5 * whole.residual);
  ck_assert_double_eq_tol(inner.identity, whole.identity, 1e-5 * whole.identity);
  for (size_t i = 0; i < p.net.n; i++)
    ck_assert_float_eq_tol(p.grads[i], grads[i], 1e-5f);
  free(grads);
  clear_problem(&p);
}
END_TEST

/* Where the weight is 0 the target has no effect, nor has an input whose field of view lies
 * there as a whole. */
START_TEST(test_no_weight) {
  enum { SIZE = 40, LEFT = 9, RIGHT = 36 };
  Problem p;
  make_problem(&p, (ZsdShape){2, 5, 3}, 1, SIZE, SIZE);
  ZsdPair *pair = p.pair[0];
  for (int y = LEFT; y < RIGHT; y++)
    for (int x = LEFT; x < RIGHT; x++)
      *(zsd_tensor_row(&pair->weight, 0, y) + x) = 0;
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  const ZsdLoss before = derive(&p, kernels);
  float *grads = malloc(p.net.n * sizeof *grads);
  ck_assert_ptr_nonnull(grads);
  memcpy(grads, p.grads, p.net.n * sizeof *grads);

  for (int y = LEFT; y < RIGHT; y++)
    for (int x = LEFT; x < RIGHT; x++) {
      for (int c = 0; c < 3; c++)
        zsd_tensor_row(&pair->target, c, y)[x] = 1000;
      const bool unseen = x >= LEFT + ZSD_HALO && x < RIGHT - ZSD_HALO &&
                          y >= LEFT + ZSD_HALO && y < RIGHT - ZSD_HALO;
      for (int c = 0; c < 2 && unseen; c++)
        zsd_tensor_row(&pair->input, c, y)[x] = -1000;
    }
  const ZsdLoss after = derive(&p, kernels);
  ck_assert_double_eq(after.residual, before.residual);
  ck_assert_double_eq(after.identity, before.identity);
  for (size_t i = 0; i < p.net.n; i++)
    ck_assert_float_eq(p.grads[i], grads[i]);

  zsd_tensor_row(&pair->weight, 0, LEFT)[LEFT] = 1e-3f; /* a weight gives it an effect */
  ck_assert_double_gt(derive(&p, kernels).residual, before.residual);
  free(grads);
  clear_problem(&p);
}
END_TEST

/* --- pairs --- */

/* The value that the target of a pair is filled with. */
static double value_of(const ZsdObjective *objective, int pair, const ZsdNetwork *net) {
  ZsdPacked packed = {0};
  ZsdLoss loss = {0};
  float grads[100] = {0};
  ck_assert_uint_le(net->n, 100);
  ck_assert_int_eq(zsd_packed_resize(&packed, zsd_kernels(0), net), 0);
  zsd_packed_update(&packed);
  const ZsdPatch patch = {pair, 0, 0, 4, 4};
  objective->add_patch(objective->self, 0, &loss, grads, &packed, &patch, 16);
  zsd_packed_clear(&packed);
  return sqrt(loss.identity);
}

static void fill_pair(ZsdPair *pair, float value) {
  ck_assert_ptr_nonnull(pair);
  for (int i = 0; i < 16; i++) {
    pair->input.data[i] = 0;
    pair->target.data[i] = value;
    pair->weight.data[i] = 1;
  }
}

START_TEST(test_pairs) {
  const ZsdShape shape = {1, 1, 1};
  ZsdN2nLoss *n2n = zsd_n2n_loss_new(shape, 3, 1);
  ZsdNetwork net = {0};
  ck_assert_ptr_nonnull(n2n);
  ck_assert_int_eq(zsd_network_resize(&net, shape), 0);
  for (int round = 0; round < 2; round++) {
    ck_assert_int_eq(zsd_n2n_loss_objective(n2n).pairs, 0);
    for (int i = 1; i <= 8; i++) {
      fill_pair(zsd_n2n_loss_next_pair(n2n, 4, 4), (float)i);
      const ZsdObjective objective = zsd_n2n_loss_objective(n2n);
      ck_assert_int_eq(objective.pairs, i < 3 ? i : 3);
      ck_assert(objective.width == 4 && objective.height == 4 && objective.channels == 1);
      double sum = 0; /* of up to the last three pairs */
      for (int pair = 0; pair < objective.pairs; pair++)
        sum += value_of(&objective, pair, &net);
      ck_assert_double_eq_tol(sum, i == 1 ? 1 : i == 2 ? 3 : 3 * i - 3, 1e-5);
    }
    zsd_n2n_loss_clear(n2n);
  }
  zsd_n2n_loss_free(n2n);
  zsd_n2n_loss_free(NULL);
  zsd_network_clear(&net);
}
END_TEST

/* When a pair cannot be allocated the earlier ones are dropped. */
START_TEST(test_no_memory) {
  ZsdN2nLoss *n2n = zsd_n2n_loss_new((ZsdShape){4096, 1, 1}, 2, 1);
  ck_assert_ptr_nonnull(n2n);
  for (int i = 0; i < 2; i++)
    ck_assert_ptr_nonnull(zsd_n2n_loss_next_pair(n2n, 2, 2));
  ck_assert_ptr_null(zsd_n2n_loss_next_pair(n2n, INT32_MAX, 1 << 18));
  ck_assert_int_eq(zsd_n2n_loss_objective(n2n).pairs, 0);
  ck_assert_ptr_nonnull(zsd_n2n_loss_next_pair(n2n, 2, 2));
  ck_assert_int_eq(zsd_n2n_loss_objective(n2n).pairs, 1);
  zsd_n2n_loss_free(n2n);
}
END_TEST

/* --- training --- */

enum { SIZE = 48 };

/* Pairs of noisy gray planes: the input is the first plane, the target the first less the
 * second. The optimal prediction is the input, which leaves half of the target's variance. */
static ZsdN2nLoss *make_pairs(ZsdShape shape, int threads) {
  ZsdN2nLoss *n2n = zsd_n2n_loss_new(shape, 2, threads);
  ZsdRandom random;
  ck_assert_ptr_nonnull(n2n);
  zsd_random_seed(&random, 6);
  for (int i = 0; i < 2; i++) {
    ZsdPair *pair = zsd_n2n_loss_next_pair(n2n, SIZE, SIZE);
    ck_assert_ptr_nonnull(pair);
    for (int k = 0; k < SIZE * SIZE; k++) {
      pair->input.data[k] = (float)zsd_random_normal(&random);
      pair->target.data[k] = pair->input.data[k] - (float)zsd_random_normal(&random);
      pair->weight.data[k] = 1;
    }
  }
  return n2n;
}

static ZsdOutcome learn(ZsdNetwork *net, ZsdN2nLoss *n2n, int threads, double rate,
                        ZsdTraining *training) {
  const ZsdSchedule schedule = {
      .steps = 300, .patches = 3, .learning_rate = rate, .threads = threads, .seed = 7};
  const ZsdObjective objective = zsd_n2n_loss_objective(n2n);
  ZsdTrainer *trainer = zsd_trainer_new(zsd_kernels(zsd_cpu_detect()));
  ck_assert_ptr_nonnull(trainer);
  const ZsdOutcome outcome =
      zsd_trainer_run(trainer, net, &objective, &schedule, NULL, training);
  zsd_trainer_free(trainer);
  return outcome;
}

START_TEST(test_learns) {
  const ZsdShape shape = {1, 6, 1};
  ZsdNetwork net[2] = {{.n = 0}, {.n = 0}};
  for (int i = 0; i < 2; i++) {
    ZsdN2nLoss *n2n = make_pairs(shape, 1 + i);
    ZsdTraining training;
    ck_assert_int_eq(zsd_network_resize(&net[i], shape), 0);
    zsd_network_init(&net[i], 8);
    ck_assert_int_eq(learn(&net[i], n2n, 1 + i, 1e-2, &training), ZSD_TRAINED);
    ck_assert_double_gt(training.loss, 0.8);
    ck_assert_double_lt(training.loss, 1.2); /* the identity has 2 */
    zsd_n2n_loss_free(n2n);
  }
  ck_assert_mem_eq(net[0].params, net[1].params, net[0].n * sizeof(float));
  zsd_network_clear(&net[0]);
  zsd_network_clear(&net[1]);
}
END_TEST

/* Training recovers from a learning rate far too high and leaves only finite parameters. */
START_TEST(test_high_rate) {
  static const double rates[] = {100, 1e20, 1e38};
  const ZsdShape shape = {1, 6, 1};
  ZsdN2nLoss *n2n = make_pairs(shape, 1);
  ZsdNetwork net = {0};
  ZsdTraining training;
  ck_assert_int_eq(zsd_network_resize(&net, shape), 0);
  zsd_network_init(&net, 8);
  const ZsdOutcome outcome = learn(&net, n2n, 1, rates[_i], &training);
  ck_assert(outcome == ZSD_TRAINED || outcome == ZSD_NO_GAIN);
  for (size_t i = 0; i < net.n; i++)
    ck_assert(isfinite(net.params[i]));
  zsd_n2n_loss_free(n2n);
  zsd_network_clear(&net);
}
END_TEST

/* Pairs without weight, and no pairs, give no gain and leave the network unchanged. */
START_TEST(test_no_gain) {
  const ZsdShape shape = {1, 6, 1};
  ZsdN2nLoss *n2n = make_pairs(shape, 1);
  ZsdNetwork net = {0};
  ZsdTraining training;
  ck_assert_int_eq(zsd_network_resize(&net, shape), 0);
  zsd_network_init(&net, 8);
  const float first = net.params[0];
  for (int i = 0; i < 2; i++) {
    ZsdPair *pair = zsd_n2n_loss_next_pair(n2n, SIZE, SIZE);
    memset(pair->input.data, 0, SIZE * SIZE * sizeof(float));
    memset(pair->target.data, 0, SIZE * SIZE * sizeof(float));
    memset(pair->weight.data, 0, SIZE * SIZE * sizeof(float));
  }
  ck_assert_int_eq(learn(&net, n2n, 1, 1e-2, &training), ZSD_NO_GAIN);
  zsd_n2n_loss_clear(n2n);
  ck_assert_int_eq(learn(&net, n2n, 1, 1e-2, &training), ZSD_NO_GAIN);
  ck_assert_float_eq(net.params[0], first);
  zsd_n2n_loss_free(n2n);
  zsd_network_clear(&net);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("n2n_loss");
  TCase *tc = tcase_create("training pairs");
  tcase_add_loop_test(tc, test_derivatives, 0, 4);
  tcase_add_test(tc, test_margin);
  tcase_add_test(tc, test_no_weight);
  tcase_add_test(tc, test_pairs);
  tcase_add_test(tc, test_no_memory);
  tcase_add_test(tc, test_learns);
  tcase_add_loop_test(tc, test_high_rate, 0, 3);
  tcase_add_test(tc, test_no_gain);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
