/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of a frame without noise of its own: constant ones (letterbox bars, margins),
 * synthetic ones (logos, time stamps), and those that repeat the last frame. They are excluded
 * from the noise estimate. */
#ifndef ZSD_REGIONS_H
#define ZSD_REGIONS_H

#include "frame/frame.h"

enum { ZSD_CELL = 8 }; /* samples of a component, each way */

/* Flags of a cell. */
enum {
  ZSD_PARTLY_CLEAN = 1, /* a row or column of the cell is constant or repeats the last frame */
  ZSD_CLEAN = 2,        /* the cell is part of a constant or synthetic region */
  ZSD_REPEATED = 4,     /* the cell repeats the last frame, to within a lossy encoder's error */
};

/* Cells of a component. The last ones of a row or column may be smaller. */
typedef struct {
  int across, down;
  uint8_t *flags;
} ZsdRegionMap;

typedef struct ZsdRegions ZsdRegions;

/* For frames of this shape. NULL without memory. */
ZsdRegions *zsd_regions_new(const ZsdFrame *shape);
void zsd_regions_free(ZsdRegions *regions);

/* Classifies the cells of a frame's y. `sigma`: each component's standard deviation of noise,
 * 0..1. `has_last`: there is a last frame to compare with. Returns whether the whole frame
 * repeats it; otherwise the frame is the last one from now on. */
bool zsd_regions_update(ZsdRegions *regions, const ZsdFrame *frame,
                        const double sigma[ZSD_MAX_COMPONENTS], bool has_last,
                        const ZsdKernels *kernels, int threads);

/* The cells of a component in the frame that was classified last. */
const ZsdRegionMap *zsd_regions_map(const ZsdRegions *regions, int component);

/* Whether any cell of that frame has one of these flags. */
bool zsd_regions_any(const ZsdRegions *regions, unsigned flags);

/* Flags of the cell of sample (x, y). */
static inline unsigned zsd_region_at(const ZsdRegionMap *map, int x, int y) {
  return map->flags[y / ZSD_CELL * map->across + x / ZSD_CELL];
}

#endif
