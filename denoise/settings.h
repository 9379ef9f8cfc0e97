/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings that follow from the profile and the user's settings. All functions expect settings
 * from zsd_settings_resolve(). */
#ifndef ZSD_SETTINGS_H
#define ZSD_SETTINGS_H

#include "zsdenoise.h"

/* Training on the frames after a keyframe, and the size of a training step. */
typedef struct {
  unsigned patches; /* random ones in each step, on a keyframe, too; 0: the whole picture */
  double learning_rate;
  unsigned first_frames;             /* after a keyframe, with more training */
  unsigned first_steps, later_steps; /* on each of them, and on each frame after them */
  unsigned first_pairs, later_pairs; /* frame pairs taken from each of them */
} ZsdCurriculumSettings;

ZsdCurriculumSettings zsd_settings_curriculum(const ZsdSettings *settings);

/* Frames from one computation of a static tile to the next; 1: each frame. */
unsigned zsd_settings_refresh(const ZsdSettings *settings);

/* Whether the first frames after a keyframe may be filtered in two passes. */
bool zsd_settings_twice(const ZsdSettings *settings);

/* Whether frames with later ones are filtered along the motion (patches/video_nl_bayes.h). */
bool zsd_settings_patches(const ZsdSettings *settings);

/* Whether the frame is processed as a still picture. */
bool zsd_settings_still(const ZsdSettings *settings);

#endif
