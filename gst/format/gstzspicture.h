/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_PICTURE_H__
#define __GST_ZS_PICTURE_H__

#include <gst/video/video.h>

#include "format/gstzsplanes.h"
#include "zsdenoise.h"

G_BEGIN_DECLS

/* The picture of a mapped frame, or of one of its fields, for the engine: the samples in the
 * frame's memory or, where their layout is no array, a copy. Initialised with {0}. */
typedef struct
{
  ZsdImage image;
  GstVideoFrame *frame;
  gint parity;
  GstZsPlanes planes;           /* which the copy is made from */
  guint8 *memory;               /* of the copy; kept from frame to frame */
  gsize size;
} GstZsPicture;

/* Describes a frame whose samples are addressed directly. */
void gst_zs_image_from_frame (ZsdImage * image, GstVideoFrame * frame);

/* Whether the buffer has one field alone (`interlace-mode` alternate). */
gboolean gst_zs_picture_is_field (const GstVideoFrame * frame);

/* Whether the fields of the frame are pictures of their own. */
gboolean gst_zs_picture_has_fields (const GstVideoFrame * frame);

/* Loads a frame, or the field of its even (`parity` 0) or odd rows (1); negative: the frame.
 * Returns FALSE without memory. */
gboolean gst_zs_picture_load (GstZsPicture * picture, GstVideoFrame * frame,
    gint parity);

/* Writes a copy back to the frame. */
void gst_zs_picture_store (GstZsPicture * picture);
void gst_zs_picture_clear (GstZsPicture * picture);

/* Whether all samples lie within the mapped memory. GStreamer does not check the offsets and
 * strides of a video meta. */
gboolean gst_zs_picture_fits (GstVideoFrame * frame);

G_END_DECLS

#endif
