/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

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
    /* the schedule of the authors' notebook, the width of their article */
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

/* Training on frame pairs after a start from random weights: a higher rate, more steps by this
 * factor, and fewer patches in a step. A network trained on a keyframe alone has not seen fused
 * frames, and many small steps adapt it faster than few large ones. */
static const double COLD_RATE = 1e-3;
enum { COLD_STEPS = 4, COLD_PATCHES = 2 };

ZsdCurriculumSettings zsd_settings_curriculum(const ZsdSettings *settings) {
  static const ZsdCurriculumSettings curricula[] = {
      [ZSD_PROFILE_REALTIME] = {.patches = 4,
                                .learning_rate = 1.2e-4,
                                .first_frames = 8,
                                .first_steps = 16,
                                .first_pairs = 64,
                                .later_pairs = 8},
      [ZSD_PROFILE_BALANCED] = {.patches = 4,
                                .learning_rate = 1.2e-4,
                                .first_frames = 8,
                                .first_steps = 16,
                                .first_pairs = 64,
                                .later_pairs = 8},
      [ZSD_PROFILE_BEST] = {.patches = 8,
                            .learning_rate = 6e-5,
                            .first_frames = 12,
                            .first_steps = 32,
                            .later_steps = 1,
                            .first_pairs = 64,
                            .later_pairs = 16},
      [ZSD_PROFILE_PAPER] = {0},
  };
  ZsdCurriculumSettings curriculum = curricula[settings->profile];
  /* Background training has to fit between frames: three times as many frames with a quarter of
   * the work each train the network as far, and the first of it takes effect earlier. */
  if (settings->background && settings->warm_start) {
    curriculum.learning_rate *= 2;
    curriculum.first_frames *= 3;
    curriculum.first_steps /= 2;
    curriculum.patches /= 2;
  }
  if (!settings->warm_start) {
    curriculum.learning_rate = COLD_RATE;
    curriculum.first_steps *= COLD_STEPS;
    if (curriculum.patches > COLD_PATCHES)
      curriculum.patches = COLD_PATCHES;
  }
  return curriculum;
}

unsigned zsd_settings_refresh(const ZsdSettings *settings) {
  const unsigned refresh = settings->profile <= ZSD_PROFILE_BALANCED ? 3 : 1;
  if (!settings->temporal)
    return 1;
  return settings->quality > ZSD_QUALITY_FULL ? 2 * (refresh + 1) : refresh;
}

bool zsd_settings_twice(const ZsdSettings *settings) {
  return settings->quality == ZSD_QUALITY_FULL && !settings->background;
}

bool zsd_settings_patches(const ZsdSettings *settings) {
  return settings->patches && settings->temporal && settings->quality == ZSD_QUALITY_FULL;
}

bool zsd_settings_still(const ZsdSettings *settings) {
  const bool careful =
      settings->profile == ZSD_PROFILE_BALANCED || settings->profile == ZSD_PROFILE_BEST;
  return settings->still && careful && !settings->background &&
         settings->quality == ZSD_QUALITY_FULL;
}
