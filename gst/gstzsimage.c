/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both elements do with a buffer. */
#include "gstzsimage.h"

/* GStreamer's description of a video frame as the engine's. */
void
gst_zs_image_from_frame (ZsdImage * image, GstVideoFrame * frame)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  gint i;

  image->width = GST_VIDEO_FRAME_WIDTH (frame);
  image->height = GST_VIDEO_FRAME_HEIGHT (frame);
  image->components = GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo) ? 1 : 3;
  image->rgb = GST_VIDEO_FORMAT_INFO_IS_RGB (finfo);
  image->depth = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, 0);
  image->shift = GST_VIDEO_FORMAT_INFO_SHIFT (finfo, 0);
  for (i = 0; i < image->components; i++) {
    ZsdComponent *component = &image->component[i];

    component->data = GST_VIDEO_FRAME_COMP_DATA (frame, i);
    /* GStreamer 1.22 has P010's V begin one byte after U, within U's sample. */
    if (image->depth > 8 && GST_VIDEO_FORMAT_INFO_POFFSET (finfo, i) % 2 != 0)
      component->data++;
    component->stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, i);
    component->step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, i);
    component->width = GST_VIDEO_FRAME_COMP_WIDTH (frame, i);
    component->height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, i);
    component->half_width = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i) == 1;
    component->half_height = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i) == 1;
  }
}

/* Maps a buffer to be changed in place, or posts an error that says why not. (GstVideoFilter
 * itself passes a frame that it cannot map on as if it had been filtered.) */
gboolean
gst_zs_map_buffer (GstElement * element, GstVideoFrame * frame,
    GstVideoInfo * info, GstBuffer * buffer)
{
  if (gst_video_frame_map (frame, info, buffer,
          GST_MAP_READWRITE | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return TRUE;
  GST_ELEMENT_ERROR (element, STREAM, FORMAT,
      ("A frame does not fit its caps: %dx%d %s takes %" G_GSIZE_FORMAT
          " bytes and the buffer has %" G_GSIZE_FORMAT ".",
          GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info),
          GST_VIDEO_INFO_NAME (info), GST_VIDEO_INFO_SIZE (info),
          gst_buffer_get_size (buffer)), (NULL));
  return FALSE;
}

/* Gives controlled properties their values at the buffer's time, where it has one. */
void
gst_zs_sync_values (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (trans->segment.format == GST_FORMAT_TIME)
    time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (trans), time);
}
