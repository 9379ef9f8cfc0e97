/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network/tile.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64 / sizeof(float) }; /* floats of a cache line */

/* n rounded up to whole cache lines, floats. */
static ptrdiff_t whole_lines(ptrdiff_t n) {
  return (n + LINE - 1) / LINE * LINE;
}

/* A plane has space for the tile, its halo and the slack that the kernels access. The kernels
 * are fastest if the sample before the tile's first one begins a cache line, in all planes. */
int zsd_tile_resize(ZsdTile *tile, ZsdShape shape, int max_width, int max_height) {
  const ptrdiff_t row = max_width + 2 * ZSD_HALO;
  const ptrdiff_t plane = whole_lines(row * (max_height + 2 * ZSD_HALO) + ZSD_SLACK);
  const ptrdiff_t first = row * ZSD_HALO + ZSD_HALO - 1;

  if (tile->memory && zsd_shape_same(tile->shape, shape) && tile->max_width == max_width &&
      tile->max_height == max_height)
    return 0;
  zsd_tile_clear(tile);
  tile->memory_size = ((size_t)shape.inputs + 2 * shape.hidden + shape.outputs) * plane + LINE;
  if (!(tile->memory = aligned_alloc(LINE * sizeof(float), tile->memory_size * sizeof(float))))
    return -1;
  zsd_tile_wipe(tile);
  tile->shape = shape;
  tile->max_width = max_width;
  tile->max_height = max_height;
  tile->in = (ZsdPlanes){tile->memory + whole_lines(first) - first, plane};
  tile->h1 = (ZsdPlanes){tile->in.data + shape.inputs * plane, plane};
  tile->h2 = (ZsdPlanes){tile->h1.data + shape.hidden * plane, plane};
  tile->out = (ZsdPlanes){tile->h2.data + shape.hidden * plane, plane};
  return 0;
}

void zsd_tile_clear(ZsdTile *tile) {
  free(tile->memory);
  *tile = (ZsdTile){0};
}

void zsd_tile_wipe(ZsdTile *tile) {
  memset(tile->memory, 0, tile->memory_size * sizeof(float));
}

void zsd_tile_place(ZsdTile *tile, int picture_width, int picture_height, int x, int y,
                    int width, int height) {
  tile->x = x;
  tile->y = y;
  tile->width = width;
  tile->height = height;
  tile->picture_width = picture_width;
  tile->picture_height = picture_height;
  tile->mirrored = false;
  tile->row = width + 2 * ZSD_HALO;
}

void zsd_tile_load(ZsdTile *tile, const ZsdTensor *picture, int x, int y, int width,
                   int height) {
  zsd_tile_place(tile, picture->width, picture->height, x, y, width, height);

  /* Columns [left, right) of the plane are inside the picture. */
  const int left = x < ZSD_HALO ? ZSD_HALO - x : 0;
  const int end = picture->width - (x - ZSD_HALO);
  const int right = end < tile->row ? end : (int)tile->row;
  for (int c = 0; c < tile->shape.inputs; c++)
    for (int r = 0; r < height + 2 * ZSD_HALO; r++) {
      float *dst = tile->in.data + c * tile->in.plane + r * tile->row;
      const int source = y + r - ZSD_HALO;
      if (source < 0 || source >= picture->height) {
        memset(dst, 0, tile->row * sizeof(float));
        continue;
      }
      memset(dst, 0, left * sizeof(float));
      memcpy(dst + left, zsd_tensor_row(picture, c, source) + x - ZSD_HALO + left,
             (right - left) * sizeof(float));
      memset(dst + right, 0, (tile->row - right) * sizeof(float));
    }
}

/* First sample, and number of contiguous samples, on which a layer is computed: the tile with a
 * halo of `reach` samples. */
static ptrdiff_t begin(const ZsdTile *tile, int reach) {
  return zsd_tile_at(tile, -reach, -reach);
}

static ptrdiff_t count(const ZsdTile *tile, int reach) {
  return zsd_tile_at(tile, tile->width - 1 + reach, tile->height - 1 + reach) + 1 -
         begin(tile, reach);
}

static ZsdPlanes from(ZsdPlanes planes, ptrdiff_t first) {
  return (ZsdPlanes){planes.data + first, planes.plane};
}

void zsd_tile_pass(ZsdTile *tile, const ZsdWeights *weights, void *scratch) {
  const ptrdiff_t origin = zsd_tile_at(tile, 0, 0);
  const ZsdPass pass = {
      .shape = weights->shape,
      .in = from(tile->in, origin),
      .out = from(tile->out, origin),
      .row = tile->row,
      .width = tile->width,
      .height = tile->height,
      .left = !tile->mirrored && tile->x == 0,
      .top = !tile->mirrored && tile->y == 0,
      .right = !tile->mirrored && tile->x + tile->width == tile->picture_width,
      .bottom = !tile->mirrored && tile->y + tile->height == tile->picture_height,
      .weights = weights->data,
      .scratch = scratch};
  weights->kernel->run(&pass);
}

/* Zeroes the first layer's activations outside the picture, the second layer's padding. */
static void mask_h1(ZsdTile *tile) {
  const int left = tile->x == 0, top = tile->y == 0;
  const int right = tile->x + tile->width == tile->picture_width;
  const int bottom = tile->y + tile->height == tile->picture_height;
  const size_t line = (tile->width + 2) * sizeof(float);

  for (int c = 0; c < tile->shape.hidden; c++) {
    float *plane = tile->h1.data + c * tile->h1.plane;
    if (top)
      memset(plane + zsd_tile_at(tile, -1, -1), 0, line);
    if (bottom)
      memset(plane + zsd_tile_at(tile, -1, tile->height), 0, line);
    for (int y = -1; left && y <= tile->height; y++)
      plane[zsd_tile_at(tile, -1, y)] = 0;
    for (int y = -1; right && y <= tile->height; y++)
      plane[zsd_tile_at(tile, tile->width, y)] = 0;
  }
}

static void convolve(const ZsdTile *tile, const ZsdPacked *packed, int l, ZsdPlanes in,
                     ZsdPlanes out, int reach, ZsdEpilogue epilogue) {
  const ZsdLayer *layer = &packed->net->layers[l];
  const ptrdiff_t first = begin(tile, reach);
  const ZsdConv conv = {.in = from(in, first),
                        .out = from(out, first),
                        .n_in = layer->n_in,
                        .n_out = layer->n_out,
                        .row = tile->row,
                        .n = count(tile, reach),
                        .weights = packed->forward[l],
                        .bias = packed->net->params + layer->bias,
                        .epilogue = epilogue};
  (layer->taps == 9 ? packed->kernels->conv3x3 : packed->kernels->conv1x1)(&conv);
}

void zsd_tile_forward(ZsdTile *tile, const ZsdPacked *packed) {
  convolve(tile, packed, 0, tile->in, tile->h1, 1, ZSD_LEAKY);
  mask_h1(tile);
  convolve(tile, packed, 1, tile->h1, tile->h2, 0, ZSD_LEAKY);
  convolve(tile, packed, 2, tile->h2, tile->out, 0, ZSD_LINEAR);
}

/* Adds the derivatives with respect to a layer's weights and biases. */
static void add_gradients(const ZsdTile *tile, const ZsdPacked *packed, int l, ZsdPlanes in,
                          ZsdPlanes grad, int reach, float *grads) {
  const ZsdLayer *layer = &packed->net->layers[l];
  const ptrdiff_t first = begin(tile, reach), n = count(tile, reach);
  const ZsdConvGrad conv = {.in = from(in, first),
                            .grad = from(grad, first),
                            .n_in = layer->n_in,
                            .n_out = layer->n_out,
                            .row = tile->row,
                            .n = n,
                            .weights = grads + layer->weights};
  (layer->taps == 9 ? packed->kernels->conv3x3_grad : packed->kernels->conv1x1_grad)(&conv);
  for (int o = 0; o < layer->n_out; o++)
    grads[layer->bias + o] += packed->kernels->sum(conv.grad.data + o * grad.plane, n);
}

/* Back-propagates from the derivatives with respect to layer l's sums to those with respect to
 * the previous layer's sums. They overwrite that layer's activations in `to`. */
static void propagate(const ZsdTile *tile, const ZsdPacked *packed, int l, ZsdPlanes grad,
                      ZsdPlanes to, int reach) {
  const ZsdLayer *layer = &packed->net->layers[l];
  const ptrdiff_t first = begin(tile, reach);
  const ZsdConv conv = {.in = from(grad, first),
                        .out = from(to, first),
                        .n_in = layer->n_out,
                        .n_out = layer->n_in,
                        .row = tile->row,
                        .n = count(tile, reach),
                        .weights = packed->backward[l],
                        .epilogue = ZSD_GATED};
  (layer->taps == 9 ? packed->kernels->conv3x3 : packed->kernels->conv1x1)(&conv);
}

/* Zeroes a plane except the tile's samples. */
static void mask(const ZsdTile *tile, float *plane) {
  const ptrdiff_t first = begin(tile, 0), end = first + count(tile, 0);
  memset(plane, 0, first * sizeof(float));
  for (int y = 0; y < tile->height - 1; y++)
    memset(plane + zsd_tile_at(tile, tile->width, y), 0, 2 * ZSD_HALO * sizeof(float));
  memset(plane + end, 0, (ZSD_HALO * tile->row + ZSD_HALO + ZSD_SLACK) * sizeof(float));
}

void zsd_tile_mask_out(ZsdTile *tile) {
  for (int c = 0; c < tile->shape.outputs; c++)
    mask(tile, tile->out.data + c * tile->out.plane);
}

void zsd_tile_backward(ZsdTile *tile, const ZsdPacked *packed, float *grads) {
  add_gradients(tile, packed, 2, tile->h2, tile->out, 0, grads);
  propagate(tile, packed, 2, tile->out, tile->h2, 0);
  for (int c = 0; c < tile->shape.hidden; c++)
    mask(tile, tile->h2.data + c * tile->h2.plane);
  add_gradients(tile, packed, 1, tile->h1, tile->h2, 0, grads);
  propagate(tile, packed, 1, tile->h2, tile->h1, 1);
  mask_h1(tile);
  add_gradients(tile, packed, 0, tile->in, tile->h1, 1, grads);
}
