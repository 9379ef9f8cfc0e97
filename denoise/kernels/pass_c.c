/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pass in plain C: layer by layer, a row of an output channel at a time. In bf16 all that is
 * multiplied is rounded to it first. */
#include "bf16.h"
#include "init.h"

#include <string.h>

/* A layer's parameters lie as the network has them. */
static size_t count(ZsdShape s) {
  const size_t hidden = s.hidden;
  return hidden * (9 * s.inputs + 1) + hidden * (9 * hidden + 1) + s.outputs * (hidden + 1);
}

static size_t aligned(size_t floats) {
  const size_t unit = ZSD_PASS_ALIGNMENT;
  return (floats * sizeof(float) + unit - 1) / unit * unit;
}

static size_t weights_size(ZsdShape shape) {
  return aligned(count(shape));
}

static void pack(void *weights, ZsdShape shape, const float *params) {
  memcpy(weights, params, count(shape) * sizeof(float));
}

static void round_all(float *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    x[i] = zsd_bf16_round(x[i]);
}

static void pack_bf16(void *weights, ZsdShape shape, const float *params) {
  /* The biases are only added and stay as they are. */
  const size_t hidden = shape.hidden;
  const size_t layers[][2] = {{hidden * shape.inputs * 9, hidden},
                              {hidden * hidden * 9, hidden},
                              {hidden * shape.outputs, shape.outputs}};
  float *layer = weights;
  pack(weights, shape, params);
  for (int i = 0; i < 3; i++) {
    round_all(layer, layers[i][0]);
    layer += layers[i][0] + layers[i][1];
  }
}

/* The hidden layers' activations: the first one's with a sample around the tile. */
static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  const size_t tile = (size_t)max_width * max_height;
  return aligned(shape.hidden * ((size_t)(max_width + 2) * (max_height + 2) + tile));
}

/* And the inputs, with their halo, which is two samples wide. */
static size_t scratch_size_bf16(ZsdShape shape, int max_width, int max_height) {
  return scratch_size(shape, max_width, max_height) +
         aligned(shape.inputs * (size_t)(max_width + 4) * (max_height + 4));
}

typedef struct {
  ZsdPlanes planes; /* the pointer is that of the first sample to compute or to look at */
  ptrdiff_t row;
  int channels;
} Activations;

/* Computes width x height samples; returns where the next layer's parameters begin. */
static const float *layer(const Activations *in, const Activations *out, int width, int height,
                          int taps, const float *params) {
  const float *bias = params + (ptrdiff_t)out->channels * in->channels * taps;
  for (int o = 0; o < out->channels; o++)
    for (int y = 0; y < height; y++) {
      const float *weights = params + (ptrdiff_t)o * in->channels * taps;
      float *sums = out->planes.data + o * out->planes.plane + y * out->row;
      for (int x = 0; x < width; x++)
        sums[x] = bias[o];
      for (int i = 0; i < in->channels; i++)
        for (int t = 0; t < taps; t++, weights++) {
          const float *samples = in->planes.data + i * in->planes.plane +
                                 (y + (taps == 9 ? t / 3 - 1 : 0)) * in->row +
                                 (taps == 9 ? t % 3 - 1 : 0);
          for (int x = 0; x < width; x++)
            sums[x] += *weights * samples[x];
        }
    }
  return bias + out->channels;
}

static void leak(float *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    x[i] = x[i] > 0 ? x[i] : ZSD_LEAK * x[i];
}

/* Zeroes what lies outside the picture: the second layer's padding. */
static void pad(const ZsdPass *p, const Activations *h1) {
  const int width = p->width + 2, height = p->height + 2;
  for (int c = 0; c < h1->channels; c++) {
    float *plane = h1->planes.data + c * h1->planes.plane;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        if ((p->top && y == 0) || (p->bottom && y == height - 1) || (p->left && x == 0) ||
            (p->right && x == width - 1))
          plane[y * h1->row + x] = 0;
  }
}

/* From inputs that begin at the first layer's first sample. */
static void compute(const ZsdPass *p, const Activations *in, float *scratch, bool bf16) {
  const int hidden = p->shape.hidden;
  const ptrdiff_t row = p->width + 2, tile = (ptrdiff_t)p->width * p->height;
  const ptrdiff_t grid = row * (p->height + 2);
  const Activations h1 = {{scratch, grid}, row, hidden};
  const Activations inner = {{h1.planes.data + row + 1, grid}, row, hidden};
  const Activations h2 = {{h1.planes.data + hidden * grid, tile}, p->width, hidden};
  const Activations out = {p->out, p->row, p->shape.outputs};

  const float *params = layer(in, &h1, p->width + 2, p->height + 2, 9, p->weights);
  leak(h1.planes.data, hidden * grid);
  if (bf16)
    round_all(h1.planes.data, hidden * grid);
  pad(p, &h1);
  params = layer(&inner, &h2, p->width, p->height, 9, params);
  leak(h2.planes.data, hidden * tile);
  if (bf16)
    round_all(h2.planes.data, hidden * tile);
  layer(&h2, &out, p->width, p->height, 1, params);
}

static void run(const ZsdPass *p) {
  const Activations in = {{p->in.data - p->row - 1, p->in.plane}, p->row, p->shape.inputs};
  compute(p, &in, p->scratch, false);
}

static void run_bf16(const ZsdPass *p) {
  const ptrdiff_t row = p->width + 4, plane = row * (p->height + 4);
  float *inputs = p->scratch;
  for (int c = 0; c < p->shape.inputs; c++)
    for (int y = 0; y < p->height + 4; y++)
      for (int x = 0; x < p->width + 4; x++)
        inputs[c * plane + y * row + x] =
            zsd_bf16_round(p->in.data[c * p->in.plane + (y - 2) * p->row + x - 2]);
  const Activations in = {{inputs + row + 1, plane}, row, p->shape.inputs};
  compute(p, &in, inputs + p->shape.inputs * plane, true);
}

void zsd_pass_init_c(ZsdKernels *k) {
  k->pass[ZSD_FP32] = (ZsdPassKernel){weights_size, scratch_size, pack, run, 64, 16};
  k->pass[ZSD_BF16] =
      (ZsdPassKernel){weights_size, scratch_size_bf16, pack_bf16, run_bf16, 64, 16};
}
