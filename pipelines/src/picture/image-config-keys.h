/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the configuration share. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "picture/image-config.h"

#include <json-glib/json-glib.h>

#define CONFIG_N_KEYS 7

typedef struct
{
  const gchar *name, *option;
  GType type;                   /* G_TYPE_STRING, _DOUBLE or _INT64 */
  gsize offset;                 /* of its field in Config */
  gdouble min, max;
  const gchar *takes;           /* the rest of a sentence */
  const gchar *help, *unit;
} ConfigKey;

extern const ConfigKey config_keys[CONFIG_N_KEYS];

/* The value as JSON, so much of it as a sentence can hold. */
gchar *config_show (JsonNode * value);

/* Sets the key's field, or an error that calls the key by the name of `where`. */
gboolean config_set (Config * config, const ConfigKey * key,
    const gchar * where, JsonNode * value, GError ** error);

/* Sets what the file has, or the options. */
gboolean config_read (Config * config, const gchar * file, GError ** error);
gboolean config_set_options (Config * config, const ConfigOptions * options,
    GError ** error);

#endif
