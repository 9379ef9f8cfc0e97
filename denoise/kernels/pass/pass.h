/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's forward pass over one tile of a picture, all layers in one call, so that a
 * kernel chooses the layout and precision of activations and keeps them in the cache. */
#ifndef ZSD_PASS_H
#define ZSD_PASS_H

#include <stdbool.h>
#include <stddef.h>

/* Alignment of packed weights and scratch memory, bytes. */
#define ZSD_PASS_ALIGNMENT 64

/* Channels of a network's input, of each of its two hidden layers and of its output. */
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
  ZSD_BF16,  /* factors (inputs, weights, activations) are rounded to bfloat16 (8 significant
                bits) and may be flushed to 0 where denormal; sums are fp32 */
  ZSD_INT16, /* inputs and the first layer's activations are rounded to steps of their range in
                the tile, the 3x3 layers' weights to about 11 bits; all else is fp32 */
  ZSD_FP16, /* the 3x3 layers are in half precision (11 significant bits), sums included, scaled
               so that none is too large; all else is fp32 */
  ZSD_INT8, /* inputs and the first layer's activations are rounded to steps of each channel's
               range in the tile, the 3x3 layers' weights to steps of the largest one of an
               output channel, times the inputs' steps; all else is fp32 */
  ZSD_PRECISIONS,
} ZsdPrecision;

/* Steps of a layer's input in ZSD_INT16, and their number in ZSD_FP16, which does not round to
 * them: of the largest range of an input channel, and of the
 * range from the least to the largest activation, or 0. */
enum { ZSD_INT16_STEPS = 654 };

/* Largest size of an integer in ZSD_INT8: half of the steps of a channel's range. */
enum { ZSD_INT8_LARGEST = 127 };

/* Least range of values in integers; less counts as nothing. */
#define ZSD_MIN_RANGE 1e-30f

/* A pass over one tile of width x height samples. The planes' pointers address its sample (0,
 * 0). `in` is read up to two samples around the tile, which must be zeros outside the picture,
 * and up to ZSD_SLACK floats past the last of them, which must be finite. `out` may be written
 * up to ZSD_SLACK floats past the tile's last sample and between its rows. */
typedef struct {
  ZsdShape shape;
  ZsdPlanes in, out;
  ptrdiff_t row; /* floats from one row to the next, in `in` and `out` */
  int width, height;
  bool left, top, right, bottom; /* edges of the tile that are edges of the picture */
  const void *weights;           /* packed by pack() */
  void *scratch;                 /* scratch_size() bytes, not shared between threads; contents
                                    undefined */
} ZsdPass;

/* An implementation of the pass. */
typedef struct {
  /* Bytes of weights and of scratch memory, multiples of ZSD_PASS_ALIGNMENT. */
  size_t (*weights_size)(ZsdShape shape);
  size_t (*scratch_size)(ZsdShape shape, int max_width, int max_height);

  /* Packs a network's parameters, which are for each layer weights n_out x n_in x taps, then
   * n_out biases. */
  void (*pack)(void *weights, ZsdShape shape, const float *params);

  void (*run)(const ZsdPass *pass);

  int tile_width, tile_height; /* size of the tiles on which it is fastest, samples */
} ZsdPassKernel;

#endif
