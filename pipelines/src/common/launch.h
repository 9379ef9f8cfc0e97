/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launch lines whose faults a user understands. */
#ifndef COMMON_LAUNCH_H
#define COMMON_LAUNCH_H

#include <gst/gst.h>

/* What gst_parse_launch() makes of a line. Where an element is missing, the error names it and the
 * Debian package that it is in. */
GstElement *launch (const gchar * line, GstParseFlags flags, GError ** error);

#endif
