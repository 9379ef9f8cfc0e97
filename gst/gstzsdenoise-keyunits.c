/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key units: keyframes that force-key-unit events ask for. */
#include "gstzsdenoise-private.h"

/* Notes a key unit that an event asks for, if it comes from the direction that force-key-unit
 * names. An event from upstream comes in the streaming thread, one from downstream in any. */
void
gst_zs_denoise_note_key_unit (GstZsDenoise * self, GstEvent * event)
{
  const GstZsDenoiseForceKeyUnit from = GST_EVENT_IS_UPSTREAM (event) ?
      GST_ZS_DENOISE_FORCE_KEY_UNIT_UPSTREAM :
      GST_ZS_DENOISE_FORCE_KEY_UNIT_DOWNSTREAM;

  if (!gst_video_event_is_force_key_unit (event))
    return;
  GST_OBJECT_LOCK (self);
  if (self->force_key_unit & from)
    gst_zs_key_units_add (&self->key_units, event);
  GST_OBJECT_UNLOCK (self);
}

/* Whether a key unit was asked for by the buffer's time, or at any time where the buffer has
 * none. With the object lock. */
gboolean
gst_zs_denoise_take_key_units (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (segment->format == GST_FORMAT_TIME)
    time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  return gst_zs_key_units_take (&self->key_units, time);
}

/* Before running time begins anew. */
void
gst_zs_denoise_drop_key_units (GstZsDenoise * self)
{
  GST_OBJECT_LOCK (self);
  gst_zs_key_units_take (&self->key_units, GST_CLOCK_TIME_NONE);
  GST_OBJECT_UNLOCK (self);
}
