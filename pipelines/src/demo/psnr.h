/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error of 8-bit video frames for the PSNR of luma. */
#ifndef DEMO_PSNR_H
#define DEMO_PSNR_H

#include <gst/video/video.h>

/* Sum of squared differences of the luma samples; 0 if a frame cannot be mapped. */
gdouble psnr_squared_error (GstVideoInfo * info, GstBuffer * a, GstBuffer * b);

#endif
