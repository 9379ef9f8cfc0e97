/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pass in plain C: layer by layer, a row of an output channel at a time. */
#include "tables.h"

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

/* The hidden layers' activations: the first one's with a sample around the tile. */
static size_t scratch_size(ZsdShape shape, int max_width, int max_height) {
  const size_t tile = (size_t)max_width * max_height;
  return aligned(shape.hidden * ((size_t)(max_width + 2) * (max_height + 2) + tile));
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

static void run(const ZsdPass *p) {
  const int hidden = p->shape.hidden;
  const ptrdiff_t row = p->width + 2, tile = (ptrdiff_t)p->width * p->height;
  const ptrdiff_t grid = row * (p->height + 2);
  const Activations in = {{p->in.data - p->row - 1, p->in.plane}, p->row, p->shape.inputs};
  const Activations h1 = {{p->scratch, grid}, row, hidden};
  const Activations inner = {{h1.planes.data + row + 1, grid}, row, hidden};
  const Activations h2 = {{h1.planes.data + hidden * grid, tile}, p->width, hidden};
  const Activations out = {p->out, p->row, p->shape.outputs};

  const float *params = layer(&in, &h1, p->width + 2, p->height + 2, 9, p->weights);
  leak(h1.planes.data, hidden * grid);
  pad(p, &h1);
  params = layer(&inner, &h2, p->width, p->height, 9, params);
  leak(h2.planes.data, hidden * tile);
  layer(&h2, &out, p->width, p->height, 1, params);
}

void zsd_pass_fill_c(ZsdKernels *k) {
  k->pass[ZSD_FP32] = (ZsdPassKernel){weights_size, scratch_size, pack, run};
}
