/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key units that events ask for: which frames they make keyframes. */
#include "gstzsdenoise-private.h"

/* The running time at which the event wants a key unit, GST_CLOCK_TIME_NONE for as soon as can
 * be. */
static GstClockTime
wanted_time (GstEvent * event)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (GST_EVENT_IS_UPSTREAM (event))
    gst_video_event_parse_upstream_force_key_unit (event, &time, NULL, NULL);
  else
    gst_video_event_parse_downstream_force_key_unit (event, NULL, NULL, &time,
        NULL, NULL);
  return time;
}

/* Notes what an event that passes the element asks for, if it comes from where the property says.
 * From upstream it comes in the streaming thread, from downstream in any. */
void
gst_zs_denoise_note_key_unit (GstZsDenoise * self, GstEvent * event)
{
  const GstZsDenoiseForceKeyUnit from = GST_EVENT_IS_UPSTREAM (event) ?
      GST_ZS_DENOISE_FORCE_KEY_UNIT_UPSTREAM :
      GST_ZS_DENOISE_FORCE_KEY_UNIT_DOWNSTREAM;
  GstClockTime time;

  if (!gst_video_event_is_force_key_unit (event))
    return;
  time = wanted_time (event);
  GST_OBJECT_LOCK (self);
  if (self->force_key_unit & from) {
    if (GST_CLOCK_TIME_IS_VALID (time))
      g_array_append_val (self->key_units, time);
    else
      self->retrain = TRUE;
  }
  GST_OBJECT_UNLOCK (self);
}

/* Whether a key unit was asked for by the buffer's time; it has been heeded then. A buffer without a
 * time is as good as any: GST_CLOCK_TIME_NONE is later than all. With the object lock. */
gboolean
gst_zs_denoise_key_unit_is_due (GstZsDenoise * self, GstBuffer * buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime now = GST_CLOCK_TIME_NONE;
  gboolean due = FALSE;
  guint i;

  if (segment->format == GST_FORMAT_TIME)
    now = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
        GST_BUFFER_PTS (buffer));
  for (i = self->key_units->len; i-- > 0;) {
    if (g_array_index (self->key_units, GstClockTime, i) <= now) {
      g_array_remove_index_fast (self->key_units, i);
      due = TRUE;
    }
  }
  return due;
}

/* Forgets what was asked for: running time begins anew. */
void
gst_zs_denoise_forget_key_units (GstZsDenoise * self)
{
  GST_OBJECT_LOCK (self);
  g_array_set_size (self->key_units, 0);
  GST_OBJECT_UNLOCK (self);
}
