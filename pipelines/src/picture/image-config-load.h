/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration from defaults, file and command line. */
#ifndef PICTURE_IMAGE_CONFIG_LOAD_H
#define PICTURE_IMAGE_CONFIG_LOAD_H

#include "picture/image-config-options.h"

/* Fills `config` with the defaults, the keys of the file (NULL: no file) and the options that were
 * given, in this order. A relative `image` in the file is relative to the folder of the file. The
 * error message is one sentence that names the file or option, the key, the value and the valid
 * values, or the line of a JSON syntax error. Clear `config` in either case. */
gboolean image_config_load (ImageConfig * config, const gchar * file,
    const ImageConfigOptions * options, GError ** error);

#endif
