/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "demo/psnr.h"

gdouble
psnr_squared_error (GstVideoInfo * info, GstBuffer * a, GstBuffer * b)
{
  GstVideoFrame fa, fb;
  gdouble sum = 0;
  gint x, y;

  if (!gst_video_frame_map (&fa, info, a, GST_MAP_READ))
    return 0;
  if (gst_video_frame_map (&fb, info, b, GST_MAP_READ)) {
    for (y = 0; y < GST_VIDEO_INFO_HEIGHT (info); y++) {
      const guint8 *ra = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&fa, 0) +
          (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (&fa, 0);
      const guint8 *rb = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&fb, 0) +
          (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (&fb, 0);

      for (x = 0; x < GST_VIDEO_INFO_WIDTH (info); x++)
        sum += (ra[x] - rb[x]) * (ra[x] - rb[x]);
    }
    gst_video_frame_unmap (&fb);
  }
  gst_video_frame_unmap (&fa);
  return sum;
}
