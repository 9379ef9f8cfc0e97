/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_PLANES_H__
#define __GST_ZS_PLANES_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Planes of a mapped frame, or the rows of one of its fields, as a format's unpack and pack
 * functions take them: in the frame's memory or, where these functions may reach beyond it, in a
 * copy with room. Initialised with {0}. */
typedef struct
{
  gpointer data[GST_VIDEO_MAX_PLANES];
  gint stride[GST_VIDEO_MAX_PLANES];    /* in bytes */
  GstVideoFrame *frame;
  gint parity;
  gboolean copied;
  guint8 *memory;               /* of the copy; kept from frame to frame */
  gsize size;
} GstZsPlanes;

/* Loads the planes for a frame, or for the field of its even (`parity` 0) or odd rows (1);
 * negative: the frame. `height`: its luma rows. Returns FALSE without memory. */
gboolean gst_zs_planes_load (GstZsPlanes * planes, GstVideoFrame * frame,
    gint parity, gint height);

/* Writes a copy back to the frame. */
void gst_zs_planes_store (const GstZsPlanes * planes);
void gst_zs_planes_clear (GstZsPlanes * planes);

/* Whether `size` bytes from the plane's first row on, and those of its other rows, are mapped.
 * `stride` in bytes. */
gboolean gst_zs_planes_rows_fit (const GstVideoFrame * frame, gint plane,
    const guint8 * first, gint rows, gint64 stride, gint64 size);

/* Whether the planes are mapped, as large as GStreamer's default ones and at most 2 GiB. Tiles have
 * their default strides. */
gboolean gst_zs_planes_fit (const GstVideoFrame * frame);

G_END_DECLS

#endif
