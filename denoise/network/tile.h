/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network's forward and backward pass over one tile of a picture. A tile is worked on by
 * one thread and is small enough that its activations stay in the second cache; with the two
 * samples of its surroundings that the network sees it gives exactly what a pass over the whole
 * picture would give there. */
#ifndef ZSD_TILE_H
#define ZSD_TILE_H

#include "network/network.h"
#include "base/tensor.h"
#include "network/packed_weights.h"

/* How far the network sees: one sample for each 3x3 layer. */
enum { ZSD_HALO = ZSD_LAYERS - 1 };

/* The planes of a tile are flat grids (kernels.h) of (height + 4) x (width + 4) samples: the
 * tile and its halo. Sample (x, y) of the tile lies at zsd_tile_at(). */
typedef struct {
  ZsdShape shape; /* its planes: none hidden where it is only filtered, never learned from */
  int max_width, max_height;
  int x, y, width, height; /* of the picture that the tile was loaded from */
  int picture_width, picture_height;
  ptrdiff_t row;
  ZsdPlanes in;     /* inputs: the picture */
  ZsdPlanes h1, h2; /* hidden: the activations; after the backward pass derivatives */
  ZsdPlanes out;    /* outputs: the network's output; before the backward pass the loss's
                       derivatives with respect to it */
  float *memory;
  size_t memory_size; /* floats */
} ZsdTile;

/* Memory for tiles of up to this size. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_tile_resize(ZsdTile *tile, ZsdShape shape, int max_width, int max_height);
void zsd_tile_clear(ZsdTile *tile);

/* Forgets what it holds: needed where that may not be finite. */
void zsd_tile_wipe(ZsdTile *tile);

/* Makes it the tile of width x height samples from (x, y) on of a picture of this size. */
void zsd_tile_place(ZsdTile *tile, int picture_width, int picture_height, int x, int y,
                    int width, int height);

/* Takes width x height samples from (x, y) on, and their halo: zeros outside the picture. */
void zsd_tile_load(ZsdTile *tile, const ZsdTensor *picture, int x, int y, int width,
                   int height);

/* Where sample (x, y) of the tile lies in a plane. */
static inline ptrdiff_t zsd_tile_at(const ZsdTile *tile, int x, int y) {
  return (y + ZSD_HALO) * tile->row + x + ZSD_HALO;
}

/* Computes `out` on the tile from `in`, by a pass kernel and its scratch memory: needs no
 * hidden planes. */
void zsd_tile_pass(ZsdTile *tile, const ZsdWeights *weights, void *scratch);

/* The same, and keeps what a backward pass needs in the hidden planes. */
void zsd_tile_forward(ZsdTile *tile, const ZsdPacked *packed);

/* After a forward pass: takes the loss's derivatives from `out`, which must be 0 wherever the
 * tile has no sample (zsd_tile_mask_out() sees to it), and adds those with respect to the
 * network's parameters to `grads` (as many as the network has parameters). */
void zsd_tile_backward(ZsdTile *tile, const ZsdPacked *packed, float *grads);

/* Zeroes `out` outside the tile's own samples. */
void zsd_tile_mask_out(ZsdTile *tile);

#endif
