/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/image-config-load.h"

#include "picture/image-config-file.h"

gboolean
image_config_load (ImageConfig * config, const gchar * file,
    const ImageConfigOptions * options, GError ** error)
{
  *config = (const ImageConfig) {
    .degree = IMAGE_CONFIG_NO_DEGREE,
    .max_bytes = IMAGE_CONFIG_MAX_BYTES,
  };
  return (file == NULL || image_config_read_file (config, file, error))
      && image_config_options_apply (options, config, error);
}
