/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video4Linux devices, /dev/videoN. */
#ifndef CAMERA_V4L2_DEVICE_H
#define CAMERA_V4L2_DEVICE_H

#include <gst/gst.h>

typedef enum
{
  V4L2_DEVICE_CAMERA,
  V4L2_DEVICE_VIRTUAL,          /* output of v4l2loopback that other programs read as a camera */
} V4l2DeviceKind;

/* Card name of the device. NULL and an error if it cannot be opened or is of another kind. */
gchar *v4l2_device_name (const gchar * path, V4l2DeviceKind kind,
    GError ** error);

/* Path of the first camera. NULL and an error if there is none that can be opened. */
gchar *v4l2_device_first_camera (GError ** error);

/* Caps of a camera. */
GstCaps *v4l2_device_caps (const gchar * path);

#endif
