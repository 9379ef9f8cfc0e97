/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the profiles stand for. */
#include "settings.h"

#include <limits.h>

static const ZsdSettings profiles[] = {
    [ZSD_PROFILE_REALTIME] = {.epochs = 1024,
                              .learning_rate = 2e-3,
                              .step_size = 768,
                              .gamma = 0.5,
                              .hidden_channels = 32},
    [ZSD_PROFILE_BALANCED] = {.epochs = 512,
                              .learning_rate = 1e-3,
                              .step_size = 384,
                              .gamma = 0.5,
                              .hidden_channels = 52},
    [ZSD_PROFILE_BEST] = {.epochs = 2000,
                          .learning_rate = 2e-3,
                          .step_size = 1500,
                          .gamma = 0.5,
                          .hidden_channels = 52},
    /* the authors' own notebook, but for the width, which is the article's */
    [ZSD_PROFILE_PAPER] = {.epochs = 2000,
                           .learning_rate = 1e-3,
                           .step_size = 1500,
                           .gamma = 0.5,
                           .hidden_channels = 52},
};

ZsdSettings zsd_settings_default(void) {
  return (ZsdSettings){.profile = ZSD_PROFILE_BALANCED,
                       .strength = 1,
                       .finetune_epochs = 32,
                       .scene_threshold = 0.15,
                       .temporal = true,
                       .warm_start = true};
}

ZsdSettings zsd_settings_resolve(const ZsdSettings *settings) {
  const ZsdSettings *profile = &profiles[settings->profile];
  ZsdSettings s = *settings;
  if (s.profile == ZSD_PROFILE_PAPER)
    s.temporal = s.warm_start = false;
  if (s.still)
    s.temporal = false;
  if (s.profile == ZSD_PROFILE_PAPER && s.precision == ZSD_PRECISION_AUTO)
    s.precision = ZSD_PRECISION_FP32;
  if (s.epochs == 0 && !s.warm_start)
    s.epochs = profile->epochs;
  if (s.learning_rate <= 0)
    s.learning_rate = profile->learning_rate;
  if (s.step_size == 0)
    s.step_size = profile->step_size;
  if (s.gamma <= 0)
    s.gamma = profile->gamma;
  if (s.hidden_channels == 0)
    s.hidden_channels = profile->hidden_channels;
  return s;
}

/* What has only seen a keyframe has to learn how fused frames look, too. There is so far to go
 * that many steps of few patches get further than few steps of many. */
static const double COLD_RATE = 1e-3;
enum { COLD_STEPS = 4, COLD_PATCHES = 2 };

ZsdCourse zsd_settings_course(const ZsdSettings *settings) {
  static const ZsdCourse courses[] = {
      [ZSD_PROFILE_REALTIME] = {.patches = 4,
                                .learning_rate = 1.2e-4,
                                .first_frames = 8,
                                .first_steps = 16,
                                .first_parts = 64,
                                .later_parts = 8},
      [ZSD_PROFILE_BALANCED] = {.patches = 4,
                                .learning_rate = 1.2e-4,
                                .first_frames = 8,
                                .first_steps = 16,
                                .first_parts = 64,
                                .later_parts = 8},
      [ZSD_PROFILE_BEST] = {.patches = 8,
                            .learning_rate = 6e-5,
                            .first_frames = 12,
                            .first_steps = 32,
                            .later_steps = 1,
                            .first_parts = 64,
                            .later_parts = 16},
      [ZSD_PROFILE_PAPER] = {0},
  };
  ZsdCourse course = courses[settings->profile];
  if (!settings->warm_start) {
    course.learning_rate = COLD_RATE;
    course.first_steps *= COLD_STEPS;
    if (course.patches > COLD_PATCHES)
      course.patches = COLD_PATCHES;
  }
  return course;
}

unsigned zsd_settings_refresh(const ZsdSettings *settings) {
  const unsigned refresh = settings->profile <= ZSD_PROFILE_BALANCED ? 3 : 1;
  if (!settings->temporal)
    return 1;
  return settings->quality > ZSD_QUALITY_FULL ? 2 * (refresh + 1) : refresh;
}

unsigned zsd_settings_twice(const ZsdSettings *settings) {
  if (settings->quality > ZSD_QUALITY_FULL)
    return 0;
  return settings->background ? 2 : UINT_MAX;
}

bool zsd_settings_still(const ZsdSettings *settings) {
  const bool careful =
      settings->profile == ZSD_PROFILE_BALANCED || settings->profile == ZSD_PROFILE_BEST;
  return settings->still && careful && settings->quality == ZSD_QUALITY_FULL;
}
