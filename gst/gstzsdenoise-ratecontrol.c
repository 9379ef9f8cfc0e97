/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that have to be there in time: when each is due, and what is done where time is short. */
#include "gstzsdenoise-private.h"

#include <math.h>

#define GST_CAT_DEFAULT gst_zs_denoise_debug

/* Of the qualities, for users. */
static const gchar *const names[] = {
  [ZSD_QUALITY_FULL] = "full",
  [ZSD_QUALITY_FEWER_TILES] = "fewer-tiles",
  [ZSD_QUALITY_NARROW] = "narrow",
  [ZSD_QUALITY_FUSED] = "fused",
  [ZSD_QUALITY_ORIGINAL] = "original",
};

const gchar *
gst_zs_denoise_quality_name (ZsdQuality quality)
{
  return names[quality];
}

void
gst_zs_denoise_reset_rate_control (GstZsDenoise * self)
{
  self->rate_control = (ZsdRateControl) {
  0};
  self->last_pts = GST_CLOCK_TIME_NONE;
  GST_OBJECT_LOCK (self);
  self->jitter = 0;
  self->synchronised = FALSE;
  self->latency = GST_CLOCK_TIME_NONE;
  self->processing = 0;
  GST_OBJECT_UNLOCK (self);
}

/* Notes what events from downstream tell of the time at which frames are due there. A sink that
 * does not wait for that time has no jitter. */
void
gst_zs_denoise_handle_timing_event (GstZsDenoise * self, GstEvent * event)
{
  GstClockTimeDiff jitter = 0;
  GstClockTime latency = GST_CLOCK_TIME_NONE;

  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    gst_event_parse_qos (event, NULL, NULL, &jitter, NULL);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY)
    gst_event_parse_latency (event, &latency);
  else
    return;
  GST_OBJECT_LOCK (self);
  if (GST_CLOCK_TIME_IS_VALID (latency))
    self->latency = latency;
  else
    self->jitter = jitter;
  self->synchronised = self->synchronised || jitter != 0;
  GST_OBJECT_UNLOCK (self);
}

/* After a flush: what was late is gone. */
void
gst_zs_denoise_forget_lateness (GstZsDenoise * self)
{
  self->last_pts = GST_CLOCK_TIME_NONE;
  GST_OBJECT_LOCK (self);
  self->jitter = 0;
  GST_OBJECT_UNLOCK (self);
}

/* The time from this frame to the next, as it is played; 0: not known. */
static GstClockTime
interval_of (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  const GstClockTime pts = GST_BUFFER_PTS (buffer), last = self->last_pts;
  const gdouble rate = fabs (GST_BASE_TRANSFORM (self)->segment.rate);
  GstClockTime interval = 0;

  self->last_pts = pts;
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    interval = GST_BUFFER_DURATION (buffer);
  else if (GST_VIDEO_INFO_FPS_N (info) > 0)
    interval = gst_util_uint64_scale_int (GST_SECOND,
        GST_VIDEO_INFO_FPS_D (info), GST_VIDEO_INFO_FPS_N (info));
  else if (GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (last) &&
      pts > last)
    interval = pts - last;
  return (GstClockTime) ((gdouble) interval / rate);
}

/* By how much a frame of a live source is behind the time at which it is due at the sinks; 0 or
 * less: it is not, or that is not known. */
static GstClockTimeDiff
behind (GstZsDenoise * self, GstBuffer * buffer, GstClockTime latency)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  const GstClockTime due = gst_segment_to_running_time (segment,
      GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  GstClock *clock;
  GstClockTime now;

  if (!self->live || !GST_CLOCK_TIME_IS_VALID (latency)
      || !GST_CLOCK_TIME_IS_VALID (due))
    return 0;
  clock = gst_element_get_clock (GST_ELEMENT (self));
  if (clock == NULL)
    return 0;
  now = gst_clock_get_time (clock);
  gst_object_unref (clock);
  return GST_CLOCK_DIFF (gst_element_get_base_time (GST_ELEMENT (self)) + due +
      latency, now);
}

/* Says that another quality begins. */
static void
announce (GstZsDenoise * self)
{
  const gchar *name = names[self->rate_control.quality];

  GST_INFO_OBJECT (self, "quality: %s", name);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("zsdenoise-quality",
              "quality", G_TYPE_STRING, name, NULL)));
}

/* Asks for the latency to be distributed anew if frames take more than is known. */
static void
claim_latency (GstZsDenoise * self)
{
  const GstClockTime processing =
      (GstClockTime) (zsd_rate_control_latency (&self->rate_control) * GST_SECOND);
  gboolean grows;

  GST_OBJECT_LOCK (self);
  grows = self->live && processing > self->processing;
  if (grows)
    self->processing = processing;
  GST_OBJECT_UNLOCK (self);
  if (!grows)
    return;
  GST_INFO_OBJECT (self, "frames take %" GST_TIME_FORMAT " and are late: this "
      "adds to the latency", GST_TIME_ARGS (processing));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

/* After a frame. `counts`: it was not held up on purpose. */
void
gst_zs_denoise_update_rate_control (GstZsDenoise * self, GstBuffer * buffer,
    gboolean counts)
{
  const ZsdQuality before = self->rate_control.quality;
  const GstClockTime interval = interval_of (self, buffer);
  GstClockTimeDiff jitter;
  GstClockTime latency;
  gboolean has_time;

  GST_OBJECT_LOCK (self);
  has_time = self->live || self->synchronised;
  jitter = self->jitter;
  latency = self->latency;
  GST_OBJECT_UNLOCK (self);

  if (!has_time || !counts)
    return;
  jitter = MAX (jitter, behind (self, buffer, latency));
  zsd_rate_control_end (&self->rate_control, (gdouble) interval / GST_SECOND,
      (gdouble) jitter / GST_SECOND);
  if (self->rate_control.quality != before)
    announce (self);
  claim_latency (self);
}

/* Adds what frames take to the answer of upstream about latency, once that is needed. */
void
gst_zs_denoise_add_latency (GstZsDenoise * self, GstQuery * query)
{
  GstClockTime processing, min, max;
  gboolean live;

  GST_OBJECT_LOCK (self);
  processing = self->processing;
  GST_OBJECT_UNLOCK (self);
  gst_query_parse_latency (query, &live, &min, &max);
  if (!live)
    return;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += processing;
  gst_query_set_latency (query, live, min + processing, max);
}
