/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/colours.h"

gchar *
colours_complete (const GstCaps * caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const gchar *told = gst_structure_get_string (structure, "colorimetry");
  GstVideoColorimetry colours;
  GstCaps *plain;
  GstVideoInfo info;

  if (told == NULL || !gst_video_colorimetry_from_string (&colours, told)
      || colours.matrix != GST_VIDEO_COLOR_MATRIX_UNKNOWN)
    return g_strdup (told);
  plain = gst_caps_copy (caps);
  gst_structure_remove_field (gst_caps_get_structure (plain, 0), "colorimetry");
  if (gst_video_info_from_caps (&info, plain)
      && !GST_VIDEO_INFO_IS_RGB (&info))
    colours.matrix = GST_VIDEO_INFO_COLORIMETRY (&info).matrix;
  gst_caps_unref (plain);
  return gst_video_colorimetry_to_string (&colours);
}
