/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Still pictures: a frame without times is one if no other follows it. Network cameras' MJPEG has no
 * times, either. All functions belong to the streaming thread. */
#include "gstzsdenoise-private.h"

/* Where a stream begins, the next frame may be a still picture. */
void
gst_zs_denoise_handle_stream_event (GstZsDenoise * self, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_FLUSH_STOP:
      self->moving = FALSE;
      break;
    default:
      break;
  }
}

/* Whether the buffer can be a still picture, as from a decoder of picture files: it has no duration,
 * and no time before it. */
static gboolean
has_no_times (GstZsDenoise * self, GstBuffer * buffer)
{
  return GST_VIDEO_INFO_FPS_N (&GST_VIDEO_FILTER (self)->in_info) == 0
      && !self->live && !GST_BUFFER_DURATION_IS_VALID (buffer)
      && (!GST_BUFFER_PTS_IS_VALID (buffer) || GST_BUFFER_PTS (buffer) == 0);
}

/* Whether the first frame of the queue has to wait until it is known whether another follows. If
 * it does not wait, `still` tells what it is. */
gboolean
gst_zs_denoise_wait_for_second (GstZsDenoise * self)
{
  GstBuffer *first = g_queue_peek_head (&self->queue);
  gboolean passes;

  GST_OBJECT_LOCK (self);
  passes = self->settings.strength == 0;
  GST_OBJECT_UNLOCK (self);

  self->moving = self->moving || g_queue_get_length (&self->queue) > 1;
  self->still = !self->moving && has_no_times (self, first);
  return self->still && !self->draining && !passes;
}

/* Whether an event need not wait for the first frame of the queue. A parser sends a picture's tags
 * at the end of the stream, and a video's at any time. */
gboolean
gst_zs_denoise_event_overtakes (GstZsDenoise * self, GstEvent * event)
{
  return GST_EVENT_TYPE (event) == GST_EVENT_TAG
      && g_queue_get_length (&self->queue) == 1
      && gst_zs_denoise_wait_for_second (self);
}
