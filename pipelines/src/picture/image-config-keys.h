/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Table of the configuration keys, shared by the JSON file and the command line. */
#ifndef PICTURE_IMAGE_CONFIG_KEYS_H
#define PICTURE_IMAGE_CONFIG_KEYS_H

#include "picture/image-config.h"

#include <json-glib/json-glib.h>

#define IMAGE_CONFIG_N_KEYS 7

typedef struct
{
  const gchar *name, *option;   /* in the file, on the command line */
  GType type;                   /* G_TYPE_STRING, G_TYPE_DOUBLE or G_TYPE_INT64 */
  gsize offset;                 /* of the member of ImageConfig */
  gdouble min, max;
  const gchar *takes;           /* valid values, completes "it takes ..." */
  const gchar *help, *unit;
} ImageConfigKey;

extern const ImageConfigKey image_config_keys[IMAGE_CONFIG_N_KEYS];

/* The value as JSON for an error message, truncated if long. */
gchar *image_config_show (JsonNode * value);

/* Sets the member of the key. Sets an error that starts with `where` if the value is invalid. */
gboolean image_config_set (ImageConfig * config, const ImageConfigKey * key,
    const gchar * where, JsonNode * value, GError ** error);

/* The same with a value as typed. */
gboolean image_config_set_text (ImageConfig * config,
    const ImageConfigKey * key, const gchar * where, const gchar * text,
    GError ** error);

#endif
