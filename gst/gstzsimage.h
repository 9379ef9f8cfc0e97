/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_IMAGE_H__
#define __GST_ZS_IMAGE_H__

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "zsdenoise.h"

G_BEGIN_DECLS

/* The formats of both elements. */
#define GST_ZS_FORMATS \
  "{ I420, YV12, NV12, NV21, Y42B, Y444, YUY2, UYVY, GRAY8, RGB, BGR, RGBx, BGRx, xRGB, xBGR, " \
  "RGBA, BGRA, ARGB, ABGR, I420_10LE, P010_10LE, I422_10LE, Y444_10LE, GRAY16_LE, " \
  "RGBA64_LE, BGRA64_LE, ARGB64_LE, ABGR64_LE }"

void gst_zs_image_from_frame (ZsdImage * image, GstVideoFrame * frame);

gboolean gst_zs_map_buffer (GstElement * element, GstVideoFrame * frame,
    GstVideoInfo * info, GstBuffer * buffer);
gboolean gst_zs_map_to_read (GstVideoFrame * frame, GstVideoInfo * info,
    GstBuffer * buffer);

void gst_zs_sync_values (GstBaseTransform * trans, GstBuffer * buffer);

G_END_DECLS

#endif
