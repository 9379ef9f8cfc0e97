/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "camera/undenoised.h"

gboolean
frame_is_undenoised (GstBuffer * frame)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (frame, "zsdenoise-noise");

  return meta && g_strcmp0 (gst_structure_get_string
      (gst_custom_meta_get_structure (meta), "quality"), "original") == 0;
}
