/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients agree with central differences, and backward passes are the adjoints of forward
 * passes. */
#include "base/cpu.h"
#include "learning/zsn2n_loss.h"
#include "naive.h"
#include "base/random.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *random_floats(ZsdRandom *random, size_t n) {
  float *x = malloc(n * sizeof(float));
  ck_assert_ptr_nonnull(x);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)zsd_random_normal(random);
  return x;
}

/* Kernel tables of all instruction sets of this machine, plain C first. */
static int all_kernels(const ZsdKernels *tables[3]) {
  static const unsigned levels[] = {0, ZSD_CPU_AVX2, ZSD_CPU_AVX2 | ZSD_CPU_AVX512,
                                    ZSD_CPU_NEON};
  int n = 0;
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    if ((zsd_cpu_detect() & levels[i]) == levels[i])
      tables[n++] = zsd_kernels(levels[i]);
  return n;
}

/* --- the pair downsampler --- */

static double plane_dot(ZsdPlane a, ZsdPlane b, int width, int height) {
  double sum = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      sum += (double)a.data[y * a.row + x] * b.data[y * b.row + x];
  return sum;
}

/* <D1 x, a> + <D2 x, b> = <x, D1' a + D2' b>, and nothing else is written. */
static void check_downsample_adjoint(ZsdRandom *random, int width, int height) {
  const int half_width = width / 2, half_height = height / 2, row = width + 3;
  const size_t size = (size_t)row * (height + 1);
  const ZsdPlane x = {random_floats(random, size), row};
  const ZsdPlane up = {random_floats(random, size), row};
  const ZsdPlane a = {random_floats(random, size), half_width + 2};
  const ZsdPlane b = {random_floats(random, size), half_width + 1};
  const ZsdPlane d1 = {random_floats(random, size), half_width + 4};
  const ZsdPlane d2 = {random_floats(random, size), half_width};
  for (size_t i = 0; i < size; i++)
    up.data[i] = NAN;

  zsd_pair_downsample(d1, d2, x, half_width, half_height);
  zsd_pair_downsample_adjoint(up, a, b, half_width, half_height);
  const double forward =
      plane_dot(d1, a, half_width, half_height) + plane_dot(d2, b, half_width, half_height);
  const double backward = plane_dot(x, up, 2 * half_width, 2 * half_height);
  ck_assert_double_eq_tol(forward, backward, 1e-5 * (1 + sqrt(size)));
  for (int i = 0; i < (int)size; i++)
    ck_assert_int_eq(!isnan(up.data[i]), i % row < 2 * half_width && i / row < 2 * half_height);
  free(x.data);
  free(up.data);
  free(a.data);
  free(b.data);
  free(d1.data);
  free(d2.data);
}

START_TEST(test_downsample_adjoint) {
  ZsdRandom random;
  zsd_random_seed(&random, 1);
  for (int height = 1; height <= 9; height++)
    for (int width = 1; width <= 9; width++)
      check_downsample_adjoint(&random, width, height);
  check_downsample_adjoint(&random, 64, 33);
  check_downsample_adjoint(&random, 33, 64);
}
END_TEST

START_TEST(test_downsample_values) {
  float data[] = {1, 2, 9, /**/ 4, 8, 9, /**/ 9, 9, 9};
  const ZsdTensor picture = {1, 3, 3, data};
  ZsdTensor d1 = {0}, d2 = {0};
  ck_assert_int_eq(zsd_pair_downsample_picture(&d1, &d2, &picture), 0);
  ck_assert(d1.width == 1 && d1.height == 1 && d2.width == 1 && d2.height == 1);
  ck_assert_float_eq(d1.data[0], 3);
  ck_assert_float_eq(d2.data[0], 4.5);
  zsd_tensor_clear(&d1);
  zsd_tensor_clear(&d2);
}
END_TEST

/* --- the convolutions --- */

/* Planes of 5 x 4 samples with a border of zeros. */
enum { WIDTH = 5, HEIGHT = 4, ROW = WIDTH + 2, GRID = ROW * (HEIGHT + 2) };
enum { BEFORE = ROW + 1, PLANE = BEFORE + GRID + ZSD_SLACK + ROW + 1 };

static ZsdPlanes random_planes(ZsdRandom *random, int n, float **memory) {
  *memory = calloc((size_t)n * PLANE, sizeof(float));
  ck_assert_ptr_nonnull(*memory);
  const ZsdPlanes planes = {*memory + BEFORE, PLANE};
  for (int i = 0; i < n; i++)
    for (int y = 1; y <= HEIGHT; y++)
      for (int x = 1; x <= WIDTH; x++)
        planes.data[i * PLANE + y * ROW + x] = (float)zsd_random_normal(random);
  return planes;
}

/* Inner product without the border. */
static double planes_dot(ZsdPlanes a, ZsdPlanes b, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++)
    sum += plane_dot((ZsdPlane){a.data + i * PLANE + ROW + 1, ROW},
                     (ZsdPlane){b.data + i * PLANE + ROW + 1, ROW}, WIDTH, HEIGHT);
  return sum;
}

static void convolve(const ZsdKernels *k, ZsdPlanes in, ZsdPlanes out, int n_in, int n_out,
                     int taps, const float *packed) {
  const ZsdConv conv = {.in = in,
                        .out = out,
                        .n_in = n_in,
                        .n_out = n_out,
                        .row = ROW,
                        .n = GRID,
                        .weights = packed};
  (taps == 9 ? k->conv3x3 : k->conv1x1)(&conv);
}

/* <conv(x), g> = <x, conv'(g)> = <dw, w>, where dw is the gradient of <conv(x), g> with respect
 * to the weights w. */
static void check_conv_adjoint(ZsdRandom *random, const ZsdKernels *k, int n_in, int n_out,
                               int taps) {
  const size_t n = (size_t)n_in * n_out * taps;
  float *memory[4], *derivatives = calloc(n, sizeof(float));
  float *forward = malloc(zsd_packed_size(k, n_in, n_out, taps) * sizeof(float));
  float *backward = malloc(zsd_packed_size(k, n_out, n_in, taps) * sizeof(float));
  ck_assert(derivatives && forward && backward);
  const ZsdPlanes x = random_planes(random, n_in, &memory[0]);
  const ZsdPlanes g = random_planes(random, n_out, &memory[1]);
  const ZsdPlanes conv_x = random_planes(random, n_out, &memory[2]);
  const ZsdPlanes conv_g = random_planes(random, n_in, &memory[3]);
  float *weights = random_floats(random, n);

  zsd_pack_weights(k, forward, weights, n_in, n_out, taps);
  zsd_pack_transposed(k, backward, weights, n_in, n_out, taps);
  convolve(k, x, conv_x, n_in, n_out, taps, forward);
  convolve(k, g, conv_g, n_out, n_in, taps, backward);
  const ZsdConvGrad grad = {
      .in = x, .grad = g, .n_in = n_in, .n_out = n_out, .row = ROW, .n = GRID, derivatives};
  (taps == 9 ? k->conv3x3_grad : k->conv1x1_grad)(&grad);

  double by_weights = 0;
  for (size_t i = 0; i < n; i++)
    by_weights += (double)weights[i] * derivatives[i];
  const double expected = planes_dot(conv_x, g, n_out);
  const double tolerance = 1e-5 * sqrt((double)n * GRID);
  ck_assert_double_eq_tol(planes_dot(x, conv_g, n_in), expected, tolerance);
  ck_assert_double_eq_tol(by_weights, expected, tolerance);
  for (int i = 0; i < 4; i++)
    free(memory[i]);
  free(weights);
  free(derivatives);
  free(forward);
  free(backward);
}

START_TEST(test_conv_adjoint) {
  static const int widths[] = {1, 2, 3, 5, 6, 8, 13, 14, 27, 52};
  enum { N = sizeof widths / sizeof *widths };
  const ZsdKernels *tables[3];
  ZsdRandom random;
  zsd_random_seed(&random, 2);
  for (int k = all_kernels(tables) - 1; k >= 0; k--)
    for (int i = 0; i < N; i++)
      for (int o = 0; o < N; o++) {
        check_conv_adjoint(&random, tables[k], widths[i], widths[o], 9);
        check_conv_adjoint(&random, tables[k], widths[i], widths[o], 1);
      }
}
END_TEST

/* --- the loss --- */

typedef struct {
  ZsdTensor picture;
  ZsdNetwork net;
  float *grads;
  double *params, *moved, *direction;
} Problem;

static double derive(Problem *p, const ZsdKernels *k) {
  enum { SIZE = 8 };
  ZsdDownsampledPair pair = {.picture = &p->picture};
  ZsdPacked packed = {0};
  ZsdZsn2nTiles tiles = {0};
  ZsdLoss loss = {0};
  ck_assert_int_eq(zsd_pair_downsample_picture(&pair.d1, &pair.d2, &p->picture), 0);
  ck_assert_int_eq(zsd_packed_resize(&packed, k, &p->net), 0);
  ck_assert_int_eq(zsd_zsn2n_tiles_resize(&tiles, p->net.shape, SIZE), 0);
  zsd_packed_update(&packed);
  const int width = pair.d1.width, height = pair.d1.height;
  for (int y = 0; y < height; y += SIZE)
    for (int x = 0; x < width; x += SIZE)
      zsd_zsn2n_add(&loss, p->grads, &tiles, &pair, &packed, x, y,
                    width - x < SIZE ? width - x : SIZE, height - y < SIZE ? height - y : SIZE,
                    (double)width * height * p->picture.channels);
  zsd_zsn2n_tiles_clear(&tiles);
  zsd_packed_clear(&packed);
  zsd_tensor_clear(&pair.d1);
  zsd_tensor_clear(&pair.d2);
  return loss.residual + loss.consistency;
}

static void make_problem(Problem *p, int channels, int height, int width, int hidden) {
  ZsdRandom random;
  *p = (Problem){0};
  zsd_random_seed(&random, 3);
  ck_assert_int_eq(zsd_tensor_resize(&p->picture, channels, height, width), 0);
  for (int i = 0; i < channels * height * width; i++)
    p->picture.data[i] = (float)zsd_random_uniform(&random);
  ck_assert_int_eq(zsd_network_resize(&p->net, (ZsdShape){channels, hidden, channels}), 0);
  zsd_network_init(&p->net, 4);
  const size_t n = p->net.n;
  p->grads = calloc(n, sizeof(float));
  p->params = malloc(3 * n * sizeof(double));
  ck_assert(p->grads && p->params);
  p->moved = p->params + n;
  p->direction = p->moved + n;
  for (size_t i = 0; i < n; i++)
    p->params[i] = p->net.params[i];
}

static void clear_problem(Problem *p) {
  zsd_tensor_clear(&p->picture);
  zsd_network_clear(&p->net);
  free(p->grads);
  free(p->params);
}

static double loss_along(Problem *p, double step) {
  for (size_t i = 0; i < p->net.n; i++)
    p->moved[i] = p->params[i] + step * p->direction[i];
  return naive_zsn2n_loss(&p->net, p->moved, &p->picture);
}

/* Compares the derivative along `direction` with a central difference. With so small a step
 * hardly an activation crosses the kink of LeakyReLU. */
static void check_direction(Problem *p, const char *what) {
  const double step = 1e-6;
  double expected = 0, scale = 0;
  const double difference = (loss_along(p, step) - loss_along(p, -step)) / (2 * step);
  for (size_t i = 0; i < p->net.n; i++) {
    expected += p->direction[i] * p->grads[i];
    scale += fabs(p->direction[i] * p->grads[i]);
  }
  ck_assert_msg(fabs(difference - expected) <= 2e-4 * fmax(scale, 1e-3),
                "%s: derivative %g, difference %g, scale %g", what, expected, difference,
                scale);
}

static void point(Problem *p, ZsdRandom *random, size_t begin, size_t end) {
  for (size_t i = 0; i < p->net.n; i++)
    p->direction[i] = i >= begin && i < end ? zsd_random_normal(random) : 0;
}

static void check_derivatives(Problem *p) {
  ZsdRandom random;
  zsd_random_seed(&random, 5);
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &p->net.layers[l];
    point(p, &random, layer->weights, layer->bias);
    check_direction(p, "weights of a layer");
    point(p, &random, layer->bias, layer->bias + layer->n_out);
    check_direction(p, "biases of a layer");
  }
  for (int trial = 0; trial < 4; trial++) {
    point(p, &random, 0, p->net.n);
    check_direction(p, "all parameters");
  }
  for (size_t i = 0; i < p->net.n; i++) {
    point(p, &random, i, i + 1);
    check_direction(p, "one parameter");
  }
}

START_TEST(test_derivatives) {
  static const int shapes[][4] = {/* channels, height, width, hidden channels */
                                  {1, 2, 2, 2},   {1, 3, 2, 3},   {1, 16, 17, 4},
                                  {2, 19, 12, 3}, {3, 20, 23, 5}, {6, 18, 18, 2}};
  const int *shape = shapes[_i];
  const ZsdKernels *tables[3];
  for (int k = all_kernels(tables) - 1; k >= 0; k--) {
    Problem p;
    make_problem(&p, shape[0], shape[1], shape[2], shape[3]);
    const double loss = derive(&p, tables[k]);
    ck_assert_double_eq_tol(loss, naive_zsn2n_loss(&p.net, p.params, &p.picture), 1e-5 * loss);
    check_derivatives(&p);
    clear_problem(&p);
  }
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("mathematics");
  TCase *tc = tcase_create("derivatives and adjoints");
  tcase_add_test(tc, test_downsample_adjoint);
  tcase_add_test(tc, test_downsample_values);
  tcase_add_test(tc, test_conv_adjoint);
  tcase_add_loop_test(tc, test_derivatives, 0, 6);
  tcase_set_timeout(tc, 60);
  suite_add_tcase(suite, tc);
  return suite;
}
