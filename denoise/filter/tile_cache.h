/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came out of a stream's tiles. Where the picture has been calm for long enough, what was
 * fused there no longer changes but for what is left of the noise: such a tile comes out as it
 * did before, and is computed only once in so many frames, each tile in its turn. */
#ifndef ZSD_KEPT_H
#define ZSD_KEPT_H

#include "frame/frame.h"

/* A part of the network's picture. */
typedef struct {
  int x, y, width, height;
} ZsdRegion;

typedef struct {
  int across, down; /* tiles */
  uint8_t *calm;    /* of each tile, for how many frames */
  ZsdImage copy;    /* the samples that came out of tiles that are calm, without gaps */
  size_t size;      /* bytes */
  unsigned turn;    /* counts the frames */
  float strength;
  int first_column;
} ZsdKept;

/* Memory for as many tiles of pictures like the image. Returns 0, or -1 without memory.
 * Begins as {0}. */
int zsd_kept_resize(ZsdKept *kept, const ZsdImage *image, int across, int down);
void zsd_kept_clear(ZsdKept *kept);

/* Forgets what it keeps. */
void zsd_kept_forget(ZsdKept *kept);

/* Begins the next frame. What came out with another strength or left other columns as they were
 * is forgotten. */
void zsd_kept_next(ZsdKept *kept, float strength, int first_column);

/* Notes whether a tile is calm in this frame. */
void zsd_kept_note(ZsdKept *kept, int tile, bool calm);

/* Whether a tile may come out as it did before, being computed every `refresh` frames. */
bool zsd_kept_serves(const ZsdKept *kept, int tile, unsigned refresh);

/* Puts what came out of a tile before into the image. */
void zsd_kept_give(const ZsdKept *kept, const ZsdImage *image, const ZsdLayout *layout,
                   ZsdRegion region);

/* Keeps what came out of a tile in the image if it is calm. */
void zsd_kept_take(ZsdKept *kept, int tile, const ZsdImage *image, const ZsdLayout *layout,
                   ZsdRegion region);

#endif
