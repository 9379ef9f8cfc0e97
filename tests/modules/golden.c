/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "golden.h"

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t read_word(FILE *f) {
  uint8_t b[4];
  ck_assert_uint_eq(fread(b, 1, 4, f), 4);
  return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static void read_floats(FILE *f, float *dst, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const uint32_t word = read_word(f);
    memcpy(&dst[i], &word, sizeof word);
  }
}

static void read_case(Golden *g, FILE *f) {
  uint32_t head[6];
  for (int i = 0; i < 6; i++)
    head[i] = read_word(f);
  const int channels = (int)head[0], height = (int)head[1], width = (int)head[2];
  const size_t samples = (size_t)channels * height * width;
  g->every = (int)head[4];
  g->steps = (int)head[5];
  ck_assert_int_eq(zsd_tensor_resize(&g->picture, channels, height, width), 0);
  ck_assert_int_eq(zsd_tensor_resize(&g->output, channels, height, width), 0);
  const ZsdShape shape = {channels, (int)head[3], channels};
  ck_assert_int_eq(zsd_network_resize(&g->net, shape), 0);
  read_floats(f, g->picture.data, samples);
  read_floats(f, g->net.params, g->net.n);
  read_floats(f, g->output.data, samples);
  read_floats(f, &g->residual, 1);
  read_floats(f, &g->consistency, 1);

  const size_t kept = (g->net.n + g->every - 1) / g->every;
  g->gradient = malloc(2 * kept * sizeof(float));
  ck_assert_ptr_nonnull(g->gradient);
  g->learned = g->gradient + kept;
  read_floats(f, g->gradient, 2 * kept);
}

void golden_read(Golden *golden, const char *file, int index) {
  char magic[8];
  FILE *f = fopen(file, "rb");
  ck_assert_msg(f != NULL, "cannot open %s", file);
  ck_assert_uint_eq(fread(magic, 1, sizeof magic, f), sizeof magic);
  ck_assert_mem_eq(magic, "ZSDREF1\n", sizeof magic);
  ck_assert_uint_eq(read_word(f), GOLDEN_CASES);
  *golden = (Golden){0};
  for (int i = 0; i <= index; i++) {
    golden_clear(golden);
    read_case(golden, f);
  }
  fclose(f);
}

void golden_clear(Golden *golden) {
  zsd_tensor_clear(&golden->picture);
  zsd_tensor_clear(&golden->output);
  zsd_network_clear(&golden->net);
  free(golden->gradient);
  *golden = (Golden){0};
}
