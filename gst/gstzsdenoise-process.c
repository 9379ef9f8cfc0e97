/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames and fields, one after the other through the engine. */
#include "gstzsdenoise-private.h"

/* Denoises a frame, or one field of it. `parity`: 0 for the field of the even rows, 1 for that of
 * the odd rows; negative: the whole frame. */
static ZsdResult
process_field (GstZsDenoise * self, GstZsDenoiseFrames * frames, gint field,
    gint parity, const ZsdSettings * settings, GstZsDenoiseEnded * ended)
{
  ZsdImage later[ZSD_MAX_LOOKAHEAD];
  GstZsPicture *picture = &self->picture;
  ZsdResult result;
  guint i;

  if (!gst_zs_picture_load (picture, &frames->frame, parity))
    return ZSD_NO_MEMORY;
  for (i = 0; i < frames->n_later; i++) {
    gst_zs_image_from_frame (&later[i], &frames->later[i]);
    if (parity >= 0)
      later[i] = zsd_image_field (&later[i], parity);
  }
  result = zsd_denoiser_process_ahead (self->denoiser, &picture->image, field,
      later, frames->n_later, settings);
  ended->n += zsd_denoiser_ended (self->denoiser, ended->training + ended->n);
  if (result == ZSD_OK)
    gst_zs_picture_store (picture);
  return result;
}

/* Denoises a buffer with a single field. Those of the order that the caps name, or top fields,
 * come first in their frame. */
static ZsdResult
process_single_field (GstZsDenoise * self, GstZsDenoiseFrames * frames,
    const ZsdSettings * settings, GstZsDenoiseEnded * ended)
{
  const gboolean bottom_first =
      GST_VIDEO_INFO_FIELD_ORDER (&frames->frame.info) ==
      GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST;
  const gboolean bottom = GST_VIDEO_FRAME_IS_BOTTOM_FIELD (&frames->frame);

  return process_field (self, frames, bottom != bottom_first, -1, settings,
      ended);
}

/* Denoises a frame, or the fields of an interlaced one in display order. */
ZsdResult
gst_zs_denoise_process (GstZsDenoise * self, GstZsDenoiseFrames * frames,
    const ZsdSettings * settings, GstZsDenoiseEnded * ended)
{
  const GstVideoFrame *frame = &frames->frame;
  const gint first = GST_VIDEO_FRAME_FLAG_IS_SET (frame,
      GST_VIDEO_FRAME_FLAG_TFF) ? 0 : 1;
  ZsdResult result;

  if (gst_zs_picture_is_field (frame))
    return process_single_field (self, frames, settings, ended);
  if (!gst_zs_picture_has_fields (frame))
    return process_field (self, frames, 0, -1, settings, ended);
  result = process_field (self, frames, 0, first, settings, ended);
  if (result == ZSD_OK
      && !GST_VIDEO_FRAME_FLAG_IS_SET (frame, GST_VIDEO_FRAME_FLAG_ONEFIELD))
    result = process_field (self, frames, 1, !first, settings, ended);
  return result;
}
