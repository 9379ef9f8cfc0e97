/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The built-in starting weights: which networks get them, and that widening changes nothing. */
#include "network/built_in_weights.h"

#include "base/cpu.h"
#include "network/input_features.h"
#include "base/random.h"
#include "suite.h"
#include "network/tile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 24, MOST = 150000, HEADER = 2 };

static const int channels[] = {3, 4, 6, 8};
enum { N_CHANNELS = sizeof channels / sizeof *channels };

static ZsdShape shape_of(int n, int hidden) {
  return (ZsdShape){zsd_inputs_count(n, true), hidden, n};
}

/* A network of random parameters. */
static void make(ZsdNetwork *net, ZsdShape shape, uint64_t seed) {
  *net = (ZsdNetwork){0};
  ck_assert_int_eq(zsd_network_resize(net, shape), 0);
  zsd_network_init(net, seed);
}

/* The largest weight that was filled in, and whether all numbers are finite. */
static float largest(const ZsdNetwork *net) {
  float most = 0;
  for (size_t i = 0; i < net->n; i++) {
    ck_assert(isfinite(net->params[i]));
    most = fmaxf(most, fabsf(net->params[i]));
  }
  return most;
}

/* Output of a network for noise, the same noise for all networks with this number of inputs:
 * outputs x SIZE x SIZE. */
static float *compute(const ZsdNetwork *net) {
  const ZsdKernels *kernels = zsd_kernels(0);
  const int outputs = net->shape.outputs;
  ZsdTensor picture = {0};
  ZsdPacked packed = {0};
  ZsdTile tile = {0};
  ZsdRandom random;
  float *result = malloc(outputs * SIZE * SIZE * sizeof(float)), *next = result;
  ck_assert_ptr_nonnull(result);
  ck_assert_int_eq(zsd_tensor_resize(&picture, net->shape.inputs, SIZE, SIZE), 0);
  zsd_random_seed(&random, 11);
  for (int i = 0; i < net->shape.inputs * SIZE * SIZE; i++)
    picture.data[i] = (float)zsd_random_normal(&random);
  ck_assert_int_eq(zsd_packed_resize(&packed, kernels, net), 0);
  zsd_packed_update(&packed);
  ck_assert_int_eq(zsd_tile_resize(&tile, net->shape, SIZE, SIZE), 0);
  zsd_tile_load(&tile, &picture, 0, 0, SIZE, SIZE);
  zsd_tile_forward(&tile, &packed);
  for (int c = 0; c < outputs; c++)
    for (int y = 0; y < SIZE; y++, next += SIZE)
      memcpy(next, tile.out.data + c * tile.out.plane + zsd_tile_at(&tile, 0, y),
             SIZE * sizeof(float));
  zsd_tile_clear(&tile);
  zsd_packed_clear(&packed);
  zsd_tensor_clear(&picture);
  return result;
}

/* --- which networks --- */

START_TEST(test_loads) {
  static const int widths[] = {16, 17, 31, 32, 33, 51, 52, 64, 300};
  for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
    ZsdNetwork net, before;
    make(&net, shape_of(channels[_i], widths[w]), 3);
    make(&before, net.shape, 3);
    ck_assert_int_eq(zsd_built_in_weights_load(&net), 0);
    ck_assert(memcmp(net.params, before.params, net.n * sizeof(float)) != 0);
    ck_assert_float_lt(largest(&net), 100);
    zsd_network_clear(&net);
    zsd_network_clear(&before);
  }
}
END_TEST

START_TEST(test_unknown) {
  static const ZsdShape shapes[] = {
      {11, 15, 4}, {15, 1, 6},  {12, 32, 4},  {3, 52, 3},  {6, 32, 6},
      {9, 15, 3},  {13, 32, 5}, {27, 52, 12}, {15, 32, 4}, {1, 1, 1},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    ZsdNetwork net, before;
    make(&net, shapes[i], 3);
    make(&before, shapes[i], 3);
    ck_assert_int_eq(zsd_built_in_weights_load(&net), -1);
    ck_assert_mem_eq(net.params, before.params, net.n * sizeof(float));
    zsd_network_clear(&net);
    zsd_network_clear(&before);
  }
}
END_TEST

/* --- widening --- */

START_TEST(test_widens) {
  static const struct {
    int narrow, wide;
  } pairs[] = {{16, 17}, {16, 31}, {32, 33}, {32, 48}, {52, 60}, {52, 128}};
  for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
    ZsdNetwork narrow, wide;
    make(&narrow, shape_of(channels[_i], pairs[p].narrow), 3);
    make(&wide, shape_of(channels[_i], pairs[p].wide), 4);
    ck_assert_int_eq(zsd_built_in_weights_load(&narrow), 0);
    ck_assert_int_eq(zsd_built_in_weights_load(&wide), 0);
    float *a = compute(&narrow), *b = compute(&wide);
    for (int i = 0; i < channels[_i] * SIZE * SIZE; i++)
      ck_assert_float_eq_tol(a[i], b[i], 1e-4);
    free(a);
    free(b);
    zsd_network_clear(&narrow);
    zsd_network_clear(&wide);
  }
}
END_TEST

/* The additional channels are there to learn: they keep the parameters that they had. */
START_TEST(test_widened_channels) {
  enum { HIDDEN = 40, STORED = 32 };
  ZsdNetwork net, before;
  make(&net, shape_of(4, HIDDEN), 3);
  make(&before, net.shape, 3);
  ck_assert_int_eq(zsd_built_in_weights_load(&net), 0);
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &net.layers[l];
    const int n = layer->n_in * layer->taps, old = STORED * layer->taps;
    for (int o = 0; o < layer->n_out; o++) {
      const size_t at = layer->weights + (size_t)o * n;
      if (l < ZSD_LAYERS - 1 && o >= STORED) {
        ck_assert_mem_eq(net.params + at, before.params + at, n * sizeof(float));
        ck_assert_mem_eq(net.params + layer->bias + o, before.params + layer->bias + o,
                         sizeof(float));
      } else {
        for (int i = old; i < n && l > 0; i++)
          ck_assert_float_eq(net.params[at + i], 0);
      }
    }
  }
  zsd_network_clear(&net);
  zsd_network_clear(&before);
}
END_TEST

/* --- the file --- */

/* Networks of known numbers: of one channel and two hidden ones, of one and one, and of two
 * channels and one hidden one. Returns the size. */
static size_t write_networks(uint8_t *bytes) {
  static const struct { uint8_t channels, hidden; } networks[] = {{1, 2}, {1, 1}, {2, 1}};
  const uint8_t *begin = bytes;
  for (int k = 0; k < 3; k++) {
    const int c = networks[k].channels, h = networks[k].hidden;
    const int in[] = {9 * (2 * c + 3), 9 * h, h}, out[] = {h, h, c};
    *bytes++ = (uint8_t)c;
    *bytes++ = (uint8_t)h;
    for (int l = 0; l < ZSD_LAYERS; l++)
      for (int o = 0; o < out[l]; o++) {
        static const uint8_t numbers[] = {0, 0, 0, 0x3f, 0, 0, 0x40, 0xc0}; /* 0.5, -3 */
        memcpy(bytes, numbers, sizeof numbers);
        bytes += sizeof numbers;
        for (int i = 0; i < in[l]; i++)
          *bytes++ = (uint8_t)(i % 2 ? -128 + k : 127 - k);
      }
  }
  return bytes - begin;
}

START_TEST(test_numbers) {
  uint8_t bytes[1000];
  const size_t size = write_networks(bytes);
  ZsdNetwork net;
  make(&net, shape_of(1, 1), 3);
  ck_assert_int_eq(zsd_built_in_weights_read(&net, bytes, size), 0);
  for (int l = 0; l < ZSD_LAYERS; l++) {
    const ZsdLayer *layer = &net.layers[l];
    for (int i = 0; i < layer->n_in * layer->taps; i++)
      ck_assert_float_eq(net.params[layer->weights + i], i % 2 ? -63.5f : 63);
    ck_assert_float_eq(net.params[layer->bias], -3);
  }
  zsd_network_clear(&net);
}
END_TEST

/* Cut off anywhere, the file has the networks that are whole, and nothing past its end is read
 * (it is a block of its own, so that sanitizers see that). */
START_TEST(test_cut_off) {
  uint8_t bytes[1000];
  const size_t size = write_networks(bytes);
  const size_t first = HEADER + 2 * (8 + 45) + 2 * (8 + 18) + 8 + 2;
  const size_t second = first + HEADER + (8 + 45) + (8 + 9) + 8 + 1;
  for (size_t n = 0; n <= size; n++) {
    uint8_t *part = malloc(n + !n);
    ck_assert_ptr_nonnull(part);
    memcpy(part, bytes, n);
    for (int c = 1; c <= 2; c++) {
      ZsdNetwork net;
      make(&net, shape_of(c, 1), 3);
      ck_assert_int_eq(zsd_built_in_weights_read(&net, part, n),
                       n >= (c == 1 ? second : size) ? 0 : -1);
      zsd_network_clear(&net);
    }
    free(part);
  }
}
END_TEST

START_TEST(test_size) {
  FILE *f = fopen(START_WEIGHTS, "rb");
  ck_assert_ptr_nonnull(f);
  ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
  const long size = ftell(f);
  ck_assert_int_gt(size, 0);
  ck_assert_int_lt(size, MOST);
  fclose(f);
}
END_TEST

Suite *make_suite(void) {
  Suite *suite = suite_create("built_in_weights");
  TCase *tc = tcase_create("weights");
  tcase_add_loop_test(tc, test_loads, 0, N_CHANNELS);
  tcase_add_test(tc, test_unknown);
  tcase_add_loop_test(tc, test_widens, 0, N_CHANNELS);
  tcase_add_test(tc, test_widened_channels);
  tcase_add_test(tc, test_numbers);
  tcase_add_test(tc, test_cut_off);
  tcase_add_test(tc, test_size);
  suite_add_tcase(suite, tc);
  return suite;
}
