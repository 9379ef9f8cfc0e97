/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where nothing happens in a picture: where nothing moves, and predictions miss no more than
 * they usually do there. */
#ifndef ZSD_CALM_H
#define ZSD_CALM_H

#include "frame/frame.h"
#include "temporal/brightness.h"
#include "temporal/motion.h"

typedef struct {
  float *missed[ZSD_MAX_COMPONENTS]; /* of each block of a field the sum of a component's
                                        squared misses, the variance of noise being 1 */
  float *energy;                     /* the mean of all components' squared misses */
  float *usual;                      /* the same of the frames before */
  float *memory;
} ZsdCalm;

/* Memory for as many blocks. Returns 0, or -1 without memory. Begins as {0}. */
int zsd_calm_resize(ZsdCalm *calm, int blocks);
void zsd_calm_clear(ZsdCalm *calm);

/* Learns from the misses of a frame, the first one after the past began or a later one, what is
 * usual. */
void zsd_calm_learn(ZsdCalm *calm, const ZsdFrame *frame, const ZsdField *field, bool first);

/* What is known of a frame beside its misses. */
typedef struct {
  const ZsdField *field;
  ZsdBrightnessChange light;    /* of its brightness */
  double lag1, lag2; /* of the noise */
} ZsdScenery;

/* Whether all that a frame shows from luma sample (x, y) on, of width x height, stands where it
 * stood before, and in the same light. */
bool zsd_calm_holds(const ZsdCalm *calm, const ZsdScenery *scenery, int x, int y, int width,
                    int height);

#endif
