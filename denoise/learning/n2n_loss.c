/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/n2n_loss.h"

#include "network/tile.h"

#include <stdlib.h>

enum { PATCH = 32 }; /* with the rim */

struct ZsdN2nLoss {
  ZsdShape shape;
  int pairs, written, next, workers, rim;
  float level;    /* weight */
  ZsdTile *tiles; /* one of each worker */
  ZsdPair look[];
};

ZsdN2nLoss *zsd_n2n_loss_new(ZsdShape shape, int pairs, int workers) {
  ZsdN2nLoss *l = calloc(1, sizeof *l + pairs * sizeof *l->look);
  if (!l)
    return NULL;
  l->shape = shape;
  l->pairs = pairs;
  l->workers = workers;
  int failed = !(l->tiles = calloc(workers, sizeof *l->tiles));
  for (int i = 0; i < workers && !failed; i++)
    failed = zsd_tile_resize(&l->tiles[i], shape, PATCH, PATCH);
  if (failed) {
    zsd_n2n_loss_free(l);
    return NULL;
  }
  return l;
}

void zsd_n2n_loss_free(ZsdN2nLoss *l) {
  if (!l)
    return;
  for (int i = 0; i < l->workers && l->tiles; i++)
    zsd_tile_clear(&l->tiles[i]);
  free(l->tiles);
  for (int i = 0; i < l->pairs; i++)
    zsd_pair_clear(&l->look[i]);
  free(l);
}

int zsd_pair_resize(ZsdPair *look, ZsdShape shape, int height, int width) {
  return zsd_tensor_resize(&look->input, shape.inputs, height, width) ||
                 zsd_tensor_resize(&look->target, shape.outputs, height, width) ||
                 zsd_tensor_resize(&look->weight, 1, height, width)
             ? -1
             : 0;
}

void zsd_pair_clear(ZsdPair *look) {
  zsd_tensor_clear(&look->input);
  zsd_tensor_clear(&look->target);
  zsd_tensor_clear(&look->weight);
}

/* The next pair is written. */
static void turn(ZsdN2nLoss *l) {
  l->next = (l->next + 1) % l->pairs;
  if (l->written < l->pairs)
    l->written++;
}

ZsdPair *zsd_n2n_loss_next_pair(ZsdN2nLoss *l, int height, int width) {
  ZsdPair *look = &l->look[l->next];
  if (zsd_pair_resize(look, l->shape, height, width)) {
    zsd_n2n_loss_clear(l); /* this pair held a look, and holds none now */
    return NULL;
  }
  turn(l);
  return look;
}

void zsd_n2n_loss_swap_pair(ZsdN2nLoss *l, ZsdPair *look) {
  const ZsdPair pair = l->look[l->next];
  l->look[l->next] = *look;
  *look = pair;
  turn(l);
}

void zsd_n2n_loss_clear(ZsdN2nLoss *l) {
  l->written = l->next = 0;
}

void zsd_n2n_loss_set_margin(ZsdN2nLoss *l, int rim) {
  l->rim = rim;
}

void zsd_n2n_loss_set_mean_weight(ZsdN2nLoss *l, float weight) {
  l->level = weight;
}

/* One channel of a patch. On entry `f` holds the network's output, on return the loss's
 * derivatives with respect to it. */
static void add_channel(const ZsdN2nLoss *l, const ZsdPair *look, const ZsdPatch *patch, int c,
                        float *f, ptrdiff_t row, ZsdLoss *loss, double elements) {
  double residual = 0, identity = 0, sum = 0, sum_identity = 0, weight = 0;

  for (int y = 0; y < patch->height; y++) {
    const float *t = zsd_tensor_row(&look->target, c, patch->y + y) + patch->x;
    const float *w = zsd_tensor_row(&look->weight, 0, patch->y + y) + patch->x;
    for (int x = 0; x < patch->width; x++) {
      const float miss = f[y * row + x] - t[x];
      residual += w[x] * miss * miss;
      identity += w[x] * t[x] * t[x];
      sum += w[x] * miss;
      sum_identity += w[x] * t[x];
      weight += w[x];
      f[y * row + x] = miss;
    }
  }
  const double mean = weight > 0 ? sum / weight : 0;
  const double mean_identity = weight > 0 ? sum_identity / weight : 0;
  loss->residual += (residual + l->level * sum * mean) / elements;
  loss->identity += (identity + l->level * sum_identity * mean_identity) / elements;
  const float scale = (float)(2 / elements), shift = (float)(l->level * mean);
  for (int y = 0; y < patch->height; y++) {
    const float *w = zsd_tensor_row(&look->weight, 0, patch->y + y) + patch->x;
    for (int x = 0; x < patch->width; x++)
      f[y * row + x] = scale * w[x] * (f[y * row + x] + shift);
  }
}

static void add(void *self, int worker, ZsdLoss *loss, float *grads, const ZsdPacked *packed,
                const ZsdPatch *within, double elements) {
  const ZsdN2nLoss *l = self;
  const ZsdPatch on_page = {within->pair, within->x + l->rim, within->y + l->rim, within->width,
                            within->height};
  const ZsdPatch *patch = &on_page;
  const ZsdPair *look = &l->look[patch->pair];
  ZsdTile *tile = &l->tiles[worker];

  zsd_tile_load(tile, &look->input, patch->x, patch->y, patch->width, patch->height);
  zsd_tile_forward(tile, packed);
  for (int c = 0; c < l->shape.outputs; c++)
    add_channel(l, look, patch, c,
                tile->out.data + c * tile->out.plane + zsd_tile_at(tile, 0, 0), tile->row, loss,
                elements);
  if (grads) {
    zsd_tile_mask_out(tile);
    zsd_tile_backward(tile, packed, grads);
  }
}

static void reset(void *self) {
  const ZsdN2nLoss *l = self;
  for (int i = 0; i < l->workers; i++)
    zsd_tile_wipe(&l->tiles[i]);
}

ZsdObjective zsd_n2n_loss_objective(ZsdN2nLoss *l) {
  return (ZsdObjective){.pairs = l->written,
                        .width = l->look[0].input.width - 2 * l->rim,
                        .height = l->look[0].input.height - 2 * l->rim,
                        .patch = PATCH - 2 * l->rim,
                        .channels = l->shape.outputs,
                        .self = l,
                        .add = add,
                        .reset = reset};
}
