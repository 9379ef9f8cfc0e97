/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two frames of 8-bit video differ by. */
#ifndef LUMA_H
#define LUMA_H

#include <gst/video/video.h>

/* The squared error of luma, summed; 0 where a frame cannot be read. */
gdouble luma_squared_error (GstVideoInfo * info, GstBuffer * a, GstBuffer * b);

#endif
