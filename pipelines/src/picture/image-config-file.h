/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration file: one JSON object. */
#ifndef PICTURE_IMAGE_CONFIG_FILE_H
#define PICTURE_IMAGE_CONFIG_FILE_H

#include "picture/image-config.h"

/* Sets the members whose keys are in the file. */
gboolean image_config_read_file (ImageConfig * config, const gchar * file,
    GError ** error);

#endif
