/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training keys that are set and have no effect. */
#ifndef PICTURE_IMAGE_CONFIG_UNUSED_H
#define PICTURE_IMAGE_CONFIG_UNUSED_H

#include "picture/image-config.h"

typedef enum
{
  IMAGE_CONFIG_USED,            /* or not set */
  IMAGE_CONFIG_UNTRAINED,       /* there is no training while epoch_count is 0 */
  IMAGE_CONFIG_CONSTANT_RATE,   /* step_size while gamma is 1 */
  IMAGE_CONFIG_FEW_STEPS,       /* training ends before the learning rate is reduced */
} ImageConfigUse;

/* The reason that the key has no effect with that profile of zsdenoise. Keys other than learning_rate,
 * step_size and gamma are IMAGE_CONFIG_USED. */
ImageConfigUse image_config_use (const ImageConfig * config,
    const gchar * profile, const gchar * key);

/* A clause such as "gamma has no effect while epoch_count is 0"; NULL if the key has an effect. */
gchar *image_config_describe_use (const ImageConfig * config,
    const gchar * profile, const gchar * key);

#endif
