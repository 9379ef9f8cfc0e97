/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Caps: all frames whose samples can be reached, and any video where nothing is done. */
#include "gstzsdenoise-private.h"

#include "format/gstzsformats.h"

#define GST_CAT_DEFAULT gst_zs_denoise_debug

static GstCaps *
filtered_caps (void)
{
  static gsize once = 0;
  static GstCaps *caps;

  if (g_once_init_enter (&once)) {
    caps = gst_zs_formats_caps ();
    GST_MINI_OBJECT_FLAG_SET (caps, GST_MINI_OBJECT_FLAG_MAY_BE_LEAKED);
    g_once_init_leave (&once, 1);
  }
  return caps;
}

void
gst_zs_denoise_add_pad_templates (GstElementClass * klass)
{
  GstCaps *caps = gst_caps_copy (filtered_caps ());

  gst_caps_append (caps, gst_caps_from_string ("video/x-raw(ANY)"));
  gst_zs_add_pad_templates (klass, caps);
}

/* With strength 0 video passes in any format and memory (DMABuf, GL). */
GstCaps *
gst_zs_denoise_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction G_GNUC_UNUSED, GstCaps * caps, GstCaps * filter)
{
  GstZsDenoise *self = GST_ZS_DENOISE (trans);
  GstCaps *possible, *result;
  gboolean passes;

  GST_OBJECT_LOCK (self);
  passes = self->settings.strength == 0;
  GST_OBJECT_UNLOCK (self);
  possible = passes ? gst_caps_ref (caps) :
      gst_caps_intersect_full (caps, filtered_caps (),
      GST_CAPS_INTERSECT_FIRST);
  if (filter == NULL)
    return possible;
  result = gst_caps_intersect_full (filter, possible, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (possible);
  return result;
}

/* Takes note of how the samples of these caps are reached. */
void
gst_zs_denoise_set_access (GstZsDenoise * self, GstCaps * caps)
{
  GstVideoInfo info;

  self->asked = FALSE;
  self->opaque = !gst_caps_can_intersect (caps, filtered_caps ())
      || !gst_video_info_from_caps (&info, caps);
  self->unpacked = !self->opaque
      && gst_zs_format_access (info.finfo) == GST_ZS_ACCESS_UNPACKED;
  self->single_fields = !self->opaque && GST_VIDEO_INFO_INTERLACE_MODE (&info)
      == GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* Asks upstream for caps whose samples can be reached, when the strength is no longer 0. Frames
 * pass unchanged until they come. */
void
gst_zs_denoise_ask_for_samples (GstZsDenoise * self)
{
  if (self->asked)
    return;
  self->asked = TRUE;
  GST_INFO_OBJECT (self, "asking for frames in plain memory");
  gst_base_transform_reconfigure_sink (GST_BASE_TRANSFORM (self));
}
