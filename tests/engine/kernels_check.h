/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the kernels share. They need nothing but a C library, so that they can be
 * built for another processor and run in an emulator. */
#ifndef KERNELS_CHECK_H
#define KERNELS_CHECK_H

#include "kernels/kernels.h"
#include "base/random.h"

#include <stdbool.h>

/* One kernel of one instruction set. */
typedef struct {
  const ZsdKernels *set, *plain; /* what is tested, and what it is measured against; plain C
                                    itself is measured against loops in the test */
  ZsdRandom random;
  bool brief;        /* one trial in four: emulators are slow */
  char failure[300]; /* "": none so far */
} Check;

/* Notes the first failure; always false. */
bool check_fail(Check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether to do this trial. */
bool check_wanted(Check *check);

/* low .. high */
int check_random(Check *check, int low, int high);

/* --- memory --- */

/* Memory with a forbidden page close on both sides and bytes around it that must stay as they
 * are. By chance it ends right before the page behind it or begins `offset` units after the one
 * before it, so that pointers have every alignment. */
typedef struct {
  void *data;
  size_t size;
  uint8_t *pages;
  size_t pages_size;
  uint8_t *copy; /* what buffer_remember() saw */
} Buffer;

Buffer buffer_new(Check *check, size_t size, size_t unit);
void buffer_remember(Buffer *buffer);
uint8_t buffer_was(const Buffer *buffer, size_t i);
/* Whether the bytes around the buffer are intact; frees it. */
bool buffer_free(Check *check, Buffer *buffer, const char *name);

/* --- values --- */

typedef enum { NORMAL, ZEROS, DENORMAL, EXTREME, SATURATED, N_VALUES } Values;

/* One number of the kind. Extreme ones are so large that only a product with a normal number is
 * in range. */
float check_value(Check *check, Values values);

/* What may lie in places that do not count: large, finite. */
float check_junk(Check *check);

/* --- the tests and the benchmark --- */

void check_conv3x3(Check *check);
void check_conv1x1(Check *check);
void check_conv3x3_grad(Check *check);
void check_conv1x1_grad(Check *check);
void check_pass_bf16(Check *check);
void check_sum(Check *check);
void check_pass(Check *check);
void check_sad16(Check *check);
void check_noise_stats(Check *check);
void check_brightness_sums(Check *check);
void check_binomial5x5(Check *check);
void check_downsample2x2(Check *check);
void check_patch_ssd(Check *check);
void check_matrix_multiply(Check *check);
void check_matrix_invert(Check *check);
void check_load8(Check *check);
void check_load16(Check *check);
void check_store8(Check *check);
void check_store16(Check *check);
void check_store8_pairs(Check *check);
void check_predict(Check *check);
void check_store_state(Check *check);
void check_innovation(Check *check);
void check_kalman_update(Check *check);
void check_input_features(Check *check);
void check_denormalise(Check *check);

void benchmark(const ZsdKernels *set);

#endif
