/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rate control: deadlines of frames, the quality that they allow, and the added latency. */
#include "gstzsdenoise-private.h"

#include <math.h>
#include <string.h>

#define GST_CAT_DEFAULT gst_zs_denoise_debug

static const gchar *const quality_names[] = {
  [ZSD_QUALITY_FULL] = "full",
  [ZSD_QUALITY_FEWER_TILES] = "fewer-tiles",
  [ZSD_QUALITY_NARROW] = "narrow",
  [ZSD_QUALITY_FUSED] = "fused",
  [ZSD_QUALITY_ORIGINAL] = "original",
};

const gchar *
gst_zs_denoise_quality_name (ZsdQuality quality)
{
  return quality_names[quality];
}

/* Back to full quality. */
void
gst_zs_denoise_reset_quality (GstZsDenoise * self)
{
  memset (&self->rate_control, 0, sizeof self->rate_control);
}

void
gst_zs_denoise_start_rate_control (GstZsDenoise * self)
{
  gst_zs_denoise_reset_quality (self);
  self->last_pts = GST_CLOCK_TIME_NONE;
  GST_OBJECT_LOCK (self);
  self->jitter = 0;
  self->synchronised = FALSE;
  self->latency = GST_CLOCK_TIME_NONE;
  self->processing = 0;
  GST_OBJECT_UNLOCK (self);
}

/* Takes jitter and latency from the events of a sink. A sink that does not synchronise to the
 * clock sends no jitter but 0. */
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

/* After a flush: the late frames are gone. */
void
gst_zs_denoise_reset_lateness (GstZsDenoise * self)
{
  self->last_pts = GST_CLOCK_TIME_NONE;
  GST_OBJECT_LOCK (self);
  self->jitter = 0;
  GST_OBJECT_UNLOCK (self);
}

/* The time from the last frame's start to this one's; 0: unknown, or backwards. */
static GstClockTime
time_since_last (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstClockTime pts = GST_BUFFER_PTS (buffer), last = self->last_pts;

  self->last_pts = pts;
  return GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (last)
      && pts > last ? pts - last : 0;
}

/* The time from this frame to the next; 0: unknown. */
static GstClockTime
frame_interval (GstZsDenoise * self, GstBuffer * buffer, GstClockTime since)
{
  const GstVideoInfo *info = &GST_VIDEO_FILTER (self)->in_info;
  GstClockTime interval = since;

  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    interval = GST_BUFFER_DURATION (buffer);
  else if (GST_VIDEO_INFO_FPS_N (info) > 0)
    interval = gst_util_uint64_scale_int (GST_SECOND,
        GST_VIDEO_INFO_FPS_D (info), GST_VIDEO_INFO_FIELD_RATE_N (info));
  return interval;
}

/* Converts a stream time to seconds of the clock at the segment's rate. */
static gdouble
seconds_of (GstZsDenoise * self, GstClockTime time)
{
  return (gdouble) time / GST_SECOND /
      fabs (GST_BASE_TRANSFORM (self)->segment.rate);
}

/* The time by which a frame of a live source misses its deadline at the sinks; 0 or less: in
 * time, or unknown. */
static GstClockTimeDiff
live_lateness (GstZsDenoise * self, GstBuffer * buffer, GstClockTime latency)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  const GstClockTime running_time = gst_segment_to_running_time (segment,
      GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  GstClock *clock;
  GstClockTime now;

  if (!self->live || !GST_CLOCK_TIME_IS_VALID (latency)
      || !GST_CLOCK_TIME_IS_VALID (running_time))
    return 0;
  clock = gst_element_get_clock (GST_ELEMENT (self));
  if (clock == NULL)
    return 0;
  now = gst_clock_get_time (clock);
  gst_object_unref (clock);
  return GST_CLOCK_DIFF (gst_element_get_base_time (GST_ELEMENT (self)) +
      running_time + latency, now);
}

static void
post_quality (GstZsDenoise * self)
{
  const gchar *name = quality_names[self->rate_control.quality];

  GST_INFO_OBJECT (self, "quality: %s", name);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("zsdenoise-quality",
              "quality", G_TYPE_STRING, name, NULL)));
}

/* Has the latency of the pipeline recalculated if that of processing changes. */
static void
update_latency (GstZsDenoise * self)
{
  const GstClockTime processing =
      (GstClockTime) (zsd_rate_control_latency (&self->rate_control) *
      GST_SECOND);
  gboolean changes;

  GST_OBJECT_LOCK (self);
  changes = self->live && processing != self->processing;
  if (changes)
    self->processing = processing;
  GST_OBJECT_UNLOCK (self);
  if (!changes)
    return;
  GST_INFO_OBJECT (self, "frames take up to %" GST_TIME_FORMAT ", which is "
      "added to the latency", GST_TIME_ARGS (processing));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

/* After a frame. `waited`: for training. */
void
gst_zs_denoise_update_quality (GstZsDenoise * self, GstBuffer * buffer,
    gboolean waited)
{
  const ZsdQuality before = self->rate_control.quality;
  const GstClockTime since = time_since_last (self, buffer);
  const GstClockTime interval = frame_interval (self, buffer, since);
  GstClockTime latency, lost = 0;
  GstClockTimeDiff jitter;
  gboolean has_deadline;

  GST_OBJECT_LOCK (self);
  has_deadline = self->live || self->synchronised;
  jitter = self->jitter;
  latency = self->latency;
  GST_OBJECT_UNLOCK (self);

  if (!has_deadline)
    return;
  /* Decoders drop frames after a late one. The gaps of live sources have other causes. */
  if (!self->live && jitter > 0 && since > interval + interval / 2)
    lost = since - interval;
  jitter = MAX (jitter, live_lateness (self, buffer, latency));
  zsd_rate_control_end (&self->rate_control, seconds_of (self, interval),
      (gdouble) jitter / GST_SECOND, seconds_of (self, lost), waited);
  if (self->rate_control.quality != before)
    post_quality (self);
  update_latency (self);
}

/* Adds to upstream's latency the time that frames wait for later ones, and the processing time of
 * a live source's frames once they have been late. */
void
gst_zs_denoise_add_latency (GstZsDenoise * self, GstQuery * query)
{
  GstClockTime added = gst_zs_denoise_lookahead_latency (self), min, max;
  gboolean live;

  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self);
  if (live)
    added += self->processing;
  GST_OBJECT_UNLOCK (self);
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += added;
  gst_query_set_latency (query, live, min + added, max);
}
