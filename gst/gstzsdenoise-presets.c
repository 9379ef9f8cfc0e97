/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presets without the properties that belong to a single use of the element. */
#include "gstzsdenoise-private.h"

static gboolean
is_saved (const gchar * name)
{
  static const gchar *const excluded[] = {
    "name", "parent", "qos", "split", "lookahead", "n-threads", "seed",
    "model-file", "save-model-file", NULL
  };

  return !g_strv_contains (excluded, name);
}

static gchar **
gst_zs_denoise_get_property_names (GstPreset * preset)
{
  const GstPresetInterface *base =
      g_type_default_interface_peek (GST_TYPE_PRESET);
  gchar **names = base->get_property_names (preset);
  guint i, n = 0;

  for (i = 0; names[i] != NULL; i++) {
    if (is_saved (names[i]))
      names[n++] = names[i];
    else
      g_free (names[i]);
  }
  names[n] = NULL;
  return names;
}

void
gst_zs_denoise_preset_init (GstPresetInterface * iface)
{
  iface->get_property_names = gst_zs_denoise_get_property_names;
}
