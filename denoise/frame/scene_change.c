/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/scene_change.h"

#include <math.h>
#include <stddef.h>

enum {
  MIN_CELL = 16, /* samples, each way: enough to average noise out */
  SPACING = 16,  /* frames between the past pictures of a scene */
  DOUBT = 512,   /* frames that may be damaged after a gap: where packets are lost, more are */
  CONFIRM = 96,  /* frame intervals of a new scene among those: in some seconds, cameras send
                    several pictures that are coded by themselves */
  PARTIAL = 8,   /* frame intervals in which a cut in a part of the picture spreads */
  MAX_MISSING = 24, /* of these intervals, without a frame between two: a quarter */
};

/* Change of pictures that may be damaged, relative to the threshold: of those that begin
 * another scene at least in part, and of those that belong to another one. */
static const double PARTLY = 0.5, WHOLLY = 1.2;

/* Share of cells that may be those of the scene before at a cut right after a gap. */
static const double MAX_KNOWN = 0.6;

static int cells(int size) {
  const int n = size / MIN_CELL;
  return n < 1 ? 1 : n > ZSD_SCENE_CELLS ? ZSD_SCENE_CELLS : n;
}

/* Sums of several columns, so that the compiler vectorises the loop. */
static float mean_of(const float *plane, int width, int left, int right, int top, int bottom) {
  enum { SIDE = 4 };
  double sum = 0;
  for (int y = top; y < bottom; y++) {
    const float *row = plane + (ptrdiff_t)y * width;
    float part[SIDE] = {0};
    int x = left;
    for (; x + SIDE <= right; x += SIDE)
      for (int i = 0; i < SIDE; i++)
        part[i] += row[x + i];
    for (; x < right; x++)
      part[0] += row[x];
    sum += (part[0] + part[1]) + (part[2] + part[3]);
  }
  return (float)(sum / ((double)(right - left) * (bottom - top)));
}

void zsd_scene_measure(ZsdScene *scene, const float *plane, int w, int h) {
  const int across = scene->across = cells(w), down = scene->down = cells(h);
  double sum = 0;
  for (int j = 0; j < down; j++)
    for (int i = 0; i < across; i++)
      sum += scene->cell[j][i] = mean_of(plane, w, w * i / across, w * (i + 1) / across,
                                         h * j / down, h * (j + 1) / down);
  for (int j = 0; j < down; j++)
    for (int i = 0; i < across; i++)
      scene->cell[j][i] -= (float)(sum / (across * down));
}

/* The smallest difference from the 3x3 cells around (i, j). */
static float nearest(const ZsdScene *scene, int i, int j, float value) {
  float best = INFINITY;
  for (int y = j - 1; y <= j + 1; y++)
    for (int x = i - 1; x <= i + 1; x++)
      if (x >= 0 && x < scene->across && y >= 0 && y < scene->down)
        best = fminf(best, fabsf(scene->cell[y][x] - value));
  return best;
}

static bool same_size(const ZsdScene *a, const ZsdScene *b) {
  return a->across == b->across && a->down == b->down;
}

/* Difference of a cell that counts as none, absolute and relative. */
static const float TOLERANCE = 4 / 255.0f, ALIKE = 0.1f;

typedef struct {
  double change; /* 0..1 */
  double known;  /* share of the cells that are the same */
} Comparison;

/* Compares each cell with the most similar one of `before` and of `n_past` pictures. */
static Comparison compare(const ZsdScene *before, const ZsdScene *past, int n_past,
                          const ZsdScene *now) {
  double difference = 0, most = 0;
  int known = 0;

  if (before->across == 0)
    return (Comparison){0, 1};
  if (!same_size(before, now))
    return (Comparison){1, 0};
  for (int j = 0; j < now->down; j++)
    for (int i = 0; i < now->across; i++) {
      const float value = now->cell[j][i];
      float least = nearest(before, i, j, value);
      for (int p = 0; p < n_past; p++)
        least = fminf(least, nearest(&past[p], i, j, value));
      difference += least;
      most += TOLERANCE + fabsf(before->cell[j][i]) + fabsf(value);
      known += least < TOLERANCE + ALIKE * fabsf(value);
    }
  return (Comparison){difference / most, (double)known / (now->across * now->down)};
}

double zsd_scene_change(const ZsdScene *before, const ZsdScene *now) {
  return compare(before, NULL, 0, now).change;
}

bool zsd_scene_is_cut(ZsdScene *last, const float *plane, int w, int h, double threshold) {
  ZsdScene now;
  zsd_scene_measure(&now, plane, w, h);
  const bool cut = threshold > 0 && zsd_scene_change(last, &now) > threshold;
  *last = now;
  return cut;
}

void zsd_scene_history_doubt(ZsdSceneHistory *h, double missing) {
  h->first_gap = h->doubt == 0 && missing > 0;
  h->doubt = DOUBT;
  h->missing = (int)fmin(h->missing + missing, MAX_MISSING);
}

/* Whether a picture that may be damaged, after `before`, is the one with which a cut is
 * certain: at once after the first gap, as nothing has been damaged before, and most of the
 * picture is new; otherwise after CONFIRM, if none was like those before the cut. Cuts of which
 * a part is lost, and damage, change less than a cut between intact pictures, but what has been
 * lost comes back with the next intact part. */
static bool is_cut_in_doubt(ZsdSceneHistory *h, const ZsdScene *before, double threshold) {
  const int intervals = 1 + h->missing;
  if (h->suspect <= 0) {
    if (zsd_scene_change(before, &h->last) <= PARTLY * threshold)
      return false;
    h->suspect = CONFIRM;
    h->partial = PARTIAL;
    h->before = *before;
  }
  const Comparison c = compare(&h->before, h->past, h->n_past, &h->last);
  if (h->first_gap && c.change > WHOLLY * threshold && c.known < MAX_KNOWN) {
    h->suspect = 0;
    return true;
  }
  if (c.change > WHOLLY * threshold) {
    h->partial = PARTIAL;
    h->suspect -= intervals;
    return h->suspect <= 0;
  }
  h->partial -= intervals;
  if (c.change <= PARTLY * threshold || h->partial <= 0)
    h->suspect = 0;
  return false;
}

bool zsd_scene_history_is_cut(ZsdSceneHistory *h, const float *plane, int w, int height,
                              double threshold) {
  const ZsdScene before = h->last;
  bool cut = zsd_scene_is_cut(&h->last, plane, w, height, threshold);
  const bool in_doubt = h->doubt > 0 || h->suspect > 0;
  if (in_doubt && threshold > 0 && same_size(&before, &h->last))
    cut = is_cut_in_doubt(h, &before, threshold);
  else
    h->suspect = 0;
  if (cut)
    h->frames = h->n_past = 0;
  if (h->frames++ % SPACING == 0 && h->suspect <= 0) {
    h->past[1] = h->past[0];
    h->past[0] = h->last;
    h->n_past = h->n_past < ZSD_SCENE_PAST ? h->n_past + 1 : ZSD_SCENE_PAST;
  }
  h->doubt -= h->doubt > 0;
  h->missing = 0;
  h->first_gap = false;
  return cut;
}
