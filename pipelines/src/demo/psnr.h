/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two frames of 8-bit video differ by. */
#ifndef DEMO_PSNR_H
#define DEMO_PSNR_H

#include <gst/video/video.h>

/* The squared error of luma, summed; 0 where a frame cannot be read. */
gdouble psnr_squared_error (GstVideoInfo * info, GstBuffer * a, GstBuffer * b);

#endif
