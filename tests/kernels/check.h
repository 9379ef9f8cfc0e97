/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Common parts of the kernel tests. They depend on the C library only, so that they can be
 * built for another processor and run in an emulator. */
#ifndef KERNELS_CHECK_H
#define KERNELS_CHECK_H

#include "kernels/kernels.h"
#include "base/random.h"

#include <stdbool.h>

/* The test of one kernel of one instruction set. */
typedef struct {
  const ZsdKernels *set;   /* the tested table */
  const ZsdKernels *plain; /* plain C, the reference; itself compared with loops in the test */
  ZsdRandom random;
  bool brief;        /* run one trial in four, for emulators */
  char failure[300]; /* the first failure; empty: none */
} Check;

/* Records the first failure. Returns false. */
bool check_fail(Check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether to run this trial. */
bool check_wanted(Check *check);

/* A random number in low..high. */
int check_random(Check *check, int low, int high);

/* --- memory --- */

/* Memory between two inaccessible pages. At random it ends right before the second page, or
 * begins 0 to 15 units after the first one, so that pointers have all alignments. The bytes
 * between the memory and the pages must not change. */
typedef struct {
  void *data;
  size_t size;
  uint8_t *pages;
  size_t pages_size;
  uint8_t *copy; /* the contents at buffer_remember() */
} Buffer;

/* `size` bytes, offset by multiples of `unit` bytes. */
Buffer buffer_new(Check *check, size_t size, size_t unit);
void buffer_remember(Buffer *buffer);
/* Byte i at buffer_remember(). */
uint8_t buffer_was(const Buffer *buffer, size_t i);
/* Frees the buffer. Returns whether the bytes around it are intact. */
bool buffer_free(Check *check, Buffer *buffer, const char *name);

/* --- values --- */

typedef enum { NORMAL, ZEROS, DENORMAL, EXTREME, SATURATED, N_VALUES } Values;

/* A random number of the kind. EXTREME: +-1e30; its product with a NORMAL number is finite. */
float check_value(Check *check, Values values);

/* A large, finite number for places whose contents must not matter. */
float check_junk(Check *check);

/* --- the tests and the benchmark --- */

void check_conv3x3(Check *check);
void check_conv1x1(Check *check);
void check_conv3x3_grad(Check *check);
void check_conv1x1_grad(Check *check);
void check_pass_bf16(Check *check);
void check_sum(Check *check);
void check_pass(Check *check);
void check_pass_int16(Check *check);
void check_pass_fp16(Check *check);
void check_pass_int8(Check *check);
void check_sad16(Check *check);
void check_displacement16(Check *check);
void check_noise_stats(Check *check);
void check_brightness_sums(Check *check);
void check_binomial5x5(Check *check);
void check_downsample2x2(Check *check);
void check_patch_ssd(Check *check);
void check_matrix_centre(Check *check);
void check_matrix_multiply(Check *check);
void check_matrix_invert(Check *check);
void check_load8(Check *check);
void check_load16(Check *check);
void check_store8(Check *check);
void check_store16(Check *check);
void check_store8_interleaved(Check *check);
void check_predict(Check *check);
void check_store_state(Check *check);
void check_join_states(Check *check);
void check_innovation(Check *check);
void check_kalman_update(Check *check);
void check_wiener_load(Check *check);
void check_wiener_blocks(Check *check);
void check_wiener_finish(Check *check);
void check_input_features(Check *check);
void check_denormalise(Check *check);

void benchmark(const ZsdKernels *set);

#endif
