/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's forward pass over one tile of a picture, all its layers in one call: what is
 * between two layers is the kernel's own business, in a layout and a precision of its own, and
 * need not leave the processor's cache. */
#ifndef ZSD_PASS_H
#define ZSD_PASS_H

#include <stdbool.h>
#include <stddef.h>

/* Of weights and scratch, in bytes. */
#define ZSD_PASS_ALIGNMENT 64

/* Channels of a network's input, of its hidden layers and of its output. */
typedef struct {
  int inputs, hidden, outputs;
} ZsdShape;

static inline bool zsd_shape_same(ZsdShape a, ZsdShape b) {
  return a.inputs == b.inputs && a.hidden == b.hidden && a.outputs == b.outputs;
}

/* A set of planes, `plane` floats from one to the next. */
typedef struct {
  float *data;
  ptrdiff_t plane;
} ZsdPlanes;

/* The arithmetic of a pass. */
typedef enum {
  ZSD_FP32,
  ZSD_BF16, /* what is multiplied (inputs, weights, activations) is rounded to bfloat16, 8 bits
               of mantissa, and may be flushed to 0 where it is denormal; sums are fp32 */
  ZSD_PRECISIONS,
} ZsdPrecision;

/* One tile of width x height samples. The planes' pointers are those of its sample (0, 0); rows
 * lie `row` floats apart. `in` is read up to two samples around the tile, which must be zeros
 * where the picture has none, and up to ZSD_SLACK floats past the last of them, which must be
 * finite; `out` may be written up to ZSD_SLACK floats past the tile's end and, between two of
 * its rows, anywhere. */
typedef struct {
  ZsdShape shape;
  ZsdPlanes in, out;
  ptrdiff_t row;
  int width, height;
  bool left, top, right, bottom; /* the picture ends there with the tile */
  const void *weights;           /* as pack() laid them out */
  void *scratch;                 /* of one thread; what it holds does not matter */
} ZsdPass;

/* One way to compute a pass. */
typedef struct {
  /* Bytes that weights and scratch take; both are multiples of the alignment. */
  size_t (*weights_size)(ZsdShape shape);
  size_t (*scratch_size)(ZsdShape shape, int max_width, int max_height);

  /* Lays out a network's parameters: per layer weights n_out x n_in x taps, then biases. */
  void (*pack)(void *weights, ZsdShape shape, const float *params);

  void (*run)(const ZsdPass *pass);
} ZsdPassKernel;

#endif
