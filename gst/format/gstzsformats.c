/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The video formats of both elements: all raw formats of the GStreamer in use that are made of
 * samples. */
#include "format/gstzsformats.h"

gint
gst_zs_format_n_colours (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo) ? 1 : 3;
}

/* In GStreamer 1.22 the offset of P010's V is 1, within U's sample, instead of 2. */
gint
gst_zs_format_offset (const GstVideoFormatInfo * finfo, gint component)
{
  const gint offset = GST_VIDEO_FORMAT_INFO_POFFSET (finfo, component);

  return GST_VIDEO_FORMAT_INFO_DEPTH (finfo, component) > 8 ?
      GST_ROUND_UP_2 (offset) : offset;
}

/* Whether a component's samples are bytes, or words of the processor's byte order, of the same
 * depth as the first component's. */
static gboolean
is_addressable (const GstVideoFormatInfo * finfo, gint i)
{
  const guint depth = GST_VIDEO_FORMAT_INFO_DEPTH (finfo, 0);
  const guint bits = depth > 8 ? 16 : 8;
  const gboolean little = GST_VIDEO_FORMAT_INFO_IS_LE (finfo);

  return depth >= 8 && depth == GST_VIDEO_FORMAT_INFO_DEPTH (finfo, i)
      && GST_VIDEO_FORMAT_INFO_SHIFT (finfo, 0) ==
      GST_VIDEO_FORMAT_INFO_SHIFT (finfo, i)
      && depth + GST_VIDEO_FORMAT_INFO_SHIFT (finfo, i) <= bits
      && GST_VIDEO_FORMAT_INFO_PSTRIDE (finfo, i) >= (gint) bits / 8
      && (bits == 8 || little == (G_BYTE_ORDER == G_LITTLE_ENDIAN));
}

/* Whether two components have the same place in memory, according to GStreamer's description,
 * which is incomplete for some packed formats (Y210, Y410). */
static gboolean
is_same_place (const GstVideoFormatInfo * finfo, gint i, gint k)
{
  return GST_VIDEO_FORMAT_INFO_PLANE (finfo, i) ==
      GST_VIDEO_FORMAT_INFO_PLANE (finfo, k)
      && gst_zs_format_offset (finfo, i) == gst_zs_format_offset (finfo, k);
}

static gboolean
is_subsampled_by (const GstVideoFormatInfo * finfo, gint i, guint w_sub,
    guint h_sub)
{
  return GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i) <= w_sub
      && GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i) <= h_sub;
}

static gboolean
is_direct (const GstVideoFormatInfo * finfo)
{
  gint i, k;

  if (GST_VIDEO_FORMAT_INFO_IS_COMPLEX (finfo))
    return FALSE;
  for (i = 0; i < gst_zs_format_n_colours (finfo); i++) {
    if (!is_addressable (finfo, i)
        || !is_subsampled_by (finfo, i, i > 0, i > 0))
      return FALSE;
    for (k = 0; k < i; k++)
      if (is_same_place (finfo, i, k))
        return FALSE;
  }
  return TRUE;
}

static gboolean
is_unpackable (const GstVideoFormatInfo * finfo)
{
  const GstVideoFormat to = finfo->unpack_format;
  gint i;

  if (finfo->unpack_func == NULL || finfo->pack_func == NULL
      || finfo->pack_lines != 1)
    return FALSE;
  for (i = 0; i < gst_zs_format_n_colours (finfo); i++)
    if (!is_subsampled_by (finfo, i, i > 0 ? 2 : 0, i > 0 ? 2 : 0))
      return FALSE;
  return to == GST_VIDEO_FORMAT_AYUV || to == GST_VIDEO_FORMAT_ARGB
      || to == GST_VIDEO_FORMAT_AYUV64 || to == GST_VIDEO_FORMAT_ARGB64;
}

GstZsAccess
gst_zs_format_access (const GstVideoFormatInfo * finfo)
{
  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo)
      || !(GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)
          || GST_VIDEO_FORMAT_INFO_IS_RGB (finfo)
          || GST_VIDEO_FORMAT_INFO_IS_GRAY (finfo)))
    return GST_ZS_ACCESS_NONE;
  if (is_direct (finfo))
    return GST_ZS_ACCESS_DIRECT;
  return is_unpackable (finfo) ? GST_ZS_ACCESS_UNPACKED : GST_ZS_ACCESS_NONE;
}

/* --- caps --- */

/* The formats that come first where the neighbours leave the choice. */
static const GstVideoFormat preferred[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,
  GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444,
};

static void
append (GValue * list, GstVideoFormat format)
{
  GValue name = G_VALUE_INIT;

  g_value_init (&name, G_TYPE_STRING);
  g_value_set_static_string (&name, gst_video_format_to_string (format));
  gst_value_list_append_and_take_value (list, &name);
}

static gboolean
is_preferred (GstVideoFormat format)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (preferred); i++)
    if (preferred[i] == format)
      return TRUE;
  return FALSE;
}

static void
append_others (GValue * list, GstZsAccess access)
{
  guint n, i;
  const GstVideoFormat *all = gst_video_formats_raw (&n);

  for (i = 0; i < n; i++)
    if (!is_preferred (all[i])
        && gst_zs_format_access (gst_video_format_get_info (all[i])) == access)
      append (list, all[i]);
}

static void
fill_list (GValue * list)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (preferred); i++)
    append (list, preferred[i]);
  append_others (list, GST_ZS_ACCESS_DIRECT);
  append_others (list, GST_ZS_ACCESS_UNPACKED);
}

/* With overlays, which are blended in later, the samples are in plain memory, too, and so are those
 * of fields in buffers of their own. */
GstCaps *
gst_zs_formats_caps (void)
{
  GstCaps *plain = gst_caps_from_string (GST_VIDEO_CAPS_MAKE ("I420"));
  GstCaps *caps = gst_caps_new_empty ();
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  fill_list (&list);
  gst_caps_set_value (plain, "format", &list);
  g_value_unset (&list);
  gst_caps_append (caps, gst_caps_copy (plain));
  gst_caps_set_features_simple (plain,
      gst_caps_features_new (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY,
          GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION, NULL));
  gst_caps_append (caps, gst_caps_copy (plain));
  gst_caps_set_features_simple (plain,
      gst_caps_features_new (GST_CAPS_FEATURE_FORMAT_INTERLACED, NULL));
  gst_caps_set_simple (plain, "interlace-mode", G_TYPE_STRING, "alternate",
      NULL);
  gst_caps_append (caps, plain);
  return caps;
}

void
gst_zs_add_pad_templates (GstElementClass * klass, GstCaps * caps)
{
  gst_element_class_add_pad_template (klass, gst_pad_template_new ("sink",
          GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (klass, gst_pad_template_new ("src",
          GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
}
