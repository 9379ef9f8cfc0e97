/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's forward and backward pass over one tile of a picture. A tile is processed by
 * one thread and is so small that its activations stay in the L2 cache. It includes a halo of
 * two samples, the network's receptive radius, so that the result is that of a pass over the
 * whole picture. */
#ifndef ZSD_TILE_H
#define ZSD_TILE_H

#include "network/network.h"
#include "base/tensor.h"
#include "network/packed_weights.h"

/* Radius of the network's receptive field: one sample for each 3x3 layer. */
enum { ZSD_HALO = ZSD_LAYERS - 1 };

/* The planes of a tile have (height + 4) x (width + 4) contiguous samples (kernels.h), the tile
 * and its halo. zsd_tile_at() is the offset of sample (x, y) of the tile. */
typedef struct {
  ZsdShape shape; /* numbers of planes; hidden is 0 for a tile without training */
  int max_width, max_height;
  int x, y, width, height; /* position and size in the picture, samples */
  int picture_width, picture_height;
  bool mirrored; /* the halo outside the picture has samples, which are not padding */
  ptrdiff_t row;
  ZsdPlanes in;     /* inputs */
  ZsdPlanes h1, h2; /* activations of the hidden layers; after a backward pass, derivatives */
  ZsdPlanes out;    /* the network's output; before a backward pass, the loss's derivatives with
                       respect to it */
  float *memory;
  size_t memory_size; /* floats */
} ZsdTile;

/* Allocates tiles of up to this size. Returns 0, or -1 without memory. Initialise with {0}. */
int zsd_tile_resize(ZsdTile *tile, ZsdShape shape, int max_width, int max_height);
void zsd_tile_clear(ZsdTile *tile);

/* Zeroes all planes, which is necessary where they may hold values that are not finite. */
void zsd_tile_wipe(ZsdTile *tile);

/* Sets position and size of the tile, and the size of its picture. */
void zsd_tile_place(ZsdTile *tile, int picture_width, int picture_height, int x, int y,
                    int width, int height);

/* Loads width x height samples from (x, y) on, and their halo: zeros outside the picture. */
void zsd_tile_load(ZsdTile *tile, const ZsdTensor *picture, int x, int y, int width,
                   int height);

/* Offset of sample (x, y) of the tile in a plane, floats. */
static inline ptrdiff_t zsd_tile_at(const ZsdTile *tile, int x, int y) {
  return (y + ZSD_HALO) * tile->row + x + ZSD_HALO;
}

/* Computes `out` from `in` by a pass kernel with its scratch memory; needs no hidden planes. */
void zsd_tile_pass(ZsdTile *tile, const ZsdWeights *weights, void *scratch);

/* Computes `out` from `in`, and keeps the activations for a backward pass. */
void zsd_tile_forward(ZsdTile *tile, const ZsdPacked *packed);

/* Backward pass, after zsd_tile_forward(): takes the loss's derivatives from `out`, which must
 * be 0 outside the tile's samples (zsd_tile_mask_out()), and adds the derivatives with respect
 * to the network's parameters to `grads`, one float for each parameter. */
void zsd_tile_backward(ZsdTile *tile, const ZsdPacked *packed, float *grads);

/* Zeroes `out` outside the tile's samples. */
void zsd_tile_mask_out(ZsdTile *tile);

#endif
