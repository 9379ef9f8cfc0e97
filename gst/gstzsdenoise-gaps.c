/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gaps: the time from frame to frame, by which the earlier frames age. */
#include "gstzsdenoise-private.h"

#include <math.h>

/* Before the first frame, and where running time begins anew. */
void
gst_zs_denoise_reset_gaps (GstZsDenoise * self)
{
  self->last_time = GST_CLOCK_TIME_NONE;
  self->last_interval = 0;
}

/* The running time from this frame to the next if none is missing; 0: unknown. */
static gdouble
nominal_interval (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  const gdouble rate = fabs (GST_BASE_TRANSFORM (self)->segment.rate);

  if (GST_VIDEO_INFO_FPS_N (info) > 0)
    return GST_SECOND * (gdouble) GST_VIDEO_INFO_FPS_D (info) /
        GST_VIDEO_INFO_FIELD_RATE_N (info) / rate;
  return GST_BUFFER_DURATION_IS_VALID (buffer) ?
      GST_BUFFER_DURATION (buffer) / rate : 0;
}

/* Before a frame is processed: tells the denoiser how much time went by since the last frame that
 * was. Frames without times follow each other. */
void
gst_zs_denoise_age_past (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  const GstClockTime last = self->last_time;
  const gdouble interval = self->last_interval;
  GstClockTime now = GST_CLOCK_TIME_NONE;

  if (segment->format == GST_FORMAT_TIME)
    now = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  self->last_time = now;
  self->last_interval = nominal_interval (self, buffer);
  if (GST_CLOCK_TIME_IS_VALID (last) && GST_CLOCK_TIME_IS_VALID (now)
      && now > last && interval > 0)
    zsd_denoiser_elapsed (self->denoiser, (now - last) / interval);
}
