/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tile cache: the output of tiles that stand still. After enough static frames the fused
 * picture changes by no more than residual noise, so the earlier output is used again, and the
 * tile is computed only once in every `refresh` frames, each tile in its turn. */
#ifndef ZSD_TILE_CACHE_H
#define ZSD_TILE_CACHE_H

#include "frame/frame.h"

/* A part of the network's picture, in its samples. */
typedef struct {
  int x, y, width, height;
} ZsdRegion;

typedef struct {
  int across, down;       /* tiles */
  uint8_t *static_frames; /* of each tile: consecutive static frames, saturating */
  ZsdImage copy;          /* output of static tiles, rows without padding */
  size_t size;            /* of the copy, in bytes */
  unsigned turn;          /* frame counter */
  float strength;         /* of the cached output, times its noise factor */
  int first_column;       /* of the cached output */
} ZsdTileCache;

/* Allocates for across x down tiles of pictures of the image's format. Returns 0, or -1 without
 * memory. A cache is initialized with {0}. */
int zsd_tile_cache_resize(ZsdTileCache *cache, const ZsdImage *image, int across, int down);
void zsd_tile_cache_clear(ZsdTileCache *cache);

/* Empties the cache. */
void zsd_tile_cache_invalidate(ZsdTileCache *cache);

/* Begins the next frame. Output of another strength or first column is dropped. */
void zsd_tile_cache_next_frame(ZsdTileCache *cache, float strength, int first_column);

/* Notes whether a tile stands still in this frame. */
void zsd_tile_cache_note(ZsdTileCache *cache, int tile, bool is_static);

/* Whether a tile's cached output is to be used in this frame; it is computed every `refresh`
 * frames. */
bool zsd_tile_cache_has(const ZsdTileCache *cache, int tile, unsigned refresh);

/* Copies a tile's cached output to the image. */
void zsd_tile_cache_read(const ZsdTileCache *cache, const ZsdImage *image,
                         const ZsdLayout *layout, ZsdRegion region);

/* Caches a tile's output in the image if the tile is static. */
void zsd_tile_cache_write(ZsdTileCache *cache, int tile, const ZsdImage *image,
                          const ZsdLayout *layout, ZsdRegion region);

#endif
