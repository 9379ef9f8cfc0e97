/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports to others: notify signals of read-only properties for applications, and the noise of each
 * frame for encoders. All functions belong to the streaming thread. */
#include "gstzsdenoise-private.h"

/* Time between two notifications of values that change with every frame. */
#define NOTIFY_INTERVAL G_TIME_SPAN_SECOND

#define META_NAME "zsdenoise-noise"

void
gst_zs_denoise_register_meta (void)
{
  static const gchar *tags[] = { NULL };

  gst_meta_register_custom (META_NAME, tags, NULL, NULL, NULL);
}

void
gst_zs_denoise_reset_notify (GstZsDenoise * self)
{
  self->notified_state = ZSD_STATE_WAITING;
  self->last_notify = 0;
}

/* After a frame: `state` is notified when it changes, other values once a second. */
void
gst_zs_denoise_notify (GstZsDenoise * self)
{
  GObject *object = G_OBJECT (self);
  const ZsdState state = self->status.state;
  const gint64 now = g_get_monotonic_time ();

  if (state != self->notified_state) {
    self->notified_state = state;
    g_object_notify (object, "state");
  }
  if (self->last_notify != 0 && now - self->last_notify < NOTIFY_INTERVAL)
    return;
  self->last_notify = now;
  g_object_freeze_notify (object);
  g_object_notify (object, "estimated-sigma");
  g_object_notify (object, "loss");
  g_object_notify (object, "stats");
  g_object_thaw_notify (object);
}

/* Attaches the noise that a frame had, for encoders and others that come after. */
void
gst_zs_denoise_add_meta (GstZsDenoise * self, GstBuffer * buffer,
    const ZsdStatus * status)
{
  GstCustomMeta *meta;

  if (status->sigma < 0)
    return;
  meta = gst_buffer_get_custom_meta (buffer, META_NAME);
  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, META_NAME);
  if (meta == NULL) {
    GST_WARNING_OBJECT (self, "the noise cannot be attached to the frame");
    return;
  }
  gst_structure_set (gst_custom_meta_get_structure (meta),
      "sigma", G_TYPE_DOUBLE, status->sigma,
      "quality", G_TYPE_STRING, gst_zs_denoise_quality_name (status->quality),
      NULL);
}
