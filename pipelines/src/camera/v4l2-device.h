/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video devices of the system: /dev/videoN. */
#ifndef CAMERA_V4L2_DEVICE_H
#define CAMERA_V4L2_DEVICE_H

#include <gst/gst.h>

typedef enum
{
  V4L2_DEVICE_CAMERA,
  V4L2_DEVICE_VIRTUAL,          /* takes what others then see as a camera */
} V4l2DeviceKind;

/* The name that the device at `path` gives itself; NULL and an error where it is none of this kind
 * or cannot be opened. */
gchar *v4l2_device_name (const gchar * path, V4l2DeviceKind kind,
    GError ** error);

/* The path of the first camera; NULL and an error if there is none that can be opened. */
gchar *v4l2_device_first_camera (GError ** error);

/* What a camera offers. */
GstCaps *v4l2_device_caps (const gchar * path);

#endif
