/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_SCENE_H
#define ZSD_SCENE_H

enum { ZSD_SCENE_CELLS = 32 };

/* A picture seen from afar: the mean brightness of a grid of cells, less that of the picture.
 */
typedef struct {
  int across, down; /* 0: nothing seen yet */
  float cell[ZSD_SCENE_CELLS][ZSD_SCENE_CELLS];
} ZsdScene;

/* Sees a plane of width x height samples, 0..1. */
void zsd_scene_see(ZsdScene *scene, const float *plane, int width, int height);

/* How different two pictures are, 0..1: the sum of the cells' differences as a part of what it
 * could be at most. Each cell is compared with the most similar of the nine around its place,
 * so that a moving camera counts little; a change of brightness counts nothing. Pictures of
 * different size: 1; nothing seen yet: 0. */
double zsd_scene_change(const ZsdScene *before, const ZsdScene *now);

#endif
