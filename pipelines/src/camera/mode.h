/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Selection of a camera mode. */
#ifndef CAMERA_MODE_H
#define CAMERA_MODE_H

#include <gst/gst.h>

/* Selects the best mode of `offered`, as fixed caps of format, size and frame rate. Without a
 * requested size (0), it is the largest size up to 1280x720 at a sufficient rate; without a
 * requested rate (0), 25 frames/s are sufficient. At the same size, raw video is preferred to
 * MJPEG at a sufficient rate. Returns NULL and an error if the camera has no such size or no
 * supported format. */
GstCaps *mode_choose (GstCaps * offered, gint width, gint height, gint rate,
    GError ** error);

#endif
