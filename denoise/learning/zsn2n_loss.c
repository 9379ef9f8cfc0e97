/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/zsn2n_loss.h"

#include <stdlib.h>

int zsd_zsn2n_tiles_resize(ZsdZsn2nTiles *tiles, ZsdShape shape, int size) {
  zsd_zsn2n_tiles_clear(tiles);
  tiles->scratch = malloc(2 * (size_t)size * size * sizeof(float));
  if (!tiles->scratch || zsd_tile_resize(&tiles->d1, shape, size, size) ||
      zsd_tile_resize(&tiles->d2, shape, size, size) ||
      zsd_tile_resize(&tiles->y, shape, 2 * size, 2 * size))
    return -1;
  return 0;
}

void zsd_zsn2n_tiles_clear(ZsdZsn2nTiles *tiles) {
  zsd_tile_clear(&tiles->d1);
  zsd_tile_clear(&tiles->d2);
  zsd_tile_clear(&tiles->y);
  free(tiles->scratch);
  tiles->scratch = NULL;
}

static ZsdPlane plane_of(const ZsdTile *tile, ZsdPlanes planes, int channel) {
  return (ZsdPlane){planes.data + channel * planes.plane + zsd_tile_at(tile, 0, 0), tile->row};
}

static double squared(double x) {
  return x * x;
}

/* Adds the terms of one channel. On entry `out` of the tiles holds f's predictions, on return
 * the gradient of the loss with respect to them. With p1 = D1 y - f(D1 y) and q1 = D1(y -
 * f(y)):
 *
 *   d loss / d p1 = ((p1 - D2 y) + (p1 - q1)) / elements
 *   d loss / d q1 = (q1 - p1) / elements
 *
 * and the same with 1 and 2 exchanged. */
static void add_channel(ZsdLoss *loss, ZsdZsn2nTiles *tiles, int channel, double elements) {
  const int width = tiles->d1.width, height = tiles->d1.height;
  const ZsdPlane y = plane_of(&tiles->y, tiles->y.in, channel);
  const ZsdPlane fy = plane_of(&tiles->y, tiles->y.out, channel);
  const ZsdPlane a = plane_of(&tiles->d1, tiles->d1.in, channel);
  const ZsdPlane b = plane_of(&tiles->d2, tiles->d2.in, channel);
  const ZsdPlane fa = plane_of(&tiles->d1, tiles->d1.out, channel);
  const ZsdPlane fb = plane_of(&tiles->d2, tiles->d2.out, channel);
  const ZsdPlane q1 = {tiles->scratch, width}, q2 = {q1.data + width * height, width};
  const float scale = (float)(1 / elements);
  double residual = 0, consistency = 0, identity = 0;

  for (int j = 0; j < 2 * height; j++)
    for (int i = 0; i < 2 * width; i++)
      fy.data[j * fy.row + i] = y.data[j * y.row + i] - fy.data[j * fy.row + i];
  zsd_pair_downsample(q1, q2, fy, width, height);

  for (int j = 0; j < height; j++)
    for (int i = 0; i < width; i++) {
      const ptrdiff_t at = j * fa.row + i, half = j * width + i;
      const float target1 = b.data[at], target2 = a.data[at];
      const float p1 = a.data[at] - fa.data[at], p2 = b.data[at] - fb.data[at];
      const float c1 = p1 - q1.data[half], c2 = p2 - q2.data[half];
      residual += squared(p1 - target1) + squared(p2 - target2);
      consistency += squared(c1) + squared(c2);
      identity += 2 * squared(target1 - target2);
      fa.data[at] = -scale * (p1 - target1 + c1);
      fb.data[at] = -scale * (p2 - target2 + c2);
      q1.data[half] = scale * c1; /* q1 contains -f(y): the signs cancel */
      q2.data[half] = scale * c2;
    }
  zsd_pair_downsample_adjoint(fy, q1, q2, width, height);
  loss->residual += 0.5 * residual / elements;
  loss->consistency += 0.5 * consistency / elements;
  loss->identity += 0.5 * identity / elements;
}

void zsd_zsn2n_add(ZsdLoss *loss, float *grads, ZsdZsn2nTiles *tiles,
                   const ZsdDownsampledPair *pair, const ZsdPacked *packed, int x, int y,
                   int width, int height, double elements) {
  ZsdTile *const all[] = {&tiles->d1, &tiles->d2, &tiles->y};

  zsd_tile_load(&tiles->d1, &pair->d1, x, y, width, height);
  zsd_tile_load(&tiles->d2, &pair->d2, x, y, width, height);
  zsd_tile_load(&tiles->y, pair->picture, 2 * x, 2 * y, 2 * width, 2 * height);
  for (int i = 0; i < 3; i++)
    zsd_tile_forward(all[i], packed);
  for (int c = 0; c < packed->net->shape.outputs; c++)
    add_channel(loss, tiles, c, elements);
  for (int i = 0; i < 3 && grads; i++) {
    zsd_tile_mask_out(all[i]);
    zsd_tile_backward(all[i], packed, grads);
  }
}

/* --- objective --- */

enum { PATCH_SIZE = 16 }; /* samples of the pair; 32 of the picture */

struct ZsdZsn2nLoss {
  ZsdDownsampledPair pair;
  int threads;
  ZsdZsn2nTiles tiles[];
};

ZsdZsn2nLoss *zsd_zsn2n_loss_new(const ZsdTensor *picture, ZsdShape shape, int threads) {
  ZsdZsn2nLoss *l = calloc(1, sizeof *l + threads * sizeof *l->tiles);
  if (!l)
    return NULL;
  l->pair.picture = picture;
  l->threads = threads;
  int failed = zsd_pair_downsample_picture(&l->pair.d1, &l->pair.d2, picture);
  for (int i = 0; i < threads && !failed; i++)
    failed = zsd_zsn2n_tiles_resize(&l->tiles[i], shape, PATCH_SIZE);
  if (failed) {
    zsd_zsn2n_loss_free(l);
    return NULL;
  }
  return l;
}

void zsd_zsn2n_loss_free(ZsdZsn2nLoss *l) {
  if (!l)
    return;
  zsd_tensor_clear(&l->pair.d1);
  zsd_tensor_clear(&l->pair.d2);
  for (int i = 0; i < l->threads; i++)
    zsd_zsn2n_tiles_clear(&l->tiles[i]);
  free(l);
}

static void add_patch(void *self, int thread, ZsdLoss *loss, float *grads,
                      const ZsdPacked *packed, const ZsdPatch *patch, double elements) {
  ZsdZsn2nLoss *l = self;
  zsd_zsn2n_add(loss, grads, &l->tiles[thread], &l->pair, packed, patch->x, patch->y,
                patch->width, patch->height, elements);
}

static void reset(void *self) {
  ZsdZsn2nLoss *l = self;
  for (int i = 0; i < l->threads; i++) {
    zsd_tile_wipe(&l->tiles[i].d1);
    zsd_tile_wipe(&l->tiles[i].d2);
    zsd_tile_wipe(&l->tiles[i].y);
  }
}

ZsdObjective zsd_zsn2n_loss_objective(ZsdZsn2nLoss *l) {
  return (ZsdObjective){.pairs = 1,
                        .width = l->pair.d1.width,
                        .height = l->pair.d1.height,
                        .patch_size = PATCH_SIZE,
                        .channels = l->pair.d1.channels,
                        .self = l,
                        .add_patch = add_patch,
                        .reset = reset};
}
