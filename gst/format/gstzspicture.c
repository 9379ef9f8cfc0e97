/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures of mapped frames, for the engine. */
#include "format/gstzspicture.h"

#include "format/gstzsformats.h"

/* Pixels after each unpacked row that functions for several pixels at once may write to. */
#define SPARE_PIXELS 64

/* --- direct --- */

void
gst_zs_image_from_frame (ZsdImage * image, GstVideoFrame * frame)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  gint i;

  image->part = ZSD_FRAME;
  image->width = GST_VIDEO_FRAME_WIDTH (frame);
  image->height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, 0);
  image->components = gst_zs_format_n_colours (finfo);
  image->rgb = GST_VIDEO_FORMAT_INFO_IS_RGB (finfo);
  image->depth = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, 0);
  image->shift = GST_VIDEO_FORMAT_INFO_SHIFT (finfo, 0);
  for (i = 0; i < image->components; i++) {
    ZsdComponent *component = &image->component[i];

    component->data = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame,
        GST_VIDEO_FORMAT_INFO_PLANE (finfo, i)) +
        gst_zs_format_offset (finfo, i);
    component->stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, i);
    component->step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, i);
    component->width = GST_VIDEO_FRAME_COMP_WIDTH (frame, i);
    component->height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, i);
    component->half_width = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i) == 1;
    component->half_height = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i) == 1;
  }
}

static gboolean
is_direct (const GstVideoFrame * frame)
{
  return gst_zs_format_access (frame->info.finfo) == GST_ZS_ACCESS_DIRECT;
}

/* --- unpacked ---
 *
 * The format's unpack function writes a row of pixels of four samples, the first of which is
 * alpha, and repeats subsampled chroma. The pack function takes a chroma sample from the first of
 * the pixels that have it in common. So the picture's chroma is every other sample of every row,
 * or of every other row. A component with a quarter of luma's width or height comes twice in
 * it. */

#define N_SAMPLES 4

static gboolean
has_words (const GstVideoFormatInfo * finfo)
{
  return finfo->unpack_format == GST_VIDEO_FORMAT_AYUV64
      || finfo->unpack_format == GST_VIDEO_FORMAT_ARGB64;
}

/* Significant bits of an unpacked sample, the upper ones of its word. Samples of fewer than 8 are
 * expanded. */
static gint
depth_of (const GstVideoFormatInfo * finfo)
{
  return has_words (finfo) ? GST_VIDEO_FORMAT_INFO_DEPTH (finfo, 0) : 8;
}

static GstVideoPackFlags
pack_flags (const GstVideoFormatInfo * finfo)
{
  return has_words (finfo) ? GST_VIDEO_PACK_FLAG_TRUNCATE_RANGE :
      GST_VIDEO_PACK_FLAG_NONE;
}

static gint
pixel_size (const GstVideoFormatInfo * finfo)
{
  return N_SAMPLES * (has_words (finfo) ? 2 : 1);
}

static gsize
row_size (const GstVideoFrame * frame)
{
  return (gsize) (GST_VIDEO_FRAME_WIDTH (frame) + SPARE_PIXELS) *
      pixel_size (frame->info.finfo);
}

static void
describe_unpacked (GstZsPicture * picture, gint height)
{
  const GstVideoFrame *frame = picture->frame;
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  ZsdImage *image = &picture->image;
  gint i;

  image->width = GST_VIDEO_FRAME_WIDTH (frame);
  image->height = height;
  image->components = gst_zs_format_n_colours (finfo);
  image->rgb = GST_VIDEO_FORMAT_INFO_IS_RGB (finfo);
  image->depth = depth_of (finfo);
  image->shift = has_words (finfo) ? 16 - image->depth : 0;
  for (i = 0; i < image->components; i++) {
    ZsdComponent *component = &image->component[i];

    component->half_width = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i) > 0;
    component->half_height = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i) > 0;
    component->data = picture->memory + (i + 1) * pixel_size (finfo) /
        N_SAMPLES;
    component->stride = row_size (frame) << component->half_height;
    component->step = pixel_size (finfo) << component->half_width;
    component->width = GST_VIDEO_SUB_SCALE (component->half_width,
        image->width);
    component->height = GST_VIDEO_SUB_SCALE (component->half_height, height);
  }
}

/* Pixels after the last row. Functions of packed and subsampled formats write whole groups of
 * pixels, and the second field of a picture of one row has no row, but an address. */
#define SLACK 64

static gboolean
reserve (GstZsPicture * picture, gsize size)
{
  if (size <= picture->size)
    return TRUE;
  g_free (picture->memory);
  picture->memory = g_try_malloc (size);
  picture->size = picture->memory != NULL ? size : 0;
  return picture->memory != NULL;
}

static gboolean
unpack (GstZsPicture * picture, gint height)
{
  const GstVideoFrame *frame = picture->frame;
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const gsize row = row_size (frame);
  GstZsPlanes *planes = &picture->planes;
  gint y;

  if (!reserve (picture, row * height + SLACK * pixel_size (finfo))
      || !gst_zs_planes_load (planes, picture->frame, picture->parity, height))
    return FALSE;
  for (y = 0; y < height; y++)
    finfo->unpack_func (finfo, pack_flags (finfo), picture->memory + y * row,
        planes->data, planes->stride, 0, y, GST_VIDEO_FRAME_WIDTH (frame));
  describe_unpacked (picture, height);
  return TRUE;
}

void
gst_zs_picture_store (GstZsPicture * picture)
{
  const GstVideoFrame *frame = picture->frame;
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const gsize row = row_size (frame);
  GstZsPlanes *planes = &picture->planes;
  gint y;

  if (is_direct (frame))
    return;
  for (y = 0; y < picture->image.height; y++)
    finfo->pack_func (finfo, pack_flags (finfo), picture->memory + y * row, row,
        planes->data, planes->stride, frame->info.chroma_site, y,
        GST_VIDEO_FRAME_WIDTH (frame));
  gst_zs_planes_store (planes);
}

/* --- either way --- */

gboolean
gst_zs_picture_is_field (const GstVideoFrame * frame)
{
  return GST_VIDEO_INFO_INTERLACE_MODE (&frame->info) ==
      GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* Tiles have rows of both fields. */
gboolean
gst_zs_picture_has_fields (const GstVideoFrame * frame)
{
  return GST_VIDEO_FRAME_IS_INTERLACED (frame)
      && !gst_zs_picture_is_field (frame)
      && !GST_VIDEO_FORMAT_INFO_IS_TILED (frame->info.finfo);
}

static gboolean
load (GstZsPicture * picture, GstVideoFrame * frame, gint parity)
{
  const gint height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, 0);

  if (!is_direct (frame))
    return unpack (picture, parity >= 0 ? (height + 1 - parity) / 2 : height);
  gst_zs_image_from_frame (&picture->image, frame);
  if (parity >= 0)
    picture->image = zsd_image_field (&picture->image, parity);
  return TRUE;
}

static ZsdPart
part_of (GstVideoFrame * frame, gint parity)
{
  if (gst_zs_picture_is_field (frame))
    return GST_VIDEO_FRAME_IS_BOTTOM_FIELD (frame) ? ZSD_ODD_FIELD :
        ZSD_EVEN_FIELD;
  return parity < 0 ? ZSD_FRAME : parity > 0 ? ZSD_ODD_FIELD : ZSD_EVEN_FIELD;
}

gboolean
gst_zs_picture_load (GstZsPicture * picture, GstVideoFrame * frame, gint parity)
{
  picture->frame = frame;
  picture->parity = parity;
  if (!load (picture, frame, parity))
    return FALSE;
  picture->image.part = part_of (frame, parity);
  return TRUE;
}

void
gst_zs_picture_clear (GstZsPicture * picture)
{
  g_clear_pointer (&picture->memory, g_free);
  picture->size = 0;
  gst_zs_planes_clear (&picture->planes);
}

/* --- memory --- */

static gboolean
samples_fit (GstVideoFrame * frame)
{
  ZsdImage image;
  gint i;

  gst_zs_image_from_frame (&image, frame);
  for (i = 0; i < image.components; i++) {
    const ZsdComponent *c = &image.component[i];

    if (!gst_zs_planes_rows_fit (frame,
            GST_VIDEO_FORMAT_INFO_PLANE (frame->info.finfo, i), c->data,
            c->height, c->stride,
            (gint64) (c->width - 1) * c->step + (image.depth > 8 ? 2 : 1)))
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_zs_picture_fits (GstVideoFrame * frame)
{
  return is_direct (frame) ? samples_fit (frame) : gst_zs_planes_fit (frame);
}
