/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "demo/before-after.h"

#include "common/pipeline/launch.h"

#include <gst/video/video.h>
#include <string.h>

static GstBuffer *
to_rgb (GstBuffer * buffer, GstCaps * caps, GstCaps * rgb, GError ** error)
{
  GstSample *sample = gst_sample_new (buffer, caps, NULL, NULL);
  GstSample *converted = gst_video_convert_sample (sample, rgb,
      10 * GST_SECOND, error);
  GstBuffer *result = NULL;

  gst_sample_unref (sample);
  if (converted) {
    result = gst_buffer_copy_deep (gst_sample_get_buffer (converted));
    gst_sample_unref (converted);
  }
  return result;
}

/* Copies the left half of `before` over that of `after`, both RGB. */
static void
join_halves (GstBuffer * after, GstBuffer * before, GstVideoInfo * info)
{
  GstVideoFrame to, from;
  gint y;

  if (!gst_video_frame_map (&to, info, after, GST_MAP_WRITE))
    return;
  if (gst_video_frame_map (&from, info, before, GST_MAP_READ)) {
    for (y = 0; y < GST_VIDEO_INFO_HEIGHT (info); y++)
      memcpy ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&to, 0) +
          (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (&to, 0),
          (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&from, 0) +
          (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (&from, 0),
          GST_VIDEO_INFO_WIDTH (info) / 2 * 3);
    gst_video_frame_unmap (&from);
  }
  gst_video_frame_unmap (&to);
}

/* Writes the frame with labels as PNG. */
static gboolean
save_picture (GstBuffer * buffer, GstCaps * caps, const gchar * file,
    GError ** error)
{
  GstElement *pipeline = launch ("appsrc name=in format=time ! "
      "textoverlay text=before halignment=left valignment=top ! "
      "textoverlay text=after halignment=right valignment=top ! "
      "videoconvert ! pngenc ! " LAUNCH_FILESINK " name=out",
      GST_PARSE_FLAG_NONE, error);
  GstElement *in, *out;
  GstBus *bus;
  GstMessage *message;
  GstFlowReturn flow;

  if (pipeline == NULL)
    return FALSE;
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_object_set (in, "caps", caps, NULL);
  g_object_set (out, "location", file, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  GST_BUFFER_PTS (buffer) = 0;
  g_signal_emit_by_name (in, "push-buffer", buffer, &flow);
  g_signal_emit_by_name (in, "end-of-stream", &flow);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, error, NULL);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (out);
  gst_object_unref (in);
  gst_object_unref (pipeline);
  return *error == NULL;
}

gboolean
before_after_write (GstBuffer * before, GstBuffer * after, GstCaps * caps,
    const gchar * file, GError ** error)
{
  GstBuffer *rgb_before, *rgb_after;
  GstVideoInfo info;
  GstCaps *rgb;
  gboolean saved = FALSE;

  gst_video_info_from_caps (&info, caps);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB,
      GST_VIDEO_INFO_WIDTH (&info), GST_VIDEO_INFO_HEIGHT (&info));
  rgb = gst_video_info_to_caps (&info);
  rgb_before = to_rgb (before, caps, rgb, error);
  rgb_after = rgb_before ? to_rgb (after, caps, rgb, error) : NULL;
  if (rgb_after) {
    join_halves (rgb_after, rgb_before, &info);
    saved = save_picture (rgb_after, rgb, file, error);
  }
  gst_clear_buffer (&rgb_after);
  gst_clear_buffer (&rgb_before);
  gst_caps_unref (rgb);
  return saved;
}
