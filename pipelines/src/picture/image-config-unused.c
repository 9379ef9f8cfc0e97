/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/image-config-unused.h"

/* Training steps of `paper`, which trains on each picture. */
#define PAPER_STEPS 2000

static gint64
count_steps (const ImageConfig * config, const gchar * profile)
{
  return config->epoch_count ? config->epoch_count :
      g_str_equal (profile, "paper") ? PAPER_STEPS : 0;
}

/* step_size of the profile, that of denoise/settings.c. */
static gint64
default_step_size (const gchar * profile)
{
  return g_str_equal (profile, "realtime") ? 768 :
      g_str_equal (profile, "balanced") ? 384 : 1500;
}

ImageConfigUse
image_config_use (const ImageConfig * config, const gchar * profile,
    const gchar * key)
{
  const gint64 steps = count_steps (config, profile);
  const gint64 otherwise = default_step_size (profile);
  const gint64 step_size = config->step_size ? config->step_size : otherwise;
  const gboolean is_step_size = g_str_equal (key, "step_size");
  const gboolean is_gamma = g_str_equal (key, "gamma");

  if (is_step_size ? config->step_size == 0 : is_gamma ? config->gamma == 0 :
      config->learning_rate == 0 || !g_str_equal (key, "learning_rate"))
    return IMAGE_CONFIG_USED;
  if (steps == 0)
    return IMAGE_CONFIG_UNTRAINED;
  if (is_step_size && config->gamma == 1)
    return IMAGE_CONFIG_CONSTANT_RATE;
  if ((is_gamma && step_size >= steps)
      || (is_step_size && MIN (step_size, otherwise) >= steps))
    return IMAGE_CONFIG_FEW_STEPS;
  return IMAGE_CONFIG_USED;
}

gchar *
image_config_describe_use (const ImageConfig * config, const gchar * profile,
    const gchar * key)
{
  switch (image_config_use (config, profile, key)) {
    case IMAGE_CONFIG_UNTRAINED:
      return g_strdup_printf ("%s has no effect while epoch_count is 0", key);
    case IMAGE_CONFIG_CONSTANT_RATE:
      return g_strdup_printf ("%s has no effect while gamma is 1", key);
    case IMAGE_CONFIG_FEW_STEPS:
      return g_strdup_printf ("%s has no effect with %" G_GINT64_FORMAT
          " training steps: the learning rate is reduced after %"
          G_GINT64_FORMAT, key, count_steps (config, profile),
          config->step_size ? config->step_size : default_step_size (profile));
    default:
      return NULL;
  }
}
