/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Planes of mapped frames, for GStreamer's unpack and pack functions. */
#include "format/gstzsplanes.h"

#include <string.h>

/* --- default layout --- */

static gboolean
default_layout (GstVideoInfo * usual, const GstVideoFrame * frame)
{
  return gst_video_info_set_interlaced_format (usual,
      GST_VIDEO_FRAME_FORMAT (frame), frame->info.interlace_mode,
      GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame));
}

static gint
n_planes (const GstVideoInfo * usual)
{
  return GST_VIDEO_INFO_N_PLANES (usual);
}

static gsize
plane_size (const GstVideoInfo * usual, gint plane)
{
  return (plane + 1 < n_planes (usual) ? usual->offset[plane + 1] :
      usual->size) - usual->offset[plane];
}

static gint
plane_rows (const GstVideoInfo * usual, gint plane)
{
  return plane_size (usual, plane) / usual->stride[plane];
}

/* --- room ---
 *
 * GStreamer's functions may reach beyond planes of the default layout (1.26). Some of those for
 * samples that are not whole bytes read and write whole groups of them (UYVP, NV12_10LE32). In a
 * frame of 4n + 2 rows the last row of the second field has no row of chroma; most layouts of
 * interlaced frames have a spare one, those of P010, P012 and P016 have not. */

/* Rows of a plane, from its first one on, within reach for a field of this height. */
static gint
field_reach (const GstVideoFormatInfo * finfo, gint plane, gint parity,
    gint height)
{
  gint rows = 0, i;

  for (i = 0; i < (gint) GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo); i++)
    if ((gint) GST_VIDEO_FORMAT_INFO_PLANE (finfo, i) == plane)
      rows = MAX (rows, GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (finfo, i, height));
  return parity + 2 * rows - 1;
}

static gboolean
needs_room (const GstVideoInfo * usual, gint parity, gint height)
{
  const GstVideoFormatInfo *finfo = usual->finfo;
  gint p;

  if (GST_VIDEO_FORMAT_INFO_IS_TILED (finfo))
    return FALSE;
  for (p = 0; parity >= 0 && p < n_planes (usual); p++)
    if (field_reach (finfo, p, parity, height) > plane_rows (usual, p))
      return TRUE;
  return GST_VIDEO_FORMAT_INFO_IS_COMPLEX (finfo);
}

/* Rows after a copied plane, one of each field, and bytes after these. */
#define SPARE_ROWS 2
#define SPARE_BYTES 64

static gsize
room_size (const GstVideoInfo * usual)
{
  gsize size = 0;
  gint p;

  for (p = 0; p < n_planes (usual); p++)
    size += plane_size (usual, p) + SPARE_ROWS * usual->stride[p] + SPARE_BYTES;
  return size;
}

static gboolean
reserve (GstZsPlanes * planes, gsize size)
{
  if (size <= planes->size)
    return TRUE;
  gst_zs_planes_clear (planes);
  planes->memory = g_try_malloc (size);
  planes->size = planes->memory != NULL ? size : 0;
  return planes->memory != NULL;
}

static guint8 *
row_of (const GstVideoFrame * frame, gint plane, gint row)
{
  const gssize offset = (gssize) frame->info.stride[plane] * row;

  return (guint8 *) frame->data[plane] + offset;
}

/* Copies the planes. A spare row holds what the last row of its field does, or of the frame where
 * the field has none. */
static void
copy_to_room (GstZsPlanes * planes, const GstVideoInfo * usual)
{
  guint8 *to = planes->memory;
  gint p, y;

  for (p = 0; p < n_planes (usual); p++) {
    const gint size = usual->stride[p], rows = plane_rows (usual, p);

    planes->data[p] = to;
    planes->stride[p] = size;
    for (y = 0; y < rows + SPARE_ROWS; y++, to += size)
      memcpy (to, row_of (planes->frame, p, y < rows ? y : rows < 2 ? 0 :
              y - 2), size);
    memset (to, 0, SPARE_BYTES);
    to += SPARE_BYTES;
  }
}

/* --- load and store --- */

static void
select_field (GstZsPlanes * planes)
{
  gint p;

  for (p = 0; p < GST_VIDEO_MAX_PLANES && planes->parity >= 0; p++) {
    if (planes->data[p] != NULL)
      planes->data[p] = (guint8 *) planes->data[p] + planes->parity *
          planes->stride[p];
    planes->stride[p] *= 2;
  }
}

gboolean
gst_zs_planes_load (GstZsPlanes * planes, GstVideoFrame * frame, gint parity,
    gint height)
{
  GstVideoInfo usual;

  planes->frame = frame;
  planes->parity = parity;
  planes->copied = default_layout (&usual, frame)
      && needs_room (&usual, parity, height);
  if (planes->copied) {
    if (!reserve (planes, room_size (&usual)))
      return FALSE;
    copy_to_room (planes, &usual);
  } else {
    memcpy (planes->data, frame->data, sizeof planes->data);
    memcpy (planes->stride, frame->info.stride, sizeof planes->stride);
  }
  select_field (planes);
  return TRUE;
}

void
gst_zs_planes_store (const GstZsPlanes * planes)
{
  const gint first = MAX (planes->parity, 0);
  const gint step = planes->parity < 0 ? 1 : 2;
  GstVideoInfo usual;
  gint p, y;

  if (!planes->copied || !default_layout (&usual, planes->frame))
    return;
  for (p = 0; p < n_planes (&usual); p++) {
    const guint8 *from = planes->data[p];

    for (y = first; y < plane_rows (&usual, p); y += step) {
      memcpy (row_of (planes->frame, p, y), from, usual.stride[p]);
      from += planes->stride[p];
    }
  }
}

void
gst_zs_planes_clear (GstZsPlanes * planes)
{
  g_clear_pointer (&planes->memory, g_free);
  planes->size = 0;
}

/* --- memory --- */

gboolean
gst_zs_planes_rows_fit (const GstVideoFrame * frame, gint plane,
    const guint8 * first, gint rows, gint64 stride, gint64 size)
{
  const GstMapInfo *map = &frame->map[frame->meta != NULL ? plane : 0];
  const gint64 down = (rows - 1) * stride;
  const gint64 begin = first - map->data + MIN (down, 0);
  const gint64 end = first - map->data + MAX (down, 0) + size;

  return begin >= 0 && end <= (gint64) map->size;
}

static gboolean
tiles_fit (const GstVideoFrame * frame, const GstVideoInfo * usual, gint plane)
{
  return frame->info.stride[plane] == usual->stride[plane]
      && gst_zs_planes_rows_fit (frame, plane, frame->data[plane], 1, 0,
      plane_size (usual, plane));
}

/* Offsets of rows are `int` in GStreamer's functions (1.26), and strides of fields are doubled,
 * even where there is one row. */
static gboolean
rows_fit (const GstVideoFrame * frame, const GstVideoInfo * usual, gint plane)
{
  const gint rows = plane_rows (usual, plane);
  const gint64 stride = frame->info.stride[plane];

  return ABS (stride) >= usual->stride[plane]
      && ABS (stride) * MAX (rows, 2) <= G_MAXINT
      && gst_zs_planes_rows_fit (frame, plane, frame->data[plane], rows, stride,
      usual->stride[plane]);
}

gboolean
gst_zs_planes_fit (const GstVideoFrame * frame)
{
  const gboolean tiled = GST_VIDEO_FORMAT_INFO_IS_TILED (frame->info.finfo);
  GstVideoInfo usual;
  gint p;

  if (!default_layout (&usual, frame))
    return FALSE;
  for (p = 0; p < n_planes (&usual); p++)
    if (!(tiled ? tiles_fit : rows_fit) (frame, &usual, p))
      return FALSE;
  return TRUE;
}
