/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launch lines whose faults a user understands. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <gst/gst.h>

/* Of a quantizer. Unless there is no buffer that could run empty, x264enc keeps below its bitrate,
 * which is 2 Mbit/s if nothing is said, whatever the quality. */
#define X264_OF_QUALITY "x264enc pass=qual vbv-buf-capacity=0 quantizer=%d "

/* What gst_parse_launch() makes of a line. Where an element is missing, the error names it and the
 * Debian package that it is in. */
GstElement *launch (const gchar * line, GstParseFlags flags, GError ** error);

#endif
