/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ZSD_SETTINGS_H
#define ZSD_SETTINGS_H

#include "zsdenoise.h"

/* How it is learned. */
typedef struct {
  unsigned patches; /* random ones for a step; 0: the whole picture */

  /* From frame to frame: */
  double learning_rate;
  unsigned first_frames;             /* after a keyframe, that teach a lot */
  unsigned first_steps, later_steps; /* on each of them, and on each after them */
  unsigned first_parts, later_parts; /* of each that are remembered for the next one */
} ZsdCourse;

/* The profile's course; a longer one where learning does not begin with the built-in weights.
 */
ZsdCourse zsd_settings_course(const ZsdSettings *settings);

/* Every how many frames what stands still is computed; 1: each frame. */
unsigned zsd_settings_refresh(const ZsdSettings *settings);

/* How many frames at the start may be looked at twice. */
unsigned zsd_settings_twice(const ZsdSettings *settings);

/* Whether a frame is taken for a picture by itself, and time for it. */
bool zsd_settings_still(const ZsdSettings *settings);

#endif
