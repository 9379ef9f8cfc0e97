/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key units that force-key-unit events ask for, until the frames of their times. */
#ifndef __GST_ZS_KEY_UNITS_H__
#define __GST_ZS_KEY_UNITS_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_ZS_MAX_KEY_UNITS 64

typedef struct
{
  GstClockTime times[GST_ZS_MAX_KEY_UNITS];     /* running times; 0: as soon as possible */
  guint n;
} GstZsKeyUnits;

/* Adds the key unit of a force-key-unit event of either direction. Of more than
 * GST_ZS_MAX_KEY_UNITS, the nearest are kept. */
void gst_zs_key_units_add (GstZsKeyUnits * units, GstEvent * event);

/* Removes the key units up to a running time; with GST_CLOCK_TIME_NONE, all. Returns whether
 * there were any. */
gboolean gst_zs_key_units_take (GstZsKeyUnits * units, GstClockTime until);

G_END_DECLS

#endif
