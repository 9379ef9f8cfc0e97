/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration keys as command line options. */
#ifndef PICTURE_IMAGE_CONFIG_OPTIONS_H
#define PICTURE_IMAGE_CONFIG_OPTIONS_H

#include "picture/image-config.h"

/* Option values as typed. */
typedef struct _ImageConfigOptions ImageConfigOptions;

ImageConfigOptions *image_config_options_new (void);
void image_config_options_free (ImageConfigOptions * options);

/* Option group of --image, --learning-rate, ...; the spelling with underscores is accepted too.
 * Values are stored in `options`, which has to outlive the group. */
GOptionGroup *image_config_options_group (ImageConfigOptions * options);

/* Sets the members whose options were given. */
gboolean image_config_options_apply (const ImageConfigOptions * options,
    ImageConfig * config, GError ** error);

#endif
