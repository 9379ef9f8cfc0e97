/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/isobmff/short-tracks.h"

#include "common/isobmff/box.h"

/* Part of the film that a track has to last, 1 / SHARE. */
#define SHARE 5

static void
set_length (Box * mdhd, guint64 length)
{
  if (mdhd->data[0] != 0)
    GST_WRITE_UINT64_BE (mdhd->data + 24, length);
  else if (length < G_MAXUINT32)
    GST_WRITE_UINT32_BE (mdhd->data + 16, (guint32) length);
}

static void
raise_lengths (const Box * moov)
{
  Box rest = *moov, box, mdhd;
  guint32 film_scale, scale;
  guint64 film_length, length, least;

  if (!box_header (moov, "mvhd", &film_scale, &film_length))
    return;
  while (box_next (&rest, &box)) {
    if (!g_str_equal (box.type, "trak")
        || !box_header (&box, "mdia/mdhd", &scale, &length)
        || !box_find (&box, "mdia/mdhd", &mdhd))
      continue;
    least = gst_util_uint64_scale_ceil (film_length, scale,
        (guint64) film_scale * SHARE);
    if (length < least)
      set_length (&mdhd, least);
  }
}

/* Changes the index in a buffer that has been read, if it is there as a whole. */
static GstPadProbeReturn
on_read (GstPad * pad G_GNUC_UNUSED, GstPadProbeInfo * info,
    gpointer data G_GNUC_UNUSED)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMapInfo map;
  Box rest, moov;

  if (gst_buffer_memcmp (buffer, 4, "moov", 4) != 0)
    return GST_PAD_PROBE_OK;
  buffer = GST_PAD_PROBE_INFO_DATA (info) = gst_buffer_make_writable (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return GST_PAD_PROBE_OK;
  rest = (Box) { .data = map.data, .size = map.size };
  if (box_next (&rest, &moov))
    raise_lengths (&moov);
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

void
short_tracks_keep (GstElement * source)
{
  GstPad *pad = gst_element_get_static_pad (source, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_PULL | GST_PAD_PROBE_TYPE_BUFFER,
      on_read, NULL, NULL);
  gst_object_unref (pad);
}
