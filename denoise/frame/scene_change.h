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
  int missing;        /* frames between the last picture and the next one */
  bool first_gap;     /* the gap before the next picture is the first one for some time */
  int suspect;        /* frame intervals until a cut after `before` is certain; <= 0: none */
  int partial;        /* of these, in which it may yet spread from a part of the picture */
  ZsdScene before;
} ZsdSceneHistory;

/* After a gap of `missing` frames, such as that of lost packets, or a damaged picture (0):
 * pictures may be damaged for some time. */
void zsd_scene_history_doubt(ZsdSceneHistory *history, double missing);

/* Whether a plane begins another scene. Where pictures may be damaged, this is known some
 * seconds after the cut, when no picture has been like one of those before it: damage comes and
 * goes, in other parts of the picture each time. The plane becomes the last picture. */
bool zsd_scene_history_is_cut(ZsdSceneHistory *history, const float *plane, int width,
                              int height, double threshold);

#endif
