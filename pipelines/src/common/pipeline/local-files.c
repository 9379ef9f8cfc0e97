/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/pipeline/local-files.h"

#include <string.h>

/* urisourcebin makes its source by the URI's scheme, which filesrc alone then has. */
static const gchar *const sources[] =
    { "appsrc", "fakesrc", "filesrc", "urisourcebin", NULL };

/* Demuxers whose data are all in the file. Not avdemux_gif, which reads on for ever at the end. */
static const gchar *const demuxers[] = {
  "aiffparse", "apedemux", "asfdemux", "avdemux_ape", "avdemux_gxf",
  "avdemux_ivf", "avdemux_mxf", "avdemux_nut", "avdemux_nuv",
  "avdemux_tta", "avdemux_yuv4mpegpipe", "avidemux", "dvdemux", "flvdemux",
  "gdpdepay", "id3demux", "ivfparse", "matroskademux", "mpegpsdemux",
  "mxfdemux", "oggdemux", "qtdemux", "rmdemux", "tsdemux", "wavparse",
  "y4mdec", NULL
};

static gboolean
is_foreign (GstElementFactory * factory)
{
  const gchar *name = GST_OBJECT_NAME (factory);
  const gchar *klass = gst_element_factory_get_metadata (factory,
      GST_ELEMENT_METADATA_KLASS);

  if (gst_element_factory_get_uri_type (factory) == GST_URI_SRC
      || strstr (klass, "Source"))
    return !g_strv_contains (sources, name);
  return strstr (klass, "Demux") && !g_strv_contains (demuxers, name);
}

gboolean
local_files_is_list (const GstCaps * caps)
{
  static const gchar *const lists[] = {
    "application/dash+xml", "application/sdp", "application/vnd.ms-sstr+xml",
    "application/x-hls", "application/xges", "text/uri-list", NULL
  };

  return gst_caps_get_size (caps) > 0 && g_strv_contains (lists,
      gst_structure_get_name (gst_caps_get_structure (caps, 0)));
}

void
local_files_only (void)
{
  GstRegistry *registry = gst_registry_get ();
  GList *all = gst_registry_get_feature_list (registry,
      GST_TYPE_ELEMENT_FACTORY), *i;

  for (i = all; i; i = i->next)
    if (is_foreign (i->data))
      gst_registry_remove_feature (registry, i->data);
  gst_plugin_feature_list_free (all);
}
