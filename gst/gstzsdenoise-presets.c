/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Presets without the properties that belong to a single use of the element. */
#define _GNU_SOURCE             /* dladdr */
#include "gstzsdenoise-private.h"

#include <dlfcn.h>

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

/* The directory of the presets that were installed with the plugin, or NULL. GStreamer looks for
 * them in its own prefix alone. */
static gchar *
find_installed (void)
{
  Dl_info object;
  gchar *prefix = dladdr ((gpointer) & is_saved, &object) != 0 ?
      g_path_get_dirname (object.dli_fname) : NULL;
  gchar *found = NULL;
  guint up;

  /* PREFIX/lib/TRIPLET/gstreamer-1.0, where the triplet may be missing */
  for (up = 0; up < 3 && prefix != NULL && found == NULL; up++) {
    gchar *parent = g_path_get_dirname (prefix);
    gchar *dir = g_build_filename (parent, "share", "gstreamer-1.0", "presets",
        NULL);
    gchar *presets = g_build_filename (dir, "GstZsDenoise.prs", NULL);

    if (g_file_test (presets, G_FILE_TEST_EXISTS))
      found = g_strdup (dir);
    g_free (presets);
    g_free (dir);
    g_free (prefix);
    prefix = parent;
  }
  g_free (prefix);
  return found;
}

static void
use_installed (void)
{
  gchar *dir = gst_preset_get_app_dir () == NULL ? find_installed () : NULL;

  if (dir != NULL)
    gst_preset_set_app_dir (dir);
  g_free (dir);
}

void
gst_zs_denoise_preset_init (GstPresetInterface * iface)
{
  iface->get_property_names = gst_zs_denoise_get_property_names;
  use_installed ();
}
