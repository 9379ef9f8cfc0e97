/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion between samples of 8 or 16 bits and floats: identical to the bit in all
 * instruction sets. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row of samples. */
typedef struct {
  int n, step, bytes; /* samples, bytes from one to the next, bytes of each */
  int depth, shift;
} Row;

static size_t size_of(const Row *row) {
  return (size_t)(row->n - 1) * row->step + row->bytes;
}

static float full_scale(const Row *row) {
  return (float)((1 << row->depth) - 1);
}

/* All numbers of samples up to 70 and some large ones, with all steps. */
static void check_rows(Check *check, int bytes, int least_step,
                       void (*check_row)(Check *, const Row *)) {
  static const Row formats[] = {
      {.depth = 10}, {.depth = 10, .shift = 6}, {.depth = 16}, {.depth = 12, .shift = 4}};
  for (int n = 1; n < 2000; n = n < 70 ? n + 1 : 2 * n)
    for (int step = least_step; step <= 4 * bytes; step++)
      for (int trial = 0; trial < 4; trial++) {
        Row row = formats[trial];
        if (!check_wanted(check))
          continue;
        if (bytes == 1)
          row = (Row){.depth = 8};
        row.n = n;
        row.step = step;
        row.bytes = bytes;
        check_row(check, &row);
      }
}

/* --- loading --- */

static Buffer random_samples(Check *check, const Row *row) {
  Buffer buffer = buffer_new(check, size_of(row), 1);
  for (size_t i = 0; i < buffer.size; i++) {
    const int ends = check_random(check, 0, 7);
    ((uint8_t *)buffer.data)[i] = ends == 0   ? 0
                                  : ends == 1 ? 255
                                              : (uint8_t)check_random(check, 0, 255);
  }
  return buffer;
}

static int sample_at(const Row *row, const uint8_t *samples, int i) {
  uint16_t word = samples[(ptrdiff_t)i * row->step];
  if (row->bytes == 2)
    memcpy(&word, samples + (ptrdiff_t)i * row->step, sizeof word);
  return word >> row->shift;
}

static void check_load(Check *check, const Row *row) {
  const float scale = 1 / full_scale(row);
  Buffer src = random_samples(check, row);
  Buffer dst = buffer_new(check, row->n * sizeof(float), sizeof(float));
  float *out = dst.data;

  if (row->bytes == 2)
    check->set->load16(out, src.data, row->step, row->n, scale, row->shift);
  else
    check->set->load8(out, src.data, row->step, row->n, scale);
  for (int i = 0; i < row->n; i++) {
    const float expected = scale * (float)sample_at(row, src.data, i);
    if (out[i] != expected)
      check_fail(check, "n %d, step %d, depth %d: sample %d is %.9g, not %.9g", row->n,
                 row->step, row->depth, i, out[i], expected);
  }
  buffer_free(check, &src, "samples");
  buffer_free(check, &dst, "floats");
}

void check_load8(Check *check) {
  check_rows(check, 1, 0, check_load); /* step 0: the same sample each time */
}

void check_load16(Check *check) {
  check_rows(check, 2, 0, check_load);
}

/* --- storing --- */

static Buffer random_picture(Check *check, int n, bool noise) {
  Buffer buffer = buffer_new(check, (n + ZSD_SLACK) * sizeof(float), sizeof(float));
  for (int i = 0; i < n + ZSD_SLACK; i++) {
    const int kind = check_random(check, 0, 40);
    ((float *)buffer.data)[i] = kind < (int)N_VALUES ? check_value(check, (Values)kind)
                                : noise              ? 0.1f * check_value(check, NORMAL)
                                        : (float)check_random(check, -50, 305) / 255;
  }
  return buffer;
}

static void store(const ZsdKernels *k, const Row *row, void *dst, const float *x,
                  const float *noise, float strength) {
  if (row->bytes == 2)
    k->store16(dst, row->step, x, noise, row->n, strength, full_scale(row), row->shift);
  else
    k->store8(dst, row->step, x, noise, row->n, strength);
}

static double quantised(double x, double max) {
  return floor(fmin(fmax(x, 0), 1) * max + 0.5);
}

/* Accepts either neighbour at a tie within the rounding error of single precision. */
static void check_rounding(Check *check, const Row *row, const uint8_t *samples, int i, float x,
                           float noise, float strength) {
  const double removed = (double)strength * noise, clean = x - removed;
  const double tolerance = 2e-7 * (fabs(x) + fabs(removed) + 1), max = full_scale(row);
  const int sample = sample_at(row, samples, i);
  if (sample < quantised(clean - tolerance, max) || sample > quantised(clean + tolerance, max))
    check_fail(check, "n %d, step %d, depth %d: sample %d of %g - %g %g is %d", row->n,
               row->step, row->depth, i, x, strength, noise, sample);
}

/* Fails if bytes between samples were written, or a sample's low bits are not 0. */
static void check_bytes(Check *check, const Row *row, const Buffer *dst) {
  const uint8_t *bytes = dst->data;
  for (size_t i = 0; i < dst->size; i++)
    if (i % row->step >= (size_t)row->bytes && bytes[i] != buffer_was(dst, i))
      check_fail(check, "n %d, step %d: byte %zu written", row->n, row->step, i);
  for (int i = 0; i < row->n; i++) {
    uint16_t word = 0;
    memcpy(&word, bytes + (ptrdiff_t)i * row->step, row->bytes);
    if (word != (sample_at(row, bytes, i) << row->shift))
      check_fail(check, "n %d, shift %d: sample %d has low bits", row->n, row->shift, i);
  }
}

static void check_store(Check *check, const Row *row) {
  static const float strengths[] = {0, 1, 0.5f, 0.37f};
  const float strength = strengths[check_random(check, 0, 3)];
  Buffer x = random_picture(check, row->n, false), noise = random_picture(check, row->n, true);
  Buffer dst = random_samples(check, row), plain = buffer_new(check, dst.size, 1);
  memcpy(plain.data, dst.data, dst.size);
  buffer_remember(&dst);

  store(check->set, row, dst.data, x.data, noise.data, strength);
  check_bytes(check, row, &dst);
  for (int i = 0; i < row->n; i++)
    check_rounding(check, row, dst.data, i, ((float *)x.data)[i], ((float *)noise.data)[i],
                   strength);
  store(check->plain, row, plain.data, x.data, noise.data, strength);
  if (memcmp(dst.data, plain.data, dst.size) != 0)
    check_fail(check, "n %d, step %d, depth %d, strength %g: not as plain C", row->n, row->step,
               row->depth, strength);
  buffer_free(check, &x, "picture");
  buffer_free(check, &noise, "noise");
  buffer_free(check, &dst, "samples");
  buffer_free(check, &plain, "samples of plain C");
}

void check_store8(Check *check) {
  check_rows(check, 1, 1, check_store);
}

void check_store16(Check *check) {
  check_rows(check, 2, 2, check_store);
}

/* Two interleaved channels equal each of them stored alone. */
static void check_pairs(Check *check, int n) {
  Buffer x[2], noise[2], dst = buffer_new(check, 2 * (size_t)n, 1);
  uint8_t *alone = malloc(2 * (size_t)n);
  if (!alone)
    abort();
  for (int i = 0; i < 2; i++) {
    x[i] = random_picture(check, n, false);
    noise[i] = random_picture(check, n, true);
    check->plain->store8(alone + i, 2, x[i].data, noise[i].data, n, 0.7f);
  }
  check->set->store8_interleaved(dst.data, x[0].data, noise[0].data, x[1].data, noise[1].data,
                                 n, 0.7f);
  if (memcmp(dst.data, alone, 2 * (size_t)n) != 0)
    check_fail(check, "n %d: not as each channel alone", n);
  for (int i = 0; i < 2; i++) {
    buffer_free(check, &x[i], "picture");
    buffer_free(check, &noise[i], "noise");
  }
  buffer_free(check, &dst, "samples");
  free(alone);
}

void check_store8_interleaved(Check *check) {
  for (int n = 1; n < 2000; n = n < 70 ? n + 1 : 2 * n)
    for (int trial = 0; trial < 8; trial++)
      if (check_wanted(check))
        check_pairs(check, n);
}
