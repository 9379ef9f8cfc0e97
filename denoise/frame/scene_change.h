/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detection of scene changes. */
#ifndef ZSD_SCENE_H
#define ZSD_SCENE_H

#include <stdbool.h>

enum { ZSD_SCENE_CELLS = 32 }; /* most cells, each way */

/* A thumbnail: the mean brightness of each cell of a grid, minus that of the picture. */
typedef struct {
  int across, down; /* cells; 0: no picture yet */
  float cell[ZSD_SCENE_CELLS][ZSD_SCENE_CELLS];
} ZsdScene;

/* Computes the thumbnail of a plane of width x height samples, 0..1. */
void zsd_scene_measure(ZsdScene *scene, const float *plane, int width, int height);

/* Difference of two pictures, 0..1: the sum of the cells' absolute differences relative to its
 * maximum. Each cell is compared with the most similar one of the 3x3 cells at its position, so
 * that camera motion has little effect; a change of the mean brightness has none. 1 if the
 * sizes differ; 0 without a picture before. */
double zsd_scene_change(const ZsdScene *before, const ZsdScene *now);

/* Whether there is a cut between the picture of `last` and a plane of width x height samples,
 * 0..1: their difference is above the threshold, 0: never. `last` becomes the plane's
 * thumbnail. */
bool zsd_scene_is_cut(ZsdScene *last, const float *plane, int width, int height,
                      double threshold);

enum { ZSD_SCENE_PAST = 2 };

/* The pictures of a scene: the last one, and one or two of the last seconds. Starts as {0}. */
typedef struct {
  ZsdScene last, past[ZSD_SCENE_PAST];
  int n_past, frames; /* since the cut */
  int doubt;          /* frames that may be damaged */
  int suspect;        /* frames in which a cut after `before` may yet show */
  int settle;         /* frames of a new scene that may be damaged */
  ZsdScene before;
} ZsdSceneHistory;

/* After a gap, such as that of lost packets: pictures may be damaged for some seconds. */
void zsd_scene_history_doubt(ZsdSceneHistory *history);

/* Whether a plane begins another scene. Where pictures may be damaged, parts count as known
 * that are in one of the past pictures, as the last one may be damaged where this one is not,
 * and most of the picture has to be unknown, at once or within eight frames. The plane becomes
 * the last picture. */
bool zsd_scene_history_is_cut(ZsdSceneHistory *history, const float *plane, int width,
                              int height, double threshold);

#endif
