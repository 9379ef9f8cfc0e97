/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "learning/n2n_loss.h"

#include "network/tile.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PATCH_SIZE = 32 }; /* including the margin */

struct ZsdN2nLoss {
  ZsdShape shape;
  int capacity, count; /* pairs in the ring buffer */
  int next;            /* index of the oldest pair, which is replaced next */
  int threads, margin;
  float mean_weight;
  ZsdTile *tiles; /* one for each thread */
  ZsdPair pair[];
};

ZsdN2nLoss *zsd_n2n_loss_new(ZsdShape shape, int capacity, int threads) {
  ZsdN2nLoss *l = calloc(1, sizeof *l + capacity * sizeof *l->pair);
  if (!l)
    return NULL;
  l->shape = shape;
  l->capacity = capacity;
  l->threads = threads;
  int failed = !(l->tiles = calloc(threads, sizeof *l->tiles));
  for (int i = 0; i < threads && !failed; i++)
    failed = zsd_tile_resize(&l->tiles[i], shape, PATCH_SIZE, PATCH_SIZE);
  if (failed) {
    zsd_n2n_loss_free(l);
    return NULL;
  }
  return l;
}

void zsd_n2n_loss_free(ZsdN2nLoss *l) {
  if (!l)
    return;
  for (int i = 0; i < l->threads && l->tiles; i++)
    zsd_tile_clear(&l->tiles[i]);
  free(l->tiles);
  for (int i = 0; i < l->capacity; i++)
    zsd_pair_clear(&l->pair[i]);
  free(l);
}

int zsd_pair_resize(ZsdPair *pair, ZsdShape shape, int height, int width) {
  const size_t plane = (size_t)height * width;
  const size_t size = (shape.inputs + shape.outputs + 1) * plane * sizeof(float);
  if (size != pair->size) {
    zsd_pair_clear(pair);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return -1;
    pair->memory = memory;
    pair->size = size;
  }
  float *target = pair->memory + shape.inputs * plane;
  pair->input = (ZsdTensor){shape.inputs, height, width, pair->memory};
  pair->target = (ZsdTensor){shape.outputs, height, width, target};
  pair->weight = (ZsdTensor){1, height, width, target + shape.outputs * plane};
  return 0;
}

void zsd_pair_clear(ZsdPair *pair) {
  if (pair->memory)
    munmap(pair->memory, pair->size);
  *pair = (ZsdPair){0};
}

static void advance(ZsdN2nLoss *l) {
  l->next = (l->next + 1) % l->capacity;
  if (l->count < l->capacity)
    l->count++;
}

ZsdPair *zsd_n2n_loss_next_pair(ZsdN2nLoss *l, int height, int width) {
  ZsdPair *pair = &l->pair[l->next];
  if (zsd_pair_resize(pair, l->shape, height, width)) {
    zsd_n2n_loss_clear(l); /* the pair in its place is lost */
    return NULL;
  }
  advance(l);
  return pair;
}

void zsd_n2n_loss_swap_pair(ZsdN2nLoss *l, ZsdPair *pair) {
  const ZsdPair previous = l->pair[l->next];
  l->pair[l->next] = *pair;
  *pair = previous;
  advance(l);
}

void zsd_n2n_loss_clear(ZsdN2nLoss *l) {
  l->count = l->next = 0;
}

void zsd_n2n_loss_set_margin(ZsdN2nLoss *l, int margin) {
  l->margin = margin;
}

void zsd_n2n_loss_set_mean_weight(ZsdN2nLoss *l, float mean_weight) {
  l->mean_weight = mean_weight;
}

/* Adds the terms of one channel of a patch. On entry `f` holds the network's output, on return
 * the gradient of the loss with respect to it; `row` floats from one row to the next. */
static void add_channel(const ZsdN2nLoss *l, const ZsdPair *pair, const ZsdPatch *patch, int c,
                        float *f, ptrdiff_t row, ZsdLoss *loss, double elements) {
  double residual = 0, identity = 0, sum = 0, sum_identity = 0, weight = 0;

  for (int y = 0; y < patch->height; y++) {
    const float *t = zsd_tensor_row(&pair->target, c, patch->y + y) + patch->x;
    const float *w = zsd_tensor_row(&pair->weight, 0, patch->y + y) + patch->x;
    for (int x = 0; x < patch->width; x++) {
      const float error = f[y * row + x] - t[x];
      residual += w[x] * error * error;
      identity += w[x] * t[x] * t[x];
      sum += w[x] * error;
      sum_identity += w[x] * t[x];
      weight += w[x];
      f[y * row + x] = error;
    }
  }
  const double mean = weight > 0 ? sum / weight : 0;
  const double mean_identity = weight > 0 ? sum_identity / weight : 0;
  loss->residual += (residual + l->mean_weight * sum * mean) / elements;
  loss->identity += (identity + l->mean_weight * sum_identity * mean_identity) / elements;
  const float scale = (float)(2 / elements), shift = (float)(l->mean_weight * mean);
  for (int y = 0; y < patch->height; y++) {
    const float *w = zsd_tensor_row(&pair->weight, 0, patch->y + y) + patch->x;
    for (int x = 0; x < patch->width; x++)
      f[y * row + x] = scale * w[x] * (f[y * row + x] + shift);
  }
}

static void add_patch(void *self, int thread, ZsdLoss *loss, float *grads,
                      const ZsdPacked *packed, const ZsdPatch *within, double elements) {
  const ZsdN2nLoss *l = self;
  const ZsdPatch on_pair = {within->pair, within->x + l->margin, within->y + l->margin,
                            within->width, within->height};
  const ZsdPatch *patch = &on_pair;
  const ZsdPair *pair = &l->pair[patch->pair];
  ZsdTile *tile = &l->tiles[thread];

  zsd_tile_load(tile, &pair->input, patch->x, patch->y, patch->width, patch->height);
  zsd_tile_forward(tile, packed);
  for (int c = 0; c < l->shape.outputs; c++)
    add_channel(l, pair, patch, c,
                tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, 0), tile->row, loss,
                elements);
  if (grads) {
    zsd_tile_mask_out(tile);
    zsd_tile_backward(tile, packed, grads);
  }
}

static void reset(void *self) {
  const ZsdN2nLoss *l = self;
  for (int i = 0; i < l->threads; i++)
    zsd_tile_wipe(&l->tiles[i]);
}

ZsdObjective zsd_n2n_loss_objective(ZsdN2nLoss *l) {
  return (ZsdObjective){.pairs = l->count,
                        .width = l->pair[0].input.width - 2 * l->margin,
                        .height = l->pair[0].input.height - 2 * l->margin,
                        .patch_size = PATCH_SIZE - 2 * l->margin,
                        .channels = l->shape.outputs,
                        .self = l,
                        .add_patch = add_patch,
                        .reset = reset};
}
