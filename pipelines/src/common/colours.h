/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Colorimetry that streams leave open. */
#ifndef COMMON_COLOURS_H
#define COMMON_COLOURS_H

#include <gst/video/video.h>

/* Colorimetry of raw frames with these caps; NULL: not told. A matrix that is not told becomes
 * GStreamer's default for the size: without one, elements replace the range, too. */
gchar *colours_complete (const GstCaps * caps);

#endif
