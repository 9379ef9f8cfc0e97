/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pixel formats that hold all that a source's frames have: depth, chroma, alpha. */
#ifndef TRANSCODE_MEDIA_PIXEL_FORMAT_H
#define TRANSCODE_MEDIA_PIXEL_FORMAT_H

#include <gst/video/video.h>

typedef enum
{
  PIXEL_FORMAT_FILTER,
  PIXEL_FORMAT_LOSSLESS,        /* encoder, which stores RGB in planes and packed RGB differently */
  PIXEL_FORMAT_LOSSY,           /* encoder, where RGB may become YUV with full chroma */
} PixelFormatUse;

/* Smallest format of the element's sink pad that holds frames of `source`, which itself is
 * preferred; GST_VIDEO_FORMAT_UNKNOWN: there is none. */
GstVideoFormat pixel_format_for (const gchar * element, GstVideoFormat source,
    PixelFormatUse use);

/* "10-bit 4:2:2 with alpha" */
gchar *pixel_format_describe (GstVideoFormat format);

#endif
