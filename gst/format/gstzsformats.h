/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef __GST_ZS_FORMATS_H__
#define __GST_ZS_FORMATS_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* How the samples of a format are filtered. */
typedef enum
{
  GST_ZS_ACCESS_NONE,           /* not at all: palettes, encoded or opaque memory */
  GST_ZS_ACCESS_DIRECT,         /* in the buffer's memory */
  GST_ZS_ACCESS_UNPACKED,       /* in a copy, through the format's unpack and pack functions */
} GstZsAccess;

GstZsAccess gst_zs_format_access (const GstVideoFormatInfo * finfo);

/* Components that are filtered; alpha is none. */
gint gst_zs_format_n_colours (const GstVideoFormatInfo * finfo);

/* Bytes from the start of a pixel to a component. */
gint gst_zs_format_offset (const GstVideoFormatInfo * finfo, gint component);

/* Caps of all frames that can be filtered: the formats of both elements. */
GstCaps *gst_zs_formats_caps (void);

/* Adds an element's pads, "sink" and "src". Takes the reference. */
void gst_zs_add_pad_templates (GstElementClass * klass, GstCaps * caps);

G_END_DECLS

#endif
