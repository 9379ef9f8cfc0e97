/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presets: GstPreset's own way, but for what belongs to a single use of the element. */
#include "gstzsdenoise-private.h"

static gboolean
is_kept (const gchar * name)
{
  static const gchar *const left_out[] = {
    "name", "parent", "qos", "split", "n-threads", "seed", "model-file",
    "save-model-file", NULL
  };

  return !g_strv_contains (left_out, name);
}

static gchar **
gst_zs_denoise_get_property_names (GstPreset * preset)
{
  const GstPresetInterface *usual =
      g_type_default_interface_peek (GST_TYPE_PRESET);
  gchar **names = usual->get_property_names (preset);
  guint i, n = 0;

  for (i = 0; names[i] != NULL; i++) {
    if (is_kept (names[i]))
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
