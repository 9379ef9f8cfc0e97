/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstzskeyunits.h"

static GstClockTime
running_time_of (GstEvent * event)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (GST_EVENT_IS_UPSTREAM (event))
    gst_video_event_parse_upstream_force_key_unit (event, &time, NULL, NULL);
  else
    gst_video_event_parse_downstream_force_key_unit (event, NULL, NULL, &time,
        NULL, NULL);
  return GST_CLOCK_TIME_IS_VALID (time) ? time : 0;
}

static guint
find_farthest (const GstZsKeyUnits * units)
{
  guint farthest = 0, i;

  for (i = 1; i < units->n; i++)
    if (units->times[i] > units->times[farthest])
      farthest = i;
  return farthest;
}

void
gst_zs_key_units_add (GstZsKeyUnits * units, GstEvent * event)
{
  const GstClockTime time = running_time_of (event);
  guint farthest;

  if (units->n < GST_ZS_MAX_KEY_UNITS) {
    units->times[units->n++] = time;
    return;
  }
  farthest = find_farthest (units);
  units->times[farthest] = MIN (units->times[farthest], time);
}

gboolean
gst_zs_key_units_take (GstZsKeyUnits * units, GstClockTime until)
{
  const guint before = units->n;
  guint i;

  for (i = units->n; i-- > 0;)
    if (units->times[i] <= until)
      units->times[i] = units->times[--units->n];
  return units->n < before;
}
