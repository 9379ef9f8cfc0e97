/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/image-config.h"

void
image_config_clear (ImageConfig * config)
{
  g_clear_pointer (&config->image, g_free);
}

void
image_config_apply (const ImageConfig * config, GObject * denoise)
{
  g_object_set (denoise, "learning-rate", config->learning_rate,
      "epochs", (guint) config->epoch_count,
      "step-size", (guint) config->step_size, "gamma", config->gamma, NULL);
}
