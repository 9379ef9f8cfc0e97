/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the configuration share. */
#ifndef IMAGE_CONFIG_KEYS_H
#define IMAGE_CONFIG_KEYS_H

#include "picture/image-config.h"

#include <json-glib/json-glib.h>

#define IMAGE_CONFIG_N_KEYS 7

typedef struct
{
  const gchar *name, *option;
  GType type;                   /* G_TYPE_STRING, _DOUBLE or _INT64 */
  gsize offset;                 /* of its field in ImageConfig */
  gdouble min, max;
  const gchar *takes;           /* the rest of a sentence */
  const gchar *help, *unit;
} ImageConfigKey;

extern const ImageConfigKey image_config_keys[IMAGE_CONFIG_N_KEYS];

/* The value as JSON, so much of it as a sentence can hold. */
gchar *image_config_show (JsonNode * value);

/* Sets the key's field, or an error that calls the key by the name of `where`. */
gboolean image_config_set (ImageConfig * config, const ImageConfigKey * key,
    const gchar * where, JsonNode * value, GError ** error);

/* Sets what the file has, or the options. */
gboolean image_config_read_file (ImageConfig * config, const gchar * file,
    GError ** error);
gboolean image_config_set_options (ImageConfig * config,
    const ImageConfigOptions * options, GError ** error);

#endif
