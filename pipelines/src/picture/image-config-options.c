/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture/image-config-options.h"

#include "picture/image-config-keys.h"

struct _ImageConfigOptions
{
  gchar *value[IMAGE_CONFIG_N_KEYS];
};

ImageConfigOptions *
image_config_options_new (void)
{
  return g_new0 (ImageConfigOptions, 1);
}

void
image_config_options_free (ImageConfigOptions * options)
{
  gsize i;

  for (i = 0; i < IMAGE_CONFIG_N_KEYS; i++)
    g_free (options->value[i]);
  g_free (options);
}

GOptionGroup *
image_config_options_group (ImageConfigOptions * options)
{
  GOptionGroup *group = g_option_group_new ("config",
      "Configuration keys:", "Show the configuration keys", NULL, NULL);
  gsize i;

  for (i = 0; i < IMAGE_CONFIG_N_KEYS; i++) {
    const ImageConfigKey *key = &image_config_keys[i];
    const GOptionArg type = key->type == G_TYPE_STRING ?
        G_OPTION_ARG_FILENAME : G_OPTION_ARG_STRING;
    gchar **value = &options->value[i];
    const GOptionEntry entries[] = {
      {key->option, 0, 0, type, value, key->help, key->unit},
      G_OPTION_ENTRY_NULL
    };
    const GOptionEntry underscored[] = {
      {key->name, 0, G_OPTION_FLAG_HIDDEN, type, value, NULL, NULL},
      G_OPTION_ENTRY_NULL
    };

    g_option_group_add_entries (group, entries);
    if (!g_str_equal (key->name, key->option))
      g_option_group_add_entries (group, underscored);
  }
  return group;
}

gboolean
image_config_options_apply (const ImageConfigOptions * options,
    ImageConfig * config, GError ** error)
{
  gboolean done = TRUE;
  gsize i;

  for (i = 0; i < IMAGE_CONFIG_N_KEYS && done; i++)
    if (options->value[i]) {
      const ImageConfigKey *key = &image_config_keys[i];
      gchar *where = g_strdup_printf ("--%s", key->option);

      done = image_config_set_text (config, key, where, options->value[i],
          error);
      g_free (where);
    }
  return done;
}
