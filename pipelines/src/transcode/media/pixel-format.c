/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transcode/media/pixel-format.h"

static guint
depth (const GstVideoFormatInfo * info)
{
  guint i, most = 0;

  for (i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); i++)
    most = MAX (most, GST_VIDEO_FORMAT_INFO_DEPTH (info, i));
  return most;
}

/* Whether the format has chroma of at least the resolution of `source`. */
static gboolean
has_chroma (const GstVideoFormatInfo * info, const GstVideoFormatInfo * source)
{
  const gboolean subsampled = GST_VIDEO_FORMAT_INFO_IS_YUV (source);

  return GST_VIDEO_FORMAT_INFO_IS_YUV (info)
      && GST_VIDEO_FORMAT_INFO_W_SUB (info, 1) <= (subsampled ?
      GST_VIDEO_FORMAT_INFO_W_SUB (source, 1) : 0)
      && GST_VIDEO_FORMAT_INFO_H_SUB (info, 1) <= (subsampled ?
      GST_VIDEO_FORMAT_INFO_H_SUB (source, 1) : 0);
}

static gboolean
has_colours (const GstVideoFormatInfo * info, const GstVideoFormatInfo * source,
    PixelFormatUse use)
{
  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (source))
    return GST_VIDEO_FORMAT_INFO_IS_GRAY (info)
        || GST_VIDEO_FORMAT_INFO_IS_YUV (info);
  if (GST_VIDEO_FORMAT_INFO_IS_YUV (source))
    return has_chroma (info, source);
  if (GST_VIDEO_FORMAT_INFO_IS_RGB (info))
    return use != PIXEL_FORMAT_LOSSLESS
        || GST_VIDEO_FORMAT_INFO_N_PLANES (info) ==
        GST_VIDEO_FORMAT_INFO_N_PLANES (source);
  return use == PIXEL_FORMAT_LOSSY && has_chroma (info, source);
}

static gboolean
holds (const GstVideoFormatInfo * info, const GstVideoFormatInfo * source,
    PixelFormatUse use)
{
  return depth (info) >= depth (source)
      && (GST_VIDEO_FORMAT_INFO_HAS_ALPHA (info)
      || !GST_VIDEO_FORMAT_INFO_HAS_ALPHA (source))
      && has_colours (info, source, use);
}

/* Formats without unused bits come first, then those with fewer bits per pixel. */
static guint
rank (const GstVideoFormatInfo * info)
{
  guint i, bits = depth (info) << 16;

  for (i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); i++)
    bits += 16 * GST_VIDEO_FORMAT_INFO_DEPTH (info, i)
        >> (GST_VIDEO_FORMAT_INFO_W_SUB (info, i) +
        GST_VIDEO_FORMAT_INFO_H_SUB (info, i));
  return bits;
}

/* Formats of the element's sink pad, in its order of preference. */
static GArray *
list_formats (const gchar * element)
{
  GArray *formats = g_array_new (FALSE, FALSE, sizeof (GstVideoFormat));
  GstElementFactory *factory = gst_element_factory_find (element);
  const GList *i = factory ?
      gst_element_factory_get_static_pad_templates (factory) : NULL;

  for (; i; i = i->next) {
    GstCaps *caps = gst_static_pad_template_get_caps (i->data);
    guint s, n;

    for (s = 0; ((GstStaticPadTemplate *) i->data)->direction == GST_PAD_SINK
        && s < gst_caps_get_size (caps); s++) {
      const GValue *value = gst_structure_get_value (gst_caps_get_structure
          (caps, s), "format");
      const gboolean list = value && GST_VALUE_HOLDS_LIST (value);

      for (n = 0; value && n < (list ? gst_value_list_get_size (value) : 1);
          n++) {
        const GstVideoFormat format =
            gst_video_format_from_string (g_value_get_string (list ?
                gst_value_list_get_value (value, n) : value));

        g_array_append_val (formats, format);
      }
    }
    gst_caps_unref (caps);
  }
  gst_clear_object (&factory);
  return formats;
}

GstVideoFormat
pixel_format_for (const gchar * element, GstVideoFormat source,
    PixelFormatUse use)
{
  const GstVideoFormatInfo *wanted = gst_video_format_get_info (source), *best =
      NULL;
  GArray *formats = list_formats (element);
  guint i;

  for (i = 0; i < formats->len && best != wanted; i++) {
    const GstVideoFormatInfo *info =
        gst_video_format_get_info (g_array_index (formats, GstVideoFormat, i));

    if (info == wanted || (holds (info, wanted, use)
            && (best == NULL || rank (info) < rank (best))))
      best = info;
  }
  g_array_unref (formats);
  return best ? GST_VIDEO_FORMAT_INFO_FORMAT (best) : GST_VIDEO_FORMAT_UNKNOWN;
}

gchar *
pixel_format_describe (GstVideoFormat format)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (format);
  const gchar *colours = "RGB";

  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (info))
    colours = "gray";
  else if (GST_VIDEO_FORMAT_INFO_IS_YUV (info))
    colours = GST_VIDEO_FORMAT_INFO_W_SUB (info, 1) == 0 ? "4:4:4" :
        GST_VIDEO_FORMAT_INFO_W_SUB (info, 1) > 1 ? "4:1:1" :
        GST_VIDEO_FORMAT_INFO_H_SUB (info, 1) ? "4:2:0" : "4:2:2";
  return g_strdup_printf ("%u-bit %s%s", depth (info), colours,
      GST_VIDEO_FORMAT_INFO_HAS_ALPHA (info) ? " with alpha" : "");
}
