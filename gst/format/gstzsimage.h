/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_IMAGE_H__
#define __GST_ZS_IMAGE_H__

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "format/gstzspicture.h"

G_BEGIN_DECLS

gboolean gst_zs_map_buffer (GstElement * element, GstVideoFrame * frame,
    GstVideoInfo * info, GstBuffer * buffer);
gboolean gst_zs_map_to_read (GstVideoFrame * frame, GstVideoInfo * info,
    GstBuffer * buffer);

void gst_zs_sync_values (GstBaseTransform * trans, GstBuffer * buffer);

G_END_DECLS

#endif
