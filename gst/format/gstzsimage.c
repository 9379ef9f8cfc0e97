/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mapping of buffers, for both elements. */
#include "format/gstzsimage.h"

/* Whether the buffer's video meta, if it has one, agrees with the caps. */
static gboolean
meta_fits (GstBuffer * buffer, const GstVideoInfo * info)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  return meta == NULL || (meta->format == GST_VIDEO_INFO_FORMAT (info)
      && meta->n_planes == GST_VIDEO_INFO_N_PLANES (info)
      && meta->width >= (guint) GST_VIDEO_INFO_WIDTH (info)
      && meta->height >= (guint) GST_VIDEO_INFO_HEIGHT (info));
}

/* Maps a frame. Returns NULL, or a reason for the error message. */
static const gchar *
map_frame (GstVideoFrame * frame, GstVideoInfo * info, GstBuffer * buffer,
    GstMapFlags flags)
{
  if (!meta_fits (buffer, info))
    return "its video meta has another format or size";
  if (!gst_video_frame_map (frame, info, buffer,
          flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return "its buffer is too small or cannot be written to";
  if (gst_zs_picture_fits (frame))
    return NULL;
  gst_video_frame_unmap (frame);
  return "some of its rows lie outside its buffer, or too far from the first";
}

/* Maps a buffer for processing in place, or posts an error. (GstVideoFilter would pass on a frame
 * that cannot be mapped, unfiltered and without an error.) */
gboolean
gst_zs_map_buffer (GstElement * element, GstVideoFrame * frame,
    GstVideoInfo * info, GstBuffer * buffer)
{
  const gchar *fault = map_frame (frame, info, buffer, GST_MAP_READWRITE);

  if (fault != NULL)
    GST_ELEMENT_ERROR (element, STREAM, FORMAT,
        ("A frame does not fit its caps, %dx%d %s: %s (it has %" G_GSIZE_FORMAT
            " bytes; the usual size is %" G_GSIZE_FORMAT ").",
            GST_VIDEO_INFO_WIDTH (info), GST_VIDEO_INFO_HEIGHT (info),
            GST_VIDEO_INFO_NAME (info), fault, gst_buffer_get_size (buffer),
            GST_VIDEO_INFO_SIZE (info)), (NULL));
  return fault == NULL;
}

/* Maps a buffer whose samples are only read. */
gboolean
gst_zs_map_to_read (GstVideoFrame * frame, GstVideoInfo * info,
    GstBuffer * buffer)
{
  return map_frame (frame, info, buffer, GST_MAP_READ) == NULL;
}

/* Updates controlled properties to the stream time of the buffer, if it has one. */
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
