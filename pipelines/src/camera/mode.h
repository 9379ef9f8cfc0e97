/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the modes that a camera offers is used. */
#ifndef CAMERA_MODE_H
#define CAMERA_MODE_H

#include <gst/gst.h>

/* The best of `offered`, as fixed caps of format, size and rate. Without a wanted size (0) it is the
 * largest up to 1280x720 that is fast enough; without a wanted rate (0) 25 frames a second are.
 * At the same size raw video, which no compression has touched, goes before MJPEG where it is fast
 * enough. NULL and an error if the camera has no such size or no format that is known. */
GstCaps *mode_choose (GstCaps * offered, gint width, gint height, gint rate,
    GError ** error);

#endif
