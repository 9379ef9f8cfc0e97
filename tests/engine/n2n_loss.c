/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learning from second looks: its loss and derivatives, its pages, and that it learns. */
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

/* --- a lesson and a network --- */

enum { WORKERS = 2 };

typedef struct {
  ZsdNetwork net;
  double level;
  ZsdLooks *looks;
  ZsdLook *page[3];
  int pages, height, width;
  float *grads;
} Problem;

static void fill(const ZsdTensor *t, ZsdRandom *random, double low, double high) {
  for (int i = 0; i < t->channels * t->height * t->width; i++)
    t->data[i] = (float)(low + (high - low) * zsd_random_uniform(random));
}

/* Looks that have nothing to do with each other; a third of the weights are 0. */
static void make_problem(Problem *p, ZsdShape shape, int pages, int height, int width) {
  ZsdRandom random;
  zsd_random_seed(&random, 3);
  *p = (Problem){.pages = pages, .height = height, .width = width};
  ck_assert_int_eq(zsd_network_resize(&p->net, shape), 0);
  zsd_network_init(&p->net, 4);
  p->looks = zsd_looks_new(shape, pages, WORKERS);
  p->grads = calloc(p->net.n, sizeof(float));
  ck_assert(p->looks && p->grads);
  for (int i = 0; i < pages; i++) {
    ZsdLook *look = p->page[i] = zsd_looks_turn(p->looks, height, width);
    ck_assert_ptr_nonnull(look);
    ck_assert(look->input.channels == shape.inputs && look->input.width == width);
    ck_assert(look->target.channels == shape.outputs && look->target.height == height);
    ck_assert(look->weight.channels == 1 && look->weight.width == width);
    fill(&look->input, &random, -2, 2);
    fill(&look->target, &random, -1, 1);
    fill(&look->weight, &random, -0.5, 1);
    for (int k = 0; k < height * width; k++)
      look->weight.data[k] = fmaxf(0, look->weight.data[k]);
  }
}

static void clear_problem(Problem *p) {
  zsd_network_clear(&p->net);
  zsd_looks_free(p->looks);
  free(p->grads);
}

/* The loss of all patches of all pages, its derivatives in `grads`. */
static ZsdLoss derive(Problem *p, const ZsdKernels *kernels) {
  const ZsdLesson lesson = zsd_looks_lesson(p->looks);
  const double elements = (double)p->pages * p->height * p->width * lesson.channels;
  ZsdPacked packed = {0};
  ZsdLoss loss = {0};
  int patches = 0;
  ck_assert_int_eq(zsd_packed_resize(&packed, kernels, &p->net), 0);
  zsd_packed_update(&packed);
  memset(p->grads, 0, p->net.n * sizeof(float));
  for (int page = 0; page < lesson.pages; page++)
    for (int y = 0; y < lesson.height; y += lesson.patch)
      for (int x = 0; x < lesson.width; x += lesson.patch) {
        const int w = lesson.width - x, h = lesson.height - y;
        const ZsdPatch patch = {page, x, y, w < lesson.patch ? w : lesson.patch,
                                h < lesson.patch ? h : lesson.patch};
        lesson.add(lesson.self, patches++ % WORKERS, &loss, p->grads, &packed, &patch,
                   elements);
      }
  zsd_packed_clear(&packed);
  return loss;
}

static double naive(const Problem *p, const double *params) {
  double sum = 0;
  for (int i = 0; i < p->pages; i++)
    sum += naive_looks(&p->net, params, &p->page[i]->input, &p->page[i]->target,
                       &p->page[i]->weight, zsd_looks_lesson(p->looks).patch, p->level);
  return sum / ((double)p->pages * p->height * p->width * p->net.shape.outputs);
}

/* --- loss and derivatives --- */

/* Parameters begin .. end - 1 are moved by random amounts. */
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
  /* The zero network: what is left where nothing is predicted. */
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
    int pages, height, width;
  } cases[] = {{{1, 2, 1}, 1, 1, 1},
               {{3, 4, 2}, 1, 9, 7},
               {{5, 3, 1}, 2, 33, 40},
               {{15, 6, 6}, 3, 12, 35}};
  for (int l = 0; l < 2; l++) {
    Problem p;
    ZsdRandom random;
    make_problem(&p, cases[_i].shape, cases[_i].pages, cases[_i].height, cases[_i].width);
    p.level = l ? 0 : 3;
    zsd_looks_weigh_level(p.looks, (float)p.level);
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

/* A rim whose weights are 0 is only context: to leave it out changes nothing. */
START_TEST(test_rim) {
  enum { HEIGHT = 27, WIDTH = 32, RIM = 2 };
  Problem p;
  make_problem(&p, (ZsdShape){3, 5, 2}, 2, HEIGHT, WIDTH);
  for (int page = 0; page < 2; page++)
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++)
        if (x < RIM || x >= WIDTH - RIM || y < RIM || y >= HEIGHT - RIM)
          zsd_tensor_row(&p.page[page]->weight, 0, y)[x] = 0;
  zsd_looks_weigh_level(p.looks, 2);
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  const ZsdLoss whole = derive(&p, kernels);
  float *grads = malloc(p.net.n * sizeof *grads);
  ck_assert_ptr_nonnull(grads);
  memcpy(grads, p.grads, p.net.n * sizeof *grads);

  zsd_looks_leave_rim(p.looks, RIM);
  const ZsdLesson lesson = zsd_looks_lesson(p.looks);
  ck_assert(lesson.width == WIDTH - 2 * RIM && lesson.height == HEIGHT - 2 * RIM);
  const ZsdLoss inner = derive(&p, kernels);
  ck_assert_double_eq_tol(inner.residual, whole.residual, 1e-5 * whole.residual);
  ck_assert_double_eq_tol(inner.identity, whole.identity, 1e-5 * whole.identity);
  for (size_t i = 0; i < p.net.n; i++)
    ck_assert_float_eq_tol(p.grads[i], grads[i], 1e-5f);
  free(grads);
  clear_problem(&p);
}
END_TEST

/* Where a weight is 0 the target does not matter, nor does the input that only such places
 * see. */
START_TEST(test_no_weight) {
  enum { SIZE = 40, LEFT = 9, RIGHT = 36 };
  Problem p;
  make_problem(&p, (ZsdShape){2, 5, 3}, 1, SIZE, SIZE);
  ZsdLook *look = p.page[0];
  for (int y = LEFT; y < RIGHT; y++)
    for (int x = LEFT; x < RIGHT; x++)
      *(zsd_tensor_row(&look->weight, 0, y) + x) = 0;
  const ZsdKernels *kernels = zsd_kernels(zsd_cpu_detect());
  const ZsdLoss before = derive(&p, kernels);
  float *grads = malloc(p.net.n * sizeof *grads);
  ck_assert_ptr_nonnull(grads);
  memcpy(grads, p.grads, p.net.n * sizeof *grads);

  for (int y = LEFT; y < RIGHT; y++)
    for (int x = LEFT; x < RIGHT; x++) {
      for (int c = 0; c < 3; c++)
        zsd_tensor_row(&look->target, c, y)[x] = 1000;
      const bool unseen = x >= LEFT + ZSD_HALO && x < RIGHT - ZSD_HALO &&
                          y >= LEFT + ZSD_HALO && y < RIGHT - ZSD_HALO;
      for (int c = 0; c < 2 && unseen; c++)
        zsd_tensor_row(&look->input, c, y)[x] = -1000;
    }
  const ZsdLoss after = derive(&p, kernels);
  ck_assert_double_eq(after.residual, before.residual);
  ck_assert_double_eq(after.identity, before.identity);
  for (size_t i = 0; i < p.net.n; i++)
    ck_assert_float_eq(p.grads[i], grads[i]);

  zsd_tensor_row(&look->weight, 0, LEFT)[LEFT] = 1e-3f; /* but there it does */
  ck_assert_double_gt(derive(&p, kernels).residual, before.residual);
  free(grads);
  clear_problem(&p);
}
END_TEST

/* --- pages --- */

/* The value that a page's target has been filled with. */
static double value_on(const ZsdLesson *lesson, int page, const ZsdNetwork *net) {
  ZsdPacked packed = {0};
  ZsdLoss loss = {0};
  float grads[100] = {0};
  ck_assert_uint_le(net->n, 100);
  ck_assert_int_eq(zsd_packed_resize(&packed, zsd_kernels(0), net), 0);
  zsd_packed_update(&packed);
  const ZsdPatch patch = {page, 0, 0, 4, 4};
  lesson->add(lesson->self, 0, &loss, grads, &packed, &patch, 16);
  zsd_packed_clear(&packed);
  return sqrt(loss.identity);
}

static void write_page(ZsdLook *look, float value) {
  ck_assert_ptr_nonnull(look);
  for (int i = 0; i < 16; i++) {
    look->input.data[i] = 0;
    look->target.data[i] = value;
    look->weight.data[i] = 1;
  }
}

START_TEST(test_pages) {
  const ZsdShape shape = {1, 1, 1};
  ZsdLooks *looks = zsd_looks_new(shape, 3, 1);
  ZsdNetwork net = {0};
  ck_assert_ptr_nonnull(looks);
  ck_assert_int_eq(zsd_network_resize(&net, shape), 0);
  for (int round = 0; round < 2; round++) {
    ck_assert_int_eq(zsd_looks_lesson(looks).pages, 0);
    for (int i = 1; i <= 8; i++) {
      write_page(zsd_looks_turn(looks, 4, 4), (float)i);
      const ZsdLesson lesson = zsd_looks_lesson(looks);
      ck_assert_int_eq(lesson.pages, i < 3 ? i : 3);
      ck_assert(lesson.width == 4 && lesson.height == 4 && lesson.channels == 1);
      double sum = 0; /* of the last three, or fewer */
      for (int page = 0; page < lesson.pages; page++)
        sum += value_on(&lesson, page, &net);
      ck_assert_double_eq_tol(sum, i == 1 ? 1 : i == 2 ? 3 : 3 * i - 3, 1e-5);
    }
    zsd_looks_clear(looks);
  }
  zsd_looks_free(looks);
  zsd_looks_free(NULL);
  zsd_network_clear(&net);
}
END_TEST

/* A page that there is no memory for is not learned from. */
START_TEST(test_no_memory) {
  ZsdLooks *looks = zsd_looks_new((ZsdShape){4096, 1, 1}, 2, 1);
  ck_assert_ptr_nonnull(looks);
  for (int i = 0; i < 2; i++)
    ck_assert_ptr_nonnull(zsd_looks_turn(looks, 2, 2));
  ck_assert_ptr_null(zsd_looks_turn(looks, INT32_MAX, 1 << 18));
  ck_assert_int_eq(zsd_looks_lesson(looks).pages, 0);
  ck_assert_ptr_nonnull(zsd_looks_turn(looks, 2, 2));
  ck_assert_int_eq(zsd_looks_lesson(looks).pages, 1);
  zsd_looks_free(looks);
}
END_TEST

/* --- learning --- */

enum { SIZE = 48 };

/* Two looks at a gray plane: the input is the first one, the target its difference from the
 * second. The best prediction is the input itself, and half of the target's variance is left.
 */
static ZsdLooks *plain_looks(ZsdShape shape, int workers) {
  ZsdLooks *looks = zsd_looks_new(shape, 2, workers);
  ZsdRandom random;
  ck_assert_ptr_nonnull(looks);
  zsd_random_seed(&random, 6);
  for (int i = 0; i < 2; i++) {
    ZsdLook *look = zsd_looks_turn(looks, SIZE, SIZE);
    ck_assert_ptr_nonnull(look);
    for (int k = 0; k < SIZE * SIZE; k++) {
      look->input.data[k] = (float)zsd_random_normal(&random);
      look->target.data[k] = look->input.data[k] - (float)zsd_random_normal(&random);
      look->weight.data[k] = 1;
    }
  }
  return looks;
}

static ZsdOutcome learn(ZsdNetwork *net, ZsdLooks *looks, int threads, double rate,
                        ZsdTraining *training) {
  const ZsdSchedule schedule = {
      .steps = 300, .patches = 3, .learning_rate = rate, .threads = threads, .seed = 7};
  const ZsdLesson lesson = zsd_looks_lesson(looks);
  ZsdTrainer *trainer = zsd_trainer_new(zsd_kernels(zsd_cpu_detect()));
  ck_assert_ptr_nonnull(trainer);
  const ZsdOutcome outcome = zsd_trainer_run(trainer, net, &lesson, &schedule, NULL, training);
  zsd_trainer_free(trainer);
  return outcome;
}

START_TEST(test_learns) {
  const ZsdShape shape = {1, 6, 1};
  ZsdNetwork net[2] = {{.n = 0}, {.n = 0}};
  for (int i = 0; i < 2; i++) {
    ZsdLooks *looks = plain_looks(shape, 1 + i);
    ZsdTraining training;
    ck_assert_int_eq(zsd_network_resize(&net[i], shape), 0);
    zsd_network_init(&net[i], 8);
    ck_assert_int_eq(learn(&net[i], looks, 1 + i, 1e-2, &training), ZSD_TRAINED);
    ck_assert_double_gt(training.loss, 0.8);
    ck_assert_double_lt(training.loss, 1.2); /* of 2 */
    zsd_looks_free(looks);
  }
  ck_assert_mem_eq(net[0].params, net[1].params, net[0].n * sizeof(float));
  zsd_network_clear(&net[0]);
  zsd_network_clear(&net[1]);
}
END_TEST

/* From a rate far too high learning comes back, and no number is left that is not finite. */
START_TEST(test_high_rate) {
  static const double rates[] = {100, 1e20, 1e38};
  const ZsdShape shape = {1, 6, 1};
  ZsdLooks *looks = plain_looks(shape, 1);
  ZsdNetwork net = {0};
  ZsdTraining training;
  ck_assert_int_eq(zsd_network_resize(&net, shape), 0);
  zsd_network_init(&net, 8);
  const ZsdOutcome outcome = learn(&net, looks, 1, rates[_i], &training);
  ck_assert(outcome == ZSD_TRAINED || outcome == ZSD_USELESS);
  for (size_t i = 0; i < net.n; i++)
    ck_assert(isfinite(net.params[i]));
  zsd_looks_free(looks);
  zsd_network_clear(&net);
}
END_TEST

/* Nothing to learn from, and nothing that the input says about the target. */
START_TEST(test_useless) {
  const ZsdShape shape = {1, 6, 1};
  ZsdLooks *looks = plain_looks(shape, 1);
  ZsdNetwork net = {0};
  ZsdTraining training;
  ck_assert_int_eq(zsd_network_resize(&net, shape), 0);
  zsd_network_init(&net, 8);
  const float first = net.params[0];
  for (int i = 0; i < 2; i++) {
    ZsdLook *look = zsd_looks_turn(looks, SIZE, SIZE);
    memset(look->input.data, 0, SIZE * SIZE * sizeof(float));
    memset(look->target.data, 0, SIZE * SIZE * sizeof(float));
    memset(look->weight.data, 0, SIZE * SIZE * sizeof(float));
  }
  ck_assert_int_eq(learn(&net, looks, 1, 1e-2, &training), ZSD_USELESS);
  zsd_looks_clear(looks);
  ck_assert_int_eq(learn(&net, looks, 1, 1e-2, &training), ZSD_USELESS);
  ck_assert_float_eq(net.params[0], first);
  zsd_looks_free(looks);
  zsd_network_clear(&net);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("n2n_loss");
  TCase *tc = tcase_create("second looks");
  tcase_add_loop_test(tc, test_derivatives, 0, 4);
  tcase_add_test(tc, test_rim);
  tcase_add_test(tc, test_no_weight);
  tcase_add_test(tc, test_pages);
  tcase_add_test(tc, test_no_memory);
  tcase_add_test(tc, test_learns);
  tcase_add_loop_test(tc, test_high_rate, 0, 3);
  tcase_add_test(tc, test_useless);
  tcase_set_timeout(tc, 30);
  suite_add_tcase(suite, tc);
  return suite;
}
